//! What a run gives back: values, failures of each kind, and what users expect of the frozen realm.

use super::*;

#[test]
fn a_result_is_the_json_of_what_the_function_gave() {
    for (body, expected) in [
        (
            "return { text: 'a', data: { n: 1.5, list: [1, null, true] } }",
            json!({ "text": "a", "data": { "n": 1.5, "list": [1, null, true] } }),
        ),
        ("return undefined", Value::Null),
        ("", Value::Null),
        ("return null", Value::Null),
        ("return false", json!(false)),
        ("return 0", json!(0)),
        ("return ''", json!("")),
        ("return [undefined, () => 1, NaN]", json!([null, null, null])),
        ("return { a: undefined, b: new Date(0) }", json!({ "b": "1970-01-01T00:00:00.000Z" })),
        ("return Promise.resolve(1).then((one) => one + 1)", json!(2)),
        ("return { then: (resolve) => resolve(3) }", json!(3)),
        ("return '😀'.slice(0, 1)", json!("\u{fffd}")),
    ] {
        assert_eq!(value(body), expected, "{body}");
    }
}

#[test]
fn each_kind_of_failure_says_what_happened() {
    for (body, kind, text) in [
        ("throw new RangeError('too far')", FailureKind::Thrown, "RangeError: too far"),
        ("throw null", FailureKind::OutOfMemory, "it used more than 16777216 bytes of memory, or threw null"),
        ("throw undefined", FailureKind::Thrown, "undefined"),
        ("throw { code: 1 }", FailureKind::Thrown, "{\"code\":1}"),
        ("throw 'words'", FailureKind::Thrown, "words"),
        ("throw { toJSON() { throw 1 } }", FailureKind::Thrown, "something that cannot be shown was thrown"),
        ("return Promise.reject(new TypeError('no'))", FailureKind::Thrown, "TypeError: no"),
        ("for (;;);", FailureKind::OutOfTime, "it computed for more than 50 ms"),
        ("await null; for (;;);", FailureKind::OutOfTime, "it computed for more than 50 ms"),
        (
            "const a = []; for (;;) a.push('x'.repeat(1000) + a.length)",
            FailureKind::OutOfMemory,
            "it used more than 16777216 bytes",
        ),
        ("await new Promise(() => {})", FailureKind::NoEnd, "it awaits something that never comes"),
        (
            "const a = {}; a.a = a; return a",
            FailureKind::NotJson,
            "the result cannot be kept as JSON: TypeError: circular reference",
        ),
        ("return () => 1", FailureKind::NotJson, "the result is a function, which JSON does not have"),
        ("return Symbol('a')", FailureKind::NotJson, "the result is a symbol, which JSON does not have"),
        (
            "let a = []; for (let i = 0; i < 300; i++) a = [a]; return a",
            FailureKind::NotJson,
            "the result cannot be kept as JSON: ",
        ),
        (
            "return 'x'.repeat(2e6)",
            FailureKind::TooLarge,
            "the result is too large: it has 2000000 bytes as JSON",
        ),
        ("response.send('x'.repeat(2e6))", FailureKind::TooLarge, "the response has 2"),
        (
            "(await getSessionStorage('ann', 's1')).s = 'x'.repeat(2e6)",
            FailureKind::TooLarge,
            "the session storage is too large",
        ),
    ] {
        let mut job = input(body);
        job.bounds.computing_ms = if kind == FailureKind::OutOfTime { 50 } else { 60_000 };
        job.of = Some(("ann".to_owned(), "s1".to_owned()));
        job.storage = Some(Map::new());
        let failure = done(start(&mut pool(), &job)).result.expect_err(body);
        assert_eq!(failure.kind, kind, "{body}: {failure:?}");
        assert!(failure.text.starts_with(text), "{body}: {failure:?}");
    }
}

/// Half of these leave less room than an exception takes.
#[test]
fn memory_that_ends_with_hardly_a_byte_to_spare_is_told_as_what_it_is() {
    for spare in (0..1_000).step_by(50) {
        let mut job = input("const a = []; for (;;) a.push('x'.repeat(1000) + a.length)");
        job.bounds.computing_ms = 60_000;
        job.bounds.memory_bytes = (4 << 20) + spare;
        let failure = done(start(&mut pool(), &job)).result.expect_err("the list grows");
        assert_eq!(failure.kind, FailureKind::OutOfMemory, "with {spare}: {failure:?}");
    }
}

