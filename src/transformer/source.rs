//! From the text of a file to the text of one JavaScript function: parsed, refused what cannot run here, its types
//! taken out, its exports turned into assignments. Lines of the function can be told as lines of the file.

use std::path::Path;

use oxc::{
    allocator::Allocator,
    ast::ast::{
        Declaration, ExportDefaultDeclaration, ExportDefaultDeclarationKind, ExportNamedDeclaration, Program,
        Statement,
    },
    codegen::{Codegen, CodegenOptions, CommentOptions},
    diagnostics::OxcDiagnostic,
    parser::{ParseOptions, Parser},
    semantic::{Scoping, SemanticBuilder},
    span::{GetSpan, SourceType, Span},
    transformer::{TransformOptions, Transformer},
};

use super::{file::Mistake, refuse};

/// The name of the function's text in JavaScript's stack traces.
pub(super) const FILE: &str = "transformer";

/// The function, and where what stands in it came from.
pub(super) struct Source {
    pub(super) text: String,
    pub(super) lines: Lines,
}

/// Which line of the file a place in the function stands for.
#[derive(Debug)]
pub(super) enum Lines {
    /// The same.
    Same,
    /// That of the last place before it, in the order of places: line and column there, line in the file, from 0.
    Places(Vec<(u32, u32, u32)>),
}

/// The function that `file` becomes. It is called with the object of the exports, the module, and the function that
/// gives back its argument.
pub(super) fn function(file: &str, text: &str) -> Result<Source, Vec<Mistake>> {
    let typed = file.ends_with(".ts");
    let kind = if typed { SourceType::ts() } else { SourceType::mjs() };
    let allocator = Allocator::default();
    let program = parse(&allocator, text, kind)?;
    refuse::look(&program, !typed).map_err(|found| located(text, found))?;
    let checked = SemanticBuilder::new().with_check_syntax_error(true).with_enum_eval(true).build(&program);
    if checked.diagnostics.has_errors() {
        return Err(mistakes(text, checked.diagnostics));
    }
    if !typed {
        return Ok(Source { text: assembled(text, &program), lines: Lines::Same });
    }
    let scoping = checked.semantic.into_scoping();
    let (text, lines) = without_types(file, text, &allocator, program, scoping)?;
    let allocator = Allocator::default();
    let program = parse(&allocator, &text, SourceType::mjs())?;
    Ok(Source { text: assembled(&text, &program), lines })
}

fn parse<'a>(allocator: &'a Allocator, text: &'a str, kind: SourceType) -> Result<Program<'a>, Vec<Mistake>> {
    let options = ParseOptions { parse_regular_expression: true, ..ParseOptions::default() };
    let parsed = Parser::new(allocator, text, kind).with_options(options).parse();
    if parsed.panicked || parsed.diagnostics.has_errors() {
        return Err(mistakes(text, parsed.diagnostics));
    }
    Ok(parsed.program)
}

