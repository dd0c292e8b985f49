//! What a file may not have: imports, which have nothing to import from here, and what the sandbox cannot bound or run.
//! Each refusal says what to write instead.

use oxc::{
    ast::ast::{
        ArrowFunctionExpression, AwaitExpression, BigIntLiteral, CallExpression, Decorator,
        ExportAllDeclaration, ExportFromDeclaration, Expression, Function, ImportDeclaration,
        ImportExpression, ImportMeta, Program, TSExportAssignment, TSImportEqualsDeclaration,
        VariableDeclaration,
    },
    ast_visit::{Visit, walk},
    span::Span,
    syntax::scope::ScopeFlags,
};

/// Finds everything that is to be refused: where it begins, and why. With `imports` not among them, they are to be looked
/// at when the types are gone: in TypeScript, an import that only types need is none.
pub(super) fn look(program: &Program, imports: bool) -> Result<(), Vec<(usize, String)>> {
    let mut found = Found { refusals: Vec::new(), depth: 0, imports };
    found.visit_program(program);
    if found.refusals.is_empty() { Ok(()) } else { Err(found.refusals) }
}

const AVAILABLE: &str = "httpRequest, getSessionStorage, getTextCleaner, console, crypto, uuid, _, moment, xmljs, Buffer, \
     URL, URLSearchParams, TextEncoder, TextDecoder, atob, btoa and structuredClone";

/// Modules that people import, and what stands in for them.
const INSTEAD: [(&str, &str); 10] = [
    ("crypto", "crypto"),
    ("lodash", "_"),
    ("moment", "moment"),
    ("uuid", "uuid"),
    ("xml-js", "xmljs"),
    ("buffer", "Buffer"),
    ("url", "URL"),
    ("axios", "httpRequest"),
    ("node-fetch", "httpRequest"),
    ("request-promise", "httpRequest"),
];

struct Found {
    refusals: Vec<(usize, String)>,
    /// How many functions there are around.
    depth: usize,
    imports: bool,
}

impl Found {
    fn refuse(&mut self, span: Span, why: impl Into<String>) {
        self.refusals.push((span.start as usize, why.into()));
    }

    fn import(&mut self, span: Span, module: &str) {
        let name = module.trim_start_matches("node:");
        let instead = INSTEAD.iter().find(|(known, _)| *known == name);
        let why = match instead {
            Some((_, global)) => {
                format!(
                    "{module:?} cannot be imported; {global} is there without an import, so leave this out"
                )
            }
            None => format!(
                "{module:?} cannot be imported: a transformer is one file; without an import there are {AVAILABLE}"
            ),
        };
        self.refuse(span, why);
    }
}

impl<'a> Visit<'a> for Found {
    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        if self.imports {
            self.import(it.span, &it.source.value);
        }
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        if !it.export_kind.is_type() {
            self.import(it.span, &it.source.value);
        }
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        if !it.export_kind.is_type() {
            self.import(it.span, &it.source.value);
        }
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        match &it.source {
            Expression::StringLiteral(module) => self.import(it.span, &module.value),
            _ => self.import(it.span, "import(…)"),
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Expression::Identifier(callee) = &it.callee
            && callee.name == "require"
            && let Some(Expression::StringLiteral(module)) =
                it.arguments.first().and_then(|one| one.as_expression())
        {
            self.import(it.span, &module.value);
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_ts_import_equals_declaration(&mut self, it: &TSImportEqualsDeclaration<'a>) {
        self.refuse(it.span, format!("`import … =` cannot be used; without an import there are {AVAILABLE}"));
    }

    fn visit_ts_export_assignment(&mut self, it: &TSExportAssignment<'a>) {
        self.refuse(it.span, "`export =` cannot be used; write `export default`");
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        self.refuse(
            it.span,
            "there is no import.meta: a transformer is one file and knows nothing of where it lies",
        );
    }

    fn visit_big_int_literal(&mut self, it: &BigIntLiteral<'a>) {
        self.refuse(it.span, "there is no BigInt; write a number, or a text if it has more than 15 digits");
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.refuse(it.span, "there are no decorators; call the function that it stands for");
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        if it.kind.is_using() || it.kind.is_await() {
            self.refuse(
                it.span,
                "there is no `using`; write `const`, and `try { … } finally { … }` to clean up",
            );
        }
        walk::walk_variable_declaration(self, it);
    }

    fn visit_await_expression(&mut self, it: &AwaitExpression<'a>) {
        if self.depth == 0 {
            self.refuse(
                it.span,
                "`await` can only stand in an async function; move it into the handler that needs it",
            );
        }
        walk::walk_await_expression(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.depth += 1;
        walk::walk_function(self, it, flags);
        self.depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.depth += 1;
        walk::walk_arrow_function_expression(self, it);
        self.depth -= 1;
    }
}
