//! Runs that ask and wait, their storage, their response, their lines.

use super::*;
use crate::model::Response;

fn request(waiting: &Waiting, at: usize) -> &Request {
    match &waiting.asks()[at] {
        Ask::Request(request) => request,
        other => panic!("{other:?} is no request"),
    }
}

#[test]
fn a_request_is_asked_for_and_its_answer_comes_back_to_the_run() {
    let body =
        "const answer = await httpRequest({ uri: 'https://example.com/orders', method: 'post', json: true,
            headers: { 'X-Key': 'k' }, qs: { id: 4, tag: ['a b', 'c'] }, body: { a: 1 }, timeout: 500 });
        return { data: answer.orders };";
    let mut pool = pool();
    let waiting = waits(start(&mut pool, &input(body)));
    let asked = Request {
        method: "POST".to_owned(),
        url: "https://example.com/orders?id=4&tag=a+b&tag=c".to_owned(),
        headers: [("X-Key", "k"), ("accept", "application/json"), ("content-type", "application/json")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        body: Some("{\"a\":1}".to_owned()),
        timeout_ms: Some(500),
    };
    assert_eq!(waiting.asks(), [Ask::Request(asked)]);
    let done = done(waiting.go_on(vec![answered(200, "{\"orders\":[1]}")], &mut pool));
    assert_eq!(done.result, Ok(json!({ "data": [1] })));
    assert_eq!(done.requests, 1);
}

#[test]
fn requests_that_were_not_awaited_are_still_asked_for() {
    let mut pool = pool();
    let body = "httpRequest({ url: 'https://a.example/' }).then(() => console.log('came'));
        httpRequest('https://b.example/').catch((error) => console.warn(error));
        return null;";
    let waiting = waits(start(&mut pool, &input(body)));
    assert_eq!(request(&waiting, 0).url, "https://a.example/");
    assert_eq!(request(&waiting, 1).url, "https://b.example/");
    let done = done(waiting.go_on(vec![answered(200, ""), Answer::Failed("no route".to_owned())], &mut pool));
    assert_eq!(done.result, Ok(Value::Null));
    let lines = [(Level::Info, "came"), (Level::Warn, "RequestError: no route")];
    assert_eq!(done.lines, lines.map(|(level, text)| Line { level, text: text.to_owned() }));
}

#[test]
fn an_answer_of_400_or_more_rejects_unless_simple_is_false() {
    let options = [
        ("{}", json!({ "text": "StatusCodeError 404 no" })),
        ("{ simple: false }", json!({ "text": "no" })),
        (
            "{ simple: false, resolveWithFullResponse: true }",
            json!({ "text": { "statusCode": 404, "headers": {}, "body": "no" } }),
        ),
    ];
    for (more, expected) in options {
        let body = format!(
            "try {{ return {{ text: await httpRequest({{ uri: 'https://a.example', ...{more} }}) }} }}
             catch (error) {{ return {{ text: `${{error.name}} ${{error.statusCode}} ${{error.error}}` }} }}"
        );
        let mut pool = pool();
        let waiting = waits(start(&mut pool, &input(&body)));
        let done = done(waiting.go_on(vec![answered(404, "no")], &mut pool));
        assert_eq!(done.result, Ok(expected), "{more}");
    }
}

#[test]
fn requests_beyond_the_bound_reject() {
    let body = "for (let i = 0; i < 5; i++) httpRequest('https://a.example/');
        await httpRequest('https://a.example/');";
    let mut pool = pool();
    let waiting = waits(start(&mut pool, &input(body)));
    assert_eq!(waiting.asks().len(), 5);
    let answers = vec![answered(200, ""); 5];
    let failure = done(waiting.go_on(answers, &mut pool)).result.expect_err("the sixth is refused");
    assert_eq!(failure.kind, FailureKind::TooManyRequests);
    assert_eq!(failure.text, "Error: httpRequest: a run can make at most 5 requests");
    assert_eq!(failure.line, Some(3));
}

