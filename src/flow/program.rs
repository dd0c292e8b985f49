//! A program: flows compiled to one list of operations that a turn works through.
//!
//! Positions that outlive a turn are paths of steps (`support/3/then/0`), not indexes into this list, so a
//! later version of the compiler can still go on where an earlier one stopped.

use std::collections::HashMap;

use serde_json::Value;

use super::rich::Rich;
use crate::model::{Place, ProgramHash, ProgramSource, Script};
use crate::yaml;

#[derive(Debug)]
pub struct Program {
    /// Of the sources of all its flows and the name of the first.
    pub hash: ProgramHash,
    /// What it was compiled from, and can be again.
    pub source: ProgramSource,
    pub ops: Vec<Op>,
    /// The path of the step each operation belongs to, index for index.
    pub paths: Vec<String>,
    /// The place of that step in its file, index for index.
    pub places: Vec<Place>,
    /// The index of the first operation of each step, by path.
    pub index_of: HashMap<String, usize>,
    /// Some script, template or `set` names `profile`: only then is it read and kept with the turn.
    pub uses_profile: bool,
}

/// One operation. Targets are indexes into `Program::ops`. Execution starts at 0; each flow ends in `Return`.
#[derive(Debug)]
pub enum Op {
    Say(Say),
    /// On a valid answer the flow goes on at `answered`; when the attempts are used up, at the next
    /// operation, which begins the `otherwise` block (or is `answered` itself); when its time is over, at
    /// `timeout.target`.
    Ask(Box<Ask>),
    /// Goes on at the next operation if the condition is truthy, else at `otherwise`.
    If {
        condition: Script,
        otherwise: usize,
    },
    Jump(usize),
    /// Compares as text, first match.
    Switch {
        subject: Script,
        cases: Vec<(String, usize)>,
        default: usize,
    },
    Set(Vec<(Target, Tree)>),
    Unset(Vec<Target>),
    Code(Script),
    /// Waits for the answer. After one with a status below 400 the flow goes on at `answered`, else at the next
    /// operation, which begins the `onError` block (or is `answered` itself).
    Http(Box<Http>),
    Wait(Span),
    /// Waits for the next input, whatever it is.
    Listen,
    Remind(Box<Remind>),
    /// Calls off every reminder of the session.
    CancelReminders,
    /// The session's owner becomes a human agent. When it comes back the flow goes on at the next operation, which begins the
    /// `onBack` block.
    Handover(Box<Handover>),
    /// Enters a flow; its `Return` comes back to the next operation.
    Run {
        entry: usize,
    },
    /// `loops`: how many `each` steps stand around the target; those inside are left.
    Goto {
        target: usize,
        loops: usize,
    },
    /// Goes on at `end` when this step ran before in this session.
    Once {
        end: usize,
    },
    /// Starts a loop over a list; goes on at `end` if it is empty. The body ends in `Next`.
    Each {
        items: Script,
        name: String,
        end: usize,
    },
    /// The next item of the `each` at this index, or its `end`.
    Next {
        each: usize,
    },
    StopFlow,
    StopSession,
    Return,
}

#[derive(Clone, Debug)]
pub struct Say {
    /// One text, or the alternatives of `oneOf`. Empty if the output has none of its own.
    pub texts: Vec<Template>,
    pub rich: Option<Rich>,
    pub data: Option<Tree>,
}

#[derive(Debug)]
pub struct Ask {
    pub say: Say,
    pub into: Option<Target>,
    pub expect: Expect,
    /// Said after a wrong answer; the question itself if absent.
    pub reprompt: Option<Say>,
    /// Wrong answers until `otherwise`; none: asks without end.
    pub attempts: Option<u32>,
    pub timeout: Option<Timeout>,
    pub forget: Forget,
    pub answered: usize,
}

/// The time that a question gives, and where the flow goes on when it is over.
#[derive(Debug)]
pub struct Timeout {
    pub after: Span,
    pub target: usize,
}

