//! Which of the languages of a text is said, and what a flow may choose for its session.
//! A choice that names no language or no time zone changes nothing.

use serde_json::Value;

use super::run::{Flow, Run};
use crate::flow::{DEFAULT_LANGUAGE, Setting, Template};

impl Run<'_> {
    /// By the session's language, then the endpoint's, then the default, then the first one written.
    pub(super) fn in_language<'t>(&self, texts: &'t [(String, Template)]) -> Option<&'t Template> {
        let mut wanted = self.session.locale.iter().chain([&self.event.door.locale]);
        let found = wanted.find_map(|locale| lookup(locale, texts));
        let default = || texts.iter().find(|(tag, _)| tag == DEFAULT_LANGUAGE);
        found.or_else(default).or(texts.first()).map(|(_, text)| text)
    }

    /// What `set` writes to `session`. From here on scripts see it there; `input.language` stays that of the input.
    pub(super) fn choose_setting(&mut self, at: usize, setting: Setting, value: &Value) -> Flow {
        match value.as_str().and_then(|text| setting.accept(text)) {
            Some(chosen) => self.keep_setting(setting, Some(chosen)),
            None => {
                let (name, example) = (setting.name(), setting.example());
                let text =
                    format!("session.{name} stays as it is: expected a text such as {example}, got {value}");
                self.warn(self.place(at), text);
            }
        }
        Ok(())
    }

    /// Without a choice the endpoint's is in force.
    pub(super) fn keep_setting(&mut self, setting: Setting, chosen: Option<String>) {
        let door = self.event.door;
        let (kept, fallback) = match setting {
            Setting::Locale => (&mut self.session.locale, &door.locale),
            Setting::Timezone => (&mut self.session.timezone, &door.timezone),
        };
        let in_force = chosen.clone().unwrap_or_else(|| fallback.clone());
        *kept = chosen;
        self.scope.session_mut().insert(setting.name().to_owned(), in_force.into());
    }
}

/// The text that RFC 4647 (3.4, lookup) finds for a language: `de-AT`, else `de`. Where that ends with nothing, any
/// region of the language is nearer than another language.
fn lookup<'t>(locale: &str, texts: &'t [(String, Template)]) -> Option<&'t (String, Template)> {
    let mut range = locale;
    loop {
        if let Some(found) = texts.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(range)) {
            return Some(found);
        }
        let Some((shorter, _)) = range.rsplit_once('-') else { break };
        // A single letter or digit only announces what follows it.
        range =
            shorter.rsplit_once('-').filter(|(_, last)| last.len() == 1).map_or(shorter, |(rest, _)| rest);
    }
    let of_language = |tag: &str| tag.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case(range));
    texts.iter().find(|(tag, _)| of_language(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_looked_up_from_the_narrowest_to_the_widest() {
        let found = |locale: &str, tags: &[&str]| {
            let text = |tag: &&str| (tag.to_string(), Template::Text(String::new()));
            let texts: Vec<_> = tags.iter().map(text).collect();
            lookup(locale, &texts).map(|(tag, _)| tag.clone()).unwrap_or_default()
        };
        assert_eq!(found("de-AT", &["en", "de", "de-AT"]), "de-AT");
        assert_eq!(found("de-at", &["en", "DE"]), "DE");
        assert_eq!(found("zh-Hant-TW", &["zh", "zh-Hant"]), "zh-Hant");
        assert_eq!(found("zh-Hant-x-old", &["zh", "zh-hant"]), "zh-hant");
        assert_eq!(found("de", &["en", "de-CH", "de-DE"]), "de-CH");
        assert_eq!(found("de-AT", &["en", "de-CH"]), "de-CH");
        assert_eq!(found("de", &["den", "en"]), "");
        assert_eq!(found("fr", &["en", "default"]), "");
    }
}
