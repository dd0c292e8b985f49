//! What is wrong with what is said, and with the language that is chosen for it.

use super::faults::expect;

#[test]
fn a_text_by_language_names_each_language_once() {
    expect(&[
        ("- say: { en: Hello, de: Hallo, default: Hi }", &[]),
        ("- say: { text: { en-US: Hello } }", &[]),
        ("- say: { oneOf: [{ en: Hello, de: Hallo }, Hi] }", &[]),
        (
            "- say: { text: {} }",
            &["1:16: there is no text in any language; write en: \"…\", or just the text"],
        ),
        (
            "- say: { en: Hello, german: Hallo, de_CH: Hoi, Default: Hi }",
            &[
                "1:21: \"german\" is not a language; write a tag such as en-US or de, or default",
                "1:36: \"de_CH\" is not a language; write a tag such as en-US or de, or default",
                "1:48: \"Default\" is not a language; did you mean \"default\"?",
            ],
        ),
        (
            "- ask: { say: { de-CH: Hoi, de-ch: Hallo } }",
            &["1:29: \"de-ch\" is the same language as \"de-CH\" in line 1; remove one"],
        ),
        (
            "- say: { en: Hello, en: Hi }",
            &["1:21: the key \"en\" stands here again, first in line 1; remove one"],
        ),
        (
            "- say: { en: { text: Hello }, de: 5, fr: }",
            &[
                "1:14: expected text, got a mapping; write it in quotes",
                "1:35: expected text, got the number 5; put it in quotes: \"5\"",
                "1:40: expected text, got nothing; write it in quotes",
            ],
        ),
        (
            "- say: { text: Hello, de: Hallo }",
            &["1:23: languages stand inside the text; write text: { en: \"…\", de: \"…\" }"],
        ),
    ]);
}

#[test]
fn a_session_takes_a_language_and_a_time_zone_that_exist() {
    expect(&[
        ("- set: { session.locale: de-DE, session.timezone: Europe/Berlin }", &[]),
        ("- set: { session.locale: \"{{ input.text }}\" }", &[]),
        ("- unset: [session.locale, session.timezone]", &[]),
        (
            "- set: { session.locale: german, session.timezone: Europe/Berln }",
            &[
                "1:26: expected a locale such as en-US or de, got \"german\"",
                "1:52: unknown time zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?",
            ],
        ),
        (
            "- set: { session.locale: , session.timezone: 1 }",
            &[
                "1:24: session.locale has no value; to go back to the endpoint's write unset: session.locale",
                "1:46: expected a text such as Europe/Berlin, got the number 1",
            ],
        ),
        (
            "- set: { session.locale: [\"{{ input.text }}\"] }",
            &["1:26: expected a text such as de-DE, got a list"],
        ),
        (
            "- set: { session.local: de }",
            &["1:10: \"session.local\" cannot be written to; did you mean \"session.locale\"?"],
        ),
        (
            "- unset: session.userId",
            &["1:10: \"session.userId\" cannot be written to; known here: session.locale, session.timezone"],
        ),
    ]);
}

#[test]
fn a_rich_output_is_one_form_with_all_it_needs() {
    expect(&[
        ("- say: { quickReplies: [a, { title: b, payload: c, image: d }] }", &[]),
        ("- say: { image: { lt: a.png, ur: b.png } }", &[]),
        (
            "- say: { quickReplies: order }",
            &[
                "1:24: expected a list, got the text \"order\"; write [..], or each element below with \"- \" before it",
            ],
        ),
        (
            "- say: { list: \"{{ context.items }}\" }",
            &[
                "1:16: the list is written out here, its texts may hold {{ … }}; one that is worked out goes into data",
            ],
        ),
        ("- say: { buttons: [] }", &["1:19: the list is empty; write at least one element"]),
        (
            "- say: { quickReplies: [a], buttons: [b] }",
            &["1:38: quickReplies and buttons exclude each other; write two says"],
        ),
        (
            "- say: { quickReply: [a] }",
            &[
                "1:8: nothing to say; add text, oneOf or data",
                "1:10: unknown key \"quickReply\"; did you mean \"quickReplies\"?",
            ],
        ),
        (
            "- say: { quickReplies: [5, { payload: a }, { title: b, url: c }] }",
            &[
                "1:25: expected text, got the number 5; put it in quotes: \"5\"",
                "1:28: the key \"title\" is missing; add \"title: …\"",
                "1:56: unknown key \"url\"; known here: title, payload, image",
            ],
        ),
        (
            "- say: { buttons: [{ title: a, url: b, phone: c }] }",
            &["1:47: a button does one thing; keep one of payload, url and phone"],
        ),
        (
            "- say: { gallery: [{ titel: a, buttons: [{ ttle: b }] }], data: { _cognigy: {} } }",
            &[
                "1:20: the key \"title\" is missing; add \"title: …\"",
                "1:22: unknown key \"titel\"; did you mean \"title\"?",
                "1:42: the key \"title\" is missing; add \"title: …\"",
                "1:44: unknown key \"ttle\"; did you mean \"title\"?",
                "1:67: gallery is written to _cognigy too; keep one of them",
            ],
        ),
        (
            "- say: { image: { alt: a }, text: { \"english\": b } }",
            &[
                "1:17: the key \"url\" is missing; add \"url: …\"",
                "1:37: \"english\" is not a language; write a tag such as en-US or de, or default",
            ],
        ),
        (
            "- say: { list: [{ title: \"{{ a + }}\" }] }",
            &["1:33: the expression does not parse: unexpected end of input"],
        ),
    ]);
}
