//! What the languages call things, out of the tables of glibc: months, days, yes and no, the order of a date, the
//! decimal mark. A locale without a table speaks English.

use pure_rust_locales::{Locale, locale_match};
use unic_langid::LanguageIdentifier;

/// The locales whose words are understood, in the order in which they are tried.
pub(super) fn tried(tag: &str) -> [Locale; 3] {
    [of(tag), Locale::en_US, Locale::de_DE]
}

/// `de` → `de_DE`, `de-Latn-AT` → `de_AT`, `en-150` → `en_US`.
pub(super) fn of(tag: &str) -> Locale {
    let Ok(named) = tag.parse::<LanguageIdentifier>() else { return Locale::en_US };
    let mut usual = named.clone();
    usual.region = None;
    usual.maximize();
    [named.region, usual.region]
        .into_iter()
        .flatten()
        .find_map(|region| Locale::try_from(format!("{}_{region}", named.language).as_str()).ok())
        .unwrap_or(Locale::en_US)
}

/// Of numbers: `.` or `,`, or what else the language has.
pub(super) fn decimal_mark(locale: Locale) -> &'static str {
    locale_match!(locale => LC_NUMERIC::DECIMAL_POINT)
}

/// Whether 03/04 is in March.
pub(super) fn is_month_first(locale: Locale) -> bool {
    locale_match!(locale => LC_TIME::D_FMT).trim_start_matches(['%', '-']).starts_with('m')
}

/// The language's own word, or the letter it begins with.
pub(super) fn yes_or_no(locale: Locale, said: &str) -> Option<bool> {
    let is_word = |word: Option<&str>| word.is_some_and(|word| word.folded().eq(said.chars()));
    let mut letters = said.chars();
    let letter = letters.next().filter(|c| c.is_alphabetic() && letters.next().is_none());
    let is_letter = |letters: &str| letter.is_some_and(|letter| letters.contains(letter));
    if is_word(locale_match!(locale => LC_MESSAGES::YESSTR))
        || is_letter(locale_match!(locale => LC_MESSAGES::YESEXPR))
    {
        return Some(true);
    }
    let is_no = is_word(locale_match!(locale => LC_MESSAGES::NOSTR))
        || is_letter(locale_match!(locale => LC_MESSAGES::NOEXPR));
    is_no.then_some(false)
}

/// 1 to 12. The word is folded: the name, its abbreviation, or a beginning of three letters that only it has.
pub(super) fn month(locale: Locale, word: &str) -> Option<i8> {
    let names = locale_match!(locale => LC_TIME::MON);
    let alone = locale_match!(locale => LC_TIME::ALT_MON).unwrap_or_default();
    let short = locale_match!(locale => LC_TIME::ABMON);
    let named = [names, alone, short].into_iter().find_map(|names| same(names, word));
    let found = named.or_else(|| beginning(names, word, 3))?;
    i8::try_from(found + 1).ok()
}

/// Days from Sunday on. The word is folded: the name, its abbreviation, or a beginning of four letters.
pub(super) fn weekday(locale: Locale, word: &str) -> Option<i8> {
    let names = locale_match!(locale => LC_TIME::DAY);
    let short = locale_match!(locale => LC_TIME::ABDAY);
    let found = same(names, word).or_else(|| same(short, word)).or_else(|| beginning(names, word, 4))?;
    i8::try_from(found).ok()
}

fn same(names: &[&str], word: &str) -> Option<usize> {
    names.iter().position(|name| name.trim_end_matches('.').folded().eq(word.chars()))
}

/// The only name that begins so: in some languages they all begin with the word for "month".
fn beginning(names: &[&str], word: &str, letters_min: usize) -> Option<usize> {
    let letters = word.chars().count();
    let begins = |name: &str| name.folded().take(letters).eq(word.chars());
    let mut found = names.iter().enumerate().filter(|(_, name)| begins(name));
    let (first, _) = found.next()?;
    (letters >= letters_min && found.next().is_none()).then_some(first)
}

pub(super) trait Folded {
    /// In lower case, ä as ae: März, MÄRZ and maerz are one word.
    fn folded(&self) -> impl Iterator<Item = char>;
}

impl Folded for str {
    fn folded(&self) -> impl Iterator<Item = char> {
        self.chars().flat_map(char::to_lowercase).flat_map(|c| {
            let (first, second) = match c {
                'ä' => ('a', Some('e')),
                'ö' => ('o', Some('e')),
                'ü' => ('u', Some('e')),
                'ß' => ('s', Some('s')),
                c => (c, None),
            };
            [Some(first), second].into_iter().flatten()
        })
    }
}
