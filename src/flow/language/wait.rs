//! What waits for something outside: an answer, time, an input, a human agent. All of it outlives the process.

use super::say::OUTPUT;
use super::{COMMENT, DATA, ID, PLACEHOLDER, STEP_LIST, TARGET};
use crate::yaml::shape::{Form, Key, Kind, Names, SPAN, Shape};

/// More tries only keep the user waiting.
const RETRIES_MAX: u64 = 10;

pub(super) static HTTP: Shape = Shape::new(
    "http",
    "Asks another system and goes on when the answer is there; it is kept, so a restart does not ask again. A status of \
     400 and more, or no answer, runs onError. Only public addresses are called, and those that egress.allow lists.",
    &[Key::required("http", Kind::Mapping(&CALL), "The call: one method with its address, and what goes along."), ID, COMMENT],
)
.example(
    r#"- http:
    post: "https://shop.example/orders/{{ context.number }}"
    headers: { X-Api-Key: "${SHOP_KEY:-none}" }
    json: { text: "{{ input.text }}" }
    timeout: 5s
    retries: 2
    into: context.reply
    onError:
      - say: "The shop does not answer ({{ context.reply.status }})."
      - stop: flow
- say: "It is {{ context.reply.json.state }}."
"#,
);

pub static CALL: Shape = Shape::new(
    "call",
    "One call of another system.",
    &[
        Key::optional("get", ADDRESS, "GET this address."),
        Key::optional("post", ADDRESS, "POST to this address."),
        Key::optional("put", ADDRESS, "PUT to this address."),
        Key::optional("patch", ADDRESS, "PATCH this address."),
        Key::optional("delete", ADDRESS, "DELETE this address."),
        Key::optional("head", ADDRESS, "HEAD of this address."),
        Key::optional("headers", Kind::Names(&HEADERS), "What is sent above the body."),
        Key::optional("json", Kind::Anything, "The body, as JSON; excludes body."),
        Key::optional("body", Kind::Template, "The body, as text; excludes json."),
        Key::optional("timeout", Kind::Formed(&SPAN), "How long one try may take, up to 60s.")
            .default("\"8s\""),
        Key::optional("retries", Kind::Whole(0, RETRIES_MAX), "Further tries when none has succeeded.")
            .default("0"),
        Key::optional(
            "into",
            TARGET,
            "Where { status, headers, text, json } is stored; status 0 and error for no answer.",
        ),
        Key::optional(
            "onError",
            Kind::Named(&STEP_LIST),
            "What runs when it fails, before the flow goes on below.",
        ),
    ],
)
.one_of(&["get", "post", "put", "patch", "delete", "head"]);

const ADDRESS: Kind = Kind::Formed(&ADDRESS_FORM);

static ADDRESS_FORM: Form =
    Form { called: "an address such as https://shop.example/orders", pattern: r"^https?://|\{\{" };

static HEADERS: Names = Names { names: &HEADER_FORM, of: Kind::Template, least: 0 };

/// A token of RFC 9110.
static HEADER_FORM: Form =
    Form { called: "names such as X-Api-Key", pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" };

pub(super) static WAIT: Shape = Shape::new(
    "wait",
    "Pauses for a time, or until the next input, whatever it is. Inputs that come during a pause of time wait for their \
     turn.",
    &[
        Key::required(
            "wait",
            Kind::AnyOf(&[Kind::Words(&["input"]), Kind::Formed(&SPAN), PLACEHOLDER]),
            "How long, or input.",
        ),
        ID,
        COMMENT,
    ],
)
.example(
    r#"- say: "Tell me about it."
- wait: input
- say: "Let me think."
- wait: 2s
- say: "I see."
"#,
);

pub(super) static REMIND: Shape = Shape::new(
    "remind",
    "Orders an input to this session for later, with input.source == 'inject'. The flow goes on at once. It comes late \
     rather than never when nothing runs at its time; cancel calls off all reminders of the session.",
    &[
        Key::required(
            "remind",
            Kind::AnyOf(&[Kind::Words(&["cancel"]), Kind::Mapping(&REMINDER)]),
            "The reminder, or cancel.",
        ),
        ID,
        COMMENT,
    ],
)
.example(
    r#"- remind: cancel
- remind: { after: 2d, text: "still there?", data: { event: reminder } }
- say: "I come back to you."
"#,
);

pub static REMINDER: Shape = Shape::new(
    "reminder",
    "An input for later.",
    &[
        Key::required("after", Kind::AnyOf(&[Kind::Formed(&SPAN), PLACEHOLDER]), "When."),
        Key::optional("text", Kind::Template, "The text of the input."),
        Key::optional("data", DATA, "The data of the input."),
    ],
)
.one_of(&["text", "data"]);

pub(super) static HANDOVER: Shape = Shape::new(
    "handover",
    "Gives the session to a human agent: from then on inputs reach the agent, not the flow, until the session is given \
     back. Then onBack runs, and the flow goes on below.",
    &[
        Key::required(
            "handover",
            Kind::AnyOf(&[Kind::Template, Kind::Mapping(&HANDOVER_KEYS)]),
            "Who takes over, or that with more.",
        ),
        ID,
        COMMENT,
    ],
)
.example(
    r#"- handover:
    to: sales
    message: "I am connecting you with a colleague."
    onBack:
      - say: "I am with you again."
- say: "What else?"
"#,
);

pub static HANDOVER_KEYS: Shape = Shape::new(
    "handover-keys",
    "A handover.",
    &[
        Key::optional("to", Kind::Template, "Who takes over, in words that the desk of the agents knows."),
        Key::optional("message", OUTPUT, "Said when the session changes hands."),
        Key::optional("onBack", Kind::Named(&STEP_LIST), "What runs when the session comes back."),
    ],
);
