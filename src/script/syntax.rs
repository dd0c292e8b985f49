//! From the source of a script to the text of one JavaScript function, and whether it is one at all.
//!
//! The source is put between brackets of ours. A source could close them and open others (`a) + (b`), so it is
//! parsed between different kinds of brackets: no text closes all of them. Parsing never runs anything.

use rquickjs::{CaughtError, Context, Ctx, Runtime, context::EvalOptions, context::intrinsic};

use super::realm;
use crate::model::{OBJECTS, ScriptKind};

/// Where and why a source is no JavaScript that a script may be. Line and column count from 1, within the source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} (line {line}, column {column})")]
pub struct SyntaxError {
    pub line: usize,
    pub column: usize,
    pub text: String,
}

/// A name that a script sees, and what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Binding {
    /// Index into `model::OBJECTS`.
    Object(usize),
    Say,
    Log,
    Local(String),
}

/// The file name of scripts in JavaScript's stack traces.
pub(super) const FILE: &str = "script";

/// Enough to parse the longest script a project has.
const CHECK_BYTES: usize = 64 << 20;

/// Whether `source` is exactly one expression, or the statements of a function body. `locals` are the variables
/// of the `each` steps around it. Never runs the source.
pub fn check(kind: ScriptKind, source: &str, locals: &[String]) -> Result<(), SyntaxError> {
    let runtime = Runtime::new().expect("there is memory for an empty runtime");
    runtime.set_memory_limit(CHECK_BYTES);
    let context = Context::custom::<(intrinsic::Eval, intrinsic::RegExpCompiler)>(&runtime)
        .expect("there is memory for an empty context");
    context.with(|ctx| parse(&ctx, kind, source, &bindings(kind, source, locals)))
}

/// The names a source mentions, in the order in which its function takes them. An inner name hides an outer one.
pub(super) fn bindings(kind: ScriptKind, source: &str, locals: &[String]) -> Vec<Binding> {
    let mut all: Vec<Binding> = (0..OBJECTS.len()).map(Binding::Object).collect();
    if kind == ScriptKind::Code {
        all.extend([Binding::Say, Binding::Log]);
    }
    all.extend(locals.iter().cloned().map(Binding::Local));
    let hidden = |at: usize| all[at + 1..].iter().any(|inner| inner.name() == all[at].name());
    let seen = |at: &usize| !hidden(*at) && words(source, all[*at].name()).next().is_some();
    (0..all.len()).filter(seen).map(|at| all[at].clone()).collect()
}

/// The script as the text of a function that takes what `bindings` lists, in that order. The source begins on
/// the second line.
pub(super) fn function(kind: ScriptKind, source: &str, bindings: &[Binding]) -> String {
    let names = declarations(bindings);
    match kind {
        ScriptKind::Expression => between(&format!("(function () {{ {names} return ("), source, ");})"),
        ScriptKind::Code => between(&format!("(function () {{ {names}"), source, "})"),
    }
}

pub(super) fn parse(
    ctx: &Ctx<'_>,
    kind: ScriptKind,
    source: &str,
    bindings: &[Binding],
) -> Result<(), SyntaxError> {
    refuse_words(source)?;
    parse_text(ctx, source, &function(kind, source, bindings))?;
    let names = declarations(bindings);
    let (others, refusal) = match kind {
        ScriptKind::Expression => (
            vec![between(&format!("(function () {{ {names} return ["), source, "];})")],
            "this is more than one expression",
        ),
        ScriptKind::Code => (
            vec![
                between(&format!("(class {{ body() {{ {names}"), source, "}})"),
                between(&format!("({{ body() {{ {names}"), source, "}})"),
            ],
            "this closes a bracket that it did not open",
        ),
    };
    for other in others {
        parse_text(ctx, source, &other).map_err(|error| SyntaxError { text: refusal.to_owned(), ..error })?;
    }
    Ok(())
}

/// Constants, so that `context = {…}`, which would change nothing, is an error.
fn declarations(bindings: &[Binding]) -> String {
    let one = |(at, binding): (usize, &Binding)| format!(" const {} = arguments[{at}];", binding.name());
    format!("\"use strict\";{}", bindings.iter().enumerate().map(one).collect::<String>())
}

fn between(open: &str, source: &str, close: &str) -> String {
    format!("{open}\n{source}\n{close}")
}

/// Async functions and modules have no place in a script that runs to its end at once, and QuickJS cannot bound
/// their steps. A whole word is refused even in a text where it looks like the beginning of one.
fn refuse_words(source: &str) -> Result<(), SyntaxError> {
    let begins_function = |rest: &str| rest.starts_with(|c: char| is_name(c) || "([*#\"'\\/".contains(c));
    let begins_module = |rest: &str| rest.starts_with(['(', '.', '/']);
    let found = words(source, "async")
        .find(|at| begins_function(source[at + 5..].trim_start()))
        .map(|at| (at, "scripts cannot have async functions"))
        .or_else(|| {
            words(source, "import")
                .find(|at| begins_module(source[at + 6..].trim_start()))
                .map(|at| (at, "scripts cannot import anything"))
        });
    let Some((at, text)) = found else { return Ok(()) };
    let line_start = source[..at].rfind('\n').map_or(0, |end| end + 1);
    Err(SyntaxError {
        line: source[..at].matches('\n').count() + 1,
        column: source[line_start..at].chars().count() + 1,
        text: text.to_owned(),
    })
}

/// Parses a text without running it: it throws before its first step.
fn parse_text(ctx: &Ctx<'_>, source: &str, text: &str) -> Result<(), SyntaxError> {
    const PARSED: i32 = 7;
    let parsed = ctx.eval_with_options::<(), _>(format!("throw {PARSED};{text}"), options());
    let Err(error) = parsed else { return Ok(()) };
    match CaughtError::from_error(ctx, error) {
        CaughtError::Value(value) if value.as_int() == Some(PARSED) => Ok(()),
        CaughtError::Exception(exception) => {
            let text = exception.message().unwrap_or_default();
            Err(located(source, text, realm::position(&exception.stack().unwrap_or_default(), FILE)))
        }
        CaughtError::Value(_) => Err(located(source, "this is too deep to be parsed".to_owned(), None)),
        CaughtError::Error(error) => Err(located(source, error.to_string(), None)),
    }
}

pub(super) fn options() -> EvalOptions {
    let mut options = EvalOptions::default();
    options.filename = Some(FILE.to_owned());
    options
}

/// An error with its place in the source; what is found wrong behind the source is wrong at its end.
fn located(source: &str, text: String, position: Option<(usize, usize)>) -> SyntaxError {
    let lines = source.split('\n').count();
    match position {
        Some((line, column)) if (2..=lines + 1).contains(&line) => {
            SyntaxError { line: line - 1, column, text }
        }
        Some((line, _)) if line > lines + 1 => {
            let column = source.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            SyntaxError { line: lines, column, text: format!("the source ends too early: {text}") }
        }
        _ => SyntaxError { line: 1, column: 1, text },
    }
}

/// Where `name` stands in the source as a whole word, in a text or comment too.
fn words<'a>(source: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    source.match_indices(name).map(|(at, _)| at).filter(move |at| {
        !source[..*at].ends_with(is_name) && !source[at + name.len()..].starts_with(is_name)
    })
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

impl Binding {
    fn name(&self) -> &str {
        match self {
            Binding::Object(index) => OBJECTS[*index],
            Binding::Say => "say",
            Binding::Log => "log",
            Binding::Local(name) => name,
        }
    }
}
