//! The forms in which a file can be written, and what is told of one that is wrong.

use super::*;

/// What the function of a hook gives back.
fn given(name: &str, text: &str, hook: Hook) -> Value {
    done(start(&mut pool(), &job(&file(name, text), hook)))
        .result
        .unwrap_or_else(|why| panic!("{text}: {why:?}"))
}

#[test]
fn every_form_of_exporting_a_function_is_understood() {
    for text in [
        "export default createWebhookTransformer({ handleInput: async ({ request }) => ({ text: request.body.text }) });",
        "export default createRestTransformer({ handleInput({ request }) { return { text: request.body.text } } })",
        "export const handleInput = async ({ request }) => ({ text: request.body.text });",
        "export let other = 1, handleInput = ({ request }) => ({ text: request.body.text });",
        "export function handleInput({ request }) { return { text: request.body.text } }",
        "export async function handleInput({ request }) { return { text: request.body.text } }",
        "const a = ({ request }) => ({ text: request.body.text });\nexport { a as handleInput };",
        "export {\n  handleInput,\n};\nfunction handleInput({ request }) { return { text: request.body.text } }",
        "export const { handleInput } = { handleInput: ({ request }) => ({ text: request.body.text }) };",
        "export default { handleInput: ({ request }) => ({ text: request.body.text }) }",
        "const hooks = {};\nhooks.handleInput = ({ request }) => ({ text: request.body.text });\nexport default hooks",
        "module.exports = { handleInput: ({ request }) => ({ text: request.body.text }) };",
        "module.exports = createWebhookTransformer({ handleInput: ({ request }) => ({ text: request.body.text }) })",
        "exports.handleInput = ({ request }) => ({ text: request.body.text }); // the end",
        "module.exports.handleInput = function ({ request }) { return { text: request.body.text } }",
        "exports.default = { handleInput: ({ request }) => ({ text: request.body.text }) }",
        "export default class { static handleInput({ request }) { return { text: request.body.text } } }",
        "#!/usr/bin/env node\nexport const handleInput = ({ request }) => ({ text: request.body.text });",
    ] {
        assert_eq!(given("shop.js", text, Hook::Input), json!({ "text": "héllo 😀" }), "{text}");
        assert_eq!(
            given("shop.ts", text, Hook::Input),
            json!({ "text": "héllo 😀" }),
            "{text} as TypeScript"
        );
    }
}

#[test]
fn types_are_taken_out_and_what_typescript_adds_works() {
    let text = "
        import type { Thing } from './thing';
        import { type Other } from './other';
        import { Webhook } from 'types';
        export interface Order { id: string; total?: number }
        export type Orders = Record<string, Order>;
        enum State { Open = 'open', Closed = 'closed' }
        namespace Shop { export const name = 'shop' }
        abstract class Base<T> { constructor(protected readonly value: T, public other?: number) {} abstract get(): T }
        class Real extends Base<string> { override get(): string { return this.value! } }
        declare const outside: number;
        function id<T>(this: void, value: T): T;
        function id(value: unknown) { return value }
        const order = { id: '1' } satisfies Order as Order;
        export const handleInput = async ({ request }: { request: { body: any } }): Promise<{ text: string }> => {
            const list: Array<[string, State]> = [[Shop.name, State.Open]];
            return { text: id<string>(new Real('a').get()) + order.id + list[0]![1] + (<any>request.body).text.length };
        };";
    assert_eq!(given("shop.ts", text, Hook::Input), json!({ "text": "a1open8" }));
}

#[test]
fn a_file_knows_which_functions_it_exports() {
    let text = "export default createWebhookTransformer({ handleInput: () => 1, handleOutput: undefined, handleNotify() {} })";
    let file = file("shop.js", text);
    let has: Vec<&str> = Hook::ALL.into_iter().filter(|hook| file.has(*hook)).map(Hook::key).collect();
    assert_eq!((has, file.file()), (vec!["input", "notify"], "shop.js"));
}

#[test]
fn variables_of_the_file_are_new_in_each_run() {
    let text = "let calls = 0; const seen = []; export const handleInput = () => { calls += 1; seen.push(calls); return seen }";
    let (mut pool, job) = (pool(), job(&file("shop.js", text), Hook::Input));
    for _ in 0..3 {
        assert_eq!(done(start(&mut pool, &job)).result, Ok(json!([1])));
    }
}

#[test]
fn names_of_a_file_may_be_those_of_globals_and_of_ours() {
    let text = "const crypto = { a: 1 }, _ = 2, URL = 3, module = 4, $exports = 5, exports = 6, $same = 7, createWebhookTransformer = 8;
        export const handleInput = () => [crypto.a, _, URL, module, $exports, exports, $same, createWebhookTransformer]";
    assert_eq!(given("shop.js", text, Hook::Input), json!([1, 2, 3, 4, 5, 6, 7, 8]));
}

