//! One call: what is sent, what is kept of the answer, and what ends it.

use std::sync::Arc;

use super::{Server, answer, guard};
use crate::egress::Client;
use crate::egress::call;
use crate::model::{Call, CallResult};

fn get(url: String) -> Call {
    Call { method: "GET".to_owned(), url, headers: Vec::new(), body: None, timeout_ms: 20_000, retries: 0 }
}

fn with(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

async fn made(ordered: &Call) -> CallResult {
    call(&Client::new(Arc::new(guard(&["127.0.0.1"]))), ordered, "call-1").await
}

async fn failed(ordered: &Call) -> String {
    match made(ordered).await {
        CallResult::Failed { reason } => reason,
        answered => panic!("{answered:?}"),
    }
}

fn status(result: &CallResult) -> u16 {
    match result {
        CallResult::Answered { status, .. } => *status,
        CallResult::Failed { reason } => panic!("{reason}"),
    }
}

#[actix_web::test]
async fn a_call_sends_what_it_was_given_and_says_who_calls() {
    let server =
        Server::start(vec![answer(201, "X-Order: 7\r\nset-cookie: a\r\nSet-Cookie: b\r\n", "{\"ok\":true}")]);
    let call = Call {
        method: "POST".to_owned(),
        headers: with(&[("content-type", "application/json"), ("x-tag", "one"), ("X-Tag", "zwei é")]),
        body: Some("{\"order\":7}".to_owned()),
        ..get(server.url("/orders?all=1#part"))
    };
    let CallResult::Answered { status, headers, text } = made(&call).await else { panic!("no answer") };
    assert_eq!((status, text.as_str()), (201, "{\"ok\":true}"));
    assert_eq!((headers["x-order"].as_str(), headers["set-cookie"].as_str()), ("7", "a, b"));
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /orders?all=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"order\":7}"), "{request}");
    let agent = concat!("user-agent: antiphon/", env!("CARGO_PKG_VERSION"));
    let length = "content-length: 11";
    for line in ["x-tag: one", "x-tag: zwei é", "idempotency-key: call-1", agent, length] {
        assert_eq!(request.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line} in {request}");
    }
}

#[actix_web::test]
async fn a_call_may_name_itself_and_have_a_key_of_its_own() {
    let server = Server::start(vec![answer(200, "", "")]);
    let headers = with(&[
        ("User-Agent", "shop"),
        ("Idempotency-Key", "own"),
        ("Content-Length", "99"),
        ("Host", "shop"),
    ]);
    made(&Call { headers, ..get(server.url("/")) }).await;
    let request = &server.requests()[0];
    for line in ["user-agent: shop", "idempotency-key: own", "host: shop"] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} in {request}");
    }
    for absent in ["antiphon", "call-1", "99", "127.0.0.1"] {
        assert!(!request.contains(absent), "{absent} in {request}");
    }
}

#[actix_web::test]
async fn a_post_without_a_body_says_that_there_is_none() {
    let server = Server::start(vec![answer(200, "", "")]);
    made(&Call { method: "POST".to_owned(), ..get(server.url("/")) }).await;
    let request = &server.requests()[0];
    assert!(request.contains("\r\ncontent-length: 0\r\n"), "{request}");
}

#[actix_web::test]
async fn user_and_password_of_the_url_are_sent_as_basic_authentication() {
    let server = Server::start(vec![answer(200, "", ""), answer(200, "", "")]);
    let url = server.url("/").replace("http://", "http://alice:pass%3Aword@");
    made(&get(url.clone())).await;
    made(&Call { headers: with(&[("Authorization", "Bearer own")]), ..get(url) }).await;
    let requests = server.requests();
    assert!(requests[0].contains("\r\nauthorization: Basic YWxpY2U6cGFzczp3b3Jk\r\n"), "{}", requests[0]);
    assert!(!requests[0].contains("alice"), "{}", requests[0]);
    assert!(requests[1].contains("\r\nauthorization: Bearer own\r\n"), "{}", requests[1]);
    assert!(!requests[1].contains("Basic"), "{}", requests[1]);
}

#[actix_web::test]
async fn a_call_is_tried_again_with_the_same_key_until_there_is_an_answer() {
    let server = Server::start(vec![String::new(), answer(200, "", "at last")]);
    let result = made(&Call { retries: 3, ..get(server.url("/")) }).await;
    assert!(matches!(&result, CallResult::Answered { text, .. } if text == "at last"), "{result:?}");
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(
        requests.iter().all(|request| request.contains("\r\nidempotency-key: call-1\r\n")),
        "{requests:?}"
    );
}

#[actix_web::test]
async fn the_answer_of_the_last_try_is_the_result() {
    let server =
        Server::start(vec![answer(503, "retry-after: 0\r\n", "busy"), answer(503, "", "still busy")]);
    let result = made(&Call { retries: 1, ..get(server.url("/")) }).await;
    assert!(
        matches!(&result, CallResult::Answered { status: 503, text, .. } if text == "still busy"),
        "{result:?}"
    );
    assert_eq!(server.requests().len(), 2);
}

#[actix_web::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let server = Server::start(vec![answer(302, "location: /elsewhere\r\n", ""), answer(200, "", "")]);
    assert_eq!(status(&made(&Call { retries: 1, ..get(server.url("/")) }).await), 302);
    assert_eq!(server.requests().len(), 1);
}

