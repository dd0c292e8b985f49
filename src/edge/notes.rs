//! What happened in a run, for the transcript; and what of it may be in the log. People's words may be in what a
//! transformer writes and throws, so the log has the place, and the words only if the settings say so.

use crate::model::{Called, Kind, Note, NoteKind, Problem};
use crate::transformer::{Failure, FailureKind, Level, Line};

/// Of one run; a last note tells how many more there were.
const NOTES_MAX: usize = 50;
/// Of one note, as for those of a flow.
const NOTE_CHARS_MAX: usize = 1_000;

/// Before what came of it. In a note of a failure: what stands before it may be in any log.
const TOLD: &str = ": ";

/// A run that failed, or whose result is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// `transformers/shop.js:12`
    pub place: String,
    /// What the function did, in words that are ours: they may be in any log.
    how: &'static str,
    pub text: String,
}

impl Failed {
    /// `path` is that of the file.
    pub(super) fn of(path: &str, failure: &Failure) -> Failed {
        let place = match failure.line {
            Some(line) => format!("{path}:{line}"),
            None => path.to_owned(),
        };
        let (how, limit) = match failure.kind {
            FailureKind::Thrown => ("failed", ""),
            FailureKind::WaitedTooLong => ("waited for too long", " (limits.transformerWaitMs)"),
            FailureKind::OutOfTime => ("computed for too long", " (limits.transformerMs)"),
            FailureKind::OutOfMemory => ("ran out of memory", " (limits.transformerMemoryBytes)"),
            FailureKind::NoEnd => ("had no end", ""),
            FailureKind::NotJson => ("gave back what is no JSON", ""),
            FailureKind::TooLarge => ("gave back too much", " (limits.bodyBytes)"),
            FailureKind::TooManyRequests => ("sent too many requests", " (limits.transformerRequests)"),
        };
        Failed { place, how, text: format!("{}{limit}", failure.text) }
    }

    /// What it gave back, or kept, is not as it should be.
    pub(super) fn wrong(path: &str, text: String) -> Failed {
        Failed { place: path.to_owned(), how: "failed", text }
    }

    /// `then` is what follows from it.
    pub fn note(&self, function: &str, then: &str) -> Note {
        let text = cut(&format!("{function} {}, {then}{TOLD}{}", self.how, self.text));
        Note { kind: NoteKind::Fault, place: self.place.clone(), text }
    }
}

/// What a caller is told whose input was refused because of it (`abortOnError`).
pub fn problem() -> Problem {
    let detail = "the transformer of this endpoint failed, and nothing was accepted; the log of the server tells where, by \
                  the traceId";
    Problem::new(Kind::TransformerFailed, detail)
}

/// What the run wrote. Whom it called is a matter of its own: a run cannot write that, nor hide it behind its lines.
pub fn of_run(path: &str, lines: &[Line]) -> Vec<Note> {
    let note = |kind, text: &str| Note { kind, place: path.to_owned(), text: cut(text) };
    let mut notes: Vec<Note> =
        lines.iter().take(NOTES_MAX).map(|line| note(kind(line), &line.text)).collect();
    if lines.len() > NOTES_MAX {
        let more = lines.len() - NOTES_MAX;
        notes.push(note(NoteKind::Warning, &format!("{more} more notes were left out")));
    }
    notes
}

/// A request as a note: for the log, and for people who look at a test.
pub fn told(path: &str, called: &Called) -> Note {
    Note { kind: NoteKind::Log, place: path.to_owned(), text: called.to_string() }
}

fn kind(line: &Line) -> NoteKind {
    match line.level {
        Level::Debug | Level::Info => NoteKind::Log,
        Level::Warn | Level::Error => NoteKind::Warning,
    }
}

/// Where people's words are to be found, which may be in a note.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// The settings say so: log.console.
    InLog,
    InTranscript,
    /// There is no transcript of what was not accepted.
    Nowhere,
}

pub fn log(note: &Note, endpoint: &str, trace_id: &str, words: Words) {
    let (place, text) = (note.place.as_str(), note.text.as_str());
    let told = text.split(TOLD).next().unwrap_or_default();
    match (note.kind, words) {
        (NoteKind::Fault | NoteKind::Warning, Words::InLog) => {
            tracing::warn!(endpoint, trace_id, place, "{text}");
        }
        (NoteKind::Log, Words::InLog) => tracing::info!(endpoint, trace_id, place, "{text}"),
        (NoteKind::Fault, Words::InTranscript) => {
            tracing::warn!(endpoint, trace_id, place, "{told}; the transcript tells more");
        }
        (NoteKind::Fault, Words::Nowhere) => {
            tracing::warn!(
                endpoint,
                trace_id,
                place,
                "{told}; with log: {{ console: true }} more is told here"
            );
        }
        (NoteKind::Warning | NoteKind::Log, Words::InTranscript | Words::Nowhere) => {}
    }
}

pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(NOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
