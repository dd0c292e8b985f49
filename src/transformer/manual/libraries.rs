//! The libraries that are there without an import: written anew, as far as transformers use them.

use super::{Of, Part, Topic, entry, plain};

pub(super) static CLEANER: Topic = Topic {
    name: "getTextCleaner",
    doc: "Makes texts plain.",
    parts: &[
        plain(Of::Globals, &[entry(&["getTextCleaner()"], "It gives an object with:")]),
        plain(
            Of::Members("getTextCleaner()"),
            &[
                entry(&["cleanText(text)"], "stripHtml, then collapse."),
                entry(
                    &["stripHtml(text)"],
                    "Tags become a blank, scripts and styles go with what is in them, entities are read.",
                ),
                entry(
                    &["collapse(text)", "trim(text)"],
                    "Single blanks and none at the ends; only the latter.",
                ),
                entry(
                    &["removeControl(text)"],
                    "Without characters that cannot be seen, but with line breaks and tabs.",
                ),
                entry(
                    &["truncate(text, most)"],
                    "At most so many characters, with … at the end if it was longer.",
                ),
            ],
        ),
    ],
    example: "",
};

pub(super) static LODASH: Topic = Topic {
    name: "_",
    doc: "Functions of lodash, with the arguments that lodash documents. Paths are \"a.b[0].c\" or lists, iteratees a function or the name of a member. \
          Whoever asks for one that is not there is told so: debounce, throttle and delay need a timer.",
    parts: &[
        plain(Of::Globals, &[entry(&["_"], "It has:")]),
        plain(
            Of::Members("_"),
            &[
                entry(
                    &[
                        "get",
                        "set",
                        "has",
                        "unset",
                        "pick",
                        "pickBy",
                        "omit",
                        "omitBy",
                        "merge",
                        "assign",
                        "defaults",
                        "cloneDeep",
                        "clone",
                        "keys",
                        "values",
                        "entries",
                        "toPairs",
                        "fromPairs",
                        "mapValues",
                        "mapKeys",
                        "invert",
                        "forOwn",
                    ],
                    "Objects.",
                ),
                entry(
                    &[
                        "isEqual",
                        "isEmpty",
                        "isString",
                        "isNumber",
                        "isInteger",
                        "isFinite",
                        "isNaN",
                        "isBoolean",
                        "isArray",
                        "isObject",
                        "isPlainObject",
                        "isFunction",
                        "isDate",
                        "isRegExp",
                        "isNil",
                        "isNull",
                        "isUndefined",
                        "isError",
                    ],
                    "Questions.",
                ),
                entry(
                    &[
                        "map",
                        "filter",
                        "reject",
                        "find",
                        "findIndex",
                        "some",
                        "every",
                        "includes",
                        "forEach",
                        "each",
                        "reduce",
                        "size",
                        "head",
                        "first",
                        "last",
                        "tail",
                        "initial",
                        "groupBy",
                        "keyBy",
                        "countBy",
                        "partition",
                        "sortBy",
                        "orderBy",
                        "uniq",
                        "uniqBy",
                        "chunk",
                        "flatten",
                        "flattenDeep",
                        "flatMap",
                        "compact",
                        "difference",
                        "intersection",
                        "union",
                        "without",
                        "zip",
                        "range",
                        "times",
                        "sum",
                        "sumBy",
                        "mean",
                        "min",
                        "max",
                        "minBy",
                        "maxBy",
                        "take",
                        "drop",
                        "sample",
                        "shuffle",
                        "concat",
                        "reverse",
                        "nth",
                        "castArray",
                    ],
                    "Lists.",
                ),
                entry(
                    &[
                        "capitalize",
                        "upperFirst",
                        "lowerFirst",
                        "camelCase",
                        "kebabCase",
                        "snakeCase",
                        "startCase",
                        "upperCase",
                        "lowerCase",
                        "toLower",
                        "toUpper",
                        "trim",
                        "truncate",
                        "padStart",
                        "padEnd",
                        "repeat",
                        "split",
                        "words",
                        "escape",
                        "unescape",
                        "startsWith",
                        "endsWith",
                        "replace",
                        "toString",
                    ],
                    "Texts.",
                ),
                entry(
                    &["clamp", "round", "floor", "ceil", "random", "inRange", "toNumber", "toInteger"],
                    "Numbers.",
                ),
                entry(&["identity", "constant", "noop", "once"], "Functions."),
            ],
        ),
    ],
    example: "",
};

