//! What the file of an endpoint may say, as shapes: its keys, their ranges and defaults, and what they mean.
//! `endpoint`, `webhook` and `later` take the file apart by them.

use crate::yaml::shape::{Document, Form, Key, Kind, LOCALE, NAME, Shape, ZONE};

/// Ten years: a session that lives longer is a typing error.
const EXPIRE_MINUTES_MAX: u64 = 10 * 366 * 24 * 60;
const QUEUE_MAX: u64 = 100_000;
/// Callers of a webhook that takes longer than ten minutes are better served by an inject afterwards.
const TIMEOUT_MS_MAX: u64 = 600_000;
/// One wait; a receiver that is away for longer than a week is not coming back.
pub(super) const RETRY_SECONDS_MAX: f64 = 604_800.0;
const CONCURRENCY_MAX: u64 = 10_000;
const LINGER_MS_MAX: u64 = 60_000;
/// One every quarter of an hour; and more than any one webhook takes.
pub(super) const RATE_MIN: f64 = 0.001;
pub(super) const RATE_MAX: f64 = 100_000.0;
/// Three numbers of each stand in headers: 4 to 7 KiB, and servers take 8.
const BATCH_MAX: u64 = 250;

pub static DOCUMENT: Document = Document {
    name: "endpoint",
    files: "endpoints/NAME.yaml",
    doc: "One door: where a customer's system posts what a user says, which flow answers, and where the outputs go.",
    kind: Kind::Mapping(&ENDPOINT),
    may_be_empty: false,
};

