//! A short text as words, numbers and marks, and a mark that moves over them. Moving gives a new mark, so every
//! reading can be tried from where the last one began.

use super::super::locale::Folded;
use super::super::number;

/// What stands around a date and says nothing about it.
const FILLERS: [&str; 10] = ["on", "the", "am", "der", "den", "dem", "vom", "of", "please", "bitte"];

/// What stands before a day of the month without its month.
const ARTICLES: [&str; 6] = ["the", "am", "der", "den", "dem", "vom"];

#[derive(Debug, PartialEq)]
enum Word {
    Number { value: i32, digits: usize },
    Text(String),
    Sign(char),
}

pub(super) struct Words(Vec<Word>);

/// A place between two words.
#[derive(Clone, Copy)]
pub(super) struct Mark<'a> {
    words: &'a [Word],
    at: usize,
}

impl Words {
    /// None if a number has more digits than any date.
    pub(super) fn of(text: &str) -> Option<Words> {
        let text: String = text.folded().collect();
        let text = text.replace("a.m.", "am").replace("p.m.", "pm").replace(['’', '\''], "");
        let kind = |c: char| (c.is_ascii_digit(), c.is_alphabetic(), c.is_whitespace());
        let mut words = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let runs = first.is_ascii_digit() || first.is_alphabetic();
            let end = rest.find(|c| kind(c) != kind(first)).filter(|_| runs);
            let end = end.unwrap_or(if runs { rest.len() } else { first.len_utf8() });
            let (word, after) = rest.split_at(end);
            words.push(match kind(first) {
                (true, ..) => Word::Number { value: word.parse().ok()?, digits: word.len() },
                (_, true, _) => Word::Text(word.to_owned()),
                _ => Word::Sign(first),
            });
            rest = after.trim_start();
        }
        Some(Words(words))
    }

    pub(super) fn start(&self) -> Mark<'_> {
        Mark { words: &self.0, at: 0 }
    }
}

impl<'a> Mark<'a> {
    fn next(self) -> Option<(&'a Word, Mark<'a>)> {
        let word = self.words.get(self.at)?;
        Some((word, Mark { at: self.at + 1, ..self }))
    }

    /// A number with as many digits as written here: `03` has two.
    pub(super) fn number(self) -> Option<(i32, usize, Mark<'a>)> {
        match self.next()? {
            (Word::Number { value, digits }, rest) => Some((*value, *digits, rest)),
            (Word::Text(_) | Word::Sign(_), _) => None,
        }
    }

    /// Of a day or a month.
    pub(super) fn small(self) -> Option<(i8, Mark<'a>)> {
        let (value, digits, rest) = self.number()?;
        (digits <= 2).then_some((i8::try_from(value).ok()?, rest))
    }

    pub(super) fn text(self) -> Option<(&'a str, Mark<'a>)> {
        match self.next()? {
            (Word::Text(text), rest) => Some((text, rest)),
            (Word::Number { .. } | Word::Sign(_), _) => None,
        }
    }

    pub(super) fn sign(self, sign: char) -> Option<Mark<'a>> {
        match self.next()? {
            (Word::Sign(found), rest) if *found == sign => Some(rest),
            _ => None,
        }
    }

    pub(super) fn one_of(self, words: &[&str]) -> Option<Mark<'a>> {
        let (text, rest) = self.text()?;
        words.contains(&text).then_some(rest)
    }

    /// Each word of it, one after the other.
    pub(super) fn phrase(self, phrase: &str) -> Option<Mark<'a>> {
        phrase.split(' ').try_fold(self, |mark, word| mark.one_of(&[word]))
    }

    pub(super) fn maybe(self, step: impl Fn(Mark<'a>) -> Option<Mark<'a>>) -> Mark<'a> {
        step(self).unwrap_or(self)
    }

    pub(super) fn without_fillers(self) -> Mark<'a> {
        let mut mark = self;
        while let Some(rest) = mark.one_of(&FILLERS).or_else(|| mark.sign(',')) {
            mark = rest;
        }
        mark
    }

    /// `3`, `three`, `a`.
    pub(super) fn amount(self) -> Option<(i32, Mark<'a>)> {
        if let Some((value, _, rest)) = self.number() {
            return Some((value, rest));
        }
        let (text, rest) = self.text()?;
        if ["a", "an", "ein", "eine", "einer", "einem", "einen"].contains(&text) {
            return Some((1, rest));
        }
        Some((number::in_words(text)?.parse().ok()?, rest))
    }

    /// `3`, `3.`, `3rd`, `third`, `dritten`.
    pub(super) fn ordinal(self) -> Option<(i8, Mark<'a>)> {
        if let Some((value, rest)) = self.small() {
            let rest = rest.maybe(|mark| mark.sign('.').or_else(|| mark.one_of(&["st", "nd", "rd", "th"])));
            return Some((value, rest));
        }
        let (text, rest) = self.text()?;
        let written = number::in_words(text)?;
        let value = written.trim_end_matches(|c: char| !c.is_ascii_digit());
        (value.len() < written.len()).then_some((value.parse().ok()?, rest))
    }

    /// Whether nothing is left but politeness and a full stop.
    pub(super) fn is_end(self) -> bool {
        let mut mark = self;
        while let Some(rest) = mark.one_of(&["please", "bitte"]).or_else(|| mark.sign(',')) {
            mark = rest;
        }
        mark.maybe(|mark| mark.sign('.').or_else(|| mark.sign('!'))).next().is_none()
    }

    /// Whether an article stands right before.
    pub(super) fn follows_article(self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.words.get(at));
        matches!(before, Some(Word::Text(text)) if ARTICLES.contains(&text.as_str()))
    }
}
