// Makes a new runtime a place without clock, chance, state or code from text, before any script or transformer runs.
//
// Everything that runs share is frozen, so that nothing one run does can be seen by another; what cannot be frozen
// (stack trace hooks, constructors of code) is removed. The global names are a list of what stays: what a later
// version of the engine adds is not there until it is put on the list. `more` are the names that one kind of runtime
// has beyond the list, `kinds` a function of each further kind (async, …) whose constructor makes code from text; `charges` is
// what charges.js makes.
// Gives back a kit; whoever has put their own things in place calls its `seal`.
(function (now, chance, work, charges, more, kinds) {
    "use strict";

    const { getOwnPropertyDescriptor, getPrototypeOf, defineProperty, freeze, hasOwn, keys } = Object;
    const { ownKeys, apply, construct } = Reflect;
    const { stringify } = JSON;
    const NativeDate = Date;
    const NativeString = String;
    const slice = String.prototype.slice;
    const toWellFormed = String.prototype.toWellFormed;

    const GLOBALS = [
        "Object", "Array", "String", "Number", "Boolean", "Symbol", "BigInt", "Math", "JSON", "Date", "RegExp",
        "Map", "Set", "WeakMap", "WeakSet", "Iterator", "Reflect", "Error", "EvalError", "RangeError",
        "ReferenceError", "SyntaxError", "TypeError", "URIError", "InternalError", "AggregateError", "Function",
        "isNaN", "isFinite", "parseInt", "parseFloat", "encodeURI", "encodeURIComponent", "decodeURI",
        "decodeURIComponent", "escape", "unescape", "NaN", "Infinity", "undefined", "globalThis",
    ];

    function hide(object, name, value) {
        defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
    }

    // Methods replace those of the same name and keep their name and length for whoever looks.
    function replace(object, methods) {
        for (const name of keys(methods)) hide(object, name, methods[name]);
    }

    function removeWhatCannotBeBounded() {
        for (const name of ownKeys(globalThis)) {
            if (!GLOBALS.includes(name) && !more.includes(name)) delete globalThis[name];
        }
        delete Array.fromAsync;
        delete Error.prepareStackTrace;
        delete Error.stackTraceLimit;
        delete Iterator.prototype[Symbol.dispose];
    }

    // `instanceof Function` still works; making a function from text does not.
    function refuseCodeFromText() {
        function Function() {
            throw new TypeError("scripts cannot make functions from text");
        }
        defineProperty(Function, "prototype", { value: getPrototypeOf(Function), writable: false });
        hide(globalThis, "Function", Function);
        hide(Function.prototype, "constructor", Function);
        for (const kind of [function* () {}, ...kinds]) {
            defineProperty(getPrototypeOf(kind), "constructor", { value: Function });
        }
    }

    // The time of the turn, in UTC: what the machine's clock and time zone say is not to be seen.
    function replaceTime() {
        const proto = NativeDate.prototype;
        const { parse, UTC } = NativeDate;
        const zoned = /(?:Z|UTC|GMT(?:[+-]\d{4})?|:\d\d(?:\.\d+)? ?[+-]\d\d:?\d\d)(?: \(.*\))?$/i;

        function parseAsUtc(text) {
            text = NativeString(text).trim();
            if (/^[+-]?\d{4,6}(-\d\d){0,2}$/.test(text) || zoned.test(text)) return parse(text);
            return parse(/^[+-]?\d{4,6}-\d\d-\d\dT[\d:.]+$/.test(text) ? text + "Z" : text + " UTC");
        }
        function moment(value) {
            if (value instanceof NativeDate) return value.getTime();
            if (value !== null && typeof value === "object") value = value.valueOf();
            return typeof value === "string" ? parseAsUtc(value) : Number(value);
        }
        function Date(...parts) {
            if (new.target === undefined) return new Date().toString();
            if (parts.length === 0) return construct(NativeDate, [now()], new.target);
            const time = parts.length === 1 ? moment(parts[0]) : apply(UTC, NativeDate, parts);
            return construct(NativeDate, [time], new.target);
        }
        defineProperty(Date, "length", { value: 7 });
        defineProperty(Date, "prototype", { value: proto, writable: false });
        replace(Date, { now: () => now(), parse: parseAsUtc, UTC });
        hide(proto, "constructor", Date);
        hide(globalThis, "Date", Date);

        for (const part of ["FullYear", "Month", "Date", "Hours", "Minutes", "Seconds", "Milliseconds"]) {
            hide(proto, "get" + part, proto["getUTC" + part]);
            hide(proto, "set" + part, proto["setUTC" + part]);
        }
        hide(proto, "getDay", proto.getUTCDay);
        replaceTexts(proto);
    }

    function replaceTexts(proto) {
        const utc = proto.toUTCString;
        // "Tue, 24 Nov 2026 02:37:07 GMT" in its parts; none for an invalid date
        const split = (date) => /^(\w+), (\d+) (\w+) (-?\d+) ([\d:]+)/.exec(apply(utc, date, []));
        const two = (number) => (number < 10 ? "0" : "") + number;
        const text = (write) => function () {
            const parts = split(this);
            return parts ? write(parts, this) : "Invalid Date";
        };
        const day = ([, weekday, date, month, year]) => `${weekday} ${month} ${date} ${year}`;
        const time = (parts) => `${parts[5]} GMT+0000 (UTC)`;
        const localeDay = (parts, date) =>
            `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${parts[4]}`;
        const localeTime = (parts, date) => {
            const hours = date.getUTCHours();
            return `${two(hours % 12 || 12)}${parts[5].slice(2)} ${hours < 12 ? "AM" : "PM"}`;
        };
        replace(proto, {
            toString: text((parts) => `${day(parts)} ${time(parts)}`),
            toDateString: text(day),
            toTimeString: text(time),
            toLocaleString: text((parts, date) => `${localeDay(parts, date)}, ${localeTime(parts, date)}`),
            toLocaleDateString: text(localeDay),
            toLocaleTimeString: text(localeTime),
            getTimezoneOffset() { return Number.isNaN(this.getTime()) ? NaN : 0; },
            getYear() { return this.getUTCFullYear() - 1900; },
            setYear(year) { return this.setUTCFullYear(year >= 0 && year < 100 ? 1900 + +year : year); },
        });
    }

    // Written here, because what they walk through is only known on the way.
    function replaceFlat() {
        function flatten(into, list, depth) {
            for (let at = 0; at < list.length; at++) {
                if (!(at in list)) continue;
                const member = list[at];
                if (depth >= 1 && Array.isArray(member)) flatten(into, member, depth - 1);
                else into[into.length] = member;
            }
            return into;
        }
        replace(Array.prototype, {
            flat(depth = 1) { return flatten([], this, +depth); },
            flatMap(change, self) { return flatten([], Array.prototype.map.call(this, change, self), 1); },
        });
    }

    // Written here, because QuickJS 0.16.2 frees a member of the list twice when a search is stopped between two of
    // them: whatever else held that text or object would be gone.
    function replaceFind() {
        function search(list, matches, self, from, step) {
            if (typeof matches !== "function") throw new TypeError("not a function");
            const { length } = list;
            for (let at = from; at >= 0 && at < length; at += step) {
                if (apply(matches, self, [list[at], at, list])) return at;
            }
            return -1;
        }
        const found = (list, at) => (at < 0 ? undefined : list[at]);
        replace(Array.prototype, {
            find(matches, self) { return found(this, search(this, matches, self, 0, 1)); },
            findIndex(matches, self) { return search(this, matches, self, 0, 1); },
            findLast(matches, self) { return found(this, search(this, matches, self, this.length - 1, -1)); },
            findLastIndex(matches, self) { return search(this, matches, self, this.length - 1, -1); },
        });
    }

    // On a frozen prototype a plain `error.name = "…"` would fail, because the inherited property cannot be
    // written. These become pairs of get and set, where set makes a property of the object itself.
    function letHeirsOverride(proto, names = ownKeys(proto)) {
        for (const name of names) {
            if (!hasOwn(proto, name)) continue;
            const { value, configurable } = getOwnPropertyDescriptor(proto, name);
            if (value === undefined || !configurable) continue;
            defineProperty(proto, name, {
                get() { return value; },
                set(own) {
                    if (this === proto) throw new TypeError(`'${NativeString(name)}' is read-only`);
                    defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true });
                },
            });
        }
    }

    function hiddenIntrinsics() {
        return [
            getPrototypeOf(function* () {}),
            getPrototypeOf([].values()), getPrototypeOf(""[Symbol.iterator]()), getPrototypeOf("".matchAll(/a/g)),
            getPrototypeOf(new Map().values()), getPrototypeOf(new Set().values()),
            getPrototypeOf([].values().map(NativeString)), getPrototypeOf(Iterator.from({ next() {} })),
            getOwnPropertyDescriptor((function () { return arguments; })(), "callee").get,
        ];
    }

    function freezeAll(roots) {
        const seen = new Set();
        const open = [...roots];
        while (open.length > 0) {
            const object = open.pop();
            if (object === null || (typeof object !== "object" && typeof object !== "function")) continue;
            if (seen.has(object)) continue;
            seen.add(object);
            for (const name of ownKeys(object)) {
                const { value, get, set } = getOwnPropertyDescriptor(object, name);
                open.push(value, get, set);
            }
            open.push(getPrototypeOf(object));
            freeze(object);
        }
    }

    // What was thrown, in words, and its stack; the engine looks for the line in it.
    function describe(thrown) {
        if (!(thrown instanceof Error)) {
            const text = typeof thrown === "object" ? stringify(thrown) : NativeString(thrown);
            return [apply(toWellFormed, apply(slice, text, [0, 1000]), []), ""];
        }
        const text = apply(slice, `${thrown.name}: ${thrown.message}`, [0, 1000]);
        return [apply(toWellFormed, text, []), apply(toWellFormed, NativeString(thrown.stack), [])];
    }

    // A line for a log, of whatever was to be logged.
    function line(values) {
        const words = values.map((value) => {
            if (typeof value !== "object" || value === null) return NativeString(value);
            if (value instanceof Error) return `${value.name}: ${value.message}`;
            return stringify(value) ?? NativeString(value);
        });
        return apply(toWellFormed, words.join(" "), []);
    }

    removeWhatCannotBeBounded();
    refuseCodeFromText();
    replaceTime();
    replace(Math, { random: () => chance() });
    replaceFlat();
    replaceFind();
    const pay = charges(work, hide, replace);
    letHeirsOverride(Object.prototype);
    for (const kind of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, InternalError,
        AggregateError]) {
        letHeirsOverride(kind.prototype);
    }
    return {
        hide, replace, letHeirsOverride, freezeAll, pay, describe, line,
        seal(tools) { freezeAll([globalThis, tools, ...hiddenIntrinsics(), ...kinds.map(getPrototypeOf)]); },
    };
})