pub(super) static MOMENT: Topic = Topic {
    name: "moment",
    doc: "The part of moment.js that is used most, in UTC: there is no other zone. Texts are read as ISO 8601, as Date reads them, or with a format of \
          YYYY YY MM M DD D HH H hh h mm m ss s SSS A a Z X x; format also knows Q MMMM MMM DDDD DDD Do dddd ddd dd d E WW W kk k SS S ZZ, \
          L LL LLL LLLL LT LTS and [text]. Units are years, quarters, months, weeks, isoWeeks, days, hours, minutes, seconds and milliseconds, \
          singular and short (y M w d h m s ms) too. As in moment, what changes a moment changes the one that it is called on.",
    parts: &[
        plain(
            Of::Globals,
            &[entry(
                &["moment(value, format)"],
                "Of now, of a text, milliseconds, a Date, a moment or [year, month, day, …]. It has:",
            )],
        ),
        plain(
            Of::Members("moment"),
            &[
                entry(
                    &["utc(value, format)", "unix(seconds)", "duration(count, unit)"],
                    "Make a moment, and a span.",
                ),
                entry(
                    &["isMoment(value)", "min(…)", "max(…)", "fn"],
                    "Questions, and what all moments have.",
                ),
            ],
        ),
        Part {
            title: "what a moment has",
            of: Of::Members("moment()"),
            entries: &[
                entry(
                    &[
                        "add(count, unit)",
                        "subtract(count, unit)",
                        "startOf(unit)",
                        "endOf(unit)",
                        "set(unit, value)",
                    ],
                    "Change it.",
                ),
                entry(&["utc()", "local()", "utcOffset(0)"], "Nothing: it is in UTC."),
                entry(&["clone()"], "Another one."),
                entry(
                    &["year", "month", "date", "day", "hour", "minute", "second", "millisecond"],
                    "Read a part of it; with a number, set it.",
                ),
                entry(
                    &["years", "months", "dates", "days", "hours", "minutes", "seconds", "milliseconds"],
                    "The same.",
                ),
                entry(
                    &["get(unit)", "isoWeekday()", "isoWeek()", "quarter()", "dayOfYear()", "daysInMonth()"],
                    "Read a part of it.",
                ),
                entry(
                    &["isBefore", "isAfter", "isSame", "isSameOrBefore", "isSameOrAfter"],
                    "Compare it: (other, unit).",
                ),
                entry(
                    &["isBetween(from, to, unit, brackets)", "diff(other, unit, exact)", "isValid()"],
                    "Further questions.",
                ),
                entry(&["format(format)", "fromNow(bare)", "from(other, bare)", "toString()"], "A text."),
                entry(
                    &[
                        "toISOString()",
                        "toJSON()",
                        "toDate()",
                        "valueOf()",
                        "unix()",
                        "toArray()",
                        "toObject()",
                    ],
                    "Something else.",
                ),
            ],
        },
        Part {
            title: "what a span has",
            of: Of::Members("moment.duration(1)"),
            entries: &[
                entry(
                    &[
                        "asMilliseconds()",
                        "asSeconds()",
                        "asMinutes()",
                        "asHours()",
                        "asDays()",
                        "asWeeks()",
                        "valueOf()",
                    ],
                    "The whole of it.",
                ),
                entry(&["milliseconds()", "seconds()", "minutes()", "hours()", "days()"], "Its parts."),
                entry(&["humanize()"], "A text, in English."),
            ],
        },
    ],
    example: "moment(request.body.data.day, \"DD.MM.YYYY\").add(2, \"days\").format(\"YYYY-MM-DD\")",
};

pub(super) static XMLJS: Topic = Topic {
    name: "xmljs",
    doc: "XML as objects and objects as XML, as the npm package xml-js has it. Of the options there are compact, spaces, trim, nativeType, \
          nativeTypeAttributes, alwaysArray, alwaysChildren, captureSpacesBetweenElements, fullTagEmptyElement, ignoreDeclaration, \
          ignoreInstruction, ignoreAttributes, ignoreComment, ignoreCdata, ignoreDoctype, ignoreText, and declarationKey, \
          instructionKey, attributesKey, textKey, cdataKey, doctypeKey, commentKey, typeKey, nameKey, elementsKey; none is a function. \
          Entities are the five of XML and numbers; elements lie at most 256 deep.",
    parts: &[
        plain(Of::Globals, &[entry(&["xmljs"], "It has:")]),
        plain(
            Of::Members("xmljs"),
            &[
                entry(
                    &["xml2js(text, options)", "xml2json(text, options)"],
                    "What is no XML throws with line and column.",
                ),
                entry(
                    &["js2xml(object, options)", "json2xml(json, options)"],
                    "Everything is escaped that has to be.",
                ),
            ],
        ),
    ],
    example: "const { order } = xmljs.xml2js(request.rawBody, { compact: true });",
};
