// `_`: the functions of lodash that transformers use, written anew. They take the arguments lodash documents; what is not
// listed is not there, and says so. Paths are "a.b[0].c" or lists; "iteratee" is a function or the name of a member.
// What there is stands in src/transformer/manual/libraries.rs.
(function () {
    "use strict";

    const { keys, values, entries } = Object;
    const isNil = (value) => value === undefined || value === null;
    const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
    const isObjectLike = (value) => typeof value === "object" && value !== null;
    const text = (value) => (isNil(value) ? "" : String(value));

    function isPlainObject(value) {
        if (!isObjectLike(value)) return false;
        const proto = Object.getPrototypeOf(value);
        return proto === null || proto === Object.prototype;
    }

    function path(given) {
        if (Array.isArray(given)) return given;
        if (typeof given === "symbol" || typeof given === "number") return [given];
        return Array.from(text(given).matchAll(/[^.[\]]+|\[(?:"([^"]*)"|'([^']*)')\]/g), ([part, double, single]) => double ?? single ?? part);
    }

    // Members are defined, never assigned: a path or an object from outside cannot reach a prototype.
    function put(object, name, value) {
        Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
    }
    const own = (object, name) => (isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined);

    function get(object, where, otherwise) {
        let here = object;
        for (const name of path(where)) {
            if (isNil(here)) return otherwise;
            here = here[name];
        }
        return here === undefined ? otherwise : here;
    }

    function has(object, where) {
        let here = object;
        for (const name of path(where)) {
            if (isNil(here) || !Object.hasOwn(Object(here), name)) return false;
            here = here[name];
        }
        return true;
    }

    function set(object, where, value) {
        if (!isObject(object)) return object;
        const names = path(where);
        let here = object;
        names.forEach((name, at) => {
            if (at === names.length - 1) return put(here, name, value);
            if (!isObject(own(here, name))) put(here, name, /^\d+$/.test(String(names[at + 1])) ? [] : {});
            here = own(here, name);
        });
        return object;
    }

    function unset(object, where) {
        const names = path(where);
        const holder = names.length > 1 ? get(object, names.slice(0, -1)) : object;
        return isObject(holder) ? delete holder[names[names.length - 1]] : true;
    }

    const list = (collection) => {
        if (isNil(collection)) return [];
        if (typeof collection === "string" || Array.isArray(collection)) return Array.from(collection);
        return typeof collection.length === "number" && collection.length >= 0 && collection.length <= 1e7 && typeof collection !== "function"
            ? Array.from(collection) : values(collection);
    };
    const named = (collection) => (isNil(collection) ? [] : Array.isArray(collection) || typeof collection === "string"
        ? Array.from(collection, (value, at) => [at, value]) : entries(collection));

    function matches(pattern, value) {
        return keys(pattern).every((name) => isPlainObject(pattern[name]) && isObject(value) ? matches(pattern[name], value[name])
            : isObject(value) && isEqual(value[name], pattern[name]));
    }

    function iteratee(given) {
        if (typeof given === "function") return given;
        if (isNil(given)) return (value) => value;
        if (Array.isArray(given)) return (value) => isEqual(get(value, given[0]), given[1]);
        if (typeof given === "object") return (value) => matches(given, value);
        return (value) => get(value, given);
    }

    function isEqual(a, b, seen = new Map()) {
        if (Object.is(a, b) || a === b) return true;
        if (!isObjectLike(a) || !isObjectLike(b) || Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
        if (seen.get(a) === b) return true;
        seen.set(a, b);
        if (a instanceof Date) return Object.is(a.getTime(), b.getTime());
        if (a instanceof RegExp) return String(a) === String(b);
        if (a instanceof Map || a instanceof Set) return a.size === b.size && isEqual([...a], [...b], seen);
        const names = keys(a);
        return names.length === keys(b).length && names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name], seen));
    }

    function merge(into, ...sources) {
        for (const source of sources) {
            if (!isObject(source)) continue;
            for (const name of keys(source)) {
                const value = source[name];
                if (value === undefined && Object.hasOwn(into, name)) continue;
                if (!Array.isArray(value) && !isPlainObject(value)) {
                    put(into, name, value);
                    continue;
                }
                const before = own(into, name);
                const whole = isPlainObject(value) ? isPlainObject(before) : Array.isArray(before);
                put(into, name, merge(whole ? before : Array.isArray(value) ? [] : {}, value));
            }
        }
        return into;
    }

    function chosen(object, keep) {
        const left = {};
        if (!isNil(object)) for (const name of keys(object)) if (keep(object[name], name)) put(left, name, object[name]);
        return left;
    }

    function pick(object, ...paths) {
        const left = {};
        for (const where of paths.flat()) if (has(object, where)) set(left, where, get(object, where));
        return left;
    }

    function omit(object, ...paths) {
        const left = merge({}, object);
        for (const where of paths.flat()) unset(left, where);
        return left;
    }

    function gather(collection, by, add) {
        const found = {};
        by = iteratee(by);
        for (const value of list(collection)) {
            const name = String(by(value));
            put(found, name, add(own(found, name), value));
        }
        return found;
    }

    function compare(a, b) {
        if (a === b) return 0;
        if (a === undefined) return 1;
        if (b === undefined) return -1;
        if (a === null) return b === undefined ? -1 : 1;
        if (b === null) return -1;
        return a < b ? -1 : a > b ? 1 : 0;
    }

    function orderBy(collection, by = [], orders = []) {
        const order = [by].flat().map(iteratee);
        const down = [orders].flat();
        const rows = list(collection).map((value) => [value, order.map((one) => one(value))]);
        rows.sort((a, b) => {
            for (let at = 0; at < order.length; at++) {
                const way = compare(a[1][at], b[1][at]);
                if (way !== 0) return down[at] === "desc" ? -way : way;
            }
            return 0;
        });
        return rows.map(([value]) => value);
    }

    function uniqBy(collection, by) {
        const seen = new Set();
        by = iteratee(by);
        return list(collection).filter((value) => {
            const key = by(value);
            return seen.has(key) ? false : seen.add(key);
        });
    }

    function extreme(collection, by, way) {
        by = iteratee(by);
        let found;
        let best;
        for (const value of list(collection)) {
            const rank = by(value);
            if (isNil(rank) || Number.isNaN(rank) || (best !== undefined && compare(rank, best) * way <= 0)) continue;
            [found, best] = [value, rank];
        }
        return found;
    }

    const words = (value) => text(value).match(/\p{Lu}{2,}(?=\p{Lu}\p{Ll}|\P{L}|$)|\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{Lu}+|\d+/gu) ?? [];
    const upperFirst = (value) => text(value).replace(/^./u, (first) => first.toUpperCase());
    const lowerFirst = (value) => text(value).replace(/^./u, (first) => first.toLowerCase());
    const capitalize = (value) => upperFirst(text(value).toLowerCase());
    const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;" };
    const UNESCAPES = Object.fromEntries(entries(ESCAPES).map(([plain, escaped]) => [escaped, plain]));

    function rounded(how) {
        return (number, digits = 0) => {
            const [whole, power = "0"] = String(Number(number)).split("e");
            const [moved, rest = "0"] = String(how(Number(`${whole}e${Number(power) + digits}`))).split("e");
            return Number(`${moved}e${Number(rest) - digits}`);
        };
    }

    function range(start, end, step) {
        if (end === undefined) [start, end] = [0, start];
        step ??= end < start ? -1 : 1;
        return Array.from({ length: Math.max(0, Math.ceil((end - start) / (step || 1))) }, (_, at) => start + at * step);
    }

    function random(low = 0, high = undefined, floating = false) {
        if (high === undefined) [low, high] = low === 0 ? [0, 1] : [0, low];
        if (low > high) [low, high] = [high, low];
        const whole = !floating && Number.isInteger(low) && Number.isInteger(high);
        return whole ? low + Math.floor(Math.random() * (high - low + 1)) : low + Math.random() * (high - low);
    }

    function shuffle(collection) {
        const mixed = list(collection);
        for (let at = mixed.length - 1; at > 0; at--) {
            const other = Math.floor(Math.random() * (at + 1));
            [mixed[at], mixed[other]] = [mixed[other], mixed[at]];
        }
        return mixed;
    }

    function deep(value) {
        return structuredClone(value);
    }

    function chunk(collection, size = 1) {
        const all = list(collection);
        size = Math.floor(size);
        return size < 1 ? [] : range(0, Math.ceil(all.length / size)).map((at) => all.slice(at * size, (at + 1) * size));
    }

    function truncate(value, { length = 30, omission = "..." } = {}) {
        const all = Array.from(text(value));
        return all.length <= length ? text(value) : all.slice(0, Math.max(0, length - omission.length)).join("") + omission;
    }

    function trim(value, characters) {
        if (characters === undefined) return text(value).trim();
        const away = new Set(characters);
        const all = Array.from(text(value));
        while (all.length > 0 && away.has(all[0])) all.shift();
        while (all.length > 0 && away.has(all[all.length - 1])) all.pop();
        return all.join("");
    }

    const made = {
        get, set, has, unset, pick, omit, merge,
        pickBy: (object, by) => chosen(object, iteratee(by)),
        omitBy: (object, by) => { by = iteratee(by); return chosen(object, (value, name) => !by(value, name)); },
        assign: (into, ...sources) => {
            for (const source of sources) if (!isNil(source)) for (const name of keys(source)) put(into, name, source[name]);
            return into;
        },
        defaults: (into, ...sources) => {
            for (const source of sources) {
                if (!isNil(source)) for (const name of keys(source)) if (own(into, name) === undefined) put(into, name, source[name]);
            }
            return into;
        },
        cloneDeep: deep,
        clone: (value) => (Array.isArray(value) ? [...value] : isPlainObject(value) ? { ...value } : isObjectLike(value) ? deep(value) : value),
        keys: (object) => (isNil(object) ? [] : keys(object)),
        values: list,
        entries: (object) => (isNil(object) ? [] : entries(object)),
        toPairs: (object) => (isNil(object) ? [] : entries(object)),
        fromPairs: (pairs) => Object.fromEntries(pairs),
        mapValues: (object, by) => { by = iteratee(by); return Object.fromEntries(entries(object ?? {}).map(([name, value]) => [name, by(value, name)])); },
        mapKeys: (object, by) => { by = iteratee(by); return Object.fromEntries(entries(object ?? {}).map(([name, value]) => [by(value, name), value])); },
        invert: (object) => Object.fromEntries(entries(object ?? {}).map(([name, value]) => [value, name])),
        forOwn: (object, call) => { for (const [name, value] of entries(object ?? {})) if (call(value, name, object) === false) break; return object; },

        isEqual: (a, b) => isEqual(a, b),
        isEmpty: (value) => {
            if (value instanceof Map || value instanceof Set) return value.size === 0;
            return isNil(value) || (typeof value === "string" ? value === "" : !isObject(value) || keys(value).length === 0);
        },
        isString: (value) => typeof value === "string",
        isNumber: (value) => typeof value === "number",
        isInteger: Number.isInteger, isFinite: Number.isFinite,
        isNaN: (value) => Number.isNaN(value),
        isBoolean: (value) => typeof value === "boolean",
        isArray: Array.isArray, isObject, isPlainObject,
        isFunction: (value) => typeof value === "function",
        isDate: (value) => value instanceof Date,
        isRegExp: (value) => value instanceof RegExp,
        isError: (value) => value instanceof Error,
        isNil,
        isNull: (value) => value === null,
        isUndefined: (value) => value === undefined,

        map: (collection, by) => { by = iteratee(by); return named(collection).map(([name, value]) => by(value, name, collection)); },
        filter: (collection, by) => { by = iteratee(by); return named(collection).filter(([name, value]) => by(value, name, collection)).map(([, value]) => value); },
        reject: (collection, by) => { by = iteratee(by); return named(collection).filter(([name, value]) => !by(value, name, collection)).map(([, value]) => value); },
        find: (collection, by) => { by = iteratee(by); return named(collection).find(([name, value]) => by(value, name, collection))?.[1]; },
        findIndex: (collection, by) => { by = iteratee(by); return list(collection).findIndex((value, at) => by(value, at, collection)); },
        some: (collection, by) => { by = iteratee(by); return named(collection).some(([name, value]) => by(value, name, collection)); },
        every: (collection, by) => { by = iteratee(by); return named(collection).every(([name, value]) => by(value, name, collection)); },
        includes: (collection, value) => (typeof collection === "string" ? collection.includes(value) : list(collection).includes(value)),
        reduce: (collection, call, ...initial) => {
            const all = named(collection);
            let sum = initial.length > 0 ? initial[0] : all.shift()?.[1];
            for (const [name, value] of all) sum = call(sum, value, name, collection);
            return sum;
        },
        forEach: (collection, call) => { for (const [name, value] of named(collection)) if (call(value, name, collection) === false) break; return collection; },
        size: (collection) => (isNil(collection) ? 0 : typeof collection === "string" ? collection.length : collection.size ?? list(collection).length),
        head: (all) => all?.[0],
        last: (all) => all?.[all.length - 1],
        nth: (all, at = 0) => all?.[at < 0 ? all.length + at : at],
        tail: (all) => list(all).slice(1),
        initial: (all) => list(all).slice(0, -1),
        take: (all, count = 1) => list(all).slice(0, Math.max(0, count)),
        drop: (all, count = 1) => list(all).slice(Math.max(0, count)),
        groupBy: (collection, by) => gather(collection, by, (before, value) => { before ??= []; before.push(value); return before; }),
        keyBy: (collection, by) => gather(collection, by, (before, value) => value),
        countBy: (collection, by) => gather(collection, by, (before = 0) => before + 1),
        partition: (collection, by) => { by = iteratee(by); const sides = [[], []]; for (const value of list(collection)) sides[by(value) ? 0 : 1].push(value); return sides; },
        sortBy: (collection, ...by) => orderBy(collection, by.flat()), orderBy,
        uniq: (collection) => uniqBy(collection), uniqBy, chunk,
        flatten: (all) => list(all).flat(),
        flattenDeep: (all) => list(all).flat(Infinity),
        flatMap: (collection, by) => { by = iteratee(by); return list(collection).map((value, at) => by(value, at)).flat(); },
        compact: (all) => list(all).filter(Boolean),
        difference: (all, ...others) => { const away = new Set(others.flat()); return list(all).filter((value) => !away.has(value)); },
        without: (all, ...others) => { const away = new Set(others); return list(all).filter((value) => !away.has(value)); },
        intersection: (first, ...others) => { const sets = others.map((one) => new Set(one)); return uniqBy(first).filter((value) => sets.every((one) => one.has(value))); },
        union: (...all) => uniqBy(all.flat()),
        concat: (all, ...others) => [].concat(all, ...others),
        reverse: (all) => all.reverse(),
        castArray: (...value) => (value.length === 0 ? [] : Array.isArray(value[0]) ? value[0] : [value[0]]),
        zip: (...all) => range(0, Math.max(0, ...all.map((one) => one.length))).map((at) => all.map((one) => one[at])),
        range,
        times: (count, call = (at) => at) => range(0, count).map((at) => call(at)),
        sum: (all) => list(all).reduce((sum, value) => sum + value, 0),
        sumBy: (all, by) => { by = iteratee(by); return list(all).reduce((sum, value) => sum + by(value), 0); },
        mean: (all) => list(all).reduce((sum, value) => sum + value, 0) / list(all).length,
        min: (all) => extreme(all, undefined, -1),
        max: (all) => extreme(all, undefined, 1),
        minBy: (all, by) => extreme(all, by, -1),
        maxBy: (all, by) => extreme(all, by, 1),
        sample: (collection) => { const all = list(collection); return all[Math.floor(Math.random() * all.length)]; },
        shuffle,

        capitalize, upperFirst, lowerFirst, words,
        camelCase: (value) => lowerFirst(words(value).map(capitalize).join("")),
        kebabCase: (value) => words(value).join("-").toLowerCase(),
        snakeCase: (value) => words(value).join("_").toLowerCase(),
        startCase: (value) => words(value).map(upperFirst).join(" "),
        upperCase: (value) => words(value).join(" ").toUpperCase(),
        lowerCase: (value) => words(value).join(" ").toLowerCase(),
        toLower: (value) => text(value).toLowerCase(),
        toUpper: (value) => text(value).toUpperCase(),
        toString: text, trim, truncate,
        padStart: (value, length, filler) => text(value).padStart(length, filler),
        padEnd: (value, length, filler) => text(value).padEnd(length, filler),
        repeat: (value, count = 1) => text(value).repeat(count),
        split: (value, by, most) => text(value).split(by, most),
        replace: (value, what, by) => text(value).replace(what, by),
        startsWith: (value, what) => text(value).startsWith(what),
        endsWith: (value, what) => text(value).endsWith(what),
        escape: (value) => text(value).replace(/[&<>"']/g, (one) => ESCAPES[one]),
        unescape: (value) => text(value).replace(/&(?:amp|lt|gt|quot|#39);/g, (one) => UNESCAPES[one]),

        clamp: (number, low, high) => { if (high === undefined) [low, high] = [-Infinity, low]; return Math.min(high, Math.max(low, number)); },
        round: rounded(Math.round), floor: rounded(Math.floor), ceil: rounded(Math.ceil), random,
        inRange: (number, start, end) => { if (end === undefined) [start, end] = [0, start]; return number >= Math.min(start, end) && number < Math.max(start, end); },
        toNumber: Number,
        toInteger: (value) => Math.trunc(Number(value)) || 0,

        identity: (value) => value,
        constant: (value) => () => value,
        noop: () => undefined,
        once: (call) => { let done = false; let value; return (...all) => { if (!done) [done, value] = [true, call(...all)]; return value; }; },
    };
    made.each = made.forEach;
    made.first = made.head;
    return { _: made };
})
