//! What people write, and what is kept of it. `Null` stands for: no answer, asked again.

mod dates;
mod random;

use serde_json::{Value, json};

use super::{Asked, read};
use crate::flow::{Choice, Expect};
use crate::model::{Input, Source};

/// Tuesday, 24 November 2026, 15:00 in Berlin.
const NOW: u64 = 1_795_528_800_000;

fn said(text: &str) -> Input {
    let (input_id, trace_id) = ("i".to_owned(), "t".to_owned());
    Input { input_id, trace_id, source: Source::User, text: text.to_owned(), data: None, received_at: NOW }
}

fn answer(expect: &Expect, locale: &str, text: &str) -> Value {
    let asked = Asked { locale, timezone: "Europe/Berlin", now: NOW };
    read(expect, &said(text), &asked).unwrap_or(Value::Null)
}

#[track_caller]
fn gives(expect: &Expect, locale: &str, cases: &[(&str, Value)]) {
    for (text, value) in cases {
        assert_eq!(answer(expect, locale, text), *value, "{text:?} in {locale}");
    }
}

#[test]
fn numbers_are_read_as_people_write_them() {
    let cases = [
        ("12", json!(12)),
        (" -3.5 ", json!(-3.5)),
        ("+7", json!(7)),
        ("−4", json!(-4)),
        ("007", json!(7)),
        ("3,5", json!(3.5)),
        ("0,125", json!(0.125)),
        ("1,234,567.5", json!(1234567.5)),
        ("1.234.567,5", json!(1234567.5)),
        ("1.234,50", json!(1234.5)),
        ("1.234.567", json!(1234567)),
        ("12 000", json!(12000)),
        ("12\u{202f}000,25", json!(12000.25)),
        ("1’200.75", json!(1200.75)),
        ("99999999999999999999", json!(1e20)),
        ("1,23,4", Value::Null),
        ("1.2.3", Value::Null),
        ("1,234,5", Value::Null),
        ("1.234,567.8", Value::Null),
        ("030 123", Value::Null),
        ("--1", Value::Null),
        ("1e3", Value::Null),
        ("inf", Value::Null),
        (".5", Value::Null),
        ("5.", Value::Null),
        ("5 apples", Value::Null),
        ("", Value::Null),
    ];
    gives(&Expect::Number, "en-US", &cases);
    gives(&Expect::Number, "de-DE", &cases);
    gives(&Expect::Number, "en-US", &[(&"9".repeat(400), Value::Null)]);
}

#[test]
fn one_mark_before_three_digits_means_what_it_means_in_the_locale() {
    gives(&Expect::Number, "en-US", &[("1,234", json!(1234)), ("1.234", json!(1.234))]);
    gives(&Expect::Number, "de", &[("1,234", json!(1.234)), ("1.234", json!(1234))]);
    gives(&Expect::Number, "de-CH", &[("1,234", json!(1234)), ("1.234", json!(1.234))]);
    gives(&Expect::Number, "sv", &[("1,234", json!(1.234)), ("1 234", json!(1234))]);
    gives(&Expect::Number, "tlh", &[("1,234", json!(1234))]);
}

#[test]
fn numbers_in_words_are_understood_in_english_and_german() {
    for locale in ["en-US", "de-DE"] {
        let cases = [
            ("twelve", json!(12)),
            ("Twenty-five", json!(25)),
            ("one thousand two hundred", json!(1200)),
            ("zero", json!(0)),
            ("zwölf", json!(12)),
            ("Fünfundzwanzig", json!(25)),
            ("tausendzweihundert", json!(1200)),
            ("third", Value::Null),
            ("dritten", Value::Null),
            ("one two", Value::Null),
            ("many", Value::Null),
            ("viele", Value::Null),
        ];
        gives(&Expect::Number, locale, &cases);
    }
}

#[test]
fn yes_and_no_are_understood_in_english_and_german() {
    for locale in ["en-US", "de-DE", "fr-FR"] {
        let yes =
            ["Yes!", "y", "YES PLEASE", "of course", "ok", "ja", "Ja.", "J", "ja, gerne", "natürlich", "👍"];
        let no =
            ["No", "n", "Nope.", "no, thanks", "Nein!", "nee", "nö", "nein danke", "auf keinen Fall", "👎"];
        let unknown =
            ["maybe", "vielleicht", "yesno", "yesterday", "jein", "nein ja", "naja", "1", "+", "yes?", ""];
        gives(&Expect::YesNo, locale, &yes.map(|text| (text, json!(true))));
        gives(&Expect::YesNo, locale, &no.map(|text| (text, json!(false))));
        gives(&Expect::YesNo, locale, &unknown.map(|text| (text, Value::Null)));
    }
}

