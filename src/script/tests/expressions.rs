//! Values, paths, what is frozen, errors, and what is no expression.

use serde_json::json;

use super::*;
use crate::script::{SyntaxError, check};

#[test]
fn an_expression_gives_its_value_with_its_type() {
    let cases = [
        ("1 + 1", json!(2)),
        ("0.1 * 3", json!(0.30000000000000004)),
        ("2 ** 53 * 4", json!(36028797018963968u64)),
        ("1e300", json!(1e300)),
        ("-0", json!(0)),
        ("0 / 0", json!(null)),
        ("1 / 0", json!(null)),
        ("undefined", json!(null)),
        ("null", json!(null)),
        ("x => x", json!(null)),
        ("Symbol.iterator", json!(null)),
        ("input.text.slice(0, 5)", json!("héllo")),
        ("input.text + '!'", json!("héllo 😀!")),
        ("[1, undefined, NaN, () => 1]", json!([1, null, null, null])),
        ("({ a: undefined, b: { c: 1.0 }, d() {} })", json!({ "b": { "c": 1 } })),
        ("context.order", json!({ "id": "42", "total": 1.5 })),
        ("context.n == 1 && endpoint.name + session.sessionId", json!("shops1")),
        ("context.missing?.deeper ?? 'none'", json!("none")),
        ("`a${input.data.list.length}`", json!("a3")),
        ("1, 2", json!(2)),
        ("1 // one", json!(1)),
        ("new Map([[1, 2]]).get(1)", json!(2)),
        ("/(\\d+)/.exec(context.order.id)[1]", json!("42")),
        ("[3, 1, 2].sort().concat([[4]].flat()).join()", json!("1,2,3,4")),
        ("[[1], [2, [3]]].flat(2).flatMap(x => [x, x]).length", json!(6)),
        ("[...input.data.list].reverse()", json!([3, 2, 1])),
        ("this", json!(null)),
    ];
    for (source, expected) in cases {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn half_a_character_becomes_the_replacement_character() {
    assert_eq!(value("'😀'[0]"), json!("\u{fffd}"));
    assert_eq!(value("({ a: 'x' + '😀'[1], b: '\\\\ud83d' })"), json!({ "a": "x\u{fffd}", "b": "\\ud83d" }));
    let (done, context) = run("context.cut = '😀'[0]; say('😀'[0]); log('😀'[1])");
    assert_eq!(done.fault, None);
    assert_eq!(context["cut"], "\u{fffd}");
    assert_eq!((done.said[0].0.as_str(), done.logs[0].as_str()), ("\u{fffd}", "\u{fffd}"));
}

#[test]
fn a_path_is_answered_as_javascript_would_answer_it() {
    let paths = [
        "context.order.id",
        "context.order",
        "context.missing",
        "context.missing.deeper",
        "context.missing.deeper.still",
        "input.data.none",
        "input.data.none.member",
        "input.text.length",
        "input.text.length.more",
        "input.text.constructor.name",
        "input.text.missing",
        "input.data.list.length",
        "input.data.list.missing",
        "context.n.missing",
        "context.big",
        "context.exact.list",
        "context.constructor.name",
        "context.order.toString.name",
        "context.order.__proto__",
        "profile.email",
        "session.sessionId",
        "endpoint.name",
    ];
    for source in paths {
        let mut scope = scope();
        scope.context_mut().insert("big".to_owned(), json!(9007199254740993i64));
        scope.context_mut().insert("exact".to_owned(), json!({ "list": [1.0, 18446744073709551615u64] }));
        let fast = sandbox().evaluate(&expression(source), &scope, &[]);
        let slow = sandbox().evaluate(&expression(&format!("({source})")), &scope, &[]);
        assert!(expression(source).path.is_some() && expression(&format!("({source})")).path.is_none());
        assert_eq!(fast, slow, "{source}");
    }
}

#[test]
fn a_path_needs_no_runtime() {
    let mut sandbox = Sandbox::new(0);
    sandbox.begin(AT, SEED, 0);
    assert_eq!(sandbox.evaluate(&expression("context.order.id"), &scope(), &[]), Ok(json!("42")));
}

#[test]
fn locals_are_seen_by_name_and_the_inner_one_hides_the_outer() {
    let names = ["item".to_owned(), "context".to_owned(), "item".to_owned()];
    let script = Script::new(ScriptKind::Expression, "item.a + context", &names, Place::default());
    let locals = [
        ("item".to_owned(), json!({ "a": 1 })),
        ("context".to_owned(), json!("c")),
        ("item".to_owned(), json!({ "a": 2 })),
    ];
    assert_eq!(sandbox().evaluate(&script, &scope(), &locals), Ok(json!("2c")));
    let path = Script::new(ScriptKind::Expression, "context.length", &names, Place::default());
    assert_eq!(sandbox().evaluate(&path, &scope(), &locals), Ok(json!(1)));
}

#[test]
fn an_expression_that_changes_what_it_reads_throws_and_changes_nothing() {
    let mut sandbox = sandbox();
    let scope = scope();
    for source in [
        "context.n++",
        "context.order.id = 1",
        "delete context.n",
        "context = {}",
        "input.data.list.push(4)",
        "input.data.list.reverse()",
        "Object.assign(profile, { a: 1 })",
        "Object.setPrototypeOf(context.order, {})",
        "endpoint.name = 'x'",
    ] {
        let outcome = sandbox.evaluate(&expression(source), &scope, &[]);
        assert!(
            matches!(&outcome, Err(Fault::Thrown(text)) if text.starts_with("TypeError: ")),
            "{source}: {outcome:?}"
        );
    }
    let whole = sandbox.evaluate(&expression("[context, input, profile, endpoint]"), &scope, &[]);
    assert_eq!(whole, Ok(json!([scope.context(), scope.input(), scope.profile(), scope.endpoint()])));
}

#[test]
fn objects_are_handed_over_again_when_the_turn_changes_them() {
    let mut sandbox = sandbox();
    let mut scope = scope();
    assert_eq!(sandbox.evaluate(&expression("context.n + 0"), &scope, &[]), Ok(json!(1)));
    scope.context_mut().insert("n".to_owned(), json!(2));
    assert_eq!(sandbox.evaluate(&expression("context.n + 0"), &scope, &[]), Ok(json!(2)));
    sandbox.execute(&code("context.n = 3"), &mut scope, &[]);
    assert_eq!(sandbox.evaluate(&expression("context.n + 0"), &scope, &[]), Ok(json!(3)));
    sandbox.begin(AT, SEED, STEPS);
    let other = super::scope();
    assert_eq!(sandbox.evaluate(&expression("context.n + 0"), &other, &[]), Ok(json!(1)));
}

#[test]
fn what_was_thrown_is_told_as_javascript_tells_it() {
    assert_eq!(thrown("context.a.b + 1"), "TypeError: cannot read property 'b' of undefined");
    assert_eq!(thrown("missing"), "ReferenceError: missing is not defined");
    assert_eq!(thrown("(() => { throw 'just text' })()"), "just text");
    assert_eq!(thrown("(() => { throw { code: 1 } })()"), "{\"code\":1}");
    assert_eq!(thrown("1 +\n context.a.b"), "TypeError: cannot read property 'b' of undefined (line 2)");
    assert_eq!(
        thrown("(() => { throw { toJSON() { throw 1 } } })()"),
        "something that cannot be shown was thrown"
    );
}

#[test]
fn what_is_no_json_is_a_fault() {
    for source in [
        "10n",
        "({ a: 10n })",
        "(() => { const a = {}; a.a = a; return a })()",
        "({ toJSON() { throw new Error('no') } })",
        "(() => { let a = []; for (let i = 0; i < 200; i++) a = [a]; return a })()",
        "'x'.repeat(1 << 21)",
        "['x'.repeat(1 << 21)]",
    ] {
        let outcome = result(source);
        assert!(matches!(outcome, Err(Fault::NotJson(_))), "{source}: {outcome:?}");
    }
}

#[test]
fn exactly_one_expression_is_an_expression() {
    let locals = ["item".to_owned()];
    for source in
        ["1", "a, b", "{}", "() => { return 1 }", "a\n// end", "item.x", "function () {}", "/[)]/", "`)`"]
    {
        assert_eq!(check(ScriptKind::Expression, source, &locals), Ok(()), "{source}");
    }
    for source in [
        "",
        " ",
        "a; b",
        "a b",
        "a) + (b",
        "a] + [b",
        "}",
        ");",
        "a) => (b",
        "return 1",
        "a /*",
        "'a",
        "`a",
        "...a",
        "1)}, function () { return (2",
        "1)}), (function () { return (2",
        "let a = 1",
        "a // )",
        "x => {",
        "\0",
        "(",
        "async () => 1",
        "import('x')",
        "await 1",
        "yield 1",
    ] {
        let outcome = check(ScriptKind::Expression, source, &locals);
        assert_eq!(outcome.is_err(), source != "a // )", "{source}: {outcome:?}");
    }
}

#[test]
fn statements_stay_within_their_body() {
    for source in
        ["", "return", "let a = 1; { a = 2 }", "// end", "if (1) { return 2 }", "say('import tax, async.')"]
    {
        assert_eq!(check(ScriptKind::Code, source, &[]), Ok(()), "{source}");
    }
    for source in [
        "}",
        "} {",
        "}, function () {",
        "}), (function () {",
        "} [x] = function () {",
        "} n() {",
        "}; x() {",
        "}, n, function () {",
        "} static { ",
        "if (",
        "let context = 1; context",
        "/*",
        "import 'x'; import('y')",
        "async function a() {}",
        "({ async 'a'() {} })",
        "(async x => x)",
        "class A { async *a() {} }",
        "import /**/ ('std')",
        "super.x",
        "with (context) {}",
        "export default 1",
    ] {
        let outcome = check(ScriptKind::Code, source, &[]);
        assert!(outcome.is_err(), "{source}");
    }
}

#[test]
fn a_syntax_error_has_its_place_in_the_source() {
    let place =
        |kind, source| check(kind, source, &[]).map_err(|SyntaxError { line, column, .. }| (line, column));
    assert_eq!(place(ScriptKind::Expression, "a b"), Err((1, 3)));
    assert_eq!(place(ScriptKind::Code, "let a = 1;\nlet b = ;"), Err((2, 9)));
    assert_eq!(place(ScriptKind::Code, "let a = 1;\nif (a) {"), Err((2, 9)));
    assert_eq!(place(ScriptKind::Code, "1;\n async () => 1"), Err((2, 2)));
}
