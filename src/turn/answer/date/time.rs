//! The ways to say a time of day (`at 9`, `3 pm`, `15:30`, `um 15 Uhr 30`, `noon`) and a moment from now
//! (`in two hours`). A bare number is no time.

use jiff::civil::Time;
use jiff::{Span, ZonedDateTime};

use super::Mark;

pub(super) fn time(mark: Mark) -> Option<(Time, Mark)> {
    let mark = mark.maybe(|mark| mark.sign(','));
    if let Some(rest) = mark.maybe(|mark| mark.one_of(&["at"])).one_of(&["noon", "mittag", "mittags"]) {
        return Some((Time::constant(12, 0, 0, 0), rest));
    }
    let introduced = mark.one_of(&["at", "um", "t"]);
    let (hour, rest) = introduced.unwrap_or(mark).small()?;
    let (minutes, rest) = minutes(rest);
    let (hour, spoken, rest) = spoken(hour, mark.one_of(&["um"]).is_some(), rest)?;
    if introduced.is_none() && minutes.is_none() && spoken == Spoken::Nothing {
        return None;
    }
    let (after, rest) = match spoken {
        Spoken::Uhr if minutes.is_none() => {
            rest.small().map_or((None, rest), |(m, rest)| (Some((m, 0)), rest))
        }
        Spoken::Uhr | Spoken::Half | Spoken::Nothing => (None, rest),
    };
    let (minute, second) = minutes.or(after).unwrap_or((0, 0));
    Some((Time::new(hour, minute, second, 0).ok()?, rest))
}

/// What stands after the digits of a time.
#[derive(Clone, Copy, PartialEq)]
enum Spoken {
    Nothing,
    /// am or pm.
    Half,
    Uhr,
}

/// `:30`, `:30:15`, and `.30` where `Uhr` follows.
fn minutes(mark: Mark) -> (Option<(i8, i8)>, Mark) {
    let with_colon = || {
        let (minute, rest) = mark.sign(':')?.small()?;
        let second = rest.sign(':').and_then(Mark::small);
        let (second, rest) = second.unwrap_or((0, rest));
        Some(((minute, second), rest))
    };
    let with_dot = || {
        let (minute, rest) = mark.sign('.')?.small()?;
        rest.one_of(&["uhr"]).map(|_| ((minute, 0), rest))
    };
    with_colon().or_else(with_dot).map_or((None, mark), |(minutes, rest)| (Some(minutes), rest))
}

/// The hour of the day once am, pm or Uhr is heard. None: there is no such hour.
fn spoken(hour: i8, in_german: bool, mark: Mark) -> Option<(i8, Spoken, Mark)> {
    let half = |hours: i8, rest| (1..=12).contains(&hour).then_some((hour % 12 + hours, Spoken::Half, rest));
    // After "um 12" an "am" begins the day: "um 12 am Montag".
    if let Some(rest) = mark.one_of(&["am"]).filter(|_| !in_german) {
        return half(0, rest);
    }
    if let Some(rest) = mark.one_of(&["pm"]) {
        return half(12, rest);
    }
    match mark.one_of(&["uhr", "h", "oclock"]) {
        Some(rest) => Some((hour, Spoken::Uhr, rest)),
        None => Some((hour, Spoken::Nothing, mark)),
    }
}

/// `now`, `in two hours`, `in 30 Minuten`.
pub(super) fn instant(mark: Mark, now: &ZonedDateTime) -> Option<ZonedDateTime> {
    let mark = mark.without_fillers();
    if mark.one_of(&["now", "jetzt"]).is_some_and(Mark::is_end) {
        return Some(now.clone());
    }
    let begins_with_in = mark.one_of(&["in"]);
    let (amount, rest) = begins_with_in.unwrap_or(mark).amount()?;
    let (unit, rest) = rest.text()?;
    let span = match unit {
        "hour" | "hours" | "stunde" | "stunden" => Span::new().try_hours(amount),
        "minute" | "minutes" | "min" | "minuten" => Span::new().try_minutes(amount),
        _ => return None,
    };
    let rest = if begins_with_in.is_some() { rest } else { rest.phrase("from now")? };
    rest.is_end().then(|| now.checked_add(span.ok()?).ok())?
}
