//! What happened in a run, for the transcript; and what of it may be in the log. People's words may be in what a
//! transformer writes and throws, so the log has the place, and the words only if the settings say so.

use super::lanes::{Called, Run};
use crate::model::{Note, NoteKind};
use crate::transformer::{Failure, FailureKind, Level, Line};

/// Of one run; a last note tells how many more there were.
const NOTES_MAX: usize = 50;
/// Of one note, as for those of a flow.
const NOTE_CHARS_MAX: usize = 1_000;

/// A run that failed, or whose result is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// `transformers/shop.js:12`
    pub place: String,
    pub text: String,
}

impl Failed {
    /// `path` is that of the file.
    pub fn of(path: &str, failure: &Failure) -> Failed {
        let place = match failure.line {
            Some(line) => format!("{path}:{line}"),
            None => path.to_owned(),
        };
        let limit = match failure.kind {
            FailureKind::OutOfTime if !failure.text.contains("limits.") => " (limits.transformerMs)",
            FailureKind::OutOfMemory => " (limits.transformerMemoryBytes)",
            FailureKind::TooManyRequests => " (limits.transformerRequests)",
            FailureKind::TooLarge => " (limits.bodyBytes)",
            _ => "",
        };
        Failed { place, text: format!("{}{limit}", failure.text) }
    }

    /// `then` is what follows from it.
    pub fn note(&self, function: &str, then: &str) -> Note {
        Note {
            kind: NoteKind::Fault,
            place: self.place.clone(),
            text: cut(&format!("{function} failed, {then}: {}", self.text)),
        }
    }
}

/// What the run wrote and whom it called.
pub fn of_run(path: &str, run: &Run) -> Vec<Note> {
    let note = |kind, text: &str| Note { kind, place: path.to_owned(), text: cut(text) };
    let lines = run.done.lines.iter().map(|line| note(kind(line), &line.text));
    let called = run
        .called
        .iter()
        .map(|Called { method, host, outcome }| note(NoteKind::Log, &format!("{method} {host}: {outcome}")));
    let mut notes: Vec<Note> = lines.chain(called).collect();
    if notes.len() > NOTES_MAX {
        let more = notes.len() - NOTES_MAX;
        notes.truncate(NOTES_MAX);
        notes.push(note(NoteKind::Warning, &format!("{more} more notes were left out")));
    }
    notes
}

fn kind(line: &Line) -> NoteKind {
    match line.level {
        Level::Debug | Level::Info => NoteKind::Log,
        Level::Warn | Level::Error => NoteKind::Warning,
    }
}

/// `console`: people's words may be in the log.
pub fn log(note: &Note, endpoint: &str, trace_id: &str, console: bool) {
    let place = note.place.as_str();
    let text =
        if console { note.text.as_str() } else { "the transcript tells more, or the log with log.console" };
    match note.kind {
        NoteKind::Fault => tracing::warn!(endpoint, trace_id, place, text, "a transformer failed"),
        NoteKind::Warning if console => {
            tracing::warn!(endpoint, trace_id, place, text, "a transformer wrote")
        }
        NoteKind::Log if console => tracing::info!(endpoint, trace_id, place, text, "a transformer wrote"),
        NoteKind::Warning | NoteKind::Log => {}
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(NOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
