//! What is wrong with steps that wait, and how it is said.

use super::faults::expect;

#[test]
fn a_call_has_one_method_and_an_address() {
    expect(&[
        (
            "- http: { url: \"https://a\" }",
            &[
                "1:9: the address is missing; add \"get: https://…\", or post, put, patch, delete, head",
                "1:11: unknown key \"url\"; known here: get, post, put, patch, delete, head, headers, json, body, timeout, retries, into, onError",
            ],
        ),
        (
            "- http: { get: x }",
            &["1:16: an address begins with http:// or https://, such as https://shop.example/orders"],
        ),
        ("- http: { get: \"{{ context.url }}\" }", &[]),
        (
            "- http: { get: \"https://a\", post: \"https://a\" }",
            &["1:35: one call has one method: \"post\" stands beside \"get\"; remove one"],
        ),
        (
            "- http: { post: \"https://a\", json: {}, body: x }",
            &["1:46: json and body exclude each other; keep one of them"],
        ),
        (
            "- http: { get: \"https://a\", headers: { \"X Key\": a } }",
            &["1:40: \"X Key\" cannot name a header; write letters, digits and \"-\", such as X-Api-Key"],
        ),
        (
            "- http: { get: \"https://a\", timeout: 5m }",
            &["1:38: a call may take up to 60 s, got 5m; write one such as 5s"],
        ),
        (
            "- http: { get: \"https://a\", retries: 11 }",
            &["1:38: expected a whole number from 0 to 10, got the number 11; write a number such as 0"],
        ),
        (
            "- http: { get: \"https://a\", into: reply }",
            &["1:35: \"reply\" cannot be written to; write context.NAME or profile.NAME"],
        ),
    ]);
}

#[test]
fn a_wait_says_how_long_or_for_what() {
    expect(&[
        ("- wait: 2", &["1:9: a span of time needs its unit; write 2s, 2m, 2h or 2d"]),
        ("- wait: soon", &["1:9: \"soon\" is no span of time; write one such as 30s, 10m, 2h or 3d"]),
        ("- wait: 400d", &["1:9: \"400d\" is longer than the longest wait, 366d"]),
        ("- wait: \"{{ context.delay }}\"", &[]),
        (
            "- ask: { say: a, timeout: 10m }",
            &["1:27: expected a mapping, got the text \"10m\"; write key: value"],
        ),
        ("- ask: { say: a, timeout: { do: [] } }", &["1:27: the key \"after\" is missing; add \"after: …\""]),
        (
            "- ask: { say: a, forget: \"a +\" }",
            &["1:30: the expression does not parse: unexpected end of input"],
        ),
    ]);
}

#[test]
fn a_reminder_has_a_time_and_something_to_bring() {
    expect(&[
        ("- remind: { after: 2d }", &["1:11: a reminder brings something; add text or data"]),
        ("- remind: { text: a }", &["1:11: the key \"after\" is missing; add \"after: …\""]),
        (
            "- remind: never",
            &["1:11: a reminder is { after: 2d, text: … } or cancel, got \"never\"; known here: cancel"],
        ),
        (
            "- remind: { after: 2d, data: 5 }",
            &["1:30: data is a mapping, got the number 5; write key: value, or one {{ … }}"],
        ),
    ]);
}

#[test]
fn a_handover_may_name_who_takes_over_and_what_is_said() {
    expect(&[
        ("- handover: sales", &[]),
        ("- handover: {}", &[]),
        ("- handover: { for: sales }", &["1:15: unknown key \"for\"; known here: to, message, onBack"]),
        (
            "- handover: { to: sales, onBack: { say: a } }",
            &[
                "1:34: expected a list, got a mapping; write [..], or each element below with \"- \" before it",
            ],
        ),
    ]);
}
