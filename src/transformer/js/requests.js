// `httpRequest`, with the options of the npm package request-promise that transformers use. `wait` is told what to do with the answer.
(function (kit, host, of) {
    "use strict";

    const { encode, headerValue, wait } = of;
    const { keys, entries } = Object;
    const { apply } = Reflect;
    const { stringify, parse } = JSON;
    const NativePromise = Promise;
    const toWellFormed = String.prototype.toWellFormed;
    const lower = String.prototype.toLowerCase;

    const whole = (text) => apply(toWellFormed, String(text), []);
    const isObject = (value) => typeof value === "object" && value !== null;

    const OPTIONS = ["uri", "url", "method", "headers", "body", "json", "qs", "query", "form", "auth", "timeout", "simple",
        "resolveWithFullResponse"];
    const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    function pairs(what, object) {
        if (typeof object === "string") return object;
        if (!isObject(object) || Array.isArray(object)) throw new TypeError(`httpRequest: ${what} is to be an object, like { key: "value" }`);
        const found = [];
        for (const name of keys(object)) {
            const value = object[name];
            for (const one of Array.isArray(value) ? value : [value]) {
                if (one === undefined || one === null) continue;
                if (typeof one === "object") throw new TypeError(`httpRequest: ${what}.${name} is to be a text, a number or a list of those`);
                found[found.length] = [whole(name), whole(one)];
            }
        }
        return host.formEncode(stringify(found));
    }

    function has(headers, name) {
        return keys(headers).some((one) => apply(lower, one, []) === name);
    }

    function wanted(options) {
        if (typeof options === "string") options = { uri: options };
        if (!isObject(options)) throw new TypeError("httpRequest: write httpRequest({ uri: \"https://…\", method: \"POST\", … })");
        for (const name of keys(options)) {
            if (!OPTIONS.includes(name)) throw new TypeError(`httpRequest: there is no option ${name}; the options are ${OPTIONS.join(", ")}`);
        }
        const method = String(options.method ?? "GET").toUpperCase();
        if (!METHODS.includes(method)) throw new TypeError(`httpRequest: method is to be one of ${METHODS.join(", ")}`);
        const headers = {};
        for (const [name, value] of entries(options.headers ?? {})) {
            if (value !== undefined && value !== null) headers[name] = headerValue("httpRequest", name, value);
        }
        return { method, headers };
    }

    function address(options) {
        const given = options.uri ?? options.url;
        if (given === undefined) throw new TypeError("httpRequest: write where to, like uri: \"https://example.com/path\"");
        const qs = options.qs ?? options.query;
        const answer = host.address(whole(given), qs === undefined || qs === null ? "" : pairs("qs", qs));
        if (answer[0] !== "") throw new TypeError(`httpRequest: ${answer[0]}`);
        return answer[1];
    }

    function payload(options, headers) {
        const { json, form } = options;
        let { body } = options;
        if (form !== undefined && form !== null) {
            if (!has(headers, "content-type")) headers["content-type"] = "application/x-www-form-urlencoded";
            return pairs("form", form);
        }
        if (isObject(json)) body = json;
        if (json !== undefined && json !== false && json !== null) {
            if (!has(headers, "accept")) headers.accept = "application/json";
            if (body === undefined) return null;
            if (!has(headers, "content-type")) headers["content-type"] = "application/json";
            return whole(stringify(body) ?? "null");
        }
        if (body === undefined || body === null) return null;
        if (typeof body === "string") return whole(body);
        throw new TypeError("httpRequest: body is to be a text; write json: true to send an object as JSON");
    }

    function authorise(auth, headers) {
        if (auth === undefined || auth === null) return;
        if (!isObject(auth)) throw new TypeError("httpRequest: auth is to be an object, like { user, pass }");
        if (auth.bearer !== undefined) headers.authorization = headerValue("httpRequest", "authorization", `Bearer ${auth.bearer}`);
        else headers.authorization = `Basic ${encode(host.utf8(`${auth.user ?? auth.username ?? ""}:${auth.pass ?? auth.password ?? ""}`), "base64")}`;
    }

    function httpRequest(options) {
        return new NativePromise((resolve, reject) => {
            const { method, headers } = wanted(options);
            if (typeof options === "string") options = { uri: options };
            const url = address(options);
            authorise(options.auth, headers);
            const body = payload(options, headers);
            let { timeout } = options;
            if (timeout === undefined || timeout === null) timeout = null;
            else if (typeof timeout !== "number" || !(timeout >= 1)) throw new TypeError("httpRequest: timeout is to be a number of milliseconds");
            else timeout = Math.min(Math.round(timeout), 2 ** 31);
            const { simple, resolveWithFullResponse, json } = options;
            const how = { simple: simple !== false, full: resolveWithFullResponse === true, json: Boolean(json) };
            const refusal = host.request(stringify({ method, url, headers, body, timeout }));
            if (refusal !== "") throw new Error(refusal);
            wait((answer) => settle(answer, how, resolve, reject));
        });
    }

    function settle(answer, how, resolve, reject) {
        if (answer.failed !== undefined) {
            const error = new Error(answer.failed);
            error.name = "RequestError";
            return reject(error);
        }
        let body = answer.text;
        if (how.json) {
            try { body = parse(body); } catch { /* not JSON: the text, as the server sent it */ }
        }
        const response = { statusCode: answer.status, headers: answer.headers, body };
        if (how.simple && answer.status >= 400) {
            const error = new Error(`${answer.status} - ${stringify(body)}`);
            error.name = "StatusCodeError";
            error.statusCode = answer.status;
            error.error = body;
            error.response = response;
            return reject(error);
        }
        resolve(how.full ? response : body);
    }

    return { httpRequest };
})