#[actix_web::test]
async fn the_timeout_spans_the_whole_body() {
    let silent = Server::start(Vec::new());
    assert_eq!(
        failed(&Call { timeout_ms: 50, ..get(silent.url("/")) }).await,
        "no whole answer within 50 ms"
    );
    // It sends a part of the body and then waits for the next connection's request, with this one open.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let slow = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        super::read(&stream).unwrap();
        std::io::Write::write_all(&mut &stream, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart").unwrap();
        // Until the client hangs up.
        super::read(&stream)
    });
    assert_eq!(failed(&Call { timeout_ms: 300, ..get(url) }).await, "no whole answer within 300 ms");
    assert_eq!(slow.join().unwrap(), None);
}

#[actix_web::test]
async fn an_answer_that_breaks_off_is_none() {
    let server = Server::start(vec!["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart".to_owned()]);
    let reason = failed(&get(server.url("/secret"))).await;
    assert_eq!(reason, "the answer broke off after 4 of 9 bytes");
}

#[actix_web::test]
async fn an_answer_that_has_no_body_is_whole_without_it() {
    let head =
        |status| format!("HTTP/1.1 {status} Told\r\nconnection: close\r\ncontent-length: 999999\r\n\r\n");
    let server = Server::start(vec![head(200), head(304)]);
    assert_eq!(status(&made(&Call { method: "HEAD".to_owned(), ..get(server.url("/")) }).await), 200);
    assert_eq!(status(&made(&get(server.url("/"))).await), 304);
}

#[actix_web::test]
async fn an_answer_may_have_256_kib_and_not_a_byte_more() {
    let (largest, larger) = ("a".repeat(256 << 10), "a".repeat((256 << 10) + 1));
    let server =
        Server::start(vec![answer(200, "", &largest), answer(503, "", &larger), answer(200, "", "")]);
    let result = made(&get(server.url("/"))).await;
    assert!(matches!(&result, CallResult::Answered { text, .. } if *text == largest));
    let reason = failed(&Call { retries: 1, ..get(server.url("/")) }).await;
    assert_eq!(reason, "the answer is larger than 262144 bytes; ask for less of it");
    assert_eq!(server.requests().len(), 2, "another try would bring the same");
}

#[actix_web::test]
async fn of_the_headers_16_kib_are_kept() {
    let long = |name: &str, length| format!("{name}: {}\r\n", "v".repeat(length));
    let headers = [long("x-b", 12_000), long("x-a", 4_000), long("x-c", 2_000), long("x-d", 3)].concat();
    let server = Server::start(vec![answer(200, &headers, "")]);
    let CallResult::Answered { headers, .. } = made(&get(server.url("/"))).await else { panic!("no answer") };
    let names: Vec<_> = headers.keys().map(String::as_str).filter(|name| name.starts_with("x-")).collect();
    assert_eq!(names, ["x-a", "x-b", "x-d"]);
}

#[actix_web::test]
async fn a_body_that_is_no_utf8_is_taken_as_far_as_it_is() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        super::read(&stream).unwrap();
        std::io::Write::write_all(&mut &stream, b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na\xffb\n")
            .unwrap();
    });
    let result = made(&get(url)).await;
    assert!(matches!(&result, CallResult::Answered { text, .. } if text == "a\u{fffd}b\n"), "{result:?}");
}

#[actix_web::test]
async fn an_address_that_is_refused_is_told_without_the_url_and_not_tried_again() {
    let server = Server::start(vec![answer(200, "", "")]);
    let port = server.address.port();
    let url = format!("http://alice:hunter2@0x7f.2:{port}/secret?key=secret");
    let reason = failed(&Call { retries: u32::MAX, ..get(url) }).await;
    assert_eq!(reason, "the address 127.0.0.2 of the host is not public; list it in egress.allow");
    assert!(server.requests().is_empty());
}

#[actix_web::test]
async fn a_call_that_cannot_be_made_says_what_to_write_instead_and_shows_no_secret() {
    let url = || "http://alice:hunter2@127.0.0.1:9/hunter2".to_owned();
    let cases = [
        (get("/hunter2".to_owned()), "the URL of the call cannot be read: relative URL without a base"),
        (get("http://alice:hunter2@:80/".to_owned()), "the URL of the call cannot be read: empty host"),
        (
            get("ftp://alice:hunter2@shop/".to_owned()),
            "the URL of the call has to begin with http:// or https://",
        ),
        (get("mailto:hunter2".to_owned()), "the URL of the call has to begin with http:// or https://"),
        (Call { method: "PO ST".to_owned(), ..get(url()) }, "\"PO ST\" is no method; write one such as POST"),
        (
            Call { headers: with(&[("x order", "hunter2")]), ..get(url()) },
            "\"x order\" is no name of a header; write one such as X-Order",
        ),
        (
            Call { headers: with(&[("x-order", "hunter2\r\nhost: evil")]), ..get(url()) },
            "the value of the header x-order has a line break or the like; leave it out",
        ),
    ];
    for (call, reason) in cases {
        assert_eq!(failed(&Call { retries: u32::MAX, ..call }).await, reason);
    }
}

#[actix_web::test]
async fn nobody_there_is_told_without_the_url() {
    // Whoever binds port 0 gets another one.
    let reason = failed(&get("http://alice:hunter2@127.0.0.1:0/hunter2".to_owned())).await;
    assert!(reason.starts_with("no connection: ") && !reason.contains("hunter2"), "{reason}");
}
