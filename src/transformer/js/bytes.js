// What transformers do with bytes: `crypto`, `uuid`, `atob`, `btoa`; and for our other files the way from bytes to texts and back.
(function (kit, host) {
    "use strict";

    const { apply } = Reflect;
    const toWellFormed = String.prototype.toWellFormed;
    const lower = String.prototype.toLowerCase;

    const whole = (text) => apply(toWellFormed, String(text), []);

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

    return { crypto, uuid, atob, btoa, encode, decodeText, Digest };
})
