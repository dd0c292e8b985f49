//! Flows as text cases: YAML in, operations or faults out.

mod expectations;
mod faults;
mod programs;
mod say;
mod schema;
mod templates;
mod waits;

use std::collections::BTreeMap;

use super::language::FLOW;
use super::{Flow, Program, SyntaxError, compile, link, parse};
use crate::model::ScriptKind;
use crate::yaml::{Fault, Faults, trial};

/// Stands in for the sandbox: knows quotes, brackets and operators that lack an operand.
fn check(kind: ScriptKind, source: &str, _locals: &[String]) -> Result<(), SyntaxError> {
    let fault = |byte: usize, text: &str| {
        let before = &source[..byte];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Err(SyntaxError { line, column, text: text.to_owned() })
    };
    let mut open = Vec::new();
    let mut quote = None;
    for (byte, c) in source.char_indices() {
        match (quote, c) {
            (Some(begun), c) => quote = (c != begun).then_some(begun),
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => open.push(c),
            (None, ')' | ']' | '}')
                if !matches!((open.pop(), c), (Some('('), ')') | (Some('['), ']') | (Some('{'), '}')) =>
            {
                return fault(byte, "unexpected bracket");
            }
            (None, ';') if kind == ScriptKind::Expression => return fault(byte, "unexpected token ';'"),
            _ => {}
        }
    }
    if source == "class"
        || !open.is_empty()
        || quote.is_some()
        || source.trim_end().ends_with(['+', '-', '='])
    {
        return fault(source.trim_end().len(), "unexpected end of input");
    }
    Ok(())
}

/// Parses and links the flows given by name and text.
fn read(texts: &[(&str, &str)]) -> (BTreeMap<String, Flow>, Vec<String>) {
    let mut faults = Faults::default();
    let environment = |name: &str| (name == "SHOP").then(|| "tea.example".to_owned());
    let flows = texts
        .iter()
        .map(|(name, text)| (name.to_string(), parse(name, text, &environment, &check, &mut faults)));
    let flows = flows.collect();
    link(&flows, &mut faults);
    for (_, text) in texts.iter().filter(|_| faults.is_empty()) {
        assert_eq!(trial::refused(&FLOW, text), None, "the schema refuses what the parser takes\n{text}");
    }
    (flows, faults.sorted().iter().map(Fault::to_string).collect())
}

/// The faults of one flow named `a`, without the name of its file.
fn faults(text: &str) -> Vec<String> {
    let (_, faults) = read(&[("a", text)]);
    faults.iter().map(|fault| fault.trim_start_matches("flows/a.yaml:").to_owned()).collect()
}

#[track_caller]
fn program_of(texts: &[(&str, &str)]) -> Program {
    let (flows, faults) = read(texts);
    assert_eq!(faults, [""; 0]);
    compile(texts[0].0, &flows).expect("flows without faults compile")
}

#[track_caller]
fn program(text: &str) -> Program {
    program_of(&[("a", text)])
}
