//! What a question may expect, and what is said about wrong expectations.

use super::faults;
use super::faults::expect;

#[test]
fn what_a_question_expects_is_one_known_word() {
    let texts = ["text", "number", "date", "yesNo", "email", "url", "intent", "data", "any"];
    for word in texts {
        assert_eq!(faults(&format!("- ask: {{ say: a, expect: {word} }}")), [""; 0]);
    }
    expect(&[
        ("- ask: { say: a, expect: numbr }", &["1:26: cannot expect \"numbr\"; did you mean \"number\"?"]),
        (
            "- ask: { say: a, expect: telephone }",
            &[
                "1:26: cannot expect \"telephone\"; known here: text, number, date, yesNo, email, url, intent, data, any, pattern, oneOf",
            ],
        ),
        ("- ask: { say: a, expect: 5 }", &["1:26: expected text, got the number 5; put it in quotes: \"5\""]),
        (
            "- ask: { say: a, expect: [date, number] }",
            &["1:26: a question expects one thing; for a choice write expect: { oneOf: [..] }"],
        ),
        (
            "- ask: { say: a, expect: pattern }",
            &["1:26: write the pattern too: expect: { pattern: \"^[0-9]{6}$\" }"],
        ),
        (
            "- ask: { say: a, expect: oneOf }",
            &["1:26: write the choices too: expect: { oneOf: [red, blue] }"],
        ),
        (
            "- ask: { say: a, expect: { date: future } }",
            &["1:28: \"date\" takes nothing more; write expect: date"],
        ),
        (
            "- ask: { say: a, expect: { patern: a } }",
            &[
                "1:26: expect takes one thing; write pattern: \"…\", oneOf: [..] or intent: NAME",
                "1:28: unknown key \"patern\"; did you mean \"pattern\"?",
            ],
        ),
        (
            "- ask: { say: a, expect: { pattern: a, oneOf: [b] } }",
            &["1:26: expect takes one thing; write pattern: \"…\", oneOf: [..] or intent: NAME"],
        ),
        (
            "- ask: { say: a, expect: {} }",
            &["1:26: expect takes one thing; write pattern: \"…\", oneOf: [..] or intent: NAME"],
        ),
    ]);
}

#[test]
fn a_pattern_is_a_regular_expression_without_look_around() {
    expect(&[
        (
            "- ask: { say: a, expect: { pattern: \"(?=a)\" } }",
            &[
                "1:37: the pattern cannot be used: look-around, including look-ahead and look-behind, is not supported",
            ],
        ),
        (
            "- ask: { say: a, expect: { pattern: \"(\" } }",
            &["1:37: the pattern cannot be used: unclosed group"],
        ),
    ]);
}

#[test]
fn choices_are_fixed_words_each_for_one_value() {
    expect(&[
        ("- ask: { say: a, expect: { oneOf: { small: [s, Small], large: } } }", &[]),
        ("- ask: { say: a, expect: { oneOf: [a, a] } }", &[]),
        (
            "- ask: { say: a, expect: { oneOf: [] } }",
            &["1:35: the list is empty; write at least one element"],
        ),
        (
            "- ask: { say: a, expect: { oneOf: {} } }",
            &["1:35: the mapping is empty; write VALUE: [further words]"],
        ),
        (
            "- ask: { say: a, expect: { oneOf: red } }",
            &[
                "1:35: expected a list, got the text \"red\"; write [..], or each element below with \"- \" before it",
            ],
        ),
        (
            "- ask: { say: a, expect: { oneOf: { small: s } } }",
            &[
                "1:44: expected a list, got the text \"s\"; write [..], or each element below with \"- \" before it",
            ],
        ),
        (
            "- ask: { say: a, expect: { oneOf: [\"{{ b }}\"] } }",
            &["1:36: choices are fixed; write them out, without {{ … }}"],
        ),
        (
            "- ask: { say: a, expect: { oneOf: [b, \" \"] } }",
            &["1:39: a choice without a letter cannot be said; write a word"],
        ),
        (
            "- ask: { say: a, expect: { oneOf: { small: [s], large: [L, S] } } }",
            &["1:60: \"S\" is said for \"small\" already; keep it in one of the two"],
        ),
    ]);
}

#[test]
fn intents_are_named_in_full() {
    expect(&[
        ("- ask: { say: a, expect: { intent: order } }", &[]),
        ("- ask: { say: a, expect: { intent: [order, return] } }", &[]),
        (
            "- ask: { say: a, expect: { intent: [] } }",
            &["1:36: the list is empty; write at least one element"],
        ),
        (
            "- ask: { say: a, expect: { intent: \"{{ b }}\" } }",
            &["1:36: an intent has a fixed name; write it out, such as intent: order"],
        ),
        (
            "- ask: { say: a, expect: { intent: { name: b } } }",
            &["1:36: expected text, got a mapping; write it in quotes"],
        ),
    ]);
}
