//! A conversation test as it was read: who speaks, what the bot is to say, what is to be kept, and what other systems
//! answer. Plain data; `read` makes it from a file, `run` plays it.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::model::{CallResult, Map, Place, Source, Speaker};

/// One file of `tests/`.
#[derive(Debug)]
pub struct Test {
    /// `order` of `tests/order.yaml`.
    pub name: String,
    pub place: Place,
    pub setting: Setting,
    pub steps: Vec<Step>,
}

/// What a conversation begins with.
#[derive(Clone, Debug)]
pub struct Setting {
    pub endpoint: String,
    pub user: String,
    pub session: String,
    /// None: that of the endpoint.
    pub locale: Option<String>,
    /// Milliseconds since 1970.
    pub now: u64,
    /// The memory of the user before the conversation.
    pub profile: Map,
    /// The seeds of the first turns; those after them are always the same.
    pub seeds: Vec<u64>,
    /// What calls are answered, by `METHOD URL`: used up in order, the last one again and again.
    pub answers: BTreeMap<String, Vec<CallResult>>,
}

#[derive(Debug)]
pub struct Step {
    pub place: Place,
    pub act: Act,
}

#[derive(Debug)]
pub enum Act {
    /// A user or another system speaks: with a request of the usual form, and these headers.
    Post {
        source: Source,
        text: String,
        data: Option<Map>,
        headers: Headers,
    },
    /// A request of any form.
    Request(Request),
    /// What the caller of the request before it gets.
    Answered(Answered),
    /// An agent speaks, or gives the session back.
    Speak {
        source: Source,
        text: String,
        data: Option<Map>,
    },
    /// So many milliseconds pass.
    Wait(u64),
    /// The next output.
    Bot(Bot),
    /// The next fault of the flow holds this text.
    Fault(String),
    Expect(Vec<Expected>),
}

/// Names in small letters.
pub type Headers = BTreeMap<String, String>;

/// A request as it comes over the wire.
#[derive(Debug)]
pub struct Request {
    /// Whose door it comes to.
    pub to: Source,
    pub method: String,
    pub headers: Headers,
    /// Without the question mark.
    pub query: String,
    pub body: String,
}

/// What is known of an answer. What is not said of it may be anything.
#[derive(Debug)]
pub struct Answered {
    pub status: Option<u16>,
    pub headers: Headers,
    /// A text is the whole body; of JSON these members are compared.
    pub body: Option<Value>,
}

/// What is known of an output. What is not said of it may be anything.
#[derive(Clone, Debug)]
pub struct Bot {
    pub words: Words,
    /// Compared whole.
    pub data: Option<Map>,
    pub source: Option<Speaker>,
    /// The body of the callback, whole.
    pub sent: Option<Value>,
}

#[derive(Clone, Debug)]
pub enum Words {
    Any,
    Text(String),
    /// To be found in the text.
    Match(Regex),
    OneOf(Vec<String>),
}

#[derive(Debug)]
pub struct Expected {
    pub place: Place,
    /// As it is written: `context.order.total`.
    pub name: String,
    pub what: What,
    pub value: Value,
}

#[derive(Debug)]
pub enum What {
    Context(Vec<String>),
    Profile(Vec<String>),
    Position,
}

impl Act {
    /// Whether there is a caller who gets an answer.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self, Act::Post { .. } | Act::Request(_))
    }
}

impl Bot {
    /// Nothing is said of its text, data or speaker.
    pub(super) fn is_of_any_words(&self) -> bool {
        matches!(self.words, Words::Any) && self.data.is_none() && self.source.is_none()
    }
}
