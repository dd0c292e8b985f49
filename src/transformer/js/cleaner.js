// getTextCleaner(): an object that makes texts plain. cleanText takes HTML out, then makes blanks single.
// What there is stands in src/transformer/manual/libraries.rs.
(function () {
    "use strict";

    const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: " " };
    const text = (value) => (value === undefined || value === null ? "" : String(value));

    function entity(whole, name) {
        if (Object.hasOwn(ENTITIES, name)) return ENTITIES[name];
        if (name[0] !== "#") return whole;
        const code = name[1] === "x" || name[1] === "X" ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
        return code > 0 && code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole;
    }

    const cleaner = {
        cleanText(value) { return cleaner.collapse(cleaner.stripHtml(value)); },
        stripHtml(value) {
            return text(value)
                .replace(/<(script|style)\b[^>]*>[^]*?<\/\1\s*>/gi, " ")
                .replace(/<!--[^]*?-->/g, " ")
                .replace(/<\/?[a-zA-Z][^<>]*>/g, " ")
                .replace(/&(#?\w{1,10});/g, entity);
        },
        collapse(value) { return text(value).replace(/\s+/g, " ").trim(); },
        trim(value) { return text(value).trim(); },
        removeControl(value) { return text(value).replace(/[^\P{Cc}\n\r\t]|\p{Cf}/gu, ""); },
        truncate(value, most) {
            const characters = Array.from(text(value));
            return characters.length <= most ? text(value) : characters.slice(0, Math.max(0, most - 1)).join("") + "…";
        },
    };
    return { getTextCleaner: () => cleaner, shared: cleaner };
})
