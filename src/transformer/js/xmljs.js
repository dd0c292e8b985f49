// `xmljs`: xml-js, written anew: XML as objects and objects as XML. There are two forms of such an object. The compact one,
// { order: { _attributes: { id: "1" }, item: [{ _text: "tea" }, { _text: "jam" }] } }, is easy to read and forgets how elements of
// different names were mixed; the full one, { elements: [{ type: "element", name: "order", attributes, elements }] }, forgets nothing.
//
// | function                   | what it gives                                                                           |
// |----------------------------|-----------------------------------------------------------------------------------------|
// | xml2js(text, options)      | the object; where the text is no XML, it throws an Error with line and column            |
// | xml2json(text, options)    | the object as JSON                                                                      |
// | js2xml(object, options)    | XML, with everything escaped that has to be: nothing is to be escaped before             |
// | json2xml(json, options)    | XML of an object as JSON                                                                |
//
// | option                     | meaning (all are false, 0 or as written here if they are absent)                         |
// |----------------------------|-----------------------------------------------------------------------------------------|
// | compact                    | the compact form, read or written                                                       |
// | spaces                     | of xml2json and the writing functions: a number of blanks, or a text, to indent with     |
// | ignoreDeclaration …Instruction …Attributes …Comment …Cdata …Doctype …Text: left out, in both directions               |
// | trim                       | reading: no blanks at the ends of texts and attributes                                  |
// | nativeType …TypeAttributes | reading: texts, or attributes, that are numbers, true or false become such              |
// | alwaysArray                | reading, compact: every member is a list; or those whose names are listed               |
// | alwaysChildren             | reading, full: every element has elements                                               |
// | captureSpacesBetweenElements | reading: texts of nothing but blanks are kept                                         |
// | fullTagEmptyElement        | writing: <a></a>, not <a/>                                                              |
// | declarationKey instructionKey attributesKey textKey cdataKey doctypeKey commentKey: other names than text, … in the   |
// |                            | full and _text, … in the compact form; typeKey nameKey elementsKey: those of the full one |
//
// Functions as options (elementNameFn, …) and addParent are not there. Of entities there are the five of XML and numbers.
(function (kit, host, bytes) {
    "use strict";

    const { keys, hasOwn, defineProperty } = Object;

    // Messages of SOAP have some tens. What is deeper when it is written most likely contains itself; what is read has the same
    // bound in src/transformer/xml.rs.
    const DEPTH_MAX = 256;

    const KEYS = ["declaration", "instruction", "attributes", "text", "cdata", "doctype", "comment", "type", "name", "elements"];
    // What each kind of part is switched off by.
    const IGNORED = { declaration: "ignoreDeclaration", instruction: "ignoreInstruction", comment: "ignoreComment", cdata: "ignoreCdata",
        doctype: "ignoreDoctype", text: "ignoreText" };
    const FLAGS = [...Object.values(IGNORED), "ignoreAttributes", "compact", "trim", "nativeType", "nativeTypeAttributes", "alwaysChildren",
        "captureSpacesBetweenElements", "fullTagEmptyElement"];

    const isObject = (value) => typeof value === "object" && value !== null;
    const whole = (text) => String(text).toWellFormed();

    // Members are defined, never assigned: what a document calls `__proto__` is a member like others.
    function put(object, name, value) {
        defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
    }

    // ---------------------------------------------------------------- options

    const isText = (value) => typeof value === "string";
    const isFlag = (value) => typeof value === "boolean";
    const OPTIONS = {
        spaces: [(value) => isText(value) || Number.isInteger(value) && value >= 0, "a number or a text"],
        alwaysArray: [(value) => isFlag(value) || Array.isArray(value), "true, false or a list of names"],
    };
    for (const name of FLAGS) OPTIONS[name] = [isFlag, "true or false"];
    for (const name of KEYS) OPTIONS[`${name}Key`] = [isText, "a text"];

    function optionsOf(given = {}) {
        const options = { spaces: 0, alwaysArray: false };
        for (const name of FLAGS) options[name] = false;
        for (const name of keys(given ?? {})) {
            if (given[name] !== undefined) options[name] = checked(name, given[name]);
        }
        // A copy, so that nothing of the user's runs while a document is read.
        if (Array.isArray(options.alwaysArray)) options.alwaysArray = [...options.alwaysArray];
        for (const name of KEYS) options[`${name}Key`] ??= options.compact ? `_${name}` : name;
        options.types = new Map(keys(IGNORED).map((type) => [options[`${type}Key`], type]));
        return options;
    }

    function checked(name, value) {
        if (!hasOwn(OPTIONS, name)) {
            const why = name.endsWith("Fn") ? "options cannot be functions, so change what comes out" : `the options are ${keys(OPTIONS).join(", ")}`;
            throw new TypeError(`xmljs: there is no option ${name}; ${why}`);
        }
        const [isRight, words] = OPTIONS[name];
        if (!isRight(value)) throw new TypeError(`xmljs: ${name} is to be ${words}`);
        return value;
    }

    // ---------------------------------------------------------------- reading

    function xml2js(text, given) {
        const options = optionsOf(given);
        const root = {};
        const parts = listener(root, options.compact ? compactForm(options) : fullForm(options), options);
        text = read(text);
        const most = host.xmlMax();
        if (text.length > most) {
            throw new RangeError(`xmljs: the document has ${text.length} characters, at most ${most} are read; raise limits.transformerMemoryBytes`);
        }
        kit.pay(text.length);
        const fault = host.xml(text, (kind, ...of) => parts[kind](...of));
        if (fault !== "") throw new Error(`xmljs: ${fault}`);
        return root;
    }

    function xml2json(text, given) {
        return JSON.stringify(xml2js(text, given), null, given?.spaces);
    }

    function read(text) {
        if (text instanceof Uint8Array) return bytes.decodeText(text);
        if (!isText(text)) throw new TypeError("xmljs: write a text of XML, like request.rawBody");
        return whole(text);
    }

    // Is told the parts of a document in their order, and puts them into `root`.
    function listener(root, form, options) {
        const open = [root];
        let said = [];

        const here = () => open[open.length - 1];
        const trimmed = (text) => (options.trim ? text.trim() : text);

        function endText() {
            if (said.length === 0) return;
            const text = said.join("");
            said = [];
            if (options.ignoreText || text.trim() === "" && !options.captureSpacesBetweenElements) return;
            form.leaf(here(), "text", options.nativeType ? native(trimmed(text)) : trimmed(text));
        }
        function leaf(type, text) {
            endText();
            if (text !== "" && !options[IGNORED[type]]) form.leaf(here(), type, trimmed(text));
        }
        function attributes(list) {
            const found = {};
            for (let at = 0; at < list.length; at += 2) {
                const value = trimmed(list[at + 1]);
                put(found, list[at], options.nativeTypeAttributes ? native(value) : value);
            }
            return list.length === 0 ? undefined : found;
        }

        return {
            declaration(list) {
                if (options.ignoreDeclaration) return;
                const found = attributes(list);
                put(root, options.declarationKey, found === undefined ? {} : { [options.attributesKey]: found });
            },
            start(name, list) {
                endText();
                open[open.length] = form.element(here(), name, options.ignoreAttributes ? undefined : attributes(list));
            },
            end() {
                endText();
                open.pop();
            },
            text(piece) { said[said.length] = piece; },
            cdata(text) { leaf("cdata", text); },
            comment(text) { if (text !== "") leaf("comment", text); },
            doctype(text) { leaf("doctype", text); },
            instruction(name, body) {
                endText();
                if (!options.ignoreInstruction) form.instruction(here(), name, trimmed(body));
            },
        };
    }

    // Not Infinity, which JSON does not have.
    function native(text) {
        const number = Number(text);
        if (text.trim() !== "" && Number.isFinite(number)) return number;
        const lower = text.toLowerCase();
        return lower === "true" ? true : lower === "false" ? false : text;
    }

    function compactForm(options) {
        const { alwaysArray } = options;
        const isList = (name) => (Array.isArray(alwaysArray) ? alwaysArray.includes(name) : alwaysArray);

        function add(into, name, value) {
            if (!hasOwn(into, name)) put(into, name, isList(name) ? [value] : value);
            else if (Array.isArray(into[name])) into[name].push(value);
            else put(into, name, [into[name], value]);
        }
        return {
            leaf(into, type, value) { add(into, options[`${type}Key`], value); },
            instruction(into, name, body) {
                const instruction = {};
                put(instruction, name, body);
                add(into, options.instructionKey, instruction);
            },
            element(into, name, attributes) {
                const element = {};
                if (attributes !== undefined) put(element, options.attributesKey, attributes);
                add(into, name, element);
                return element;
            },
        };
    }

    function fullForm(options) {
        function add(into, type, members) {
            const element = {};
            put(element, options.typeKey, type);
            for (const [key, value] of members) if (value !== undefined) put(element, options[key], value);
            if (!hasOwn(into, options.elementsKey)) put(into, options.elementsKey, []);
            into[options.elementsKey].push(element);
            return element;
        }
        return {
            leaf(into, type, value) { add(into, type, [[`${type}Key`, value]]); },
            instruction(into, name, body) { add(into, "instruction", [["nameKey", name], ["instructionKey", body]]); },
            element(into, name, attributes) {
                const children = options.alwaysChildren ? [] : undefined;
                return add(into, "element", [["nameKey", name], ["attributesKey", attributes], ["elementsKey", children]]);
            },
        };
    }

    // ---------------------------------------------------------------- writing

    const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;" };
    // What XML does not have, halves of characters too.
    const IMPOSSIBLE = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
    // Those that get a line of their own when there is indentation; a blank beside the others would be said.
    const APART = ["element", "comment", "doctype"];

    function js2xml(object, given) {
        const options = optionsOf(given);
        if (!isObject(object)) throw new TypeError("xmljs: write an object, like { elements: [] }, or { a: \"text\" } with { compact: true }");
        const partsOf = options.compact ? compactParts : fullParts;
        const parts = partsOf(object, options);
        if (!options.compact && parts.length === 0 && keys(object).length > 0 && !hasOwn(object, options.elementsKey)) {
            throw new TypeError(`xmljs: this object has no ${options.elementsKey}; if it is of the compact form, write { compact: true }`);
        }
        return written(parts, partsOf, options);
    }

    function json2xml(json, given) {
        if (json instanceof Uint8Array) json = bytes.decodeText(json);
        return js2xml(isText(json) ? JSON.parse(json) : json, given);
    }

    function written(parts, partsOf, options) {
        const out = [];
        const open = [{ parts, at: 0, end: "" }];
        const indent = typeof options.spaces === "number" ? " ".repeat(options.spaces) : options.spaces;
        const line = (depth) => (indent === "" ? "" : `\n${indent.repeat(depth)}`);

        function begin(part) {
            if (open.length > DEPTH_MAX) throw new RangeError(`xmljs: elements lie more than ${DEPTH_MAX} deep in one another; does the object contain itself?`);
            const tag = named("an element", part.name) + attributesOf(part.value, options);
            const inside = partsOf(part.value, options);
            if (inside.length === 0) return options.fullTagEmptyElement ? `<${tag}></${part.name}>` : `<${tag}/>`;
            const before = inside.some(({ type }) => APART.includes(type)) ? line(open.length - 1) : "";
            open[open.length] = { parts: inside, at: 0, end: `${before}</${part.name}>` };
            return `<${tag}>`;
        }
        while (open.length > 0) {
            const here = open[open.length - 1];
            if (here.at === here.parts.length) {
                out[out.length] = here.end;
                open.pop();
                continue;
            }
            const part = here.parts[here.at++];
            const before = out.length > 0 && APART.includes(part.type) ? line(open.length - 1) : "";
            out[out.length] = before + (part.type === "element" ? begin(part) : leafOf(part, options));
        }
        return out.join("");
    }

    // What there is to write in an element, or in the whole object, as { type, name, value }.
    function fullParts(element, options) {
        const parts = [];
        if (element[options.declarationKey]) parts[0] = { type: "declaration", value: element[options.declarationKey] };
        for (const one of element[options.elementsKey] ?? []) {
            const type = one?.[options.typeKey];
            if (type !== "element" && !hasOwn(IGNORED, type)) {
                throw new TypeError(`xmljs: there is no ${options.typeKey} ${text(type)}; there are element, ${keys(IGNORED).join(", ")}`);
            }
            parts[parts.length] = { type, name: one[options.nameKey], value: type === "element" ? one : one[options[`${type}Key`]] };
        }
        return parts.filter(({ type }) => !options[IGNORED[type]]);
    }

    function compactParts(element, options) {
        const parts = [];
        for (const name of keys(element)) {
            if (name === options.attributesKey) continue;
            const type = options.types.get(name) ?? "element";
            if (options[IGNORED[type]]) continue;
            for (const value of Array.isArray(element[name]) ? element[name] : [element[name]]) {
                if (type === "element") parts[parts.length] = { type, name, value: elementOf(value, options) };
                else if (type !== "instruction") parts[parts.length] = { type, value };
                else for (const one of keys(value ?? {})) parts[parts.length] = { type, name: one, value: value[one] };
            }
        }
        return parts;
    }

    // In the compact form an element with nothing but a text may be that text.
    function elementOf(value, options) {
        if (isObject(value)) return value;
        return value === undefined || value === null || value === "" ? {} : { [options.textKey]: value };
    }

    function leafOf({ type, name, value }, options) {
        switch (type) {
            case "declaration": return `<?xml${attributesOf(value, options)}?>`;
            case "text": return escaped(value, /[&<>\r]/g);
            case "cdata": return `<![CDATA[${text(value).replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
            case "doctype": return `<!DOCTYPE ${text(value)}>`;
            case "comment": return `<!--${without(/--|-$/, "--", value)}-->`;
            default: return `<?${named("an instruction", name)}${text(value) && " "}${without(/\?>/, "?>", value)}?>`;
        }
    }

    function attributesOf(element, options) {
        const attributes = element[options.attributesKey];
        if (options.ignoreAttributes || !isObject(attributes)) return "";
        const present = keys(attributes).filter((name) => attributes[name] !== undefined && attributes[name] !== null);
        return present.map((name) => ` ${named("an attribute", name)}="${escaped(attributes[name], /[&<"\t\n\r]/g)}"`).join("");
    }

    function named(what, name) {
        if (isText(name) && host.xmlName(whole(name))) return name;
        throw new TypeError(`xmljs: ${JSON.stringify(text(name).slice(0, 60))} is no name of ${what}`);
    }

    function text(value) {
        if (isObject(value) && String(value) === "[object Object]") throw new TypeError("xmljs: an object stands where a text is to stand");
        return value === undefined || value === null ? "" : String(value).replace(IMPOSSIBLE, "\ufffd");
    }

    const escaped = (value, characters) => text(value).replace(characters, (one) => ESCAPED[one]);

    function without(pattern, words, value) {
        value = text(value);
        if (pattern.test(value)) throw new TypeError(`xmljs: ${words} cannot stand in ${JSON.stringify(value.slice(0, 60))}`);
        return value;
    }

    return { xmljs: { xml2js, xml2json, js2xml, json2xml } };
})