#[test]
fn what_is_inherited_from_frozen_prototypes_can_be_overridden_as_everywhere() {
    for body in [
        "const e = new Error('a'); e.name = 'Mine'; e.message = 'b'; return `${e}` === 'Mine: b'",
        "const o = {}; o.toString = () => 'mine'; o.constructor = 1; o.valueOf = () => 2; return `${o}` === 'mine' && o.constructor === 1",
        "class Mine extends Error { constructor(m) { super(m); this.name = 'Mine'; this.code = 4 } } const e = new Mine('a');
         return e instanceof Mine && e instanceof Error && e.name === 'Mine' && e.code === 4 && String(e) === 'Mine: a'",
        "function Old(m) { this.message = m } Old.prototype = Object.create(Error.prototype); Old.prototype.constructor = Old;
         Old.prototype.name = 'Old'; return String(new Old('a')) === 'Old: a' && new Old('b').constructor === Old",
        "function F() {} F.prototype.toString = () => 'F'; return String(new F()) === 'F'",
        "class List extends Array { first() { return this[0] } } return List.from([1, 2]).map((x) => x + 1).first() === 2",
        "class M extends Map { get(k) { return super.get(k) ?? 0 } toString() { return 'M' } } return new M().get(1) === 0 && String(new M()) === 'M'",
        "class P extends Promise {} return await new P((r) => r(true))",
        "const f = () => 1; f.toString = () => 'f'; return String(f) === 'f'",
        "const a = []; a.toString = () => 'a'; return String(a) === 'a'",
        "const d = new Date(0); d.toJSON = () => 'd'; d.toString = () => 'e'; return JSON.stringify(d) === '\"d\"' && `${d}` === 'e'",
        "function Q() {} Q.prototype = Object.create(Map.prototype); Q.prototype.constructor = Q; return new Q().constructor === Q",
        "const { hasOwnProperty } = Object.prototype; return hasOwnProperty.call({ a: 1 }, 'a')",
        "const o = { __proto__: null, constructor: 1 }; return o.constructor === 1",
    ] {
        assert_eq!(value(body), json!(true), "{body}");
    }
}

/// Each step of the first run tries to leave something for the second, which is another session's.
#[test]
fn two_runs_never_see_each_others_data() {
    let leave = "
        const attempts = [
            () => { globalThis.secret = request.body }, () => { this.secret = 1 }, () => { Object.prototype.secret = request },
            () => { Array.prototype.secret = 1 }, () => { Promise.prototype.secret = 1 }, () => { httpRequest.secret = 1 },
            () => { getSessionStorage.cache = 1 }, () => { console.secret = 1 }, () => { moment.secret = 1 }, () => { _.secret = 1 },
            () => { Buffer.poolSize = 1 }, () => { crypto.secret = 1 }, () => { getTextCleaner().secret = 1 }, () => { xmljs.secret = 1 }, () => { request.get.secret = 1 },
            () => { Object.getOwnPropertyDescriptor(request, 'rawBytes').get.secret = 1 },
            () => { response.constructor.secret = 1 }, () => { createWebhookTransformer.secret = 1 }, () => { Symbol.for('secret').secret = 1 },
            () => { moment.duration(1).constructor.prototype.secret = 1 }, () => { new URL('https://a.example').searchParams.__proto__.secret = 1 },
            () => { request.headers.__proto__.secret = 1 }, () => { Error.prototype.secret = 1 }, () => { (function () {}).__proto__.secret = 1 },
            () => { tag`a`.secret = 1 }, () => { /a/.__proto__.lastIndex = 1 }, () => { storage.__proto__.secret = 1 },
        ];
        function tag(strings) { return strings }
        const storage = await getSessionStorage('ann', 's1');
        storage.secret = 'ann';
        let refused = 0;
        for (const attempt of attempts) { try { attempt() } catch { refused += 1 } }
        request.body.secret = 1; endpoint.secret = 1;
        return refused;";
    let look = "
        const places = [globalThis, Object.prototype, [], Promise.resolve(), httpRequest, getSessionStorage, console, moment, _, Buffer, crypto,
            getTextCleaner(), xmljs, xmljs.xml2js, request, request.get, Object.getOwnPropertyDescriptor(request, 'rawBytes').get, request.body, endpoint, response, createWebhookTransformer, Object(Symbol.for('secret')), /a/,
            moment.duration(1), new URL('https://a.example').searchParams, request.headers, new Error('a'), () => 1, tag`a`];
        function tag(strings) { return strings }
        const others = await getSessionStorage('ann', 's1').catch((error) => error.message);
        return { found: places.filter((place) => 'secret' in place).length, others };";
    let mut pool = pool();
    let mut ann = input(leave);
    ann.of = Some(("ann".to_owned(), "s1".to_owned()));
    ann.storage = Some(Map::new());
    let refused = done(start(&mut pool, &ann)).result.expect("it catches what it throws");
    assert!(refused.as_u64() >= Some(20), "{refused}");
    let mut bob = input(look);
    bob.of = Some(("bob".to_owned(), "s2".to_owned()));
    bob.storage = Some(Map::new());
    let seen = done(start(&mut pool, &bob)).result.expect("it only looks");
    assert_eq!(seen["found"], 0, "{seen}");
    assert!(
        seen["others"].as_str().is_some_and(|text| text.contains("belongs to another session")),
        "{seen}"
    );
}