#[test]
fn the_storage_comes_once_and_is_kept_if_it_was_changed() {
    let body = "const storage = await getSessionStorage('ann', 's1');
        storage.cart.items.push('shoe');
        (await getSessionStorage('ann', 's1')).again = true;
        return null;";
    let mut pool = pool();
    let waiting = waits(start(&mut pool, &input(body)));
    let ask = Ask::Storage { user_id: "ann".to_owned(), session_id: "s1".to_owned() };
    assert_eq!(waiting.asks(), [ask]);
    let found = map(json!({ "cart": { "items": [] } }));
    let done = done(waiting.go_on(vec![Answer::Storage(found.clone())], &mut pool));
    let left = map(json!({ "cart": { "items": ["shoe"] }, "again": true }));
    let kept = Kept { user_id: "ann".to_owned(), session_id: "s1".to_owned(), found, left };
    assert_eq!((done.result, done.storage), (Ok(Value::Null), Some(kept)));
}

#[test]
fn a_storage_that_is_known_is_not_asked_for_and_one_that_did_not_change_is_not_kept() {
    let mut job = input("return (await getSessionStorage('ann', 's1')).n");
    job.of = Some(("ann".to_owned(), "s1".to_owned()));
    job.storage = Some(map(json!({ "n": 1.0 })));
    let done = done(start(&mut pool(), &job));
    assert_eq!((done.result, done.storage), (Ok(json!(1)), None));
}

#[test]
fn the_storage_of_another_session_is_refused() {
    let mut job = input("return getSessionStorage('bob', 's1')");
    job.of = Some(("ann".to_owned(), "s1".to_owned()));
    let failure = done(start(&mut pool(), &job)).result.expect_err("it is bob's");
    assert!(failure.text.contains("belongs to another session"), "{failure:?}");
    let mut pool = pool();
    let body = "await getSessionStorage('ann', 's1'); await getSessionStorage('ann', 's2')";
    let waiting = waits(start(&mut pool, &input(body)));
    let failure = done(waiting.go_on(vec![Answer::Storage(Map::new())], &mut pool)).result.expect_err("s2");
    assert!(failure.text.contains("belongs to another session"), "{failure:?}");
}

#[test]
fn a_storage_that_failed_can_be_asked_for_again() {
    let body = "const ask = () => getSessionStorage('ann', 's1');
        const failed = await ask().catch((error) => error.message);
        return [failed, (await ask()).n, (await ask()).n];";
    let mut pool = pool();
    let waiting = waits(start(&mut pool, &input(body)));
    let waiting = waits(waiting.go_on(vec![Answer::Failed("no disk".to_owned())], &mut pool));
    assert_eq!(waiting.asks().len(), 1);
    let done = done(waiting.go_on(vec![Answer::Storage(map(json!({ "n": 1 })))], &mut pool));
    assert_eq!(done.result, Ok(json!(["no disk", 1, 1])));
}

#[test]
fn all_who_wait_for_a_storage_are_told_that_it_failed() {
    let body = "const ask = () => getSessionStorage('ann', 's1').catch((error) => error.message);
        return Promise.all([ask(), ask()]);";
    let mut pool = pool();
    let waiting = waits(start(&mut pool, &input(body)));
    assert_eq!(waiting.asks().len(), 1);
    let done = done(waiting.go_on(vec![Answer::Failed("no disk".to_owned())], &mut pool));
    assert_eq!(done.result, Ok(json!(["no disk", "no disk"])));
}

#[test]
fn a_run_that_failed_keeps_no_storage() {
    let mut job = input("(await getSessionStorage('ann', 's1')).n = 2; throw new Error('no')");
    job.of = Some(("ann".to_owned(), "s1".to_owned()));
    job.storage = Some(Map::new());
    assert_eq!(done(start(&mut pool(), &job)).storage, None);
}

