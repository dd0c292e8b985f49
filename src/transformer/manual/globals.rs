//! What of the language and of the web there is.

use super::{Of, Part, Topic, entry, plain};

pub(super) static CONSOLE: Topic = Topic {
    name: "console",
    doc: "Lines for the transcript, and for the log if log.console is on: at most 50 of a run, of 1,000 characters each; a last one tells how many more there were.",
    parts: &[
        plain(Of::Globals, &[entry(&["console"], "It has:")]),
        plain(
            Of::Members("console"),
            &[
                entry(&["log(…)", "info(…)", "debug(…)", "trace(…)"], "A line."),
                entry(&["warn(…)", "error(…)"], "A warning."),
            ],
        ),
    ],
    example: "",
};

pub(super) static CRYPTO: Topic = Topic {
    name: "crypto",
    doc: "Hashes and chance. Data are a text (as UTF-8), a Buffer, an ArrayBuffer or a typed array.",
    parts: &[
        plain(Of::Globals, &[entry(&["crypto"], "It has:")]),
        plain(
            Of::Members("crypto"),
            &[
                entry(&["createHash(name)", "createHmac(name, key)"], "With sha1, sha256, sha384 or sha512."),
                entry(
                    &["timingSafeEqual(a, b)"],
                    "Whether the two are the same; they must have the same length.",
                ),
                entry(&["randomUUID()", "randomBytes(count)", "getRandomValues(array)"], "Chance."),
            ],
        ),
        Part {
            title: "what createHash and createHmac give",
            of: Of::Members("crypto.createHash('sha256')"),
            entries: &[
                entry(&["update(data)"], "Adds data; gives back the hash."),
                entry(&["digest(encoding)"], "hex, base64 or base64url; a Buffer if it is left out."),
            ],
        },
        Part {
            title: "and beside it",
            of: Of::Globals,
            entries: &[entry(&["uuid"], "An object with the function v4.")],
        },
        plain(Of::Members("uuid"), &[entry(&["v4()"], "A random UUID.")]),
    ],
    example: "crypto.createHmac(\"sha256\", endpoint.settings.secret).update(request.rawBytes).digest(\"base64\")",
};

pub(super) static BUFFER: Topic = Topic {
    name: "Buffer",
    doc: "Node's Buffer, as far as signatures and encodings need it: a Uint8Array. Its slice copies; subarray does not. Encodings are utf8, latin1 (binary, \
          ascii), hex, base64 and base64url.",
    parts: &[
        plain(Of::Globals, &[entry(&["Buffer"], "It has:")]),
        plain(
            Of::Members("Buffer"),
            &[
                entry(&["from(value, encoding)", "of(…)", "alloc(size, fill)", "concat(list)"], "Make one."),
                entry(&["isBuffer(value)", "byteLength(value, encoding)", "compare(a, b)"], "Look at some."),
            ],
        ),
        Part {
            title: "what a Buffer has beyond a Uint8Array",
            of: Of::Members("Buffer.alloc(1)"),
            entries: &[
                entry(&["toString(encoding, start, end)", "toJSON()"], "What it is as a text, and as JSON."),
                entry(&["equals(other)", "compare(other)"], "Whether it is the same, and which comes first."),
            ],
        },
    ],
    example: "",
};

