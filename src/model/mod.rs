//! Plain data that every layer speaks: who a session is, what comes in, what goes out, what is kept.
//! Nothing here does anything: no I/O, no clock, no chance, no log.

mod body;
mod call;
mod delivery;
mod depth;
mod ids;
mod input;
mod output;
mod problem;
mod record;
mod script;
mod session;
mod span;
mod wait;

pub use body::{
    Body, FORM, FieldError, JSON, NAME_CHARS_MAX, TEXT_CHARS_MAX, expect_json, is_name, is_of_type, kind_of,
};
pub use call::{Call, CallResult, METHODS};
pub use delivery::{
    Attempt, Attempts, Batch, DeadLetter, Number, ProgramSource, Quarantined, Queued, Receipt, Seen, Stored,
};
pub use depth::{DEPTH_MAX, is_deeper, is_too_deep};
pub use ids::{ProgramHash, SessionId, SessionKey, UserKey, Within, call_id, chance, hex, request_id, seed};
pub use input::{Accepted, Input, Response, Source, Told};
pub use output::{Callback, Output, Speaker};
pub use problem::{Kind, Problem, Refusal};
pub use record::{Called, Fate, Note, NoteKind, Numbered, Record, Transformed};
pub use script::{OBJECTS, Place, Script, ScriptKind};
pub use session::{Carried, Frame, Loop, Position, Session, Spent};
pub use span::span_ms;
pub use wait::{Awaited, Owed, Pending, Wait, Woken};

/// A JSON object: the shape of `data`, of the context and of the profile.
pub type Map = serde_json::Map<String, serde_json::Value>;