#[test]
fn a_transformer_can_answer_its_caller_itself() {
    let body = |text: &str| done(start(&mut pool(), &input(text))).response;
    let text = ("content-type".to_owned(), "text/plain; charset=utf-8".to_owned());
    let json = ("content-type".to_owned(), "application/json; charset=utf-8".to_owned());
    for (source, status, headers, expected) in [
        ("response.status(401).send('no'); return null", 401, vec![text.clone()], "no"),
        ("response.sendStatus(404); return null", 404, vec![text.clone()], "Not Found"),
        ("response.json({ ok: true })", 200, vec![json.clone()], "{\"ok\":true}"),
        ("response.send({ ok: 1 })", 200, vec![json.clone()], "{\"ok\":1}"),
        ("response.status(204).end()", 204, vec![], ""),
        (
            "response.redirect('https://a.example')",
            302,
            vec![("location".to_owned(), "https://a.example".to_owned())],
            "",
        ),
        (
            "response.set('X-A', 1).type('json').end('[]')",
            200,
            vec![("X-A".to_owned(), "1".to_owned()), ("content-type".to_owned(), json.1.clone())],
            "[]",
        ),
    ] {
        let expected = Response { status, headers, body: expected.to_owned() };
        assert_eq!(body(source), Some(expected), "{source}");
    }
    assert_eq!(body("response.status(401)"), None);
}

#[test]
fn a_response_that_cannot_be_sent_says_why() {
    for (source, why) in [
        ("response.send('a'); response.send('b')", "response.send: the response was sent already"),
        ("response.status('401')", "response.status: write a status from 200 to 599, like 401"),
        ("response.status(150)", "response.status: write a status from 200 to 599"),
        ("response.status(600)", "response.status: write a status from 200 to 599"),
        ("response.statusCode = 199", "response.statusCode: write a status from 200 to 599"),
        ("response.sendStatus(100)", "response.status: write a status from 200 to 599"),
        ("response.redirect(101, 'https://a.example')", "response.status: write a status from 200 to 599"),
        ("response.set('a b', 'c')", "is no name of a header"),
        ("response.set('a', 'b\\r\\nc: d')", "a character that no header can have"),
        ("response.json(undefined)", "write a value that JSON has"),
    ] {
        let failure = failure(source);
        assert!(failure.text.contains(why), "{source}: {failure:?}");
    }
}

#[test]
fn a_request_has_its_headers_by_name_whatever_their_case() {
    assert_eq!(
        value(
            "return [request.get('X-Signature'), request.header('Content-Type'), request.get('none') ?? 0]"
        ),
        json!(["abc", "application/json", 0])
    );
    assert_eq!(value("return Object.keys(request)").as_array().map(Vec::len), Some(7));
}

#[test]
fn the_bytes_of_a_request_are_a_buffer_that_is_there_when_it_is_asked_for() {
    let body = "const { rawBody, rawBytes } = request; return [rawBody, rawBytes.toString('latin1'), Buffer.isBuffer(rawBytes), \
                request.rawBytes === rawBytes, 'rawBytes' in JSON.parse(JSON.stringify(request))]";
    assert_eq!(value(body), json!(["\u{fffd}{}", "ü{}", true, true, false]));
}

#[test]
fn options_of_a_request_that_are_wrong_say_what_to_write() {
    for (options, why) in [
        ("undefined", "write httpRequest({ uri"),
        ("{}", "write where to"),
        ("{ uri: 'example.com' }", "is no address"),
        ("{ uri: 'file:///etc/passwd' }", "is to begin with https:// or http://"),
        ("{ uri: 'https://a.example', metod: 'GET' }", "there is no option metod"),
        ("{ uri: 'https://a.example', method: 'CONNECT' }", "method is to be one of"),
        ("{ uri: 'https://a.example', body: { a: 1 } }", "write json: true"),
        ("{ uri: 'https://a.example', qs: { a: { b: 1 } } }", "qs.a is to be a text"),
        ("{ uri: 'https://a.example', headers: { a: 'x\\n' } }", "a character that no header can have"),
        ("{ uri: 'https://a.example', timeout: '5' }", "timeout is to be a number of milliseconds"),
        ("{ uri: 'https://a.example', body: 'x'.repeat(2e6) }", "the body has 2000000 bytes"),
    ] {
        let failure = failure(&format!("return httpRequest({options})"));
        assert!(failure.text.contains(why), "{options}: {failure:?}");
    }
}

