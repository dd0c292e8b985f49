//! What a language and a time zone look like, wherever one is named.
//! The zones are those that the binary brings along, so that every machine takes the same names.

use jiff::tz::TimeZoneDatabase;

use super::nearest;

/// RFC 5646 (4.4.1): enough for every tag that means something. Users may get to choose one.
const LOCALE_CHARS_MAX: usize = 35;

/// A language, and perhaps a script, a region and variants, as BCP 47 writes them: the shape, not the registry.
pub fn locale(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    if text.len() <= LOCALE_CHARS_MAX && is_language && parts.all(is_part) {
        return Ok(text.to_owned());
    }
    Err(format!("expected a locale such as en-US or de, got \"{text}\""))
}

/// A name of the IANA time zone database, in the case that it has there.
pub fn zone(text: &str) -> Option<String> {
    let zone = TimeZoneDatabase::bundled().get(text).ok()?;
    Some(zone.iana_name().unwrap_or(text).to_owned())
}

/// The same, with the nearest name for one that is not known: a search too long for texts of users.
pub fn timezone(text: &str) -> Result<String, String> {
    if let Some(name) = zone(text) {
        return Ok(name);
    }
    let known: Vec<String> = TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
    Err(match nearest(text, known.iter().map(String::as_str)) {
        Some(name) => format!("unknown time zone \"{text}\"; did you mean \"{name}\"?"),
        None => format!("unknown time zone \"{text}\"; write one such as Europe/Berlin or UTC"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_has_the_shape_of_bcp_47() {
        for good in ["en", "en-US", "zh-Hant-TW", "es-419", "de-DE-1996", "gsw"] {
            assert_eq!(locale(good).as_deref(), Ok(good));
        }
        for bad in ["", "de_DE", "english", "e", "en-", "en-ninechars", "12", &"en-variant".repeat(5)] {
            assert!(locale(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_unknown_time_zone_names_the_nearest() {
        assert_eq!(timezone("Europe/Berlin").as_deref(), Ok("Europe/Berlin"));
        assert_eq!(timezone("europe/berlin").as_deref(), Ok("Europe/Berlin"));
        assert_eq!(timezone("UTC").as_deref(), Ok("UTC"));
        let fault = timezone("Europe/Berln").unwrap_err();
        assert_eq!(fault, "unknown time zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?");
    }
}
