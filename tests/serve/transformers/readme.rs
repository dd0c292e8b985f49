//! The transformers that the README shows do what it says.

use serde_json::json;

use crate::support::{Engine, JSON, Project, Receiver, Reply, to};

/// A file that the README shows, by its first line.
fn shown(file: &str) -> String {
    let readme = include_str!("../../../README.md");
    let begin = format!("```js\n// transformers/{file}");
    let (_, rest) = readme.split_once(&begin).unwrap_or_else(|| panic!("the README does not show {file}"));
    format!("//{}", rest.split_once("```").expect("the block has an end").0)
}

/// An endpoint `shop` with a file of the README.
fn as_shown(receiver: &Receiver, file: &str, hooks: &str, settings: &str, webhook: bool) -> Engine {
    let webhook = if webhook { to(receiver, "") } else { String::new() };
    let more = format!("{webhook}\ntransformers: {{ file: {file}, {hooks} }}\nsettings: {{ {settings} }}");
    let flow = "- say: { text: \"{{ input.text }}\", data: \"{{ input.data }}\" }\n";
    Engine::start(Project::new(flow).script(file, &shown(file)).endpoint("shop", &more))
}

#[test]
fn the_signature_check_of_the_readme_lets_in_who_knows_the_secret() {
    let receiver = Receiver::start();
    let engine = as_shown(&receiver, "signed.js", "input: true, abortOnError: true", "secret: open", true);
    let body = br#"{"userId":"ann","sessionId":"1","text":"hello"}"#;
    // printf %s BODY | openssl dgst -sha256 -hmac open
    let right = "305b002783ad04457bfcd929cf9243b2edfdb283420e2ff0e199d04dcc08d32d";
    let post = |signature: &str| {
        let headers = [JSON, ("x-signature", signature)];
        engine.connect().post(&engine.path("shop"), &headers, body).expect("the server answers")
    };
    for wrong in ["", "open", &"0".repeat(64)] {
        let refused = post(wrong);
        assert_eq!((refused.status, refused.json()), (401, json!({ "error": "the signature is not ours" })));
    }
    assert_eq!(post(right).sequence(), 1);
    assert_eq!(receiver.texts(1), ["hello"]);
}

#[test]
fn the_channel_of_the_readme_takes_forms_and_sends_by_itself() {
    let gateway = Receiver::start();
    let settings = format!("gateway: \"{}\", key: k", gateway.url());
    let engine = as_shown(&gateway, "sms.js", "input: true, output: true", &settings, false);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = engine.connect().post(&engine.path("shop"), &headers, b"From=%2B4911&Body=Hello+there");
    assert_eq!(answer.expect("the server answers").sequence(), 1);
    let sent = &gateway.got(1)[0];
    assert_eq!(sent.json(), json!({ "to": "+4911", "text": "Hello there" }));
    assert_eq!(sent.header("authorization"), "Bearer k");
}

#[test]
fn the_enrichment_of_the_readme_asks_once_in_a_session() {
    let (receiver, crm) = (Receiver::start(), Receiver::start());
    crm.answers(Reply::Json(r#"{"name":"Ann","vip":true}"#)).always();
    let engine = as_shown(&receiver, "customer.js", "input: true", &format!("crm: \"{}\"", crm.base()), true);
    let session = engine.session("shop", "ann", "1");
    assert_eq!((session.says("one"), session.says("two")), (1, 2));
    for callback in receiver.got(2) {
        assert_eq!(
            callback.json()["AIOutput"]["data"],
            json!({ "customer": { "name": "Ann", "vip": true } })
        );
    }
    assert_eq!(crm.requests(1).len(), 1);
}

#[test]
fn the_orders_of_the_readme_come_as_xml_and_are_answered_in_it() {
    let receiver = Receiver::start();
    let engine = as_shown(&receiver, "orders.js", "input: true, abortOnError: true", "", true);
    let post = |body: &str| {
        let headers = [("content-type", "application/xml")];
        engine.connect().post(&engine.path("shop"), &headers, body.as_bytes()).expect("the server answers")
    };
    let order =
        "<?xml version=\"1.0\"?>\n<order id=\"7 &amp; 8\"><customer> ann </customer><item>tea</item></order>";
    let answer = post(order);
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"<received id=\"7 &amp; 8\"/>".as_slice()));
    assert_eq!(receiver.got(1)[0].json()["AIOutput"]["data"], json!({ "items": ["tea"] }));
    assert_eq!(post("<order>").status, 502);
}
