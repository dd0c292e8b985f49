//! Dates in both languages, on Tuesday, 24 November 2026, 15:00 in Berlin.

use serde_json::{Value, json};

use super::{NOW, answer, said};
use crate::flow::Expect;
use crate::turn::answer::{Asked, read};

/// Each date is understood in an English and in a German session.
#[track_caller]
fn are(cases: &[(&str, &str)]) {
    for locale in ["en-US", "en-GB", "de-DE", "de-AT", "fr", "ja-JP"] {
        for (text, date) in cases {
            assert_eq!(answer(&Expect::Date, locale, text), json!(date), "{text:?} in {locale}");
        }
    }
}

#[track_caller]
fn are_none(texts: &[&str]) {
    for locale in ["en-US", "de-DE"] {
        for text in texts {
            assert_eq!(answer(&Expect::Date, locale, text), Value::Null, "{text:?} in {locale}");
        }
    }
}

#[test]
fn a_date_is_read_as_people_write_it_in_german() {
    are(&[
        ("heute", "2026-11-24"),
        ("Morgen!", "2026-11-25"),
        ("übermorgen", "2026-11-26"),
        ("uebermorgen", "2026-11-26"),
        ("gestern", "2026-11-23"),
        ("vorgestern", "2026-11-22"),
        ("in drei Tagen", "2026-11-27"),
        ("in 2 Wochen", "2026-12-08"),
        ("in einem Monat", "2026-12-24"),
        ("vor drei Tagen", "2026-11-21"),
        ("Montag", "2026-11-30"),
        ("am Montag", "2026-11-30"),
        ("nächsten Montag", "2026-11-30"),
        ("naechsten Dienstag", "2026-12-01"),
        ("kommenden Freitag", "2026-11-27"),
        ("letzten Freitag", "2026-11-20"),
        ("3. März 2026", "2026-03-03"),
        ("am 3. März", "2027-03-03"),
        ("3 Maerz", "2027-03-03"),
        ("am dritten März", "2027-03-03"),
        ("24. Nov.", "2026-11-24"),
        ("24. Dez. 2026", "2026-12-24"),
        ("24.12.", "2026-12-24"),
        ("24.12", "2026-12-24"),
        ("24. 12. 2026", "2026-12-24"),
        ("24.12.26", "2026-12-24"),
        ("12.3.85", "1985-03-12"),
        ("29.2.", "2028-02-29"),
        ("am 5.", "2026-12-05"),
        ("den 25.", "2026-11-25"),
        ("Dienstag, 3. März 2026", "2026-03-03"),
        ("Di., den 24.11.", "2026-11-24"),
        ("morgen, bitte", "2026-11-25"),
    ]);
}

#[test]
fn a_date_is_read_as_people_write_it_in_english() {
    are(&[
        ("today", "2026-11-24"),
        ("Tomorrow.", "2026-11-25"),
        ("the day after tomorrow", "2026-11-26"),
        ("day before yesterday", "2026-11-22"),
        ("in three days", "2026-11-27"),
        ("in a week", "2026-12-01"),
        ("two weeks from now", "2026-12-08"),
        ("3 days ago", "2026-11-21"),
        ("monday", "2026-11-30"),
        ("on Tuesday", "2026-12-01"),
        ("next Monday", "2026-11-30"),
        ("this Friday", "2026-11-27"),
        ("last Friday", "2026-11-20"),
        ("Thurs", "2026-11-26"),
        ("March 3, 2026", "2026-03-03"),
        ("3 March 2026", "2026-03-03"),
        ("March 3rd", "2027-03-03"),
        ("the 3rd of March", "2027-03-03"),
        ("Sept. 1", "2027-09-01"),
        ("December the first", "2026-12-01"),
        ("the 25th", "2026-11-25"),
        ("the 23rd", "2026-12-23"),
        ("Tuesday, March 3, 2026", "2026-03-03"),
        ("2026-11-25", "2026-11-25"),
        ("25/12/2026", "2026-12-25"),
        ("12/25/2026", "2026-12-25"),
        ("tomorrow please", "2026-11-25"),
    ]);
}

