//! Faults in project files: where, what is wrong, and what to write instead.
//! They are gathered, never thrown: whoever finds one says it and reads on.

use std::fmt;

use crate::model::Place;

/// Shown as `flows/support.yaml:12:5: unknown key "reprmpt"; did you mean "reprompt"?`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub place: Place,
    pub text: String,
}

/// Every fault found so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn push(&mut self, place: &Place, text: impl Into<String>) {
        self.0.push(Fault { place: place.clone(), text: text.into() });
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In the order of files and lines, each once.
    pub fn sorted(mut self) -> Vec<Fault> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// The end of a fault about an unknown word: the nearest known one, or all of them when none is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("; did you mean \"{near}\"?"),
        None if known.is_empty() => String::new(),
        None => format!("; known here: {}", known.join(", ")),
    }
}

/// What is said of anything that is known and not there yet, and what to write instead.
pub fn not_available(what: &str, instead: &str) -> String {
    format!("{what} is not available in this version of Antiphon; {instead}")
}

/// The known word that a slip of the finger turns into this one: one change in three letters, case aside.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let changes_max = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(changes, candidate)| *changes <= changes_max && *changes < candidate.chars().count())
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_one_that_a_slip_explains() {
        assert_eq!(nearest("reprmpt", ["ask", "reprompt"]), Some("reprompt"));
        assert_eq!(nearest("urltoken", ["urlToken"]), Some("urlToken"));
        assert_eq!(nearest("webhook", ["flow", "auth"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }

    #[test]
    fn faults_are_sorted_by_file_line_and_column_and_told_once() {
        let place = |file: &str, line, column| Place { file: file.into(), line, column };
        let mut faults = Faults::default();
        faults.push(&place("b.yaml", 1, 1), "late");
        faults.push(&place("a.yaml", 10, 1), "second");
        faults.push(&place("a.yaml", 9, 4), "first");
        faults.push(&place("a.yaml", 9, 4), "first");
        let lines: Vec<String> = faults.sorted().iter().map(Fault::to_string).collect();
        assert_eq!(lines, ["a.yaml:9:4: first", "a.yaml:10:1: second", "b.yaml:1:1: late"]);
    }
}