/// Which inputs leave a question behind: the flow starts anew with them.
#[derive(Clone, Debug)]
pub enum Forget {
    Never,
    /// Those that are no valid answer.
    Invalid,
    /// Those for which this is true, valid answers too.
    When(Script),
}

/// How long: written out, or known only when the step runs.
#[derive(Clone, Debug)]
pub enum Span {
    /// Milliseconds.
    Fixed(u64),
    Template(Template),
}

#[derive(Clone, Debug)]
pub struct Http {
    /// In capitals.
    pub method: &'static str,
    pub url: Template,
    pub headers: Vec<(String, Template)>,
    pub body: Body,
    pub timeout_ms: u64,
    pub retries: u32,
    pub into: Option<Target>,
    pub answered: usize,
}

#[derive(Clone, Debug)]
pub enum Body {
    None,
    Json(Tree),
    Text(Template),
}

#[derive(Clone, Debug)]
pub struct Remind {
    pub after: Span,
    pub text: Option<Template>,
    pub data: Option<Tree>,
}

#[derive(Clone, Debug)]
pub struct Handover {
    /// Who is to take over, in words that the desk of the agents knows.
    pub to: Option<Template>,
    /// Said when the session changes hands.
    pub say: Option<Say>,
}

/// What counts as an answer; `turn::answer` says what is kept of it.
#[derive(Clone, Debug)]
pub enum Expect {
    /// Any input, even one without text.
    Any,
    Text,
    Number,
    /// A day, perhaps with a time.
    Date,
    YesNo,
    Email,
    Url,
    Pattern(regex::Regex),
    OneOf(Vec<Choice>),
    /// One of these intents; without a name any intent.
    Intent(Vec<String>),
    /// An input that has data.
    Data,
}

/// Compared without regard to case, surrounding blanks and a full stop.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is kept.
    pub value: String,
    /// What else people say for it.
    pub words: Vec<String>,
}

/// A place that a step writes to: `context.order.total`, `profile.email` or `session.locale`.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Context(Vec<String>),
    Profile(Vec<String>),
    Session(Setting),
}

/// The key of the text for everybody whose language is not there.
pub const DEFAULT_LANGUAGE: &str = "default";

/// What a flow may choose for its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Locale,
    Timezone,
}

impl Setting {
    /// Its name in the object `session`.
    pub fn name(self) -> &'static str {
        match self {
            Setting::Locale => "locale",
            Setting::Timezone => "timezone",
        }
    }

    pub fn example(self) -> &'static str {
        match self {
            Setting::Locale => "de-DE",
            Setting::Timezone => "Europe/Berlin",
        }
    }

    /// The value as it is kept, if there is such a language or time zone.
    pub fn accept(self, text: &str) -> Option<String> {
        match self {
            Setting::Locale => yaml::locale(text).ok(),
            Setting::Timezone => yaml::zone(text),
        }
    }

    /// The same for what stands in a flow: why not, and what to write instead.
    pub(super) fn check(self, text: &str) -> Result<(), String> {
        match self {
            Setting::Locale => yaml::locale(text).map(drop),
            Setting::Timezone => yaml::timezone(text).map(drop),
        }
    }
}

/// A string that may hold `{{ … }}`.
#[derive(Clone, Debug)]
pub enum Template {
    Text(String),
    /// The string is one `{{ … }}` and nothing else: the value keeps its type.
    Value(Script),
    Parts(Vec<Part>),
    /// What is said in each language, by its tag or `default`, in the order written. None of them is one itself.
    ByLanguage(Vec<(String, Template)>),
}

#[derive(Clone, Debug)]
pub enum Part {
    Text(String),
    Script(Script),
}

/// A value as written in YAML, with templates in its strings.
#[derive(Clone, Debug)]
pub enum Tree {
    Value(Value),
    Template(Template),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}
