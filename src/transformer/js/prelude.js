// Runs once in every new runtime for transformers, in the realm that `kit` has made: puts in place what a transformer
// finds beyond the language, and gives back the tools with which the engine starts runs and goes on with them.
//
// `host` are functions of ours; none of them keeps anything of a run but the engine's meter. `library` compiles one of the
// other files of this folder, when something of it is used first; `Proxy` is for us alone. What changes with the run is in `run` alone, and
// everything else is sealed at the end.
(function (kit, host, library, Proxy) {
    "use strict";

    const { defineProperty, keys, entries } = Object;
    const { apply } = Reflect;
    const { stringify, parse } = JSON;
    const NativePromise = Promise;
    const resolved = Promise.resolve;
    const toWellFormed = String.prototype.toWellFormed;
    const lower = String.prototype.toLowerCase;

    // The run that is under way: what it asked for and not yet got, its storage, its response.
    let run = null;

    const whole = (text) => apply(toWellFormed, String(text), []);
    const isObject = (value) => typeof value === "object" && value !== null;

    function global(name, value) {
        defineProperty(globalThis, name, { value, writable: false, enumerable: false, configurable: false });
    }

    // Built when one of them is used first. What is built is frozen before anybody gets it, so it may be kept; `shared` is
    // what else of it runs can come by.
    function lazy(file, names, guarded = false) {
        let built;
        function get(name) {
            if (built === undefined) {
                const made = library(file)(kit, host, { encode, decodeText });
                kit.freezeAll(Object.values(made));
                built = made;
                for (const known of names) if (guarded) built[known] = guard(known, made[known]);
            }
            return built[name];
        }
        for (const name of names) {
            defineProperty(globalThis, name, { get: () => get(name), enumerable: false, configurable: false });
        }
    }

    // Whoever looks for a member that is not there is told what is.
    function guard(name, object) {
        return new Proxy(object, {
            get(target, member, self) {
                if (typeof member === "symbol" || member in target || member === "then" || member === "toJSON") return Reflect.get(target, member, self);
                throw new TypeError(`${name}.${member} is not there; there are ${keys(target).join(", ")}`);
            },
        });
    }

    // ---------------------------------------------------------------- request and response

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
            if (!Number.isInteger(code) || code < 100 || code > 599) {
                throw new RangeError(`response.${method}: write a status from 100 to 599, like 401`);
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

    // ---------------------------------------------------------------- httpRequest

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
            const refusal = host.request(stringify({ method, url, headers, body, timeout }));
            if (refusal !== "") throw new Error(refusal);
            const { simple, resolveWithFullResponse, json } = options;
            const how = { simple: simple !== false, full: resolveWithFullResponse === true, json: Boolean(json) };
            run.open[run.open.length] = (answer) => settle(answer, how, resolve, reject);
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

    // ---------------------------------------------------------------- getSessionStorage

    function id(value) {
        if (typeof value === "number") value = String(value);
        if (typeof value !== "string" || value === "") {
            throw new TypeError("getSessionStorage: write getSessionStorage(userId, sessionId), with the two ids as texts");
        }
        return whole(value);
    }

    function getSessionStorage(userId, sessionId) {
        return new NativePromise((resolve, reject) => {
            const of = [id(userId), id(sessionId)];
            run.of ??= of;
            if (run.of[0] !== of[0] || run.of[1] !== of[1]) {
                throw new Error("getSessionStorage: this run belongs to another session; a run can only have the storage of its own session");
            }
            run.storage ??= host.known();
            if (run.storage !== undefined) return resolve(run.storage);
            run.waiting ??= [];
            run.waiting[run.waiting.length] = { resolve, reject };
            if (run.waiting.length > 1) return;
            host.storage(of[0], of[1]);
            run.open[run.open.length] = (answer) => {
                const all = run.waiting;
                // Whoever asks after a failure asks anew.
                run.waiting = undefined;
                run.storage = answer.storage;
                for (const one of all) {
                    if (answer.failed === undefined) one.resolve(run.storage);
                    else one.reject(new Error(answer.failed));
                }
            };
        });
    }

    // ---------------------------------------------------------------- console, crypto, uuid

    const logger = (level) => (...values) => { host.log(level, kit.line(values)); };
    const console = { log: logger("info"), info: logger("info"), debug: logger("debug"), trace: logger("debug"), warn: logger("warn"),
        error: logger("error") };

    const uuid = { v4: () => host.uuid() };

    // Bytes go to the host as a text with a character for each.
    const fromUnits = String.fromCharCode;
    function binary(bytes) {
        kit.pay(bytes.length);
        let text = "";
        for (let at = 0; at < bytes.length; at += 4096) text += apply(fromUnits, undefined, bytes.subarray(at, at + 4096));
        return text;
    }
    const encode = (bytes, encoding) => (encoding === "latin1" ? binary(bytes) : host.encode(binary(bytes), encoding));
    const decodeText = (bytes) => host.decodeText(binary(bytes));

    // A text as UTF-8, or the bytes of a typed array.
    function bytes(what, value) {
        if (typeof value === "string") {
            kit.pay(value.length / 4);
            return host.utf8(whole(value));
        }
        if (value instanceof Uint8Array) return value;
        if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
        if (value instanceof ArrayBuffer) return new Uint8Array(value);
        throw new TypeError(`${what}: write a text, a Buffer or a Uint8Array`);
    }

    const HASHES = ["sha1", "sha256", "sha384", "sha512"];
    class Digest {
        #name;
        #key;
        #parts = [];
        #what;
        constructor(what, name, key) {
            name = apply(lower, String(name), []).replace("-", "");
            if (!HASHES.includes(name)) throw new TypeError(`${what}: there is no ${name}; there are ${HASHES.join(", ")}`);
            this.#what = what;
            this.#name = name;
            this.#key = key;
        }
        update(data) {
            if (this.#parts === null) throw new Error(`${this.#what}: digest was called already`);
            const part = bytes(`${this.#what}.update`, data);
            this.#parts[this.#parts.length] = binary(part);
            return this;
        }
        digest(encoding) {
            if (this.#parts === null) throw new Error(`${this.#what}: digest was called already`);
            const parts = this.#parts;
            this.#parts = null;
            const digest = host.digest(this.#name, this.#key, parts);
            return encoding === undefined || encoding === "buffer" ? Buffer.from(digest) : encode(digest, name(encoding));
        }
    }
    function name(encoding) {
        encoding = apply(lower, String(encoding), []);
        if (encoding === "hex" || encoding === "base64" || encoding === "base64url") return encoding;
        throw new TypeError(`digest: there is no ${encoding}; there are hex, base64, base64url`);
    }

    const crypto = {
        randomUUID: () => host.uuid(),
        randomBytes(count) {
            const list = Buffer.alloc(count);
            return crypto.getRandomValues(list);
        },
        getRandomValues(list) {
            if (!ArrayBuffer.isView(list) || list.byteLength > 65536) throw new TypeError("getRandomValues: write a typed array of at most 65536 bytes");
            const view = new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
            kit.pay(view.length);
            view.set(host.random(view.length));
            return list;
        },
        createHash: (name) => new Digest("createHash", name, undefined),
        createHmac: (name, key) => new Digest("createHmac", name, binary(bytes("createHmac", key))),
        timingSafeEqual(a, b) {
            a = bytes("timingSafeEqual", a);
            b = bytes("timingSafeEqual", b);
            if (a.length !== b.length) throw new RangeError("timingSafeEqual: the two have to have the same length");
            return host.same(binary(a), binary(b));
        },
    };

    // ---------------------------------------------------------------- small things of the web and of the reference system

    function btoa(text) {
        text = whole(text);
        kit.pay(text.length / 4);
        const bytes = host.latin1(text);
        if (bytes === undefined) throw new RangeError("btoa: a character is beyond \\xff; encode the text first, like Buffer.from(text).toString(\"base64\")");
        return encode(bytes, "base64");
    }

    function atob(text) {
        text = whole(text).replace(/[\t\n\f\r ]+/g, "");
        if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1) throw new RangeError("atob: this is no base64");
        kit.pay(text.length);
        return binary(host.decode(text, "base64"));
    }

    function structuredClone(value, seen = new Map()) {
        if (typeof value === "function" || typeof value === "symbol") throw new TypeError(`structuredClone: a ${typeof value} cannot be cloned`);
        if (!isObject(value)) return value;
        if (seen.has(value)) return seen.get(value);
        const keep = (copy) => { seen.set(value, copy); return copy; };
        const members = (copy) => {
            for (const name of keys(value)) {
                defineProperty(copy, name, { value: structuredClone(value[name], seen), writable: true, enumerable: true, configurable: true });
            }
            return copy;
        };
        if (Array.isArray(value)) return members(keep(new Array(value.length)));
        if (value instanceof Date) return keep(new Date(value.getTime()));
        if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
        if (value instanceof Map) {
            const copy = keep(new Map());
            for (const [name, one] of value) copy.set(structuredClone(name, seen), structuredClone(one, seen));
            return copy;
        }
        if (value instanceof Set) {
            const copy = keep(new Set());
            for (const one of value) copy.add(structuredClone(one, seen));
            return copy;
        }
        if (value instanceof Uint8Array) return keep(new Uint8Array(value));
        if (value instanceof Error) {
            const copy = keep(new Error(value.message));
            if (value.name !== "Error") copy.name = value.name;
            return copy;
        }
        return members(keep({}));
    }

    // ---------------------------------------------------------------- what the engine works with

    function handler(load, hook) {
        const file = { exports: {} };
        load(file.exports, file, (functions) => functions);
        const member = (value) => (isObject(value) || typeof value === "function" ? value[hook] : undefined);
        return member(file.exports) ?? member(file.exports?.default);
    }

    const tools = {
        // `functions` are the names of all hooks; gives the kind of value of each.
        look(load, functions) { return functions.map((hook) => typeof handler(load, hook)); },
        start(load, hook, argument, answers, of) {
            run = { open: [], of, storage: undefined, waiting: undefined, response: undefined };
            const work = handler(load, hook);
            if (typeof work !== "function") throw new TypeError(`the file exports no function ${hook}`);
            if (answers) argument.response = run.response = new Response();
            if (isObject(argument.request)) {
                for (const name of ["get", "header"]) {
                    defineProperty(argument.request, name, { value: requestGet, writable: true, enumerable: false, configurable: true });
                }
            }
            const result = work(argument);
            const later = isObject(result) && typeof result.then === "function";
            return later ? apply(resolved, NativePromise, [result]) : result;
        },
        // `answers` are in the order of what was asked.
        go(answers) {
            const open = run.open;
            run.open = [];
            for (let at = 0; at < open.length; at++) open[at](answers[at]);
        },
        storage() { return run.storage; },
        response() { return run.response === undefined ? undefined : takeResponse(run.response); },
        end() { run = null; },
        describe: kit.describe,
    };

    for (const [name, value] of entries({ httpRequest, getSessionStorage, console, uuid, crypto, btoa, atob, structuredClone })) {
        global(name, value);
    }
    lazy("web", ["URL", "URLSearchParams", "TextEncoder", "TextDecoder", "Buffer"]);
    lazy("lodash", ["_"], true);
    lazy("moment", ["moment"], true);
    lazy("cleaner", ["getTextCleaner"]);
    lazy("xmljs", ["xmljs"], true);
    delete globalThis.BigInt;
    // Not `constructor` of lists and promises: QuickJS asks for it so often that it would be felt.
    for (const kind of [Function, Array, Promise, Date, RegExp, Map, Set, WeakMap, WeakSet, String, Number, Boolean]) {
        const names = ["toString", "toLocaleString", "valueOf", "toJSON"];
        if (kind !== Array && kind !== Promise) names.push("constructor");
        kit.letHeirsOverride(kind.prototype, names);
    }
    kit.seal([tools, Response.prototype, Digest.prototype, requestGet]);
    return tools;
})
