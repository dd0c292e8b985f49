//! Code steps: what they say, log and change.

use serde_json::json;

use super::*;

#[test]
fn a_code_step_changes_its_memory_and_says() {
    let mut scope = scope();
    let script =
        code("context.n = (context.n ?? 0) + 1; profile.seen = [input.text.length]; say('n ' + context.n)");
    let done = sandbox().execute(&script, &mut scope, &[]);
    assert_eq!((done.fault, done.said), (None, vec![("n 2".to_owned(), Map::new())]));
    assert_eq!(scope.context()["n"], json!(2));
    assert_eq!(scope.profile()["seen"], json!([8]));
}

#[test]
fn memory_is_kept_as_json_keeps_it() {
    let source = "context.u = undefined; context.nan = NaN; context.f = () => 1; context.d = new Date(0);
        context.list = [undefined, Infinity]; delete context.order;
        Object.defineProperty(context, '__proto__', { value: 1, enumerable: true })";
    let (done, context) = run(source);
    assert_eq!(done.fault, None);
    let expected =
        json!({ "n": 1, "nan": null, "d": "1970-01-01T00:00:00.000Z", "list": [null, null], "__proto__": 1 });
    assert_eq!(context, expected);
}

#[test]
fn what_was_done_before_a_fault_is_kept() {
    let (done, context) = run("context.n = 5; say('one'); log('a');\n\nnull.x;\nsay('two')");
    let text = "TypeError: cannot read property 'x' of null (line 3)";
    assert_eq!(done.fault, Some(Fault::Thrown(text.to_owned())));
    assert_eq!((done.said.len(), done.logs, &context["n"]), (1, vec!["a".to_owned()], &json!(5)));

    let (done, context) = run("context.n = 6; say('one'); for (;;);");
    assert_eq!((done.fault, done.said.len(), &context["n"]), (Some(Fault::OutOfSteps), 1, &json!(6)));
}

#[test]
fn memory_that_is_no_json_keeps_what_it_was() {
    let before = Value::Object(scope().into_memory().0);
    for source in [
        "context.n = 2; context.me = context",
        "context.n = 2; context.big = 1n",
        "context.n = 2; context.toJSON = () => 5",
        "context.n = 2; context.text = 'x'.repeat(1 << 21)",
    ] {
        let (done, context) = run(&format!("{source}; profile.a = 1"));
        assert!(matches!(done.fault, Some(Fault::NotJson(_))), "{source}: {:?}", done.fault);
        assert_eq!(context, before, "{source}");
    }
}

#[test]
fn what_is_no_memory_cannot_be_changed() {
    for source in [
        "input.text = 'x'",
        "session.a = 1",
        "endpoint.name = 1",
        "context = {}",
        "profile = null",
        "item.a = 1",
        "say = 1",
        "say.count = 1",
        "log.prototype = 1",
    ] {
        let script = Script::new(ScriptKind::Code, source, &["item".to_owned()], Place::default());
        let done = sandbox().execute(&script, &mut scope(), &[("item".to_owned(), json!({ "a": 0 }))]);
        let told = matches!(&done.fault, Some(Fault::Thrown(text)) if text.starts_with("TypeError"));
        assert!(told, "{source}: {:?}", done.fault);
    }
}

#[test]
fn say_takes_any_text_and_an_object() {
    let (done, _) =
        run("say(); say(null); say(1.5); say(true, {}); say(['a', 'b'], { a: [1], u: undefined })");
    let said: Vec<(String, Value)> = done.said.into_iter().map(|(text, data)| (text, data.into())).collect();
    let expected = [
        (String::new(), json!({})),
        (String::new(), json!({})),
        ("1.5".to_owned(), json!({})),
        ("true".to_owned(), json!({})),
        ("a,b".to_owned(), json!({ "a": [1] })),
    ];
    assert_eq!((done.fault, said), (None, expected.to_vec()));
    for source in
        ["say('a', 'b')", "say('a', [1])", "say('a', 1)", "say('a', new Date(0))", "say('a', { b: 1n })"]
    {
        let (done, _) = run(source);
        let told = matches!(&done.fault, Some(Fault::Thrown(text)) if text.starts_with("TypeError"));
        assert!(told && done.said.is_empty(), "{source}: {:?}", done.fault);
    }
}

#[test]
fn outputs_and_logs_are_bounded() {
    let (done, _) = run("for (let i = 0; i < 200; i++) say(i)");
    assert_eq!(done.said.len(), 100);
    assert!(matches!(done.fault, Some(Fault::Thrown(text)) if text.contains("at most 100 outputs")));
    let (done, _) = run("for (let i = 0; i < 50; i++) say('x'.repeat(100000))");
    assert_eq!(done.said.len(), 10);
    let (done, _) = run("for (let i = 0; i < 200; i++) log('é'.repeat(2000), i)");
    assert_eq!((done.fault, done.logs.len(), done.logs[0].chars().count()), (None, 101, 1000));
}

#[test]
fn log_joins_what_it_is_given() {
    let (done, _) = run("log('a', 1, null, undefined, { b: [1] }, () => 1, new TypeError('no')); log()");
    assert_eq!(done.logs, ["a 1 null undefined {\"b\":[1]} () => 1 TypeError: no", ""]);
}

#[test]
fn errors_and_objects_may_override_what_they_inherit() {
    let source =
        "class OrderError extends Error { constructor(text) { super(text); this.name = 'OrderError' } }
        const seen = {}; for (const word of ['constructor', 'toString', 'a']) seen[word] = word;
        context.seen = seen;
        throw new OrderError('sold out')";
    let (done, context) = run(source);
    assert_eq!(context["seen"], json!({ "constructor": "constructor", "toString": "toString", "a": "a" }));
    assert_eq!(done.fault, Some(Fault::Thrown("OrderError: sold out (line 1)".to_owned())));
}
