//! What came of the tests, for people and for machines.

use std::collections::BTreeSet;
use std::time::Duration;

use antiphon::rehearsal::{Failure, Line, Mark, Test};
use antiphon::yaml::Fault;
use serde_json::{Value, json};

use crate::cli::plain::words;
use crate::cli::print;
use crate::cli::style::{BOLD, DIM, GOOD, WRONG};

pub struct Report<'a> {
    pub tests: &'a [&'a Test],
    /// Of each test, in their order.
    pub failures: Vec<Option<Failure>>,
    /// Of files that are no tests yet.
    pub faults: Vec<Fault>,
    pub took: Duration,
}

impl Report<'_> {
    /// Tests that did not pass, and files that could not be read as one.
    pub fn failed(&self) -> usize {
        let files: BTreeSet<&str> = self.faults.iter().map(|fault| fault.place.file.as_str()).collect();
        files.len() + self.failures.iter().flatten().count()
    }

    fn passed(&self) -> usize {
        self.failures.iter().filter(|failure| failure.is_none()).count()
    }

    pub fn print(&self) {
        for fault in &self.faults {
            print::line(format_args!("{BOLD}{}{BOLD:#}: {}", fault.place, fault.text));
        }
        for failure in self.failures.iter().flatten() {
            print::line(format_args!("{BOLD}{}{BOLD:#}: {}", failure.place, words(&failure.text)));
            failure.talk.iter().map(line).for_each(print::line);
        }
        let (passed, failed) = (self.passed(), self.failed());
        let colour = if failed == 0 { GOOD } else { WRONG };
        let ms = self.took.as_millis();
        print::line(format_args!("{colour}{passed} passed, {failed} failed{colour:#} ({ms} ms)"));
    }

    pub fn print_json(&self) {
        let tests = self.tests.iter().zip(&self.failures).map(|(test, failure)| {
            json!({ "name": test.name, "file": test.place.file, "passed": failure.is_none(), "failure": failure })
        });
        let faults = self.faults.iter().map(|fault| json!({ "place": fault.place, "text": fault.text }));
        print::line(json!({
            "passed": self.passed(),
            "failed": self.failed(),
            "tookMs": self.took.as_millis() as u64,
            "tests": Value::from_iter(tests),
            "faults": Value::from_iter(faults),
        }));
    }
}

/// A line of the conversation, marked as in a difference of files.
fn line(Line { mark, text }: &Line) -> String {
    let (sign, style) = match mark {
        Mark::Same => (' ', anstyle::Style::new()),
        Mark::Beside => (' ', DIM),
        Mark::Expected => ('-', WRONG),
        Mark::Said => ('+', GOOD),
    };
    let text = words(text).replace('\n', "\n      ");
    format!("  {style}{sign} {text}{style:#}")
}
