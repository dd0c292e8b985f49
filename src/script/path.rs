//! Answers a plain path like `context.order.id` from the scope, without JavaScript and with its meaning.
//! Whatever JavaScript could answer with something inherited (`constructor`, `trim`, …) is left to JavaScript.

use serde_json::Value;

use super::{scope::Scope, value};
use crate::model::{OBJECTS, Script};

/// What a path leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Value(Value),
    /// The text JavaScript throws with: a member of nothing.
    Thrown(String),
    /// Only JavaScript knows.
    Unknown,
}

/// What every JavaScript object has without it being written there.
const INHERITED: [&str; 12] = [
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
    "__proto__",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
];

pub(super) fn answer(script: &Script, scope: &Scope) -> Answer {
    let Some([object, names @ ..]) = script.path.as_deref() else { return Answer::Unknown };
    let Some(index) = OBJECTS.iter().position(|known| known == object) else { return Answer::Unknown };
    let [first, names @ ..] = names else { return Answer::Unknown };
    if script.locals.contains(object) || inherited(first) {
        return Answer::Unknown;
    }
    walk(scope.object(index).get(first), names)
}

/// `None` is JavaScript's undefined.
fn walk(mut here: Option<&Value>, names: &[String]) -> Answer {
    for (at, name) in names.iter().enumerate() {
        here = match here {
            None => return nothing(name, "undefined"),
            Some(Value::Null) => return nothing(name, "null"),
            Some(Value::Object(_)) if inherited(name) => return Answer::Unknown,
            Some(Value::Object(members)) => members.get(name),
            Some(Value::String(text)) if name == "length" => {
                return length(text.encode_utf16().count(), &names[at + 1..]);
            }
            Some(Value::Array(items)) if name == "length" => return length(items.len(), &names[at + 1..]),
            Some(_) => return Answer::Unknown,
        };
    }
    Answer::Value(here.map_or(Value::Null, value::as_javascript))
}

fn length(length: usize, further: &[String]) -> Answer {
    if further.is_empty() { Answer::Value(length.into()) } else { Answer::Unknown }
}

fn nothing(name: &str, what: &str) -> Answer {
    Answer::Thrown(format!("TypeError: cannot read property '{name}' of {what}"))
}

fn inherited(name: &str) -> bool {
    INHERITED.contains(&name)
}
