//! Which steps run, and how often.

use super::{COMMENT, ID, STEP_LIST};
use crate::yaml::shape::{ANY_NAME, Form, Key, Kind, NAME, Names, Shape};

pub(super) static IF: Shape = Shape::new(
    "if",
    "Runs one of two lists of steps.",
    &[
        Key::required(
            "if",
            Kind::Expression,
            "What is asked; anything but false, 0, \"\", null, NaN counts as yes.",
        ),
        Key::required("then", Kind::Named(&STEP_LIST), "What runs if so."),
        Key::optional("else", Kind::Named(&STEP_LIST), "What runs if not."),
        ID,
        COMMENT,
    ],
)
.example(
    r#"- if: "input.text.length > 20"
  then:
    - say: "That was long."
  else:
    - say: "Tell me more."
"#,
);

pub(super) static SWITCH: Shape = Shape::new(
    "switch",
    "Runs the steps of the first case whose name is the value, both as text.",
    &[
        Key::required("switch", Kind::Expression, "The value."),
        Key::required("cases", Kind::Names(&CASES), "The steps for each value."),
        Key::optional("default", Kind::Named(&STEP_LIST), "What runs when no case is the value."),
        ID,
        COMMENT,
    ],
)
.example(
    r#"- switch: input.data.event
  cases:
    paid:
      - say: "Thank you, we have your payment."
    shipped:
      - say: "Your parcel is on its way."
  default:
    - say: "{{ input.text }}"
"#,
);

static CASES: Names = Names { names: &ANY_NAME, of: Kind::Named(&STEP_LIST), least: 0 };

pub(super) static RUN: Shape = Shape::new(
    "run",
    "Runs another flow and comes back. It shares input, context and profile.",
    &[Key::required("run", Kind::Formed(&NAME), "The name of the flow."), ID, COMMENT],
)
.example(
    r#"- say: "One moment."
- run: orders
- say: "Back again."
"#,
);

pub(super) static GOTO: Shape = Shape::new(
    "goto",
    "Goes on at the step with this id, in this flow or in another, and does not come back. One goto runs at most 4 times \
     for one input (limits.gotoRepeats).",
    &[Key::required("goto", Kind::Formed(&GOTO_FORM), "Where to: ID, or FLOW#ID."), ID, COMMENT],
)
.example(
    r#"- id: ask-amount
  ask: { say: "How much?", into: context.amount, expect: number }
- if: "context.amount <= 0"
  then:
    - say: "It must be more than nothing."
    - goto: ask-amount
- goto: orders#ask-number
"#,
);

static GOTO_FORM: Form =
    Form { called: "the id of a step, or FLOW#ID", pattern: "^([A-Za-z0-9_-]+#)?[A-Za-z][A-Za-z0-9_-]*$" };

pub(super) static ONCE: Shape = Shape::new(
    "once",
    "Runs the first time in a session, and is passed over from then on.",
    &[Key::required("once", Kind::Named(&STEP_LIST), "What runs."), ID, COMMENT],
)
.example(
    r#"- once:
    - say: "Welcome!"
- say: "What can I do for you?"
"#,
);

pub(super) static EACH_STEP: Shape = Shape::new(
    "each",
    "Runs its steps for each element of a list.",
    &[Key::required("each", Kind::Mapping(&EACH), "The list, and what runs for its elements."), ID, COMMENT],
)
.example(
    r#"- set: { context.items: [tea, cups] }
- each:
    in: context.items
    as: item
    do:
      - say: "- {{ item }}"
"#,
);

pub static EACH: Shape = Shape::new(
    "loop",
    "A list, and what runs for its elements.",
    &[
        Key::required("in", Kind::Expression, "The list; it is looked at once, before the first element."),
        Key::required("as", Kind::Formed(&VARIABLE_FORM), "What the element is called in the steps."),
        Key::required("do", Kind::Named(&STEP_LIST), "What runs for each."),
    ],
);

static VARIABLE_FORM: Form =
    Form { called: "a name such as item (letters, digits and _)", pattern: "^[A-Za-z_][A-Za-z0-9_]*$" };

pub(super) static STOP: Shape = Shape::new(
    "stop",
    "Ends the flow for this input, also those that ran it; the next input starts anew. With session the session is \
     over: the next input begins one without context.",
    &[Key::required("stop", Kind::Words(&["flow", "session"]), "What ends."), ID, COMMENT],
)
.example(
    r#"- if: "input.text == 'bye'"
  then:
    - say: "Goodbye!"
    - stop: session
- say: "Go on."
"#,
);
