//! The lines of a conversation as a person reads them in the report of a test.

use serde_json::Value;

use super::door::Reply;
use super::heard::Heard;
use super::plan::{Answered, Bot, Request, Words};
use crate::model::{Map, Note, NoteKind, Source, Speaker};

pub(super) fn spoken(source: Source, text: &str, data: Option<&Map>) -> String {
    let who = match source {
        Source::User => ">",
        Source::Inject => "(inject)",
        Source::Notify => "(notify)",
        Source::Agent => "(agent)",
        Source::Timeout => "(the time for an answer is over)",
        Source::Returned => "(the agent gives the session back)",
    };
    let data = data.map(|data| Value::Object(data.clone()).to_string());
    joined([who, text, data.as_deref().unwrap_or_default()])
}

pub(super) fn requested(Request { to, method, query, body, .. }: &Request) -> String {
    let door = match to {
        Source::Inject => " to inject",
        Source::Notify => " to notify",
        Source::User | Source::Agent | Source::Timeout | Source::Returned => "",
    };
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    joined([&format!("(request{door})"), method, &query, body])
}

pub(super) fn replied(Reply { status, body, .. }: &Reply) -> String {
    joined(["(answered", &status.to_string(), body]) + ")"
}

/// An expected answer as a line beside the one that came.
pub(super) fn answered(Answered { status, headers, body }: &Answered) -> String {
    let status = status.map(|status| status.to_string()).unwrap_or_default();
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let body = body.as_ref().map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned));
    joined(["(answered", &status, &headers.join(", "), &body.unwrap_or_default()]) + ")"
}

pub(super) fn waited(ms: u64) -> String {
    format!("(wait {})", span(ms))
}

/// As `wait: 10m` is written.
pub(super) fn span(ms: u64) -> String {
    const UNITS: [(u64, &str); 5] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let mut left = ms;
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if left >= size {
            parts.push(format!("{}{unit}", left / size));
            left %= size;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

pub(super) fn note(note: &Note) -> String {
    let kind = match note.kind {
        NoteKind::Log => "log",
        NoteKind::Warning => "warning",
        NoteKind::Fault => "fault",
    };
    format!("({kind}: {})", place_and_text(note))
}

pub(super) fn place_and_text(note: &Note) -> String {
    if note.place.is_empty() { note.text.clone() } else { format!("{}: {}", note.place, note.text) }
}

pub(super) fn said(Heard { output, sent }: &Heard) -> String {
    let Some(output) = output else { return format!("(sent) {sent}") };
    let who = match output.source {
        Speaker::Bot => "",
        Speaker::Agent => "(agent)",
    };
    let data = Value::Object(output.data.clone()).to_string();
    joined([who, &output.text, if output.data.is_empty() { "" } else { &data }])
}

/// The text of an output, or its data if it has none, or what is sent instead of one.
pub(super) fn quoted(Heard { output, sent }: &Heard) -> String {
    let Some(output) = output else { return sent.to_string() };
    if output.text.is_empty() && !output.data.is_empty() {
        return Value::Object(output.data.clone()).to_string();
    }
    format!("{:?}", output.text)
}

/// An expected output as a line beside what was said.
pub(super) fn line(bot: &Bot) -> String {
    match (&bot.words, &bot.data, bot.source, &bot.sent) {
        (Words::Text(text), None, None, None) => text.clone(),
        _ => expected(bot),
    }
}

pub(super) fn expected(bot: &Bot) -> String {
    let words = match &bot.words {
        Words::Any => String::new(),
        Words::Text(text) => format!("{text:?}"),
        Words::Match(pattern) => format!("something like /{pattern}/"),
        Words::OneOf(texts) => format!("one of {texts:?}"),
    };
    let data = bot.data.as_ref().map(|data| Value::Object(data.clone()).to_string());
    let source = match bot.source {
        None => "",
        Some(Speaker::Bot) => "from the bot",
        Some(Speaker::Agent) => "from an agent",
    };
    let sent = bot.sent.as_ref().map(|sent| format!("(sent) {sent}"));
    let [data, sent] = [data, sent].map(Option::unwrap_or_default);
    joined([words.as_str(), &data, source, &sent])
}

fn joined<const N: usize>(parts: [&str; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
