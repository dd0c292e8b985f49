//! The manual of transformers: each hook, and all that a transformer finds.

use antiphon::transformer::manual::{Entry, Of, TOPICS, Topic};
use antiphon::yaml::did_you_mean;

use super::page::Page;

/// What is shown for `help transformers` and these words.
pub(super) fn manual(words: &[String]) -> Result<String, String> {
    let Some(word) = words.first() else { return Ok(whole()) };
    if let Some(more) = words.get(1) {
        return Err(format!("\"{more}\" is one word too many; write antiphon help transformers {word}"));
    }
    let by_name = || TOPICS.iter().find(|topic| names(topic).any(|name| name == word));
    let Some(topic) = TOPICS.iter().find(|topic| topic.name == word).or_else(by_name) else {
        let known = TOPICS.iter().map(|topic| topic.name).chain(TOPICS.iter().flat_map(|topic| names(topic)));
        return Err(format!("transformers find no \"{word}\"{}", did_you_mean(word, known)));
    };
    let mut page = Page::default();
    page.topic(topic);
    Ok(page.text())
}

fn whole() -> String {
    let mut page = Page::default();
    page.head("transformers/NAME.js");
    let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).collect();
    page.paragraph(&format!(
        "What transformers are given and find. One part alone: antiphon help transformers PART, with {}.",
        names.join(", ")
    ));
    TOPICS.iter().for_each(|topic| page.topic(topic));
    page.text()
}

/// What it tells of besides members of something.
fn names(topic: &'static Topic) -> impl Iterator<Item = &'static str> {
    let parts = topic.parts.iter().filter(|part| !matches!(part.of, Of::Members(_)));
    parts.flat_map(|part| part.entries).flat_map(Entry::plain_names)
}
