//! What the file of a conversation test may say, as shapes. `rehearsal` takes the file apart by them; they stand here, so
//! that a new project comes with the schema of its tests.

use crate::yaml::shape::{ANY_NAME, Document, Form, Key, Kind, LOCALE, NAME, Named, Names, SPAN, Shape};

pub static DOCUMENT: Document = Document {
    name: "test",
    files: "tests/NAME.yaml",
    doc: "A conversation as it should go. It is played without a server and without a network, in virtual time. Every \
          output has to be expected, in order.",
    kind: Kind::Mapping(&TEST),
    may_be_empty: false,
};

pub static TEST: Shape = Shape::new(
    "test",
    "A conversation as it should go.",
    &[
        Key::required("endpoint", Kind::Formed(&NAME), "The endpoint that it happens at."),
        Key::optional("user", Kind::Text, "The userId.").default("\"user\""),
        Key::optional("session", Kind::Text, "The sessionId.").default("\"session\""),
        Key::optional("locale", Kind::Formed(&LOCALE), "The language; that of the endpoint if absent."),
        Key::optional("now", Kind::Formed(&INSTANT), "When it begins.").default("\"2026-01-05T12:00:00Z\""),
        Key::optional("profile", Kind::Object, "The profile of the user before it."),
        Key::optional(
            "seeds",
            Kind::List(&Kind::Whole(0, u64::MAX), 0),
            "The chance of the first turns: what oneOf and Math.random() draw.",
        ),
        Key::optional(
            "http",
            Kind::Names(&CALLS),
            "What the calls of http steps, and the requests of transformers, are answered.",
        ),
        Key::required("steps", Kind::List(&Kind::Named(&STEP), 1), "Who says what, from top to bottom."),
    ],
)
.example(
    r#"endpoint: main
steps:
  - user: "Where is my order?"
  - bot: "What is your order number?"
  - wait: 10m
  - bot: { match: "still there" }
  - inject: { data: { event: paid } }
  - bot: { text: "Thank you.", data: {} }
  - expect: { context.order.number: "123456" }
http:
  "GET https://shop.example/orders/123456": { status: 200, json: { state: shipped } }
"#,
);

/// Every step of a test, in the order of the manual.
pub static STEPS: [&Shape; 11] =
    [&USER, &BOT, &WAIT, &INJECT, &NOTIFY, &AGENT, &BACK, &REQUEST, &ANSWERED, &EXPECT, &FAULT];

static STEP: Named = Named {
    name: "step",
    called: "a step",
    doc: "Something that happens, or that is expected. It has one key.",
    page: "",
    kind: Kind::OneOf(&STEPS),
};

const POSTED: Kind = Kind::AnyOf(&[Kind::Text, Kind::Mapping(&POSTED_KEYS)]);

/// What is posted at a door, with more than a text.
pub static POSTED_KEYS: Shape = Shape::new(
    "posted",
    "What is posted.",
    &[
        Key::optional("text", Kind::Text, "The text."),
        Key::optional("data", Kind::Object, "The data."),
        Key::optional(
            "headers",
            Kind::Names(&HEADERS),
            "The headers of the request, for a transformer that looks at them.",
        ),
    ],
)
.one_of(&["text", "data"]);

/// What an agent says, with more than a text.
pub static SAID_KEYS: Shape = Shape::new(
    "said",
    "What an agent says.",
    &[Key::optional("text", Kind::Text, "The text."), Key::optional("data", Kind::Object, "The data.")],
)
.one_of(&["text", "data"]);

static USER: Shape =
    Shape::new("user", "The user says something.", &[Key::required("user", POSTED, "What the user says.")]);
static INJECT: Shape = Shape::new(
    "inject",
    "Another system speaks into the session as if the user had.",
    &[Key::required("inject", POSTED, "What is injected.")],
);
static NOTIFY: Shape = Shape::new(
    "notify",
    "Another system speaks to the user; no flow runs.",
    &[Key::required("notify", POSTED, "What the user is told.")],
);
static AGENT: Shape = Shape::new(
    "agent",
    "The human agent who has the session says something.",
    &[Key::required("agent", Kind::AnyOf(&[Kind::Text, Kind::Mapping(&SAID_KEYS)]), "What the agent says.")],
);
static BACK: Shape = Shape::new(
    "back",
    "The agent gives the session back to the flow.",
    &[Key::required("back", Kind::Truth, "true.")],
);
static WAIT: Shape = Shape::new(
    "wait",
    "Time passes, and what is due in it happens.",
    &[Key::required("wait", Kind::Formed(&SPAN), "How much.")],
);
static FAULT: Shape = Shape::new(
    "fault",
    "The flow runs into a fault.",
    &[Key::required("fault", Kind::Text, "A part of what is said about it.")],
);
static BOT: Shape = Shape::new(
    "bot",
    "The next output.",
    &[Key::required(
        "bot",
        Kind::AnyOf(&[Kind::Text, Kind::Mapping(&OUTPUT)]),
        "Its text, or what is known of it.",
    )],
);
static REQUEST: Shape = Shape::new(
    "request",
    "A request at the endpoint's door as another system sends it, for transformers that take more than the usual body. What \
     no transformer takes is checked as any input is. A key of the endpoint is not asked for. It has to lead to \
     the user and the session at the top of the test.",
    &[Key::required("request", Kind::Mapping(&REQUEST_KEYS), "The request.")],
)
.example(
    r#"- request: { form: { From: "+491701234567", Body: "hello" } }
- answered: 202
- request: { headers: { x-signature: "not ours" }, body: '{"text":"hello"}' }
- answered: { status: 401, body: { error: "the signature is not ours" } }
- request: { method: GET, query: { challenge: "42" } }
- answered: { status: 200, body: "42" }
"#,
);

