//! The language of flows, as data: every step with its keys, what they mean, and an example.
//! `parse` takes steps apart by it; the JSON Schema and the manual are written from it. A step is known by its first key.

mod ask;
mod branch;
mod memory;
mod rich;
mod say;
mod wait;

pub(super) use ask::{EXPECT, QUESTION, TIMEOUT, WORDS as EXPECTED_WORDS};
pub(super) use branch::EACH;
pub(super) use rich::{BUTTON, CARD, LIST_ITEM, MEDIUM_KEYS, QUICK_REPLY};
pub(super) use say::OUTPUT_KEYS;
pub(super) use wait::{CALL, HANDOVER_KEYS, REMINDER};

use crate::yaml::shape::{Document, Form, Key, Kind, Named, Names, Shape};

/// Every step, in the order of the manual.
pub static STEPS: [&Shape; 16] = [
    &say::SAY,
    &ask::ASK,
    &branch::IF,
    &branch::SWITCH,
    &memory::SET,
    &memory::UNSET,
    &memory::CODE,
    &wait::HTTP,
    &wait::WAIT,
    &wait::REMIND,
    &branch::RUN,
    &branch::GOTO,
    &branch::ONCE,
    &branch::EACH_STEP,
    &wait::HANDOVER,
    &branch::STOP,
];

pub static FLOW: Document = Document {
    name: "flow",
    files: "flows/NAME.yaml",
    doc: "A list of steps that reads from top to bottom. Each is a mapping with one key that says what it does. Every \
          input starts at the first step, unless a question waits for it. {{ … }} in a text is a JavaScript expression \
          over input, context, profile, session and endpoint; a text that is one {{ … }} and nothing else keeps the \
          type of its value, and \\{{ stands for the two braces. ${NAME} and ${NAME:-default} are read from the \
          environment when the project is loaded.",
    kind: Kind::List(&Kind::Named(&STEP), 1),
    may_be_empty: false,
};

pub static STEP: Named =
    Named { name: "step", called: "a step", doc: "One step of a flow.", page: "", kind: Kind::OneOf(&STEPS) };

/// What stands beside a key that no step has: enough to tell where the fault is.
pub(super) static UNKNOWN_STEP: Shape =
    Shape::new("unknown-step", "A step that is misspelt.", &[ID, COMMENT]);

static STEP_LIST: Named = Named {
    name: "steps",
    called: "a list of steps",
    doc: "Steps, from top to bottom.",
    page: "",
    kind: Kind::List(&Kind::Named(&STEP), 0),
};

const ID: Key = Key::optional("id", Kind::Formed(&ID_FORM), "The name by which a goto finds this step.");
const COMMENT: Key = Key::optional("comment", Kind::Anything, "A note for whoever reads the flow.");

static ID_FORM: Form = Form {
    called: "a name such as ask-order (a letter, then letters, digits, - and _)",
    pattern: "^[A-Za-z][A-Za-z0-9_-]*$",
};

const TARGET: Kind = Kind::Formed(&TARGET_FORM);

static TARGET_FORM: Form = Form {
    called: "a place such as context.order.total, profile.email or session.locale",
    pattern: r"^(context|profile)(\.[A-Za-z_][A-Za-z0-9_]*)+$|^session\.(locale|timezone)$",
};

const PLACEHOLDER: Kind = Kind::Formed(&PLACEHOLDER_FORM);

static PLACEHOLDER_FORM: Form = Form { called: "text with {{ … }}", pattern: r"\{\{" };

/// What an output or an input carries beside its text.
const DATA: Kind = Kind::AnyOf(&[Kind::Object, Kind::Formed(&ONE_PLACEHOLDER_FORM)]);

static ONE_PLACEHOLDER_FORM: Form = Form { called: "one {{ … }} that gives an object", pattern: r"\{\{" };

/// Words that somebody is to read.
const WORDS: Kind = Kind::Named(&WORDS_NAMED);

static WORDS_NAMED: Named = Named {
    name: "words",
    called: "text, or { en: text, de: text, … }",
    doc: "Text, or a text for each language: that of the session, the same language of another region, or default.",
    page: "",
    kind: Kind::AnyOf(&[Kind::Template, BY_LANGUAGE]),
};

const BY_LANGUAGE: Kind = Kind::Names(&BY_LANGUAGE_NAMES);

static BY_LANGUAGE_NAMES: Names = Names { names: &LANGUAGE_FORM, of: Kind::Template, least: 1 };

static LANGUAGE_FORM: Form = Form {
    called: "languages (de, en-US, or default for all others)",
    pattern: "^(default|[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*)$",
};

impl Shape {
    /// The word that a step is known by.
    pub fn word(&self) -> &'static str {
        self.keys.first().map_or("", |key| key.name)
    }
}

/// The words of all steps.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|step| step.word())
}
