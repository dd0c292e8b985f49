//! Where in a file a byte of a string stands, so that a fault in an expression points into it.
//!
//! YAML folds lines, indents blocks and escapes characters. The string is laid along its source again,
//! character by character; where they part for good (a replaced `${NAME}`) the place stays at the parting.

use crate::model::Place;

/// The place of the byte at `offset` of `text`, which was written as `raw` at `start`.
pub fn place_at(start: &Place, raw: &str, text: &str, offset: usize) -> Place {
    let raw: Vec<char> = raw.chars().collect();
    let mut at = content_start(&raw);
    for c in text[..offset.min(text.len())].chars() {
        at += step(&raw[at..], c);
    }
    if let Some(next) = text[offset.min(text.len())..].chars().next().filter(|c| !c.is_whitespace()) {
        at += blanks_before(&raw[at..], next);
    }
    count(start, &raw[..at.min(raw.len())])
}

/// Past the opening quote, or the line of a `|` or `>`.
fn content_start(raw: &[char]) -> usize {
    match raw.first() {
        Some('"' | '\'') => 1,
        Some('|' | '>') => raw.iter().position(|c| *c == '\n').map_or(raw.len(), |end| end + 1),
        _ => 0,
    }
}

/// How much of the source the next character of the string takes.
fn step(raw: &[char], c: char) -> usize {
    let blanks = blanks_before(raw, c);
    match raw.get(blanks) {
        Some('\\') if c != '\\' || raw.get(blanks + 1) == Some(&'\\') => {
            blanks + escape_length(&raw[blanks..])
        }
        Some('\'') if c == '\'' && raw.get(blanks + 1) == Some(&'\'') => blanks + 2,
        Some(found) if *found == c => blanks + 1,
        _ => 0,
    }
}

/// Line breaks and indentation that the string does not have.
fn blanks_before(raw: &[char], c: char) -> usize {
    let blanks = raw.iter().take_while(|found| **found != c && found.is_whitespace()).count();
    if raw.get(blanks).is_some_and(|found| *found == c || *found == '\\') { blanks } else { 0 }
}

/// Of an escape in a double-quoted string.
fn escape_length(raw: &[char]) -> usize {
    match raw.get(1) {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        _ => 2,
    }
    .min(raw.len())
}

fn count(start: &Place, passed: &[char]) -> Place {
    let lines = passed.iter().filter(|c| **c == '\n').count();
    let column = passed.iter().rev().take_while(|c| **c != '\n').count();
    Place {
        file: start.file.clone(),
        line: start.line + lines,
        column: if lines == 0 { start.column + column } else { column + 1 },
    }
}
