//! Scripts in a flow: the bare expressions of conditions and the bodies of code steps.
//! Whether one parses is the caller's word; where it breaks is told as a place in the file.

use super::{Node, Parser, SyntaxError};
use crate::model::{Script, ScriptKind};

impl Parser<'_> {
    /// A condition or the like: the whole text is the expression.
    pub(super) fn expression(&mut self, node: &Node) -> Option<Script> {
        let text = node.as_str(self.faults)?;
        let source = text.trim();
        if source.starts_with("{{") && source.ends_with("}}") {
            self.faults.push(&node.place, "here stands a bare expression; leave {{ and }} away");
            return None;
        }
        let start = text.len() - text.trim_start().len();
        self.script_at(ScriptKind::Expression, node, start, source)
    }

    pub(super) fn code(&mut self, node: &Node) -> Option<Script> {
        let text = node.as_str(self.faults)?;
        self.script_at(ScriptKind::Code, node, 0, text)
    }

    fn script_at(&mut self, kind: ScriptKind, node: &Node, start: usize, source: &str) -> Option<Script> {
        if source.trim().is_empty() {
            self.faults.push(&node.place, format!("the {} is empty; write some JavaScript", called(kind)));
            return None;
        }
        match (self.check)(kind, source, &self.locals) {
            Ok(()) => Some(self.script(kind, node, start, source)),
            Err(error) => {
                self.not_javascript(kind, node, start, source, &error);
                None
            }
        }
    }

    /// A script that was checked; it begins at the byte `start` of the node's text.
    pub(super) fn script(&mut self, kind: ScriptKind, node: &Node, start: usize, source: &str) -> Script {
        self.uses_profile |= source.contains("profile");
        Script::new(kind, source, &self.locals, node.place_at(start))
    }

    pub(super) fn not_javascript(
        &mut self,
        kind: ScriptKind,
        node: &Node,
        start: usize,
        source: &str,
        error: &SyntaxError,
    ) {
        let place = node.place_at(start + byte_of(source, error));
        self.faults.push(&place, format!("the {} does not parse: {}", called(kind), error.text));
    }
}

fn called(kind: ScriptKind) -> &'static str {
    match kind {
        ScriptKind::Expression => "expression",
        ScriptKind::Code => "code",
    }
}

/// The byte of the source that an error's line and column mean.
fn byte_of(source: &str, error: &SyntaxError) -> usize {
    let mut lines = source.split_inclusive('\n');
    let before: usize = lines.by_ref().take(error.line.saturating_sub(1)).map(str::len).sum();
    let line = lines.next().unwrap_or_default();
    let column = line.char_indices().nth(error.column.saturating_sub(1)).map_or(line.len(), |(byte, _)| byte);
    before + column
}