#[test]
fn a_time_of_day_makes_it_a_moment_in_the_time_zone() {
    are(&[
        ("2026-11-25 15:00", "2026-11-25T15:00:00+01:00"),
        ("2026-11-25T15:00:30", "2026-11-25T15:00:30+01:00"),
        ("2026-11-25T15:00:00Z", "2026-11-25T16:00:00+01:00"),
        ("2026-07-25T15:00:00-04:00", "2026-07-25T21:00:00+02:00"),
        ("24.12.2026 um 15 Uhr", "2026-12-24T15:00:00+01:00"),
        ("24.12. 15 Uhr 30", "2026-12-24T15:30:00+01:00"),
        ("24.12. um 15:30 Uhr", "2026-12-24T15:30:00+01:00"),
        ("24.12., 15.30 Uhr", "2026-12-24T15:30:00+01:00"),
        ("24.12.26 9:05", "2026-12-24T09:05:00+01:00"),
        ("morgen um 9", "2026-11-25T09:00:00+01:00"),
        ("um 12 am Montag", "2026-11-30T12:00:00+01:00"),
        ("15 Uhr am Montag", "2026-11-30T15:00:00+01:00"),
        ("morgen mittag", "2026-11-25T12:00:00+01:00"),
        ("tomorrow at 3pm", "2026-11-25T15:00:00+01:00"),
        ("tomorrow at 3 p.m.", "2026-11-25T15:00:00+01:00"),
        ("3pm tomorrow", "2026-11-25T15:00:00+01:00"),
        ("12 am tomorrow", "2026-11-25T00:00:00+01:00"),
        ("tomorrow at noon", "2026-11-25T12:00:00+01:00"),
        ("friday 8pm", "2026-11-27T20:00:00+01:00"),
        ("at 9 on Monday", "2026-11-30T09:00:00+01:00"),
        ("9 o'clock on Monday", "2026-11-30T09:00:00+01:00"),
        ("July 3, 2026 at 6:30 pm", "2026-07-03T18:30:00+02:00"),
        ("in two hours", "2026-11-24T17:00:00+01:00"),
        ("in 30 Minuten", "2026-11-24T15:30:00+01:00"),
        ("in einer Stunde", "2026-11-24T16:00:00+01:00"),
        ("jetzt", "2026-11-24T15:00:00+01:00"),
        ("1.1.1800 um 9:00", "1800-01-01T09:00:00+00:53"),
    ]);
}

#[test]
fn what_is_no_date_or_only_half_of_one_is_no_answer() {
    are_none(&[
        "24.12.32000",
        "",
        "maybe",
        "yesno",
        "vielleicht",
        "32.13.",
        "31.4.",
        "29.2.2027",
        "Feb 30",
        "13/13/2026",
        "2026-13-01",
        "2026-11-31",
        "1.2.3",
        "5",
        "2026",
        "24.12.2026 foo",
        "24.12.2026 um 25 Uhr",
        "tomorrow at 15pm",
        "tomorrow 9",
        "12.30 Uhr",
        "3pm",
        "may",
        "so",
        "do",
        "morgen früh",
        "heute Abend",
        "next week",
        "Monday, March 3, 2026",
        "I would like to come on May 3",
        "in 999999999 years",
        "in 99999999999999999999 days",
        "in zero",
        "please 5",
        "vor 5000 Jahren",
        "2026-11-25T15:00:00+99:00",
        "from monday to friday",
    ]);
    are_none(&[&"1.".repeat(60), &"morgen ".repeat(20)]);
}

#[test]
fn two_numbers_with_a_slash_are_in_the_order_of_the_region() {
    let day_first = json!("2026-04-03");
    let month_first = json!("2026-03-04");
    for (locale, date) in [
        ("en-US", &month_first),
        ("en", &month_first),
        ("en-GB", &day_first),
        ("de-DE", &day_first),
        ("de", &day_first),
        ("fr-CA", &day_first),
    ] {
        assert_eq!(answer(&Expect::Date, locale, "03/04/2026"), *date, "{locale}");
        assert_eq!(answer(&Expect::Date, locale, "3.4.2026"), day_first, "{locale}");
    }
}

#[test]
fn months_have_the_names_of_the_language_of_the_session_too() {
    for (locale, text, date) in [
        ("fr-FR", "3 février 2027", "2027-02-03"),
        ("fr-FR", "mercredi 3 févr.", "2027-02-03"),
        ("de-AT", "3. Jänner", "2027-01-03"),
        ("de-AT", "3. Januar", "2027-01-03"),
        ("pl", "3 maja", "2027-05-03"),
    ] {
        assert_eq!(answer(&Expect::Date, locale, text), json!(date), "{text}");
    }
    assert_eq!(answer(&Expect::Date, "vi", "3 tháng"), Value::Null);
    assert_eq!(answer(&Expect::Date, "en-US", "3 février"), Value::Null);
}

#[test]
fn relative_words_count_from_now_in_the_time_zone() {
    let on = |timezone: &str, text: &str| {
        let asked = Asked { locale: "en-US", timezone, now: NOW };
        read(&Expect::Date, &said(text), &asked)
    };
    assert_eq!(on("Pacific/Auckland", "today"), Some(json!("2026-11-25")));
    assert_eq!(on("America/New_York", "tomorrow at 9"), Some(json!("2026-11-25T09:00:00-05:00")));
    assert_eq!(on("Mars/Olympus", "today at noon"), Some(json!("2026-11-24T12:00:00+00:00")));
    assert_eq!(read(&Expect::Date, &said("today"), &Asked { locale: "", timezone: "", now: u64::MAX }), None);
}

#[test]
fn a_time_that_a_clock_skips_is_the_one_after_the_gap() {
    assert_eq!(answer(&Expect::Date, "de", "28.3.2027 um 2:30"), json!("2027-03-28T03:30:00+02:00"));
}