#[test]
fn forms_and_authorisation_are_written_as_the_reference_has_them() {
    let body = "httpRequest({ uri: 'https://a.example', method: 'PUT', form: { a: 'b c' }, auth: { user: 'ü', pass: 'p' } })";
    let waiting = waits(start(&mut pool(), &input(body)));
    let request = request(&waiting, 0);
    assert_eq!(request.body.as_deref(), Some("a=b+c"));
    assert_eq!(request.headers["authorization"], "Basic w7w6cA==");
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
}

#[test]
fn a_run_sees_the_time_that_went_by_while_it_waited() {
    let mut pool = pool();
    let body = "const before = Date.now(); await httpRequest('https://a.example'); return [before, Date.now() - before]";
    let mut waiting = waits(start(&mut pool, &input(body)));
    waiting.waited(150);
    let done = done(waiting.go_on(vec![answered(200, "")], &mut pool));
    assert_eq!(done.result, Ok(json!([NOW, 150])));
}

#[test]
fn chance_comes_from_the_seed() {
    let body = "return [Math.random(), uuid.v4(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))]]";
    assert_eq!(value(body), value(body));
    let mut other = input(body);
    other.seed = Seed::of(8, "");
    assert_ne!(done(start(&mut pool(), &other)).result, Ok(value(body)));
}

/// `Math.random` can be reckoned backwards from a few numbers; what is secret must not come with it.
#[test]
fn what_is_secret_does_not_follow_from_math_random() {
    let drawn = |last: u8| {
        let mut seed = [1; 32];
        seed[31] = last;
        let mut job = input(
            "return [Math.random(), uuid.v4(), crypto.randomUUID(), crypto.randomBytes(40).toString('hex')]",
        );
        job.seed = seed.into();
        done(start(&mut pool(), &job)).result.expect("nothing is wrong with it")
    };
    let (one, other) = (drawn(1), drawn(2));
    assert_eq!(one[0], other[0]);
    for secret in 1..4 {
        assert_ne!(one[secret], other[secret]);
    }
}

#[test]
fn what_is_drawn_in_pieces_is_what_is_drawn_at_once() {
    let pieces = "[3, 40, 1, 20].map((n) => crypto.randomBytes(n).toString('hex')).join('')";
    assert_eq!(value(&format!("return {pieces}")), value("return crypto.randomBytes(64).toString('hex')"));
}

#[test]
fn what_goes_to_the_console_is_kept_by_level_within_bounds() {
    let body = "console.debug({ a: 1 }, 'b'); console.error(new TypeError('no'));
        for (let i = 0; i < 1000; i++) console.log('x'.repeat(5000));";
    let lines = done(start(&mut pool(), &input(body))).lines;
    assert_eq!(lines[0], Line { level: Level::Debug, text: "{\"a\":1} b".to_owned() });
    assert_eq!(lines[1], Line { level: Level::Error, text: "TypeError: no".to_owned() });
    assert_eq!((lines.len(), lines[2].text.len()), (101, 1000));
    assert!(lines[100].text.contains("logged more"));
}

#[test]
fn a_moment_ends_where_a_long_run_begins() {
    let long = input("let sum = 0; for (let i = 0; i < 1e6; i++) sum += i; return sum");
    let short = input("return 1");
    let mut pool = pool();
    assert!(pool.start_for_a_moment(&long).is_none());
    assert_eq!(done(pool.start_for_a_moment(&short).expect("it is short")).result, Ok(json!(1)));
    assert_eq!(done(start(&mut pool, &long)).result, Ok(json!(499_999_500_000_u64)));
}

#[test]
fn a_run_that_is_let_go_gives_what_it_wrote_and_leaves_its_runtime_ready() {
    let mut pool = pool();
    let waiting =
        waits(start(&mut pool, &input("console.log('so far'); await httpRequest('https://a.example')")));
    let wrote: Vec<String> = waiting.drop_run(&mut pool).into_iter().map(|line| line.text).collect();
    assert_eq!(wrote, ["so far"]);
    assert_eq!(done(start(&mut pool, &input("return 1"))).result, Ok(json!(1)));
}