/// What a request is made of.
pub static REQUEST_KEYS: Shape = Shape::new(
    "sentRequest",
    "What a request is made of. At most one of body and form.",
    &[
        Key::optional("to", Kind::Words(&["input", "inject", "notify"]), "The door.").default("\"input\""),
        Key::optional("method", Kind::Words(&["GET", "POST"]), "The method.").default("\"POST\""),
        Key::optional("headers", Kind::Names(&HEADERS), "The headers."),
        Key::optional("query", Kind::Names(&FIELDS), "What stands behind the ? of the address."),
        Key::optional(
            "body",
            Kind::AnyOf(&[Kind::Text, Kind::Object, Kind::List(&Kind::Anything, 0)]),
            "A mapping or a list is sent as JSON, with that Content-Type; a text as it is, with the Content-Type in headers. \
             Where each byte counts, as for a signature, write a text.",
        ),
        Key::optional(
            "form",
            Kind::Names(&FIELDS),
            "The body, as a form (application/x-www-form-urlencoded); excludes body.",
        ),
    ],
);

static FIELDS: Names =
    Names { names: &ANY_NAME, of: Kind::AnyOf(&[Kind::Text, Kind::List(&Kind::Text, 0)]), least: 0 };

static ANSWERED: Shape = Shape::new(
    "answered",
    "What the caller gets; right behind user, inject, notify or request. 202 for what is accepted, 200 for what a transformer \
     drops, what a transformer answers itself, or what a server refuses it with, such as 502 for a transformer that fails with \
     abortOnError. Without this step a refusal fails the test, and any other answer will do.",
    &[Key::required(
        "answered",
        Kind::AnyOf(&[Kind::Whole(200, 599), Kind::Mapping(&ANSWERED_KEYS)]),
        "The status, or what is known of the answer.",
    )],
)
.example(
    r#"- user: { text: "hello", headers: { x-signature: "not ours" } }
- answered: 401
- user: "pay"
- answered: { status: 202, headers: { content-type: application/json }, body: { sequence: 1 } }
"#,
);

/// What is known of an answer; what is not said of it may be anything.
pub static ANSWERED_KEYS: Shape = Shape::new(
    "answeredWith",
    "What is known of an answer; what is not said of it may be anything.",
    &[
        Key::optional("status", Kind::Whole(200, 599), "The status."),
        Key::optional("headers", Kind::Names(&HEADERS), "Headers that it has."),
        Key::optional(
            "body",
            Kind::Anything,
            "The body: a text as a whole; of JSON the members that are written here, it may have others.",
        ),
    ],
)
.one_of(&["status", "headers", "body"]);

static EXPECT: Shape = Shape::new(
    "expect",
    "What is remembered now, and where the flow is: at the id of a step, at start, ended or in handover.",
    &[Key::required("expect", Kind::Names(&EXPECTED), "Places, and what stands there.")],
);

/// What is known of an output; what is not said of it may be anything.
pub static OUTPUT: Shape = Shape::new(
    "output",
    "What is known of an output; what is not said of it may be anything. At most one of text, match and oneOf.",
    &[
        Key::optional("text", Kind::Text, "The whole text."),
        Key::optional("match", Kind::Text, "A regular expression that is found in the text."),
        Key::optional("oneOf", Kind::List(&Kind::Text, 1), "Texts, one of which it is."),
        Key::optional("data", Kind::Object, "The whole data."),
        Key::optional("source", Kind::Words(&["bot", "agent"]), "Who says it."),
        Key::optional(
            "sent",
            Kind::Anything,
            "The whole body that the webhook gets, for what handleOutput makes of it. Where that has an AIOutput, its text \
             and data are those of this output.",
        ),
    ],
)
.one_of(&["text", "match", "oneOf", "data", "source", "sent"]);

static EXPECTED: Names = Names { names: &PLACE, of: Kind::Anything, least: 1 };

static PLACE: Form = Form {
    called: "context.NAME, profile.NAME or position",
    pattern: r"^(context|profile)(\.[^.]+)*$|^position$",
};

static CALLS: Names = Names {
    names: &CALL,
    of: Kind::AnyOf(&[
        Kind::Mapping(&ANSWER),
        Kind::Mapping(&FAILED),
        Kind::List(&Kind::AnyOf(&[Kind::Mapping(&ANSWER), Kind::Mapping(&FAILED)]), 1),
    ]),
    least: 0,
};

static CALL: Form = Form {
    called: "a method and an address such as \"GET https://shop.example/orders/7\"",
    pattern: "^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) .*(://|\\$\\{)",
};

/// What a call is answered. In a list of them each is used once, the last one again and again.
pub static ANSWER: Shape = Shape::new(
    "answer",
    "What a call is answered. In a list of them each is used once, the last one again and again.",
    &[
        Key::optional("status", Kind::Whole(100, 599), "The status.").default("200"),
        Key::optional("headers", Kind::Names(&HEADERS), "The headers."),
        Key::optional("json", Kind::Anything, "The body, as JSON; excludes text."),
        Key::optional("text", Kind::Text, "The body, as text; excludes json."),
    ],
);

static HEADERS: Names = Names { names: &ANY_NAME, of: Kind::Text, least: 0 };

/// A call that nobody answers.
pub static FAILED: Shape =
    Shape::new("failed", "A call that nobody answers.", &[Key::required("fails", Kind::Text, "Why.")]);

static INSTANT: Form =
    Form { called: "a time such as 2026-01-05T12:00:00Z", pattern: r"^\+?[0-9]{4,6}-?[0-9]{2}-?[0-9]{2}" };
