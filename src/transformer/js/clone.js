// `structuredClone`, for what a run can hold.
(function () {
    "use strict";

    const { defineProperty, keys } = Object;
    const isObject = (value) => typeof value === "object" && value !== null;

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

    return { structuredClone };
})