/// The same program as JavaScript, printed anew.
fn without_types<'a>(
    file: &str,
    text: &str,
    allocator: &'a Allocator,
    mut program: Program<'a>,
    scoping: Scoping,
) -> Result<(String, Lines), Vec<Mistake>> {
    let path = Path::new(file);
    let options = TransformOptions::default();
    let done = Transformer::new(allocator, path, &options).build_with_scoping(scoping, &mut program);
    if done.diagnostics.has_errors() {
        return Err(mistakes(text, done.diagnostics));
    }
    refuse::look(&program, true).map_err(|found| located(text, found))?;
    let options = CodegenOptions {
        source_map_path: Some(path.to_owned()),
        comments: CommentOptions::disabled(),
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(options).with_source_text(text).build(&program);
    let places = printed.map.iter().flat_map(|map| map.get_tokens());
    let places = places.map(|token| (token.get_dst_line(), token.get_dst_col(), token.get_src_line()));
    Ok((printed.code.clone(), Lines::Places(places.collect())))
}

/// The program as the body of a function, line for line, one line down.
fn assembled(text: &str, program: &Program) -> String {
    let exports = unused(text, "$exports");
    let same = unused(text, "$same");
    let mut edits = Edits { text: text.to_owned(), tail: String::new(), exports: &exports };
    // From the end, so that what is still to be edited stays where it is.
    for statement in program.body.iter().rev() {
        edits.export(statement);
    }
    if let Some(hashbang) = &program.hashbang {
        edits.blank(hashbang.span);
    }
    let wrappers: String = wrappers(text).iter().map(|name| format!(" const {name} = {same};")).collect();
    let Edits { text, tail, .. } = edits;
    format!(
        "(function (exports, module, {same}) {{ \"use strict\"; const {exports} = exports;{wrappers} (function () {{\n\
         {text}\n{tail}\n}})(); }})"
    )
}

/// A name like `wanted` that the text does not mention.
fn unused(text: &str, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    while text.contains(&name) {
        name.push('_');
    }
    name
}

/// The names like `createWebhookTransformer` that the text mentions. Each is a function that gives back its argument.
fn wrappers(text: &str) -> Vec<&str> {
    let names = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'));
    let mut names: Vec<&str> = names
        .filter(|name| name.starts_with("create") && name.ends_with("Transformer"))
        .filter(|name| name.len() > "createTransformer".len())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

struct Edits<'a> {
    text: String,
    /// Assignments at the end, where every name has its value.
    tail: String,
    exports: &'a str,
}

impl Edits<'_> {
    fn export(&mut self, statement: &Statement) {
        match statement {
            Statement::ExportDefaultDeclaration(export) => self.default(export),
            Statement::ExportDeclaration(export) => {
                self.blank(Span::new(export.span.start, export.declaration.span().start));
                for name in names(&export.declaration) {
                    self.assign(&name, &name);
                }
            }
            Statement::ExportNamedDeclaration(export) => self.named(export),
            _ => {}
        }
    }

    fn default(&mut self, export: &ExportDefaultDeclaration) {
        let declaration = export.declaration.span();
        let head = Span::new(export.span.start, declaration.start);
        let name = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => function.id.as_ref(),
            ExportDefaultDeclarationKind::ClassDeclaration(class) => class.id.as_ref(),
            _ => {
                let assignment = format!(";{}.default = ", self.exports);
                return self.replace(head, &assignment);
            }
        };
        match name {
            Some(name) => {
                self.blank(head);
                self.assign("default", &name.name);
            }
            // Without a name it is no declaration, but as an expression it is the same. It ends where it ended.
            None => {
                self.text.insert(declaration.end as usize, ';');
                let assignment = format!(";{}.default = ", self.exports);
                self.replace(head, &assignment);
            }
        }
    }

    fn named(&mut self, export: &ExportNamedDeclaration) {
        for specifier in &export.specifiers {
            self.assign(&specifier.exported.name(), &specifier.local.name());
        }
        self.blank(export.span);
    }

    fn assign(&mut self, name: &str, local: &str) {
        let name = serde_json::to_string(name).expect("a text always serialises");
        self.tail.push_str(&format!(";{}[{name}] = {local}", self.exports));
    }

    fn blank(&mut self, span: Span) {
        self.replace(span, "");
    }

    /// Whatever stands there instead, lines stay lines.
    fn replace(&mut self, span: Span, with: &str) {
        let range = span.start as usize..span.end as usize;
        let breaks = self.text[range.clone()].matches('\n').count();
        self.text.replace_range(range, &format!("{with}{}", "\n".repeat(breaks)));
    }
}

/// What a declaration declares.
fn names(declaration: &Declaration) -> Vec<String> {
    match declaration {
        Declaration::VariableDeclaration(variables) => {
            let names = variables.declarations.iter().flat_map(|one| one.id.get_binding_identifiers());
            names.map(|name| name.name.to_string()).collect()
        }
        other => other.id().map(|name| name.name.to_string()).into_iter().collect(),
    }
}

fn mistakes(text: &str, found: impl IntoIterator<Item = OxcDiagnostic>) -> Vec<Mistake> {
    // What is named first is often what stood there before: the bracket that was opened, the name that was taken.
    let place = |diagnostic: &OxcDiagnostic| {
        diagnostic.labels.iter().map(|label| label.offset() as usize).max().unwrap_or_default()
    };
    let mistake = |diagnostic: OxcDiagnostic| {
        let help = diagnostic.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        (place(&diagnostic), format!("{}{help}", diagnostic.message))
    };
    located(text, found.into_iter().map(mistake).collect())
}

fn located(text: &str, found: Vec<(usize, String)>) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = found
        .into_iter()
        .map(|(at, why)| {
            let before = text.get(..at).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            Mistake { line, column, text: why }
        })
        .collect();
    mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
    mistakes
}

impl Lines {
    /// The line of the file, from 1, for a place in the function as JavaScript counts it.
    pub(super) fn line(&self, line: usize, column: usize) -> usize {
        let line = line.saturating_sub(1).max(1);
        match self {
            Lines::Same => line,
            Lines::Places(places) => {
                let wanted = (line as u32 - 1, column as u32 - 1);
                let after = places.partition_point(|(line, column, _)| (*line, *column) <= wanted);
                places.get(after.saturating_sub(1)).map_or(line, |place| place.2 as usize + 1)
            }
        }
    }
}
