//! The ways to say a day. Each reading takes what it understands and leaves the rest; a longer one stands before
//! the shorter one it begins with.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use super::super::locale;
use super::{Mark, Today};

/// A two-digit year is at most so far ahead; beyond, it is one of the last century.
const YEARS_AHEAD: i16 = 20;
/// A date without a year is looked for so far: the 29th of February may be eight years away.
const YEARS_TO_SEARCH: i16 = 8;

type Reading = for<'a> fn(Mark<'a>, &Today) -> Option<(Date, Mark<'a>)>;

const READINGS: [Reading; 9] =
    [iso, in_numbers, with_month, on_weekday_and_date, named, on_weekday, away, ago, of_month];

/// Every day that can be read from here, with what is left.
pub(super) fn days<'a>(mark: Mark<'a>, today: &Today) -> Vec<(Date, Mark<'a>)> {
    let mark = mark.without_fillers();
    let mut found: Vec<_> = READINGS.iter().filter_map(|reading| reading(mark, today)).collect();
    found.extend(without_year(mark, today));
    found
}

/// `2026-11-25`.
fn iso<'a>(mark: Mark<'a>, _: &Today) -> Option<(Date, Mark<'a>)> {
    let (year, digits, rest) = mark.number()?;
    let (month, rest) = rest.sign('-')?.small()?;
    let (day, rest) = rest.sign('-')?.small()?;
    (digits == 4).then_some((Date::new(i16::try_from(year).ok()?, month, day).ok()?, rest))
}

/// `24.12.2026`, `24/12/26`, `24-12-2026`.
fn in_numbers<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    let (first, second, sign, rest) = pair(mark)?;
    let (year, rest) = year(rest.sign(sign)?, today)?;
    ordered(first, second, sign, today, |month, day| Date::new(year, month, day).ok())
        .map(|date| (date, rest))
}

/// `3. März 2026`, `March 3rd, 2026`.
fn with_month<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    let (month, day, rest) = month_and_day(mark, today)?;
    let (year, rest) = year(rest.maybe(|mark| mark.sign(',')), today)?;
    Some((Date::new(year, month, day).ok()?, rest))
}

/// `24.12.`, `12/24`, `3. März`.
fn without_year<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    if let Some((month, day, rest)) = month_and_day(mark, today) {
        return Some((next(month, day, today)?, rest));
    }
    let (first, second, sign, rest) = pair(mark)?;
    let date = ordered(first, second, sign, today, |month, day| next(month, day, today))?;
    let rest = if sign == '.' { rest.maybe(|mark| mark.sign('.')) } else { rest };
    (sign != '-').then_some((date, rest))
}

/// `Tuesday, 3 March 2026`, if that day is a Tuesday.
fn on_weekday_and_date<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    let (text, rest) = mark.text()?;
    let weekday = weekday(text, today)?;
    let mark = rest.maybe(|mark| mark.sign('.')).without_fillers();
    let readings: [Reading; 4] = [iso, in_numbers, with_month, without_year];
    let (date, rest) = readings.iter().find_map(|reading| reading(mark, today))?;
    (date.weekday() == weekday).then_some((date, rest))
}

fn named<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    let (days, rest) = [
        (2, "day after tomorrow"),
        (2, "uebermorgen"),
        (1, "tomorrow"),
        (1, "morgen"),
        (0, "today"),
        (0, "heute"),
        (-1, "yesterday"),
        (-1, "gestern"),
        (-2, "day before yesterday"),
        (-2, "vorgestern"),
    ]
    .into_iter()
    .find_map(|(days, phrase)| Some((days, mark.phrase(phrase)?)))?;
    Some((today.date.checked_add(days.days()).ok()?, rest))
}

/// `Monday`, `next Monday`, `letzten Montag`: never today.
fn on_weekday<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    const COMING: [&str; 7] = ["next", "this", "coming", "naechst", "kommend", "dies", "nachst"];
    const PAST: [&str; 3] = ["last", "letzt", "vergangen"];
    let (text, after) = mark.text()?;
    let says = |stems: &[&str]| stems.iter().any(|stem| is_inflected(text, stem));
    let (nth, mark) = match (says(&COMING), says(&PAST)) {
        (true, _) => (1, after),
        (false, true) => (-1, after),
        (false, false) => (1, mark),
    };
    let (text, rest) = mark.text()?;
    // Two letters are also words of their own ("so", "do"), and say a day only beside a date.
    let weekday = weekday(text, today).filter(|_| text.chars().count() > 2)?;
    Some((today.date.nth_weekday(nth, weekday).ok()?, rest))
}

