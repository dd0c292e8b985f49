//! Numbers as people write them, in digits or in words.
//!
//! Of two marks the last is the decimal mark: `1.234,50` and `1,234.50` are the same. One mark that stands before
//! exactly three digits could be either (`1,234`): there the locale decides, and `,` groups thousands in English and
//! is the decimal mark in German. Spaces and apostrophes group too (`12 000`, `1’200`).

use std::sync::LazyLock;

use serde_json::{Number, Value};
use text2num::{Language, text2digits};

use super::locale;

pub(super) fn read(text: &str, locale: &str) -> Option<Value> {
    let plain = match plain_digits(text, locale) {
        Some(plain) => plain,
        None => in_words(text).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?,
    };
    match plain.parse::<i64>() {
        Ok(whole) => Some(Value::from(whole)),
        Err(_) => Number::from_f64(plain.parse().ok()?).map(Value::Number),
    }
}

/// `twelve` → `12`, `ersten` → `1.`, `twenty-first` → `21st`.
pub(super) fn in_words(text: &str) -> Option<String> {
    static ENGLISH: LazyLock<Language> = LazyLock::new(Language::english);
    static GERMAN: LazyLock<Language> = LazyLock::new(Language::german);
    if text.len() > super::WORDS_BYTES_MAX {
        return None;
    }
    text2digits(text, &*ENGLISH).or_else(|_| text2digits(text, &*GERMAN)).ok()
}

/// The number as a program writes it: `-1234.5`.
fn plain_digits(text: &str, locale: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix(['-', '−']) {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let known = |c: char| c.is_ascii_digit() || c == '.' || c == ',' || is_gap(c);
    if !digits.ends_with(|c: char| c.is_ascii_digit()) || !digits.chars().all(known) {
        return None;
    }
    let (whole, fraction) = match decimal_mark(digits, locale) {
        Some(mark) => digits.rsplit_once(mark)?,
        None => (digits, ""),
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{}{dot}{fraction}", without_groups(whole)?))
}

/// The mark before the fraction, if there is a fraction.
fn decimal_mark(digits: &str, locale: &str) -> Option<char> {
    let at = digits.rfind(['.', ','])?;
    let (mark, before, after) = (digits[at..].chars().next()?, &digits[..at], &digits[at + 1..]);
    if before.contains(mark) {
        return None;
    }
    let is_only_mark = before.bytes().all(|b| b.is_ascii_digit());
    let may_group = is_only_mark && after.len() == 3 && is_first_group(before);
    let is_local = || locale::decimal_mark(locale::of(locale)).starts_with(mark);
    (!may_group || is_local()).then_some(mark)
}

/// The digits of a whole number, if all its groups have three of them and one mark between them.
fn without_groups(whole: &str) -> Option<String> {
    let Some(mark) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return (!whole.is_empty()).then(|| whole.to_owned());
    };
    let is_digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(mark);
    let is_first = groups.next().is_some_and(is_first_group);
    let are_groups = groups.all(|group| group.len() == 3 && is_digits(group));
    (is_first && are_groups).then(|| whole.replace(mark, ""))
}

fn is_first_group(group: &str) -> bool {
    (1..=3).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_digit()) && !group.starts_with('0')
}

/// Spaces (also those that break no line) and apostrophes.
fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')
}
