// TextEncoder, TextDecoder, Buffer, URL and URLSearchParams, as far as transformers need them.
(function (kit, host, bytes) {
    "use strict";

    const { encode, decodeText } = bytes;

    const whole = (text) => String(text).toWellFormed();

    // A text for the host, whose work on it nobody else sees.
    function read(text) {
        text = whole(text);
        kit.pay(text.length / 2);
        return text;
    }

    class TextEncoder {
        get encoding() { return "utf-8"; }
        encode(text = "") { return host.utf8(read(text)); }
    }

    class TextDecoder {
        #encoding;
        constructor(encoding = "utf-8") {
            const known = { "utf-8": "utf8", utf8: "utf8", latin1: "latin1", "iso-8859-1": "latin1", ascii: "latin1" };
            encoding = String(encoding).toLowerCase();
            if (!Object.hasOwn(known, encoding)) throw new RangeError("TextDecoder: there are utf-8 and latin1");
            this.#encoding = known[encoding];
        }
        get encoding() { return this.#encoding === "utf8" ? "utf-8" : "windows-1252"; }
        decode(bytes = new Uint8Array()) {
            return this.#encoding === "utf8" ? decodeText(view(bytes)) : encode(view(bytes), "latin1");
        }
    }

    function view(bytes) {
        if (bytes instanceof Uint8Array) return bytes;
        if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
        throw new TypeError("write a Uint8Array, a Buffer or an ArrayBuffer");
    }

    const ENCODINGS = { utf8: "utf8", "utf-8": "utf8", latin1: "latin1", binary: "latin1", ascii: "latin1", hex: "hex", base64: "base64",
        base64url: "base64url" };
    function encodingOf(name = "utf8") {
        name = String(name).toLowerCase();
        if (!Object.hasOwn(ENCODINGS, name)) throw new TypeError(`Buffer: there is no ${name}; there are ${Object.keys(ENCODINGS).join(", ")}`);
        return ENCODINGS[name];
    }

    // A Uint8Array with the methods of node's Buffer that signatures and encodings need. `slice` copies.
    class Buffer extends Uint8Array {
        static from(value, encoding, length) {
            if (typeof value === "string") {
                encoding = encodingOf(encoding);
                return buffer(encoding === "utf8" ? host.utf8(read(value)) : host.decode(read(value), encoding));
            }
            if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
            if (typeof value === "object" && value !== null) {
                if (Array.isArray(value.data) && value.type === "Buffer") value = value.data;
                const copy = new Buffer(value.length);
                copy.set(value);
                return copy;
            }
            throw new TypeError("Buffer.from: write a text, a list of numbers, a Buffer or an ArrayBuffer");
        }
        static of(...bytes) { return Buffer.from(bytes); }
        static alloc(size, fill = 0) {
            if (!Number.isInteger(size) || size < 0) throw new RangeError("Buffer.alloc: write a number of bytes");
            return new Buffer(size).fill(fill);
        }
        static concat(list) {
            const whole = new Buffer(list.reduce((sum, part) => sum + part.length, 0));
            let at = 0;
            for (const part of list) {
                whole.set(part, at);
                at += part.length;
            }
            return whole;
        }
        static isBuffer(value) { return value instanceof Buffer; }
        static byteLength(value, encoding) { return typeof value === "string" ? Buffer.from(value, encoding).length : value.byteLength; }
        static compare(a, b) { return Buffer.from(a).compare(b); }
        toString(encoding, start = 0, end = this.length) {
            encoding = encodingOf(encoding);
            const part = start === 0 && end >= this.length ? this : this.subarray(start, end);
            return encoding === "utf8" ? decodeText(part) : encode(part, encoding);
        }
        toJSON() { return { type: "Buffer", data: Array.from(this) }; }
        equals(other) { return this.length === other.length && this.compare(other) === 0; }
        compare(other) {
            const length = Math.min(this.length, other.length);
            for (let at = 0; at < length; at++) {
                if (this[at] !== other[at]) return this[at] < other[at] ? -1 : 1;
            }
            return Math.sign(this.length - other.length);
        }
    }

    function buffer(bytes) { return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength); }

    // A list of pairs. `#url` is the URL whose query it is, if it is one's.
    class URLSearchParams {
        #pairs;
        #url;
        constructor(from = "", url) {
            this.#url = url;
            if (typeof from === "object" && from !== null) {
                const list = typeof from[Symbol.iterator] === "function" ? Array.from(from) : Object.entries(from);
                this.#pairs = list.map(([name, value]) => [whole(name), whole(value)]);
            } else {
                from = read(from);
                this.#pairs = JSON.parse(host.formDecode(from.startsWith("?") ? from.slice(1) : from));
            }
        }
        #changed() {
            if (this.#url !== undefined) this.#url.search = this.toString();
        }
        get size() { return this.#pairs.length; }
        get(name) { return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null; }
        getAll(name) { return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]); }
        has(name) { return this.#pairs.some((pair) => pair[0] === String(name)); }
        append(name, value) {
            this.#pairs.push([whole(name), whole(value)]);
            this.#changed();
        }
        set(name, value) {
            const at = this.#pairs.findIndex((pair) => pair[0] === String(name));
            if (at < 0) return this.append(name, value);
            this.#pairs = this.#pairs.filter((pair, index) => index <= at || pair[0] !== String(name));
            this.#pairs[at] = [whole(name), whole(value)];
            this.#changed();
        }
        delete(name) {
            this.#pairs = this.#pairs.filter((pair) => pair[0] !== String(name));
            this.#changed();
        }
        sort() {
            this.#pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
            this.#changed();
        }
        forEach(call, self) { for (const [name, value] of this.#pairs) call.call(self, value, name, this); }
        keys() { return this.#pairs.map((pair) => pair[0]).values(); }
        values() { return this.#pairs.map((pair) => pair[1]).values(); }
        entries() { return this.#pairs.map((pair) => [...pair]).values(); }
        [Symbol.iterator]() { return this.entries(); }
        toString() { return host.formEncode(JSON.stringify(this.#pairs)); }
    }

    class URL {
        #href;
        #query;
        constructor(url, base) {
            const parsed = host.urlParse(read(url), base === undefined ? "" : read(base));
            if (parsed === "") throw new TypeError(`URL: ${JSON.stringify(whole(url).slice(0, 200))} is no address; write one like https://example.com/path`);
            this.#href = parsed;
        }
        static canParse(url, base) { return host.urlParse(read(url), base === undefined ? "" : read(base)) !== ""; }
        get searchParams() { return (this.#query ??= new URLSearchParams(this.search, this)); }
        toString() { return this.#href; }
        toJSON() { return this.#href; }
        static {
            for (const part of ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
                Object.defineProperty(URL.prototype, part, {
                    get() { return part === "href" ? this.#href : host.urlGet(this.#href, part); },
                    set(value) {
                        if (part === "origin") throw new TypeError("URL: origin cannot be set; set protocol and host");
                        this.#href = host.urlSet(this.#href, part, read(value));
                    },
                    enumerable: true,
                });
            }
        }
    }

    return { TextEncoder, TextDecoder, Buffer, URL, URLSearchParams };
})
