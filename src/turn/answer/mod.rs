//! What counts as an answer to a question, and the value that is kept of it.
//!
//! An answer is the whole input: a sentence that only mentions a date is no date, and the question is asked again.
//! People are understood in English, in German and in the language of the session, that one first.

mod address;
mod date;
mod locale;
mod number;
#[cfg(test)]
mod tests;
mod yes_no;

use serde_json::Value;

use crate::flow::{Choice, Expect};
use crate::model::Input;

/// A date, a number or a yes in words is short. More is not looked at, whatever it would cost.
const WORDS_BYTES_MAX: usize = 100;

/// Where and when a question is answered.
pub(super) struct Asked<'a> {
    pub(super) locale: &'a str,
    pub(super) timezone: &'a str,
    /// Milliseconds since 1970: what "tomorrow" counts from.
    pub(super) now: u64,
}

/// The value of a valid answer; nothing if the question has to be asked again.
pub(super) fn read(expect: &Expect, input: &Input, asked: &Asked) -> Option<Value> {
    let text = input.text.trim();
    match expect {
        Expect::Any => Some(anything(input)),
        Expect::Text => (!text.is_empty()).then(|| Value::from(text)),
        Expect::Number => number::read(text, asked.locale),
        Expect::Date => date::read(text, asked).map(Value::from),
        Expect::YesNo => yes_no::read(text, asked.locale).map(Value::Bool),
        Expect::Email => address::is_email(text).then(|| Value::from(text)),
        Expect::Url => address::url(text).map(Value::from),
        Expect::Pattern(pattern) => pattern.is_match(text).then(|| Value::from(text)),
        Expect::OneOf(choices) => choice(choices, text),
        Expect::Intent(names) => intent(names, text),
        Expect::Data => input.data.clone().map(Value::Object),
    }
}

/// The text, or the data of an input that has no text.
fn anything(input: &Input) -> Value {
    match &input.data {
        Some(data) if input.text.is_empty() => Value::Object(data.clone()),
        Some(_) | None => Value::from(input.text.trim()),
    }
}

fn choice(choices: &[Choice], text: &str) -> Option<Value> {
    let plain = |text: &str| text.trim().trim_end_matches(['.', '!']).to_lowercase();
    let wanted = plain(text);
    let names = |choice: &&Choice| {
        plain(&choice.value) == wanted || choice.words.iter().any(|word| plain(word) == wanted)
    };
    choices.iter().find(names).map(|choice| Value::from(choice.value.as_str()))
}

/// The text `cIntent:NAME` forces an intent, as in the reference system. Nothing else has one: no connector
/// gives inputs theirs.
pub(super) fn forced_intent(text: &str) -> Option<&str> {
    text.trim().strip_prefix("cIntent:").map(str::trim).filter(|name| !name.is_empty())
}

fn intent(names: &[String], text: &str) -> Option<Value> {
    let name = forced_intent(text)?;
    let is_expected = names.is_empty() || names.iter().any(|expected| expected == name);
    is_expected.then(|| Value::from(name))
}
