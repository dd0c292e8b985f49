//! A file of the folder transformers/: checked, stripped of types and evaluated once, so that what is wrong with it is
//! known before anybody says a word. Never runs one of its functions.

use rquickjs::Ctx;
use sha2::{Digest, Sha256};

use super::{
    engine::Engine,
    job::{FailureKind, Hook},
    meter::Pace,
    source::{self, Lines, Source},
};

/// Enough to parse and evaluate the longest file.
const CHECK_BYTES: usize = 64 << 20;

/// Checked and stripped of types; to be shared.
#[derive(Debug)]
pub struct Transformer {
    file: String,
    id: u64,
    /// The text of one function that evaluates the file.
    pub(super) text: String,
    lines: Lines,
    hooks: Vec<Hook>,
}

/// What is wrong with a file, and where. Line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} (line {line}, column {column})")]
pub struct Mistake {
    pub line: usize,
    pub column: usize,
    pub text: String,
}

impl Transformer {
    /// `file` is the name as an endpoint writes it; with `.ts` at its end it is TypeScript. Evaluates the file once,
    /// in a runtime of its own.
    pub fn new(file: &str, text: &str) -> Result<Transformer, Vec<Mistake>> {
        let Source { text, lines } = source::function(file, text)?;
        let digest = Sha256::digest(&text);
        let id = u64::from_be_bytes(digest[..8].try_into().expect("a SHA-256 has 32 bytes"));
        let mut made = Transformer { file: file.to_owned(), id, text, lines, hooks: Vec::new() };
        let mut engine = Engine::new();
        engine.set_memory(CHECK_BYTES);
        let context = engine.context.clone();
        let kinds = context
            .with(|ctx| engine.look(&ctx, &made, Pace::Moment).map_err(|_| made.top_level(&engine, &ctx)));
        made.hooks = exported(&kinds.map_err(|mistake| vec![mistake])?)?;
        Ok(made)
    }

    pub fn file(&self) -> &str {
        &self.file
    }

    /// The same for the same text: what compiled code is kept under.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Whether the file exports the function.
    pub fn has(&self, hook: Hook) -> bool {
        self.hooks.contains(&hook)
    }

    /// The line of the file, from 1, for a place in the function as JavaScript counts it.
    pub(super) fn line(&self, line: usize, column: usize) -> usize {
        self.lines.line(line, column)
    }

    /// What went wrong outside of all functions.
    fn top_level(&self, engine: &Engine, ctx: &Ctx<'_>) -> Mistake {
        let thrown = engine.thrown(ctx);
        let place = thrown.position.map(|(line, column)| (self.line(line, column), column));
        let (line, column) = place.unwrap_or((1, 1));
        let text = match thrown.kind {
            FailureKind::OutOfTime => {
                "the file itself computes for too long; move the work into a handler".to_owned()
            }
            FailureKind::OutOfMemory => {
                "the file itself uses too much memory; move the work into a handler".to_owned()
            }
            FailureKind::Thrown
            | FailureKind::WaitedTooLong
            | FailureKind::NoEnd
            | FailureKind::NotJson
            | FailureKind::TooLarge
            | FailureKind::TooManyRequests => thrown.text,
        };
        Mistake { line, column, text }
    }
}

/// The hooks that a file exports, by the kind of value under the name of each.
fn exported(kinds: &[String]) -> Result<Vec<Hook>, Vec<Mistake>> {
    let found = || Hook::ALL.into_iter().zip(kinds);
    let at_the_top = |text: String| Mistake { line: 1, column: 1, text };
    let wrong: Vec<Mistake> = found()
        .filter(|(_, kind)| !matches!(kind.as_str(), "function" | "undefined"))
        .map(|(hook, kind)| at_the_top(format!("{} is to be a function; here it is {kind}", hook.function())))
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let hooks: Vec<Hook> = found().filter(|(_, kind)| *kind == "function").map(|(hook, _)| hook).collect();
    if hooks.is_empty() {
        let names = Hook::ALL.map(Hook::function).join(", ");
        let text = format!(
            "this exports no function that is known; write one of {names}, like `export const handleInput = async ({{ request }}) => ({{ … }})`"
        );
        return Err(vec![at_the_top(text)]);
    }
    Ok(hooks)
}