pub static ENDPOINT: Shape = Shape::new(
    "endpoint",
    "One door.",
    &[
        Key::required(
            "urlToken",
            Kind::Formed(&TOKEN),
            "The path of the door; whoever knows it may post. `openssl rand -hex 32` makes one.",
        ),
        Key::required("flow", Kind::Formed(&NAME), "The flow that a session starts with."),
        Key::optional("enabled", Kind::Truth, "Whether anybody may post; a caller is answered 403 if not.")
            .default("true"),
        Key::optional(
            "locale",
            Kind::Formed(&LOCALE),
            "The language of its sessions, unless a flow sets another.",
        )
        .default("\"en-US\""),
        Key::optional(
            "timezone",
            Kind::Formed(&ZONE),
            "The time zone of its sessions, unless a flow sets another.",
        )
        .default("\"UTC\""),
        Key::optional("auth", Kind::Mapping(&AUTH), "Who may post."),
        Key::optional(
            "webhook",
            Kind::Mapping(&WEBHOOK),
            "Where every output is posted; without it outputs are kept in the transcript only.",
        ),
        Key::optional("session", Kind::Mapping(&SESSION), "The rules of its sessions."),
        Key::optional(
            "transformers",
            Kind::Mapping(&TRANSFORMERS),
            "JavaScript at the edges: functions of one file, each switched on by itself.",
        ),
        Key::optional(
            "settings",
            Kind::Object,
            "Whatever the transformers need to know: they see it as endpoint.settings. Secrets stand here, as ${NAME}.",
        ),
        Key::optional("dataProtection", Kind::Mapping(&DATA_PROTECTION), "What is kept of people's words."),
        Key::optional("nlu", Kind::Mapping(&LATER), "Not available in this version: leave it empty."),
        Key::optional("translation", Kind::Mapping(&LATER), "Not available in this version: leave it empty."),
        Key::optional("handover", Kind::Mapping(&LATER), "Not available in this version: leave it empty."),
    ],
)
.example(
    r#"urlToken: "4f0c7d1ea94b3826d7f1a0c95be23468"
flow: main
locale: en-US
timezone: Europe/Berlin
webhook:
  url: ${WEBHOOK:-http://127.0.0.1:9000/callback}
  retryAfterSeconds: [1, 5, 30]
session:
  expireMinutes: 1440
  overlap: reject
"#,
);

static TOKEN: Form =
    Form { called: "16 to 128 characters of A-Z, a-z, 0-9, _ and -", pattern: "^[A-Za-z0-9_-]{16,128}$" };

pub static AUTH: Shape = Shape::new(
    "auth",
    "Who may post.",
    &[Key::optional(
        "webhookKeys",
        Kind::List(&Kind::Formed(&crate::config::DIGEST), 0),
        "When there are any, callers send one of these keys as X-Webhook-Key. Two during a change of keys.",
    )
    .default("[]")],
);

pub static WEBHOOK: Shape = Shape::new(
    "webhook",
    "Where outputs go, and how often that is tried.",
    &[
        Key::required("url", Kind::Formed(&ADDRESS), "The address; an empty one counts as no webhook. A user and password in it become Basic authentication."),
        Key::optional("user", Kind::Text, "The user of Basic authentication."),
        Key::optional("password", Kind::Text, "Its password; better as ${WEBHOOK_PASSWORD:-} than written here."),
        Key::optional(
            "signingSecret",
            Kind::AnyOf(&[Kind::Formed(&SECRET), Kind::List(&Kind::Formed(&SECRET), 0)]),
            "Signs each callback as Standard Webhooks has it: whsec_… by HMAC (v1), whsk_… by ed25519 (v1a). A list of several \
             during a change of secrets: each callback has a signature for each of them.",
        ),
        Key::optional("timeoutMs", Kind::Whole(1, TIMEOUT_MS_MAX), "An attempt that takes longer has failed.")
            .default("15000"),
        Key::optional(
            "retryAfterSeconds",
            Kind::List(&Kind::Number(0.0, RETRY_SECONDS_MAX), 0),
            "The waits before the 2nd, 3rd, … attempt. After the last one the output is kept as a dead letter.",
        )
        .default("[1, 5, 30, 120, 600, 3600]"),
        Key::optional(
            "onExhausted",
            Kind::Words(&["skip", "block"]),
            "What happens to the session's further outputs then. skip: they go on, and the next one says how many were given up; block: they wait until a person says what becomes of it (`antiphon deliveries`). A webhook that answers 410 ends an output at once, as with skip.",
        )
        .default("\"skip\""),
        Key::optional(
            "concurrency",
            Kind::Whole(1, CONCURRENCY_MAX),
            "Callbacks of this endpoint under way at once; never two of one session.",
        )
        .default("64"),
        Key::optional(
            "ratePerSecond",
            Kind::Number(RATE_MIN, RATE_MAX),
            "Callbacks of this endpoint a second, or POSTs if they go in batches; without it there is no limit.",
        ),
        Key::optional("batch", Kind::Mapping(&BATCH), "Several outputs in one POST."),
    ],
);

static ADDRESS: Form =
    Form { called: "an address such as https://shop.example/callback", pattern: "^$|^https?://" };

static SECRET: Form = Form {
    called: "whsec_ and 24 to 64 bytes, or whsk_ and an ed25519 key of 32 or 64 bytes, in base64",
    pattern: "^(whsec|whsk)_[A-Za-z0-9+/]+=*$",
};

pub static BATCH: Shape = Shape::new(
    "batch",
    "Several outputs in one POST, as a JSON array: of many sessions, those of each in order.",
    &[
        Key::optional(
            "max",
            Kind::Whole(1, BATCH_MAX),
            "Outputs in one POST at the most. With 1 the body is the output itself, not an array.",
        )
        .default("1"),
        Key::optional("lingerMs", Kind::Whole(0, LINGER_MS_MAX), "How long the first one waits for others.")
            .default("0"),
    ],
);

pub static SESSION: Shape = Shape::new(
    "session",
    "The rules of a door's sessions.",
    &[
        Key::optional(
            "expireMinutes",
            Kind::Whole(1, EXPIRE_MINUTES_MAX),
            "Quiet this long, a session is forgotten; the next input starts anew.",
        )
        .default("10080"),
        Key::optional(
            "queueMax",
            Kind::Whole(1, QUEUE_MAX),
            "Inputs that wait while one runs; a caller past them is answered 429.",
        )
        .default("100"),
        Key::optional(
            "overlap",
            Kind::Words(&["queue", "reject"]),
            "An input that comes while another runs: it waits for its turn, or is answered 429.",
        )
        .default("\"queue\""),
    ],
);

pub static TRANSFORMERS: Shape = Shape::new(
    "transformers",
    "JavaScript at the edges: functions of one file, each switched on by itself.",
    &[
        Key::optional(
            "file",
            Kind::Formed(&SCRIPT),
            "The file in transformers/ that exports the functions, JavaScript or TypeScript.",
        ),
        Key::optional(
            "input",
            Kind::Truth,
            "handleInput: makes of what was posted what the user says, drops it, or answers the caller itself.",
        )
        .default("false"),
        Key::optional(
            "output",
            Kind::Truth,
            "handleOutput: makes of an output what the webhook gets, or drops it.",
        )
        .default("false"),
        Key::optional(
            "executionFinished",
            Kind::Truth,
            "handleExecutionFinished: runs when the flow is through with an input.",
        )
        .default("false"),
        Key::optional("inject", Kind::Truth, "handleInject: as handleInput, for what is injected.").default("false"),
        Key::optional("notify", Kind::Truth, "handleNotify: as handleInput, for what is notified.").default("false"),
        Key::optional(
            "abortOnError",
            Kind::Truth,
            "What follows when one of them fails. false: the value goes on as it was; an output goes nowhere if there \
             is no webhook. true: the caller is answered 502, and an output becomes a dead letter, also without a \
             webhook.",
        )
        .default("false"),
    ],
);

static SCRIPT: Form = Form { called: "a file such as shop.js or shop.ts", pattern: r"\.(js|ts)$" };

pub static DATA_PROTECTION: Shape = Shape::new(
    "data-protection",
    "What is kept of people's words; a value that this version cannot keep to is a fault.",
    &[
        Key::optional(
            "useContactProfiles",
            Kind::Truth,
            "Keep profiles across sessions: always so in this version.",
        ),
        Key::optional("useAnalytics", Kind::Truth, "Record analytics: never so in this version."),
        Key::optional("maskIPAddress", Kind::Truth, "Hide addresses of callers; none is kept."),
        Key::optional("maskAnalytics", Kind::Truth, "Hide texts in analytics; none are recorded."),
        Key::optional("maskLogging", Kind::Truth, "Hide texts in the log; it never holds them."),
        Key::optional("useConversations", Kind::Truth, "Keep the transcript: always so in this version."),
        Key::optional("sanitizeInput", Kind::Truth, "Strip HTML from inputs: never so in this version."),
        Key::optional(
            "hideExternalReferences",
            Kind::Truth,
            "Show HTML as text in transcripts: never so in this version.",
        ),
    ],
);

static LATER: Shape = Shape::new("later", "Not available in this version.", &[]);
