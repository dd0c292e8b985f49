//! Dates as people write them, alone or with a time: `24.12. um 15 Uhr`, `next Monday`, `in drei Tagen`.
//!
//! Days count from now in the time zone. A date without a year is the next one, a day of the week the next after
//! today. The whole text has to be understood, else it is no date: a wrong day is worse than asking again.
//! (Libraries for this know one language, or give a wrong day for what they half understand.)

mod day;
mod time;
mod words;

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ZonedDateTime};
use pure_rust_locales::Locale;

use self::words::{Mark, Words};
use super::{Asked, WORDS_BYTES_MAX, locale};

/// `2026-11-25`, or with a time of day `2026-11-25T15:00:00+01:00`.
pub(super) fn read(text: &str, asked: &Asked) -> Option<String> {
    if text.len() > WORDS_BYTES_MAX {
        return None;
    }
    let now = now(asked)?;
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(with_time(&instant.to_zoned_datetime(now.time_zone().clone())));
    }
    let words = Words::of(text)?;
    let today = Today { date: now.date(), locales: locale::tried(asked.locale) };
    if let Some(instant) = time::instant(words.start(), &now) {
        return Some(with_time(&instant));
    }
    match date_and_time(&words, &today)? {
        (date, _) if date.year() < 1 => None,
        (date, None) => Some(date.to_string()),
        (date, Some(time)) => {
            let moment = DateTime::from_parts(date, time).to_zoned_datetime(now.time_zone().clone()).ok()?;
            Some(with_time(&moment))
        }
    }
}

/// What a day is counted from, and in whose words it is said.
struct Today {
    date: Date,
    locales: [Locale; 3],
}

/// The tables that are built in, not those of the machine: the same answer gives the same date everywhere.
/// A zone that they do not know counts as UTC.
fn now(asked: &Asked) -> Option<ZonedDateTime> {
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    let zone = ZONES.get(asked.timezone).unwrap_or(TimeZone::UTC);
    let now = Timestamp::from_second(i64::try_from(asked.now / 1000).ok()?).ok()?;
    Some(now.to_zoned_datetime(zone))
}

fn with_time(moment: &ZonedDateTime) -> String {
    moment.timestamp().display_with_offset(moment.offset()).to_string()
}

/// A day, a day and a time, or a time and a day; what is left over makes it nothing.
fn date_and_time(words: &Words, today: &Today) -> Option<(Date, Option<Time>)> {
    let start = words.start();
    let (time, day_begins) = match time::time(start) {
        Some((time, rest)) => (Some(time), rest),
        None => (None, start),
    };
    for (begins, before) in [(start, None), (day_begins, time)] {
        for (date, rest) in day::days(begins, today) {
            if rest.is_end() {
                return Some((date, before));
            }
            if let Some((after, rest)) = time::time(rest)
                && before.is_none()
                && rest.is_end()
            {
                return Some((date, Some(after)));
            }
        }
    }
    None
}
