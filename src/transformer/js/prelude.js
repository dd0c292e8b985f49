// Runs once in every new runtime for transformers, in the realm that `kit` has made: puts in place what a transformer
// finds beyond the language, and gives back the tools with which the engine starts runs and goes on with them.
//
// `host` are functions of ours; none of them keeps anything of a run but the engine's meter. `library` compiles one of the
// other files of this folder; those that are large are asked for when something of them is used first. `Proxy` is for us alone.
// What changes with the run is in `run` alone, and everything else is sealed at the end.
(function (kit, host, library, Proxy) {
    "use strict";

    const { defineProperty, keys, entries } = Object;
    const { apply } = Reflect;
    const NativePromise = Promise;
    const resolved = Promise.resolve;
    const toWellFormed = String.prototype.toWellFormed;

    // The run that is under way: what it asked for and not yet got, its storage, its response.
    let run = null;

    const { Response, takeResponse, requestGet, headerValue } = library("response")(kit, host);
    const { crypto, uuid, atob, btoa, encode, decodeText, Digest } = library("bytes")(kit, host);
    const { httpRequest } = library("requests")(kit, host, { encode, headerValue, wait });
    const { structuredClone } = library("clone")(kit, host);

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

    // Goes on with the next answer that the engine brings: the caller just asked for something.
    function wait(goOn) { run.open[run.open.length] = goOn; }

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
            wait((answer) => {
                const all = run.waiting;
                // Whoever asks after a failure asks anew.
                run.waiting = undefined;
                run.storage = answer.storage;
                for (const one of all) {
                    if (answer.failed === undefined) one.resolve(run.storage);
                    else one.reject(new Error(answer.failed));
                }
            });
        });
    }

    // ---------------------------------------------------------------- console

    const logger = (level) => (...values) => { host.log(level, kit.line(values)); };
    const console = { log: logger("info"), info: logger("info"), debug: logger("debug"), trace: logger("debug"), warn: logger("warn"),
        error: logger("error") };

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
