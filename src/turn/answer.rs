//! What counts as an answer to a question, and the value that is kept of it.

use serde_json::{Number, Value};

use crate::flow::Expect;
use crate::model::Input;

/// Words taken for yes and no, in lower case and without punctuation.
const YES: [&str; 15] = [
    "yes",
    "y",
    "yeah",
    "yep",
    "yup",
    "sure",
    "ok",
    "okay",
    "true",
    "of course",
    "correct",
    "ja",
    "jo",
    "jep",
    "klar",
];
const NO: [&str; 10] = ["no", "n", "nope", "nah", "false", "not really", "nein", "ne", "nee", "nö"];

/// The value of a valid answer; nothing if the question has to be asked again.
pub(super) fn read(expect: &Expect, input: &Input) -> Option<Value> {
    let text = input.text.trim();
    match expect {
        Expect::Any => Some(anything(input)),
        Expect::Text => (!text.is_empty()).then(|| Value::from(text)),
        Expect::Number => number(text),
        Expect::YesNo => yes_or_no(text).map(Value::Bool),
        Expect::Pattern(pattern) => pattern.is_match(text).then(|| Value::from(text)),
        Expect::OneOf(choices) => choice(choices, text),
    }
}

/// The text, or the data of an input that has no text.
fn anything(input: &Input) -> Value {
    match &input.data {
        Some(data) if input.text.is_empty() => Value::Object(data.clone()),
        Some(_) | None => Value::from(input.text.trim()),
    }
}

fn choice(choices: &[String], text: &str) -> Option<Value> {
    let wanted = text.to_lowercase();
    choices
        .iter()
        .find(|choice| choice.trim().to_lowercase() == wanted)
        .map(|choice| Value::from(choice.as_str()))
}

fn yes_or_no(text: &str) -> Option<bool> {
    let word = text.trim_end_matches(['.', '!', ',']).to_lowercase();
    if YES.contains(&word.as_str()) {
        return Some(true);
    }
    NO.contains(&word.as_str()).then_some(false)
}

/// `12`, `-3.5`, `1,234.50`, and `3,5` with a comma as people write it in most of Europe. A comma before
/// exactly three digits groups thousands.
fn number(text: &str) -> Option<Value> {
    let digits = text.trim_start_matches(['+', '-']);
    let known = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    if text.len() - digits.len() > 1
        || !digits.starts_with(|c: char| c.is_ascii_digit())
        || !digits.chars().all(known)
    {
        return None;
    }
    let plain = if is_grouped(digits) { text.replace(',', "") } else { text.replacen(',', ".", 1) };
    let plain = plain.trim_start_matches('+');
    match plain.parse::<i64>() {
        Ok(whole) => Some(Value::from(whole)),
        Err(_) => Number::from_f64(plain.parse().ok()?).map(Value::Number),
    }
}

fn is_grouped(digits: &str) -> bool {
    let whole = digits.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    rest.peek().is_some() && (1..=3).contains(&first.len()) && rest.all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Source;

    fn said(text: &str) -> Input {
        let (input_id, trace_id) = ("i".to_owned(), "t".to_owned());
        Input { input_id, trace_id, source: Source::User, text: text.to_owned(), data: None, received_at: 0 }
    }

    #[track_caller]
    fn gives(expect: &Expect, text: &str, value: Value) {
        assert_eq!(read(expect, &said(text)).unwrap_or(Value::Null), value, "{text:?}");
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value) in [
            ("12", json!(12)),
            (" -3.5 ", json!(-3.5)),
            ("+7", json!(7)),
            ("3,5", json!(3.5)),
            ("1,234", json!(1234)),
            ("1,234,567.5", json!(1234567.5)),
            ("1,23,4", Value::Null),
            ("1.2.3", Value::Null),
            ("--1", Value::Null),
            ("1e3", Value::Null),
            ("inf", Value::Null),
            ("twelve", Value::Null),
            (".5", Value::Null),
            ("", Value::Null),
        ] {
            gives(&Expect::Number, text, value);
        }
    }

    #[test]
    fn yes_and_no_are_understood_in_english_and_german() {
        for (text, value) in
            [("Yes!", json!(true)), ("ja", json!(true)), ("Nein.", json!(false)), ("No", json!(false))]
        {
            gives(&Expect::YesNo, text, value);
        }
        gives(&Expect::YesNo, "maybe", Value::Null);
    }

    #[test]
    fn a_choice_is_kept_as_the_flow_writes_it() {
        let choices = Expect::OneOf(vec!["Red".to_owned(), "Light Blue".to_owned()]);
        gives(&choices, " light BLUE ", json!("Light Blue"));
        gives(&choices, "blue", Value::Null);
    }

    #[test]
    fn an_input_without_text_answers_only_a_question_that_takes_anything() {
        let mut input = said("");
        input.data = json!({ "event": "paid" }).as_object().cloned();
        assert_eq!(read(&Expect::Any, &input), Some(json!({ "event": "paid" })));
        assert_eq!(read(&Expect::Text, &input), None);
    }
}
