//! What the bot asks, and what counts as an answer.

use super::say::OUTPUT;
use super::{COMMENT, ID, PLACEHOLDER, STEP_LIST, TARGET};
use crate::yaml::shape::{Form, Key, Kind, Names, SPAN, Shape};

/// More is not an attempt any more; it keeps a typing error from asking for ever.
const ATTEMPTS_MAX: u64 = 1000;

pub(super) static ASK: Shape = Shape::new(
    "ask",
    "One output, then the flow waits for the next input. A valid answer is stored, is input.result for the steps below, \
     and the flow goes on there. After a wrong one the bot asks again. The session may be asleep for days meanwhile, and \
     an edit of the flow changes nothing for a question that is open.",
    &[
        Key::required("ask", Kind::AnyOf(&[Kind::Template, Kind::Mapping(&QUESTION)]), "What is asked."),
        ID,
        COMMENT,
    ],
)
.example(
    r#"- ask:
    say: "What is your order number?"
    into: context.order.number
    expect: { pattern: "^[0-9]{6}$" }
    reprompt: "An order number has six digits."
    attempts: 3
    otherwise:
      - say: "Come back when you have found it."
      - stop: flow
    timeout: { after: 10m, do: [{ say: "Are you still there?" }] }
    forget: "input.text == 'cancel'"
- ask:
    say: "Which size?"
    expect: { oneOf: { small: [s, little], large: [l, big] } }
- say: "{{ input.result }} it is."
"#,
);

pub static QUESTION: Shape = Shape::new(
    "question",
    "A question with all that belongs to it.",
    &[
        Key::required("say", OUTPUT, "What is asked."),
        Key::optional("into", TARGET, "Where the answer is stored."),
        Key::optional(
            "expect",
            EXPECTED,
            "What counts as an answer: text (any words), number (also in words), date (also \"tomorrow at 5\"; kept as \
             2026-01-31, with a time as 2026-01-31T17:00:00+01:00), yesNo (kept as true or false), email, url, intent (any), data (an input \
             that has data), any (whatever comes); or a pattern, one of several choices, or intents by name.",
        )
        .default("\"text\""),
        Key::optional("reprompt", OUTPUT, "Said after a wrong answer; the question itself if absent."),
        Key::optional(
            "attempts",
            Kind::Whole(1, ATTEMPTS_MAX),
            "Wrong answers until otherwise; if absent, the bot asks without end.",
        ),
        Key::optional("otherwise", Kind::Named(&STEP_LIST), "What runs when the attempts are used up; needs attempts."),
        Key::optional("timeout", Kind::Mapping(&TIMEOUT), "What happens when no answer comes."),
        Key::optional(
            "forget",
            Kind::AnyOf(&[Kind::Truth, Kind::Expression]),
            "Which inputs leave the question and start the flow anew: true for all that are no valid answer, an \
             expression for those it is true for.",
        )
        .default("false"),
    ],
);

pub static TIMEOUT: Shape = Shape::new(
    "timeout",
    "The time that a question gives.",
    &[
        Key::required("after", Kind::AnyOf(&[Kind::Formed(&SPAN), PLACEHOLDER]), "How long the bot waits."),
        Key::optional(
            "do",
            Kind::Named(&STEP_LIST),
            "What runs then, before the flow goes on below the question.",
        ),
    ],
);

const EXPECTED: Kind = Kind::AnyOf(&[Kind::Words(&WORDS), Kind::Mapping(&EXPECT)]);

/// What may be expected as one word.
pub static WORDS: [&str; 9] = ["text", "number", "date", "yesNo", "email", "url", "intent", "data", "any"];

pub static EXPECT: Shape = Shape::new(
    "expect",
    "One thing that needs more than a word.",
    &[
        Key::optional("pattern", Kind::Text, "A regular expression that the text matches."),
        Key::optional(
            "oneOf",
            Kind::AnyOf(&[Kind::List(&Kind::Text, 1), Kind::Names(&CHOICES)]),
            "The choices: a list, or a mapping from each to further words for it.",
        ),
        Key::optional(
            "intent",
            Kind::AnyOf(&[Kind::Text, Kind::List(&Kind::Text, 1)]),
            "The name of an intent, or several.",
        ),
    ],
)
.one_of(&["pattern", "oneOf", "intent"]);

static CHOICES: Names =
    Names { names: &CHOICE_FORM, of: Kind::AnyOf(&[Kind::List(&Kind::Text, 0), Kind::Nothing]), least: 1 };

static CHOICE_FORM: Form = Form { called: "each choice", pattern: "" };