/// `in three days`, `2 weeks from now`.
fn away<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    let begins_with_in = mark.one_of(&["in"]);
    let (span, rest) = span(begins_with_in.unwrap_or(mark))?;
    let rest = if begins_with_in.is_some() { rest } else { rest.phrase("from now")? };
    Some((today.date.checked_add(span).ok()?, rest))
}

/// `three days ago`, `vor drei Tagen`.
fn ago<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    let begins_with_vor = mark.one_of(&["vor"]);
    let (span, rest) = span(begins_with_vor.unwrap_or(mark))?;
    let rest = if begins_with_vor.is_some() { rest } else { rest.one_of(&["ago"])? };
    Some((today.date.checked_sub(span).ok()?, rest))
}

/// `the 25th`, `am 5.`: the next day with that number.
fn of_month<'a>(mark: Mark<'a>, today: &Today) -> Option<(Date, Mark<'a>)> {
    let (day, rest) = mark.ordinal()?;
    if !mark.follows_article() {
        return None;
    }
    let months = (0..12).filter_map(|months| today.date.first_of_month().checked_add(months.months()).ok());
    let mut days = months.filter_map(|first| Date::new(first.year(), first.month(), day).ok());
    Some((days.find(|date| *date >= today.date)?, rest))
}

/// Two numbers with a sign between them.
fn pair(mark: Mark) -> Option<(i8, i8, char, Mark)> {
    let (first, rest) = mark.small()?;
    let (sign, rest) = ['.', '/', '-'].into_iter().find_map(|sign| Some((sign, rest.sign(sign)?)))?;
    let (second, rest) = rest.small()?;
    Some((first, second, sign, rest))
}

/// Month and day in the order of the locale's region; in the other one if only that is a date. With dots the day
/// comes first everywhere.
fn ordered(
    first: i8,
    second: i8,
    sign: char,
    today: &Today,
    date: impl Fn(i8, i8) -> Option<Date>,
) -> Option<Date> {
    if sign == '.' {
        return date(second, first);
    }
    if locale::is_month_first(today.locales[0]) {
        return date(first, second).or_else(|| date(second, first));
    }
    date(second, first).or_else(|| date(first, second))
}

fn month_and_day<'a>(mark: Mark<'a>, today: &Today) -> Option<(i8, i8, Mark<'a>)> {
    let month = |mark: Mark<'a>| {
        let (text, rest) = mark.text()?;
        let found = today.locales.into_iter().find_map(|locale| locale::month(locale, text))?;
        Some((found, rest.maybe(|mark| mark.sign('.'))))
    };
    if let Some((month, rest)) = month(mark) {
        let (day, rest) = rest.maybe(|mark| mark.one_of(&["the"])).ordinal()?;
        return Some((month, day, rest));
    }
    let (day, rest) = mark.ordinal()?;
    let (month, rest) = month(rest.maybe(|mark| mark.one_of(&["of"])))?;
    Some((month, day, rest))
}

fn weekday(text: &str, today: &Today) -> Option<Weekday> {
    let found = today.locales.into_iter().find_map(|locale| locale::weekday(locale, text))?;
    Weekday::from_sunday_zero_offset(found).ok()
}

fn year<'a>(mark: Mark<'a>, today: &Today) -> Option<(i16, Mark<'a>)> {
    let (value, digits, rest) = mark.number()?;
    let value = i16::try_from(value).ok()?;
    let this = today.date.year();
    match digits {
        4 => Some((value, rest)),
        2 => {
            let near = this / 100 * 100 + value;
            Some((if near > this + YEARS_AHEAD { near - 100 } else { near }, rest))
        }
        _ => None,
    }
}

/// The first such day from today on.
fn next(month: i8, day: i8, today: &Today) -> Option<Date> {
    let this = today.date.year();
    let dates =
        (this..=this.saturating_add(YEARS_TO_SEARCH)).filter_map(|year| Date::new(year, month, day).ok());
    dates.into_iter().find(|date| *date >= today.date)
}

fn span(mark: Mark) -> Option<(Span, Mark)> {
    let (amount, rest) = mark.amount()?;
    let (unit, rest) = rest.text()?;
    let span = match unit {
        "day" | "days" | "tag" | "tage" | "tagen" => Span::new().try_days(amount),
        "week" | "weeks" | "woche" | "wochen" => Span::new().try_weeks(amount),
        "month" | "months" | "monat" | "monate" | "monaten" => Span::new().try_months(amount),
        "year" | "years" | "jahr" | "jahre" | "jahren" => Span::new().try_years(amount),
        _ => return None,
    };
    Some((span.ok()?, rest))
}

/// The stem alone or with an ending of an adjective: `nächsten`, `dieser`.
fn is_inflected(text: &str, stem: &str) -> bool {
    text.strip_prefix(stem).is_some_and(|ending| matches!(ending, "" | "e" | "er" | "en" | "em" | "es"))
}
