// What a transformer answers its caller with, as express has it, and `request.get`.
(function (kit, host) {
    "use strict";

    const { keys } = Object;
    const { apply } = Reflect;
    const { stringify } = JSON;
    const toWellFormed = String.prototype.toWellFormed;
    const lower = String.prototype.toLowerCase;

    const whole = (text) => apply(toWellFormed, String(text), []);
    const isObject = (value) => typeof value === "object" && value !== null;

    const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;
    const test = RegExp.prototype.test;

    function headerValue(what, name, value) {
        if (!apply(test, HEADER_NAME, [name])) throw new TypeError(`${what}: ${stringify(whole(name))} is no name of a header`);
        if (Array.isArray(value)) value = value.join(", ");
        value = whole(value);
        for (let at = 0; at < value.length; at++) {
            const unit = value.charCodeAt(at);
            if (unit < 32 && unit !== 9 || unit === 127) {
                throw new TypeError(`${what}: the value of ${name} has a character that no header can have`);
            }
        }
        return value;
    }

    // As express has it: each method but `get` gives back the response.
    class Response {
        #status = 200;
        #headers = [];
        #body = null;
        #sent = false;

        #open(method) {
            if (this.#sent) throw new Error(`response.${method}: the response was sent already; send it once`);
            return this;
        }
        #number(method, code) {
            if (!Number.isInteger(code) || code < 200 || code > 599) {
                throw new RangeError(`response.${method}: write a status from 200 to 599, like 401`);
            }
            return code;
        }
        #index(name) {
            const wanted = apply(lower, String(name), []);
            for (let at = 0; at < this.#headers.length; at++) {
                if (apply(lower, this.#headers[at][0], []) === wanted) return at;
            }
            return -1;
        }
        #put(name, value) {
            value = headerValue("response.set", name, value);
            const at = this.#index(name);
            if (at < 0 && this.#headers.length >= 100) throw new RangeError("response.set: at most 100 headers");
            this.#headers[at < 0 ? this.#headers.length : at] = [name, value];
        }
        #default(type) {
            if (this.#index("content-type") < 0) this.#put("content-type", type);
        }

        get statusCode() { return this.#status; }
        set statusCode(code) { this.#open("statusCode").#status = this.#number("statusCode", code); }
        get headersSent() { return this.#sent; }

        status(code) {
            this.#open("status").#status = this.#number("status", code);
            return this;
        }
        set(name, value) {
            this.#open("set");
            if (isObject(name)) for (const one of keys(name)) this.#put(one, name[one]);
            else this.#put(String(name), value);
            return this;
        }
        header(name, value) { return this.set(name, value); }
        setHeader(name, value) { return this.set(name, value); }
        get(name) {
            const at = this.#index(name);
            return at < 0 ? undefined : this.#headers[at][1];
        }
        type(type) {
            const known = { json: "application/json; charset=utf-8", text: "text/plain; charset=utf-8", txt: "text/plain; charset=utf-8",
                html: "text/html; charset=utf-8", xml: "application/xml; charset=utf-8" };
            return this.set("content-type", Object.hasOwn(known, type) ? known[type] : type);
        }
        send(body) {
            if (isObject(body) || typeof body === "boolean" || typeof body === "number") return this.json(body);
            this.#open("send");
            if (body !== undefined && body !== null && body !== "") this.#default("text/plain; charset=utf-8");
            this.#body = body === undefined || body === null ? "" : whole(body);
            this.#sent = true;
            return this;
        }
        json(body) {
            this.#open("json");
            const text = stringify(body);
            if (text === undefined) throw new TypeError("response.json: write a value that JSON has, like { ok: true }");
            this.#default("application/json; charset=utf-8");
            this.#body = whole(text);
            this.#sent = true;
            return this;
        }
        sendStatus(code) {
            this.status(code).#default("text/plain; charset=utf-8");
            this.#body = host.reason(code);
            this.#sent = true;
            return this;
        }
        redirect(status, url) {
            if (url === undefined) [status, url] = [302, status];
            this.status(status).set("location", url);
            return this.send("");
        }
        end(body) { return this.send(body); }

        // For the engine: nobody else gets hold of it.
        static take(response) {
            if (!response.#sent) return undefined;
            return stringify({ status: response.#status, headers: response.#headers, body: response.#body });
        }
    }
    const takeResponse = Response.take;
    delete Response.take;
    delete Response.prototype.constructor;

    function requestGet(name) {
        const wanted = apply(lower, String(name), []);
        const headers = isObject(this) && isObject(this.headers) ? this.headers : {};
        if (wanted === "referer" || wanted === "referrer") return headers.referrer ?? headers.referer;
        return Object.hasOwn(headers, wanted) ? headers[wanted] : undefined;
    }

    return { Response, takeResponse, requestGet, headerValue };
})
