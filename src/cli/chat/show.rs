//! A turn as the chat prints it: the words of others, the outputs, and what a person may want to know.

use antiphon::model::{Fate, Note, NoteKind, Numbered, Record, Source, Speaker};

use crate::cli::plain::words;
use crate::cli::style::{DIM, GOOD};

/// What the user is to see, and before it what was said, unless the reader typed it (`own`).
pub fn lines(turn: &Record, own: bool) -> Vec<String> {
    let said = if own { None } else { said(turn) };
    let shown =
        |numbered: &Numbered| output(numbered).into_iter().chain(fate(turn, numbered)).collect::<Vec<_>>();
    said.into_iter().chain(turn.outputs.iter().flat_map(shown)).collect()
}

/// Faults, warnings and log lines of the turn, and the requests of its transformers.
pub fn notes(turn: &Record) -> Vec<String> {
    let called = turn.called.iter().map(|called| words(&format!("request: {called}")));
    turn.notes.iter().map(note).chain(called).map(|line| format!("{DIM}{line}{DIM:#}")).collect()
}

pub fn note(note: &Note) -> String {
    let kind = match note.kind {
        NoteKind::Log => "log",
        NoteKind::Warning => "warning",
        NoteKind::Fault => "fault",
    };
    let place = if note.place.is_empty() { String::new() } else { format!("{}: ", note.place) };
    words(&format!("{kind}: {place}{}", note.text))
}

/// A notify has no words of its own: it is the output.
fn said(turn: &Record) -> Option<String> {
    let who = match turn.input.source {
        Source::User => ">",
        Source::Inject => "(inject)",
        Source::Notify | Source::Agent => return None,
        Source::Timeout => "(the time for an answer is over)",
        Source::Returned => "(the agent gave the session back)",
    };
    let data = turn.input.data.as_ref().map(|data| serde_json::Value::from(data.clone()).to_string());
    let parts = [turn.input.text.clone(), data.unwrap_or_default()];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    Some(format!("{DIM}{who} {}{DIM:#}", words(&parts.join(" "))))
}

/// What a transformer made of the output, if it did not go out as it was said.
fn fate(turn: &Record, numbered: &Numbered) -> Option<String> {
    let transformed = turn.transformed.iter().find(|one| one.sequence == numbered.sequence)?;
    let told = match &transformed.fate {
        Fate::Sent { value } => format!("(sent instead: {value})"),
        Fate::Dropped => "(its transformer sent nothing)".to_owned(),
        Fate::Buried { reason } => format!("(a dead letter: {reason})"),
    };
    Some(format!("{DIM}{}{DIM:#}", words(&told)))
}

fn output(numbered: &Numbered) -> Vec<String> {
    let output = &numbered.output;
    let who = match output.source {
        Speaker::Bot => "",
        Speaker::Agent => "(agent) ",
    };
    let mut lines = Vec::new();
    if !output.text.is_empty() {
        lines.push(format!("{GOOD}{who}{}{GOOD:#}", words(&output.text)));
    }
    if !output.data.is_empty() {
        let data = serde_json::Value::from(output.data.clone()).to_string();
        lines.push(format!("{DIM}{}{DIM:#}", words(&data)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turn(source: &str, outputs: serde_json::Value) -> Record {
        let input = json!({ "inputId": "i", "traceId": "t", "source": source, "text": "hi", "data": { "a": 1 }, "receivedAt": 1 });
        serde_json::from_value(json!({
            "turn": 1, "sequence": 1, "at": 1, "seed": 1, "input": input, "outputs": outputs,
            "notes": [{ "kind": "fault", "place": "flows/a.yaml:3:5", "text": "too many steps" }],
        }))
        .unwrap()
    }

    fn plain(lines: Vec<String>) -> Vec<String> {
        lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
    }

    #[test]
    fn what_a_transformer_made_of_an_output_stands_below_it() {
        let outputs = json!([{ "sequence": 1, "text": "a", "source": "bot" }, { "sequence": 2, "text": "b", "source": "bot" }]);
        let mut turn = turn("user", outputs);
        turn.transformed = serde_json::from_value(json!([
            { "sequence": 1, "fate": "dropped" }, { "sequence": 2, "fate": "sent", "value": { "c": 1 } }
        ]))
        .unwrap();
        let expected = ["a", "(its transformer sent nothing)", "b", "(sent instead: {\"c\":1})"];
        assert_eq!(plain(lines(&turn, true)), expected);
    }

    #[test]
    fn what_others_said_stands_before_the_outputs() {
        let outputs = json!([{ "sequence": 1, "text": "Hello", "data": { "b": 2 }, "source": "bot" }]);
        let turn = turn("inject", outputs);
        assert_eq!(plain(lines(&turn, false)), ["(inject) hi {\"a\":1}", "Hello", "{\"b\":2}"]);
        assert_eq!(plain(lines(&turn, true)), ["Hello", "{\"b\":2}"]);
    }

    #[test]
    fn a_notify_is_shown_once_as_its_output() {
        let outputs = json!([{ "sequence": 1, "text": "hi", "source": "bot" }]);
        assert_eq!(plain(lines(&turn("notify", outputs), false)), ["hi"]);
    }

    #[test]
    fn words_of_users_do_not_act_on_the_terminal() {
        let outputs =
            json!([{ "sequence": 1, "text": "a\u{9b}2J\nb", "data": { "b": "\u{7f}" }, "source": "bot" }]);
        let mut turn = turn("user", outputs);
        turn.input.text = "\u{1b}[2J".to_owned();
        turn.notes[0].text = "\u{7}".to_owned();
        let told = [lines(&turn, false), notes(&turn)].concat().concat();
        let acts = |text: &str| text.contains(['\u{9b}', '\u{7f}', '\u{7}']) || text.contains("\u{1b}[2J");
        assert!(!acts(&told), "{told:?}");
        assert!(told.contains("\\u{1b}[2J") && told.contains("a\\u{9b}2J\nb"), "{told:?}");
    }

    #[test]
    fn a_fault_names_its_place() {
        assert_eq!(plain(notes(&turn("user", json!([])))), ["fault: flows/a.yaml:3:5: too many steps"]);
    }
}
