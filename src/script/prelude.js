// Runs once in every new runtime for scripts of flows, in the realm that `kit` has made.
// Gives back the tools the engine works with.
(function (kit, said, logged) {
    "use strict";

    const { freeze, keys } = Object;
    const { stringify } = JSON;
    const toWellFormed = String.prototype.toWellFormed;
    const { apply } = Reflect;

    const tools = {
        // What a script is given to read.
        freeze(value) {
            if (typeof value !== "object" || value === null) return value;
            const open = [value];
            for (let object = open.pop(); object !== undefined; object = open.pop()) {
                for (const name of keys(object)) {
                    const member = object[name];
                    if (typeof member === "object" && member !== null) open[open.length] = member;
                }
                freeze(object);
            }
            return value;
        },
        describe: kit.describe,
        // Uses up what is left until the next count of steps, so that counting begins at a known place.
        spin() { for (;;); },
        say(text, data) {
            text = text === undefined || text === null ? "" : String(text);
            if (data === undefined || data === null) {
                data = null;
            } else if (typeof data !== "object" || Array.isArray(data)) {
                throw new TypeError("say: data is to be an object, like { key: value }");
            } else {
                data = stringify(data);
                if (data === undefined || data[0] !== "{") throw new TypeError("say: data is to be an object");
            }
            const refusal = said(apply(toWellFormed, text, []), data);
            if (refusal !== "") throw new RangeError(refusal);
        },
        log(...values) { logged(kit.line(values)); },
    };

    kit.seal(tools);
    return tools;
})