pub(super) static URLS: Topic = Topic {
    name: "URL",
    doc: "Addresses, as the web has them.",
    parts: &[
        plain(
            Of::Globals,
            &[entry(
                &["URL", "URLSearchParams"],
                "new URL(url, base) and new URLSearchParams(from). URL has:",
            )],
        ),
        plain(Of::Members("URL"), &[entry(&["canParse(url, base)"], "Whether it is an address.")]),
        Part {
            title: "what a URL has",
            of: Of::Members("new URL('https://a.example')"),
            entries: &[
                entry(
                    &[
                        "href", "protocol", "username", "password", "host", "hostname", "port", "pathname",
                        "search", "hash",
                    ],
                    "Its parts, to read and to set.",
                ),
                entry(
                    &["origin", "searchParams"],
                    "To read; what is changed in searchParams is changed in the URL.",
                ),
                entry(&["toString()", "toJSON()"], "href."),
            ],
        },
        Part {
            title: "what a URLSearchParams has",
            of: Of::Members("new URLSearchParams('a=1')"),
            entries: &[
                entry(&["get(name)", "getAll(name)", "has(name)", "size"], "Look for fields."),
                entry(&["append(name, value)", "set(name, value)", "delete(name)", "sort()"], "Change them."),
                entry(
                    &["forEach(function)", "keys()", "values()", "entries()"],
                    "Go through them; for … of does too.",
                ),
                entry(&["toString()"], "The query."),
            ],
        },
    ],
    example: "",
};

pub(super) static TEXTS: Topic = Topic {
    name: "TextEncoder",
    doc: "Texts to bytes and back, and copies.",
    parts: &[
        plain(
            Of::Globals,
            &[
                entry(&["TextEncoder"], "new TextEncoder().encode(text): UTF-8, as a Uint8Array."),
                entry(
                    &["TextDecoder"],
                    "new TextDecoder(encoding).decode(bytes): of utf-8 (if absent) or latin1.",
                ),
                entry(
                    &["btoa(text)", "atob(base64)"],
                    "Base64 of a text whose characters are bytes, and back.",
                ),
                entry(
                    &["structuredClone(value)"],
                    "A deep copy: of objects, lists, dates, Maps, Sets, bytes, regular expressions and errors.",
                ),
                entry(&["queueMicrotask(function)"], "Calls it when what runs now is through."),
            ],
        ),
        Part {
            title: "what a TextEncoder has",
            of: Of::Members("new TextEncoder()"),
            entries: &[entry(&["encoding", "encode(text)"], "Always utf-8.")],
        },
        Part {
            title: "what a TextDecoder has",
            of: Of::Members("new TextDecoder()"),
            entries: &[entry(&["encoding", "decode(bytes)"], "What is no UTF-8 becomes \u{fffd}.")],
        },
    ],
    example: "",
};

pub(super) static LANGUAGE: Topic = Topic {
    name: "language",
    doc: "JavaScript, without what is named under limits. A run sees the time of its input, in UTC, and the time that it waited; \
          what it leaves in globals is gone when it ends. What all runs share is frozen.",
    parts: &[plain(
        Of::Globals,
        &[
            entry(
                &[
                    "Object", "Array", "String", "Number", "Boolean", "Symbol", "Function", "Math", "JSON",
                    "Date", "RegExp",
                ],
                "The usual ones.",
            ),
            entry(
                &["Map", "Set", "WeakMap", "WeakSet", "Iterator", "Promise", "Reflect"],
                "Those of ES2015 and later.",
            ),
            entry(
                &[
                    "Error",
                    "EvalError",
                    "RangeError",
                    "ReferenceError",
                    "SyntaxError",
                    "TypeError",
                    "URIError",
                    "InternalError",
                    "AggregateError",
                ],
                "Errors.",
            ),
            entry(
                &[
                    "ArrayBuffer",
                    "DataView",
                    "Uint8Array",
                    "Int8Array",
                    "Uint8ClampedArray",
                    "Uint16Array",
                    "Int16Array",
                    "Uint32Array",
                    "Int32Array",
                    "Float32Array",
                    "Float64Array",
                ],
                "Bytes.",
            ),
            entry(
                &[
                    "isNaN(number)",
                    "isFinite(number)",
                    "parseInt(text, radix)",
                    "parseFloat(text)",
                    "encodeURI(text)",
                    "encodeURIComponent(text)",
                    "decodeURI(text)",
                    "decodeURIComponent(text)",
                    "escape(text)",
                    "unescape(text)",
                ],
                "Functions.",
            ),
            entry(&["globalThis", "NaN", "Infinity", "undefined"], "Values."),
        ],
    )],
    example: "",
};