#[test]
fn the_language_of_the_session_has_its_own_yes_and_no_first() {
    gives(&Expect::YesNo, "fr-FR", &[("Oui", json!(true)), ("o", json!(true)), ("non", json!(false))]);
    gives(&Expect::YesNo, "sv", &[("ja", json!(true)), ("nej", json!(false))]);
    gives(&Expect::YesNo, "de-AT", &[("jo", json!(true))]);
    gives(&Expect::YesNo, "sq-AL", &[("jo", json!(false))]);
    gives(&Expect::YesNo, "en-US", &[("oui", Value::Null)]);
}

#[test]
fn an_email_is_one_bare_address() {
    let cases = [
        (" Ann.Lee+shop@mail.example ", json!("Ann.Lee+shop@mail.example")),
        ("jürgen@müller.example", json!("jürgen@müller.example")),
        ("ann@localhost", Value::Null),
        ("ann@mail.example.", Value::Null),
        ("ann@-mail.example", Value::Null),
        ("Ann <ann@mail.example>", Value::Null),
        ("ann@[127.0.0.1]", Value::Null),
        ("ann lee@mail.example", Value::Null),
        ("my address is ann@mail.example", Value::Null),
        ("ann@@mail.example", Value::Null),
        ("@mail.example", Value::Null),
        ("ann", Value::Null),
        ("", Value::Null),
    ];
    gives(&Expect::Email, "en-US", &cases);
}

#[test]
fn a_url_is_a_page_and_gets_https_when_it_names_no_scheme() {
    let cases = [
        (" https://Shop.example/x?y=1#z ", json!("https://Shop.example/x?y=1#z")),
        ("HTTP://shop.example", json!("HTTP://shop.example")),
        ("http://localhost:3000/", json!("http://localhost:3000/")),
        ("shop.example/x", json!("https://shop.example/x")),
        ("shop.example:8080/x", json!("https://shop.example:8080/x")),
        ("www.müller.example", json!("https://www.müller.example")),
        ("ftp://shop.example", Value::Null),
        ("javascript:alert(1)", Value::Null),
        ("mailto:ann@shop.example", Value::Null),
        ("ann@shop.example", Value::Null),
        ("https://", Value::Null),
        ("https://shop example", Value::Null),
        ("look at shop.example", Value::Null),
        ("hello", Value::Null),
        ("12.50", Value::Null),
        ("127.0.0.1", Value::Null),
        ("etc.", Value::Null),
        ("e.g", Value::Null),
        ("a..b.example", Value::Null),
        ("", Value::Null),
    ];
    gives(&Expect::Url, "en-US", &cases);
}

#[test]
fn a_choice_is_kept_as_the_flow_writes_it() {
    let choice = |value: &str, words: &[&str]| Choice {
        value: value.to_owned(),
        words: words.iter().map(|word| word.to_string()).collect(),
    };
    let choices = Expect::OneOf(vec![choice("Red", &["r", "crimson"]), choice("Light Blue", &[])]);
    let cases = [
        (" light BLUE ", json!("Light Blue")),
        ("red.", json!("Red")),
        ("R", json!("Red")),
        ("Crimson!", json!("Red")),
        ("blue", Value::Null),
        ("red or blue", Value::Null),
        ("", Value::Null),
    ];
    gives(&choices, "en-US", &cases);
}

#[test]
fn an_intent_is_forced_by_its_name() {
    let some = Expect::Intent(vec!["order".to_owned(), "return".to_owned()]);
    let cases = [
        ("cIntent:order", json!("order")),
        (" cIntent: return ", json!("return")),
        ("cIntent:Order", Value::Null),
        ("cIntent:complain", Value::Null),
        ("order", Value::Null),
    ];
    gives(&some, "en-US", &cases);
    let any = Expect::Intent(Vec::new());
    gives(&any, "en-US", &[("cIntent:complain", json!("complain")), ("cIntent:", Value::Null)]);
}

#[test]
fn an_input_without_text_answers_only_a_question_for_data_or_anything() {
    let mut input = said("");
    input.data = json!({ "event": "paid" }).as_object().cloned();
    let asked = Asked { locale: "en-US", timezone: "UTC", now: NOW };
    let read = |expect: Expect, input: &Input| read(&expect, input, &asked);
    assert_eq!(read(Expect::Any, &input), Some(json!({ "event": "paid" })));
    assert_eq!(read(Expect::Data, &input), Some(json!({ "event": "paid" })));
    assert_eq!(read(Expect::Text, &input), None);
    input.text = "with words".to_owned();
    assert_eq!(read(Expect::Any, &input), Some(json!("with words")));
    assert_eq!(read(Expect::Data, &input), Some(json!({ "event": "paid" })));
    assert_eq!(read(Expect::Data, &said("paid")), None);
}
