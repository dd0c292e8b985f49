//! Yes and no: the word and the letter that glibc has for each language, and what else people say in English and
//! German. The language of the session is asked first, for "jo" is yes in Vienna and no in Tirana.

use super::locale::{self, Folded};

/// glibc has one word for each language; nobody publishes the others. Folded: without umlauts and punctuation.
const YES: [&str; 32] = [
    "yeah",
    "yep",
    "yup",
    "yes please",
    "yes of course",
    "of course",
    "sure",
    "certainly",
    "absolutely",
    "definitely",
    "correct",
    "right",
    "true",
    "ok",
    "okay",
    "jo",
    "jep",
    "jawohl",
    "ja bitte",
    "ja gern",
    "ja gerne",
    "ja klar",
    "ja natuerlich",
    "gern",
    "gerne",
    "klar",
    "natuerlich",
    "sicher",
    "genau",
    "richtig",
    "stimmt",
    "👍",
];
const NO: [&str; 22] = [
    "nope",
    "nah",
    "no thanks",
    "no thank you",
    "not really",
    "of course not",
    "never",
    "wrong",
    "false",
    "ne",
    "nee",
    "noe",
    "nein danke",
    "nein natuerlich nicht",
    "natuerlich nicht",
    "eher nicht",
    "auf keinen fall",
    "niemals",
    "falsch",
    "stimmt nicht",
    "lieber nicht",
    "👎",
];

pub(super) fn read(text: &str, locale: &str) -> Option<bool> {
    if text.len() > super::WORDS_BYTES_MAX {
        return None;
    }
    let said = plain(text);
    let by_language = locale::tried(locale).into_iter().find_map(|locale| locale::yes_or_no(locale, &said));
    by_language.or_else(|| {
        if YES.contains(&said.as_str()) {
            return Some(true);
        }
        NO.contains(&said.as_str()).then_some(false)
    })
}

/// `Ja, gerne!` → `ja gerne`.
fn plain(text: &str) -> String {
    let words: String = text.trim_end_matches(['.', '!']).folded().filter(|c| *c != ',').collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
