// What built-in functions cost. QuickJS asks whether to go on with each loop and call of a script, but not inside its own loops,
// so these are charged here: before they begin, by the length of what they go through, or when they have ended, where only the
// result tells and the memory bounds one of them. The unit is a round of a simple loop, about 20 ns.
//
// Operators have no function that could be charged: comparing two long texts, one as the name of a member, spreading a
// long list. Of these QuickJS does up to ten thousand between two questions. The memory does not bound texts either: one that is
// put together of itself, as by `s += s`, is there only once however long it is.
(function (charge, hide, replace) {
    "use strict";

    const { getOwnPropertyDescriptor, getOwnPropertyDescriptors, getPrototypeOf, setPrototypeOf, defineProperties, defineProperty } = Object;
    const { apply, construct, ownKeys } = Reflect;
    const { isArray } = Array;
    const { min } = Math;
    const NativeString = String;
    const nativeKeys = Object.keys;

    // Less than the call itself, which is counted.
    const FREE = 50;
    // Of what threw on its way, wherever that was.
    const THROWN = 10_000;
    // Of a search with a regular expression: QuickJS asks on its way only if it is long.
    const SEARCH = 10;

    const NONE = [];

    const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
    const plain = (value) => (isObject(value) ? NativeString(value) : value);
    const textLength = (value) => (typeof value === "string" ? value.length : 16);

    function pay(cost) {
        if (!(cost <= FREE) && charge(cost)) for (;;);
    }

    // Puts `method`, which is told the native one, in the place of each; it keeps name and length for whoever looks.
    function wrap(object, names, make) {
        for (const name of names) {
            const native = object[name];
            if (typeof native !== "function") continue;
            const method = make(native, name);
            defineProperty(method, "name", { value: native.name });
            defineProperty(method, "length", { value: native.length });
            hide(object, name, method);
        }
    }

    function before(object, names, cost) {
        wrap(object, names, (native) => ({ method(...args) {
            pay(cost(this, args));
            return apply(native, this, args);
        } }).method);
    }

    function after(object, names, cost) {
        wrap(object, names, (native) => ({ method(...args) {
            let result;
            try {
                result = apply(native, this, args);
            } catch (error) {
                pay(THROWN);
                throw error;
            }
            pay(cost(result));
            return result;
        } }).method);
    }

    // ---------------------------------------------------------------- lists

    const typed = typeof Uint8Array === "function" ? getPrototypeOf(Uint8Array) : undefined;
    const typedLength = typed && getOwnPropertyDescriptor(typed.prototype, "length").get;

    // Of what QuickJS is about to walk through. A length that a function tells could be another one when QuickJS asks for it.
    function lengthOf(list) {
        if (isArray(list)) return list.length;
        if (!isObject(list)) return typeof list === "string" ? list.length : 0;
        for (let at = list; at !== null; at = getPrototypeOf(at)) {
            const member = getOwnPropertyDescriptor(at, "length");
            if (member === undefined) continue;
            if (member.get !== undefined && member.get === typedLength) return list.length;
            if (member.get === undefined && member.set === undefined && !isObject(member.value)) return +member.value;
            throw new TypeError("the length of a list is to be a number, not what a function tells");
        }
        return 0;
    }

    function allLengths(list, others) {
        let length = lengthOf(list);
        for (const other of others) {
            if (isArray(other) || isObject(other) && Symbol.isConcatSpreadable in other) length += lengthOf(other);
        }
        return length;
    }

    function chargeLists() {
        const { prototype } = Array;
        const places = (share) => (list) => lengthOf(list) / share;
        before(prototype, ["join", "toLocaleString"], places(1));
        before(prototype, ["reverse", "copyWithin", "fill", "toReversed", "with"], places(4));
        before(prototype, ["slice", "splice", "toSpliced", "shift", "unshift"], places(8));
        before(prototype, ["concat"], (list, others) => allLengths(list, others) / 4);
        after(prototype, ["join", "toLocaleString"], (text) => text.length / 16);
        wrap(prototype, ["sort", "toSorted"], (native) => ({ method(compare) {
            const length = lengthOf(this);
            pay(length * 4);
            return apply(native, this, [compare !== undefined || isPlain(this, length) ? compare : compareTexts]);
        } }).method);
        before(Array, ["from"], (self, { 0: list }) => (isArray(list) || typeof list === "string" ? list.length * 2 : 0));
        after(Array, ["from"], (list) => (isArray(list) ? list.length * 2 : 0));
    }

    // Whether all members are short when they are compared as texts.
    function isPlain(list, length) {
        for (let at = 0; at < length; at++) {
            const member = list[at];
            if (isObject(member) || typeof member === "string" && member.length > 64) return false;
        }
        return true;
    }

    function compareTexts(a, b) {
        a = `${a}`;
        b = `${b}`;
        pay(min(a.length, b.length) / 64);
        return a < b ? -1 : a > b ? 1 : 0;
    }

    // ---------------------------------------------------------------- texts

    const compared = (text, what) => textLength(text) * (16 + textLength(what)) / 256;

    // The text is read once, before it is charged: what an object says it is could change.
    function texts(names, cost, result) {
        wrap(NativeString.prototype, names, (native) => ({ method(...args) {
            const text = plain(this);
            if (cost !== undefined) pay(cost(text));
            const given = apply(native, text, args);
            if (result !== undefined) pay(result(given));
            return given;
        } }).method);
    }

    function comparisons(names, cost) {
        wrap(NativeString.prototype, names, (native, name) => ({ method(what, ...more) {
            const text = plain(this);
            if (isObject(what) && name in NO_PATTERNS && what[Symbol.match]) {
                throw new TypeError(`${name}: write a text, not a regular expression`);
            }
            what = plain(what);
            pay(cost(text, what));
            return apply(native, text, [what, ...more]);
        } }).method);
    }
    const NO_PATTERNS = { includes: 1, startsWith: 1, endsWith: 1 };

    // `symbol` is the name under which an object does it itself, as regular expressions do.
    function divisions(names, symbol, result) {
        wrap(NativeString.prototype, names, (native) => ({ method(what, more) {
            const own = isObject(what) && this !== undefined && this !== null ? what[symbol] : undefined;
            if (own !== undefined && own !== null) {
                if (native === replaceAll && what instanceof RegExp && !what.flags.includes("g")) return apply(native, this, [what, more]);
                return paid(apply(own, what, [this, more]));
            }
            const text = plain(this);
            what = plain(what);
            pay(compared(text, what));
            return paid(apply(native, text, [what, more]));
        } }).method);
        function paid(given) {
            pay(result(given));
            return given;
        }
    }
    const { replaceAll } = NativeString.prototype;

    function chargeTexts() {
        comparisons(["indexOf", "lastIndexOf", "includes"], compared);
        comparisons(["startsWith", "endsWith"], (text, what) => textLength(what) / 64);
        comparisons(["localeCompare"], (text, other) => (textLength(text) + textLength(other)) * 4);
        texts(["toUpperCase", "toLowerCase", "toLocaleUpperCase", "toLocaleLowerCase"], (text) => textLength(text) / 2);
        texts(["normalize"], (text) => textLength(text) * 4);
        texts(["trim", "trimStart", "trimEnd", "trimLeft", "trimRight", "isWellFormed", "toWellFormed"], (text) => textLength(text) / 16);
        texts(["padStart", "padEnd"], undefined, (text) => text.length / 16);
        texts(["repeat", "anchor", "big", "blink", "bold", "fixed", "fontcolor", "fontsize", "italics", "link", "small", "strike", "sub",
            "sup"], undefined, (text) => text.length / 64);
        divisions(["split"], Symbol.split, (list) => (isArray(list) ? list.length * 2 : 0));
        divisions(["replace", "replaceAll"], Symbol.replace, (text) => textLength(text) / 16);
        wrap(globalThis, ["encodeURI", "encodeURIComponent", "decodeURI", "decodeURIComponent", "escape", "unescape", "parseInt", "parseFloat"],
            (native) => ({ method(text, more) {
                text = plain(text);
                pay(textLength(text) / 2);
                return native(text, more);
            } }).method);
        replace(Number, { parseInt: globalThis.parseInt, parseFloat: globalThis.parseFloat });
        before(Symbol, ["for"], (self, { 0: text }) => textLength(text) / 16);
    }

    function chargePatterns() {
        const { prototype } = RegExp;
        wrap(prototype, ["exec"], (native) => ({ method(text) {
            if (charge(SEARCH)) for (;;);
            return apply(native, this, [text]);
        } }).method);
        before(prototype, ["compile"], (self, { 0: source }) => textLength(source) * 2);
        replaceConstructor("RegExp", (Native, { 0: source, 1: flags }, target) => {
            if (isObject(source) && !(source instanceof Native)) source = NativeString(source);
            pay(textLength(source) * 2);
            return target === undefined ? Native(source, flags) : construct(Native, [source, flags], target);
        });
    }

    // ---------------------------------------------------------------- objects, JSON, maps and sets

    const members = (value) => (isArray(value) ? value.length : isObject(value) ? nativeKeys(value).length : 0);

    function chargeObjects() {
        after(Object, ["keys", "values", "entries", "getOwnPropertyNames", "getOwnPropertySymbols"], (list) => list.length * 4);
        after(Object, ["getOwnPropertyDescriptors"], (all) => members(all) * 16);
        after(Reflect, ["ownKeys"], (list) => list.length * 4);
        before(Object, ["assign"], (self, objects) => objects.reduce((sum, object) => sum + members(object) * 8, 0));
        before(Object, ["freeze", "seal", "isFrozen", "isSealed"], (self, { 0: object }) => members(object) * 4);
        before(Object, ["create", "defineProperties"], (self, { 1: all }) => members(all) * 8);
        before(Object, ["fromEntries"], (self, { 0: list }) => (isArray(list) ? list.length * 8 : 0));
        wrap(JSON, ["parse"], (native) => ({ method(text, revive) {
            text = plain(text);
            pay(textLength(text) / 4);
            return native(text, revive);
        } }).method);
        after(JSON, ["stringify"], (text) => textLength(text) / 4);
    }

    function chargeMaps() {
        const { isPrototypeOf } = Object.prototype;
        const [ofMap, ofSet] = [Map, Set].map(({ prototype }) => getOwnPropertyDescriptor(prototype, "size").get);
        // What only looks like a set could give its members without an end.
        function size(set) {
            if (isObject(set) && apply(isPrototypeOf, Map.prototype, [set])) return apply(ofMap, set, NONE);
            if (isObject(set) && apply(isPrototypeOf, Set.prototype, [set])) return apply(ofSet, set, NONE);
            throw new TypeError("write a Set or a Map");
        }
        for (const { prototype } of [Map, Set]) {
            wrap(prototype, ["get", "set", "has", "add", "delete", "getOrInsert", "getOrInsertComputed"], (native) => ({ method(key, value) {
                if (typeof key === "string") pay(key.length / 16);
                return apply(native, this, [key, value]);
            } }).method);
        }
        before(Set.prototype, ["union", "intersection", "difference", "symmetricDifference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"],
            (set, { 0: other }) => (size(set) + size(other)) * 8);
    }

    function chargeIterators() {
        const { prototype } = Iterator;
        before(prototype, ["drop"], (self, { 0: count }) => +count);
        after(prototype, ["toArray"], (list) => list.length * 2);
        replace(prototype, {
            includes(what, skipped = 0) {
                for (const one of this) if (skipped-- <= 0 && (one === what || one !== one && what !== what)) return true;
                return false;
            },
            join(separator) { return Array.from(this).join(separator); },
        });
    }

    // ---------------------------------------------------------------- bytes

    function chargeBytes() {
        const { prototype } = typed;
        const places = (share) => (list) => apply(typedLength, list, []) / share;
        before(prototype, ["copyWithin", "fill", "reverse", "set", "slice", "toReversed", "with", "indexOf", "lastIndexOf", "includes"], places(4));
        before(prototype, ["sort", "toSorted", "join", "toLocaleString"], places(0.25));
        after(typed, ["from", "of"], (list) => apply(typedLength, list, []) * 2);
        const bytes = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get;
        before(ArrayBuffer.prototype, ["slice", "sliceToImmutable", "resize", "transfer", "transferToFixedLength", "transferToImmutable"],
            (buffer) => apply(bytes, buffer, []) / 64);
        replaceConstructor("ArrayBuffer", (Native, args, target) => {
            const buffer = construct(Native, args, target);
            pay(apply(bytes, buffer, []) / 64);
            return buffer;
        });
        for (const name of ownKeys(globalThis)) {
            if (getPrototypeOf(globalThis[name] ?? 0) === typed) replaceConstructor(name, typedArray);
        }
    }

    function typedArray(Native, args, target) {
        const list = construct(Native, args, target);
        if (!(args[0] instanceof ArrayBuffer)) pay(apply(typedLength, list, []) * (isArray(args[0]) ? 2 : 0.25));
        return list;
    }

    // The class stays what it is for whoever looks: its prototype, its own functions, what inherits from it.
    function replaceConstructor(name, make) {
        const Native = globalThis[name];
        const made = { [name]: function (...args) {
            if (new.target === undefined && name !== "RegExp") throw new TypeError(`write new ${name}(…)`);
            return make(Native, args, new.target);
        } }[name];
        const { prototype, name: own, length, ...more } = getOwnPropertyDescriptors(Native);
        defineProperties(made, more);
        defineProperty(made, "prototype", { value: Native.prototype, writable: false });
        defineProperty(made, "name", own);
        defineProperty(made, "length", length);
        setPrototypeOf(made, getPrototypeOf(Native));
        hide(Native.prototype, "constructor", made);
        hide(globalThis, name, made);
    }

    chargeLists();
    chargeTexts();
    chargePatterns();
    chargeObjects();
    chargeMaps();
    chargeIterators();
    if (typed !== undefined) chargeBytes();
    return pay;
})
