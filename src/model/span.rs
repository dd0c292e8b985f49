//! How long something lasts, as people write it in a flow: `2s`, `10m`, `1h 30m`, `2d`.

use jiff::{Span, SpanRelativeTo};

/// The longest wait: a reminder for next year's birthday.
const SPAN_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1000;

/// Milliseconds; or what to write instead. A day has 24 hours here.
pub fn span_ms(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no span of time; write one such as 30s, 10m, 2h or 3d");
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    let exact = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    let ms = u64::try_from(exact.as_millis()).map_err(|_| wrong())?;
    if ms > SPAN_MS_MAX { Err(format!("{text:?} is longer than the longest wait, 366d")) } else { Ok(ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_people_write_it() {
        for (text, ms) in [
            ("2s", 2_000),
            ("500ms", 500),
            ("10m", 600_000),
            ("1h 30m", 5_400_000),
            ("1h30m", 5_400_000),
            ("2d", 172_800_000),
            ("1w", 604_800_000),
            (" 3 days ", 259_200_000),
            ("0s", 0),
        ] {
            assert_eq!(span_ms(text), Ok(ms), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_says_what_to_write() {
        for text in
            ["", "10", "soon", "-5s", "5s ago", "2 months", "1y", "400d", "99999999999d", "2x", "{{ 2 }}"]
        {
            assert!(span_ms(text).is_err(), "{text}");
        }
    }
}