/// The mistakes of a file, as `line:column text`.
fn mistakes(name: &str, text: &str) -> Vec<String> {
    let found = Transformer::new(name, text).expect_err(text);
    found.iter().map(|one| format!("{}:{} {}", one.line, one.column, one.text)).collect()
}

#[test]
fn a_mistake_says_where_it_is_and_what_to_write_instead() {
    for (text, expected) in [
        (
            "const a = 1;\n  import x from 'crypto'; x()",
            "2:3 \"crypto\" cannot be imported; crypto is there without an import, so leave this out",
        ),
        (
            "import axios from 'axios'; axios()",
            "1:1 \"axios\" cannot be imported; httpRequest is there without an import, so leave this out",
        ),
        (
            "import x from './x.js'; x()",
            "1:1 \"./x.js\" cannot be imported: a transformer is one file; without an import there are httpRequest",
        ),
        ("const _ = require('lodash');", "1:11 \"lodash\" cannot be imported; _ is there"),
        ("const convert = require('xml-js');", "1:17 \"xml-js\" cannot be imported; xmljs is there"),
        (
            "export const a = () => import('node:crypto')",
            "1:24 \"node:crypto\" cannot be imported; crypto is there",
        ),
        ("export * from './x.js'", "1:1 \"./x.js\" cannot be imported"),
        ("export { a } from './x.js'", "1:1 \"./x.js\" cannot be imported"),
        ("\n\nawait 1", "3:1 `await` can only stand in an async function"),
        ("export const a = 10n", "1:18 there is no BigInt"),
        ("export const a = () => { using b = null }", "1:26 there is no `using`"),
        ("@deco class A {}", "1:1 there are no decorators"),
        ("export const a = import.meta.url", "1:18 there is no import.meta"),
        ("export const handleInput = (", "1:29 Expected `)` but found `EOF`"),
        ("let a = 1;\nlet é = 2; let a = 3;", "2:16 "),
        ("\nexport const handleInput = /(/", "2:29 Invalid regular expression: Unterminated capturing group"),
        ("return 1", "1:1 "),
        ("export const handleInput = 1", "1:1 handleInput is to be a function; here it is number"),
        (
            "export const other = () => 1",
            "1:1 this exports no function that is known; write one of handleInput, handleOutput",
        ),
        ("", "1:1 this exports no function that is known"),
        (
            "const a = 1;\n\nnull.x; export const handleInput = () => 1",
            "3:1 TypeError: cannot read property 'x' of null",
        ),
        ("\nfoo(); export const handleInput = () => 1", "2:1 ReferenceError: foo is not defined"),
        ("\nfor (;;); export const handleInput = () => 1", "1:1 the file itself computes for too long"),
    ] {
        for name in ["shop.js", "shop.ts"] {
            let found = mistakes(name, text);
            assert!(found[0].starts_with(expected), "{name}: {text:?} has {found:?}, not {expected}");
        }
    }
    assert!(
        mistakes("shop.ts", "export = { handleInput: 1 }")[0]
            .starts_with("1:1 `export =` cannot be used; write `export default`")
    );
    assert!(
        mistakes("shop.ts", "import fs = require('fs')")[0].starts_with("1:1 `import … =` cannot be used")
    );
}

#[test]
fn all_mistakes_of_a_file_are_told_in_the_order_of_their_places() {
    let found = mistakes("shop.js", "import 'a';\nimport 'b';\nexport const c = 1n");
    let places: Vec<&str> = found.iter().map(|one| one.split(' ').next().expect("a place")).collect();
    assert_eq!(places, ["1:1", "2:1", "3:18"]);
}

#[test]
fn a_failure_has_the_line_of_the_users_file() {
    for (name, text) in [
        ("shop.js", "\n\nexport const handleInput = async () => {\n  await null;\n  null.x;\n};"),
        (
            "shop.js",
            "\n\nexport\ndefault function handleInput() { return 1 }\nfunction fail() { throw new Error('x') }\nexports.handleInput = () => fail();",
        ),
        (
            "shop.ts",
            "interface A {\n  a: string;\n}\ntype B = A\nfunction fail(a: A): never { const b = 1; throw new TypeError(a.a) }\nexport const handleInput = () => fail({ a: 'x' });",
        ),
    ] {
        let failure =
            done(start(&mut pool(), &job(&file(name, text), Hook::Input))).result.expect_err("it throws");
        assert_eq!((failure.line, failure.kind), (Some(5), FailureKind::Thrown), "{text}: {failure:?}");
    }
}

#[test]
fn a_function_that_the_file_does_not_export_is_a_failure() {
    let job = job(&file("shop.js", "export const handleInput = () => 1"), Hook::Output);
    let failure = done(start(&mut pool(), &job)).result.expect_err("there is none");
    assert_eq!(failure.text, "TypeError: the file exports no function handleOutput");
}
