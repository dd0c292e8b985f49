//! Random texts at every kind of question: none panics, and the same text gives the same answer.

use proptest::prelude::*;

use super::{Asked, NOW, read, said};
use crate::flow::{Choice, Expect};

/// Words out of which dates and numbers are made, so that chance gets past the first of them.
const WORDS: &str = "24|12|2026|3|31|0|99|999999999|1.234,5|.|/|-|:|,|'|T|Z|+01:00|am|pm|um|at|uhr|in|vor|ago|\
    from now|a|eine|hundert|und|zwanzig|million|twenty|thousand|third|ersten|tage|weeks|jahre|hours|\
    next|letzten|Montag|friday|März|feb|the|th|heute|noon|yes|nein|cIntent:a|@|mail.example|\
    https://|%zz|[|\"";
const LOCALES: [&str; 8] = ["en-US", "de-DE", "sq-AL", "ja-JP", "zh-Hant-TW", "ar", "x-y-z", ""];

fn kinds() -> Vec<Expect> {
    let choice = Choice { value: "a".to_owned(), words: vec!["yes".to_owned()] };
    let pattern = regex::Regex::new("^[0-9]+$").expect("this is a pattern");
    vec![
        Expect::Any,
        Expect::Text,
        Expect::Number,
        Expect::Date,
        Expect::YesNo,
        Expect::Email,
        Expect::Url,
        Expect::Pattern(pattern),
        Expect::OneOf(vec![choice]),
        Expect::Intent(Vec::new()),
        Expect::Data,
    ]
}

fn sentence() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS.split('|').collect::<Vec<_>>()), 0..9);
    (words, prop::sample::select(&["", " "][..])).prop_map(|(words, gap)| words.join(gap))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_question_of_any_kind(
        text in prop_oneof![sentence(), "\\PC{0,40}", any::<String>()],
        locale in prop::sample::select(&LOCALES[..]),
        now in prop_oneof![Just(NOW), any::<u64>()],
    ) {
        let asked = Asked { locale, timezone: "Europe/Berlin", now };
        for expect in kinds() {
            let value = read(&expect, &said(&text), &asked);
            prop_assert_eq!(&value, &read(&expect, &said(&text), &asked));
        }
    }
}
