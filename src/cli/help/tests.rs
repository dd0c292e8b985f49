//! What the manual shows, and what is said to whoever asks for what it does not have.

use antiphon::flow::language::STEPS;
use antiphon::transformer::manual::{Entry, Of, TOPICS};

use super::*;

fn shown(words: &str) -> Result<String, String> {
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    text(&words).map(|text| anstream::adapter::strip_str(&text).to_string())
}

#[test]
fn the_manual_of_flows_tells_every_step_with_its_keys_and_its_example() {
    let manual = shown("flows").unwrap();
    for step in STEPS {
        let page = shown(&format!("flows {}", step.word())).unwrap();
        for text in [&manual, &page] {
            assert!(
                text.contains(&format!("\n{}\n", step.word())) || text.starts_with(step.word()),
                "{text}"
            );
            for key in step.keys {
                assert!(text.contains(&format!("  {}: ", key.name)), "{} in\n{text}", key.name);
            }
            for line in step.example.lines() {
                assert!(text.contains(line), "{line}");
            }
        }
    }
}

#[test]
fn a_page_tells_what_stands_inside_and_names_the_page_of_the_rest() {
    let ask = shown("flows ask").unwrap();
    for told in
        ["reprompt: what say takes", "pattern: text", "attempts: a whole number from 1 to 1000", "after: "]
    {
        assert!(ask.contains(told), "{told} in\n{ask}");
    }
    assert!(!ask.contains("quickReplies"), "{ask}");
    let say = shown("flows say").unwrap();
    assert!(say.contains("quickReplies: a list") && say.contains("subtitle: "), "{say}");
    assert_eq!(say.matches("phone: ").count(), 1, "{say}");
}

#[test]
fn endpoints_tests_and_settings_are_told_whole_and_key_by_key() {
    for (words, told) in [
        ("endpoints", "retryAfterSeconds: a list"),
        ("endpoints webhook", "timeoutMs: a whole number from 1 to 600000; 15000 if absent"),
        ("tests", "endpoint: main"),
        ("tests bot", "oneOf: a list"),
        ("tests request", "- answered: { status: 200, body: \"42\" }"),
        ("tests answered", "answered: a whole number from 200 to 599, or {"),
        ("settings", "listen: an address and a port"),
        ("settings limits", "bodyBytes: a whole number from 1024 to 67108864; 1048576 if absent"),
    ] {
        let text = shown(words).unwrap();
        assert!(text.contains(told), "{told} in\n{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}

#[test]
fn the_manual_of_transformers_is_told_whole_and_part_by_part() {
    let manual = shown("transformers").unwrap();
    for topic in TOPICS {
        let page = shown(&format!("transformers {}", topic.name)).unwrap();
        assert!(manual.contains(&page), "{page}");
        assert!(page.lines().all(|line| line.chars().count() <= 130), "{page}");
        let settings =
            topic.parts.iter().filter(|part| part.of == Of::Settings).flat_map(|part| part.entries);
        for name in settings.flat_map(Entry::plain_names) {
            let (section, key) = name.split_once('.').unwrap();
            assert!(shown(&format!("settings {section}")).unwrap().contains(&format!("{key}: ")), "{name}");
        }
    }
    assert_eq!(shown("transformers handleInput"), shown("transformers hooks"));
    assert_eq!(shown("transformers btoa"), shown("transformers TextEncoder"));
}

#[test]
fn help_still_shows_the_help_of_commands() {
    assert!(shown("serve").unwrap().contains("Usage: antiphon serve"));
    assert!(shown("help").unwrap().contains("Usage: antiphon help"));
    let all = shown("").unwrap();
    for told in ["serve", "schema", "antiphon help flows", "antiphon help settings"] {
        assert!(all.contains(told), "{told} in\n{all}");
    }
}

#[test]
fn what_there_is_no_help_for_names_the_nearest() {
    for (words, told) in [
        ("serv", "there is no command and no topic \"serv\"; did you mean \"serve\"?"),
        ("flow", "there is no command and no topic \"flow\"; did you mean \"flows\"?"),
        ("flows aks", "flows/NAME.yaml has no \"aks\"; did you mean \"ask\"?"),
        ("settings limit", "antiphon.yaml has no \"limit\"; did you mean \"limits\"?"),
        ("transformers requst", "transformers find no \"requst\"; did you mean \"request\"?"),
        ("transformer", "there is no command and no topic \"transformer\"; did you mean \"transformers\"?"),
        (
            "transformers request body",
            "\"body\" is one word too many; write antiphon help transformers request",
        ),
        ("flows ask say", "\"say\" is one word too many; write antiphon help TOPIC ask"),
    ] {
        assert_eq!(shown(words).unwrap_err(), told);
    }
}
