//! Values between JSON and JavaScript. JavaScript has one kind of number and strings of 16-bit units; what
//! that does to a value is done here in one way, whether the value went through JavaScript or not.

use rquickjs::{Ctx, Value as JsValue};
use serde_json::{Number, Value};

use crate::model::{DEPTH_MAX, Map, is_deeper};

/// The longest JSON or text a script may give back. Enough for any answer to a person and any memory the
/// settings allow; little enough that a hundred sessions at once do no harm.
pub(crate) const RESULT_BYTES_MAX: usize = 1 << 20;

/// Why a value did not come out of JavaScript.
pub(crate) enum Trouble {
    /// JavaScript threw on the way; the exception waits in the context.
    Exception,
    NotJson(String),
    TooLarge(String),
}

/// A value as it would come back from JavaScript: 1.0 is 1, and integers beyond 2^53 lose their last digits.
pub(crate) fn as_javascript(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, self::number),
        Value::Array(items) => items.iter().map(as_javascript).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), as_javascript(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

pub(crate) fn to_js<'js>(ctx: &Ctx<'js>, value: &Value) -> rquickjs::Result<JsValue<'js>> {
    match value {
        Value::Null => Ok(JsValue::new_null(ctx.clone())),
        Value::Bool(yes) => Ok(JsValue::new_bool(ctx.clone(), *yes)),
        Value::Number(number) => Ok(JsValue::new_number(ctx.clone(), number.as_f64().unwrap_or(f64::NAN))),
        Value::String(text) => Ok(rquickjs::String::from_str(ctx.clone(), text)?.into_value()),
        Value::Array(_) | Value::Object(_) => {
            ctx.json_parse(serde_json::to_vec(value).expect("a JSON value always serialises"))
        }
    }
}

pub(crate) fn map_to_js<'js>(ctx: &Ctx<'js>, map: &Map) -> rquickjs::Result<JsValue<'js>> {
    ctx.json_parse(serde_json::to_vec(map).expect("a JSON object always serialises"))
}

/// Nothing, functions and symbols become null, as in a JSON list. At most `bytes_max` bytes of JSON are taken.
pub(crate) fn from_js<'js>(ctx: &Ctx<'js>, value: &JsValue<'js>, bytes_max: usize) -> Result<Value, Trouble> {
    if let Some(yes) = value.as_bool() {
        return Ok(Value::Bool(yes));
    }
    if let Some(found) = value.as_number() {
        return Ok(number(found));
    }
    if value.is_null() || value.is_undefined() || value.is_function() || value.is_symbol() {
        return Ok(Value::Null);
    }
    if let Some(Ok(text)) = value.as_string().map(|text| text.to_string()) {
        bounded(text.len(), bytes_max)?;
        return Ok(Value::String(text));
    }
    let json = ctx.json_stringify(value.clone()).map_err(|_| Trouble::Exception)?;
    let Some(json) = json else { return Ok(Value::Null) };
    parse(&json.to_string().map_err(|_| Trouble::Exception)?, bytes_max)
}

/// A double as JSON: whole numbers without a fraction, what is no number as null.
fn number(number: f64) -> Value {
    if number.fract() != 0.0 || !number.is_finite() {
        return Number::from_f64(number).map_or(Value::Null, Value::Number);
    }
    const I64_END: f64 = 9_223_372_036_854_775_808.0;
    match number {
        _ if (-I64_END..I64_END).contains(&number) => (number as i64).into(),
        _ if (I64_END..2.0 * I64_END).contains(&number) => (number as u64).into(),
        _ => number.into(),
    }
}

pub(crate) fn parse(json: &str, bytes_max: usize) -> Result<Value, Trouble> {
    bounded(json.len(), bytes_max)?;
    let parsed = serde_json::from_str(json).or_else(|error| match whole_characters(json) {
        Some(whole) => serde_json::from_str(&whole),
        None => Err(error),
    });
    let value = parsed.map_err(|error| Trouble::NotJson(error.to_string()))?;
    if is_deeper(&value, DEPTH_MAX) {
        return Err(Trouble::NotJson(format!(
            "lists and objects lie more than {DEPTH_MAX} deep in one another"
        )));
    }
    Ok(value)
}

fn bounded(length: usize, bytes_max: usize) -> Result<(), Trouble> {
    if length <= bytes_max {
        return Ok(());
    }
    Err(Trouble::TooLarge(format!("it has {length} bytes as JSON, at most {bytes_max} are taken")))
}

/// A script that cuts a text may cut a character in half (`text.slice(0, 5)` and an emoji). JSON.stringify writes
/// such a half as `\ud83d`, which no JSON parser of whole characters takes: it becomes the replacement character.
fn whole_characters(json: &str) -> Option<String> {
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        let half = rest[at..].len() >= 6
            && rest.as_bytes()[at + 1..].starts_with(b"ud")
            && matches!(rest.as_bytes()[at + 3], b'8' | b'9' | b'a'..=b'f');
        found |= half;
        whole.push_str(&rest[..at]);
        whole.push_str(if half { "\\ufffd" } else { &rest[at..at + 2] });
        rest = &rest[at + if half { 6 } else { 2 }..];
    }
    whole.push_str(rest);
    found.then_some(whole)
}
