//! A difference as people read it: the conversation up to it, then what was recorded and what comes out now.

use anstyle::Style;
use antiphon::model::{Map, Note, Numbered, Pending, Record};
use antiphon::replay::{Difference, Recording, What};
use serde_json::Value;

use super::show::conversation;
use crate::cli::chat::show;
use crate::cli::plain::words;
use crate::cli::style::{BOLD, DIM, GOOD, WRONG};
use crate::cli::words::{name, stands, time};

/// Turns of the conversation before the one that differs.
const TURNS_BEFORE: usize = 3;

pub fn lines(recording: &Recording, difference: &Difference) -> Vec<String> {
    let mut lines = vec![format!("{BOLD}{}{BOLD:#}: {}", name(&recording.id), words(&headline(difference)))];
    lines.extend(before(recording, difference).into_iter().map(|line| format!("  {line}")));
    let (recorded, replayed) = sides(&difference.what);
    lines.extend(side("recorded:", WRONG, recorded));
    lines.extend(side("replayed:", GOOD, replayed));
    lines.extend(difference.then.iter().map(|then| format!("  {DIM}then {}{DIM:#}", words(then))));
    lines
}

fn headline(difference: &Difference) -> String {
    let turn = difference.turn;
    match &difference.what {
        What::Outputs { .. } => format!("turn {turn} says something else"),
        What::Suspended { .. } => format!("turn {turn} ends elsewhere"),
        What::Notes { .. } => format!("turn {turn} notes something else"),
        What::Event { why } => format!("turn {turn} cannot come: {why}"),
        What::Context { .. } => format!("after turn {turn} the context is another one"),
        What::Position { .. } => format!("after turn {turn} the flow stands elsewhere"),
        What::Reminders { .. } => format!("after turn {turn} other reminders wait"),
    }
}

/// The last turns before it, and the words that it is about.
fn before(recording: &Recording, difference: &Difference) -> Vec<String> {
    let at = usize::try_from(difference.turn).unwrap_or(usize::MAX).saturating_sub(1);
    let at = at.min(recording.records.len().saturating_sub(1));
    let mut turns = recording.records[at.saturating_sub(TURNS_BEFORE)..].to_vec();
    turns.truncate(at.min(TURNS_BEFORE) + 1);
    let of_a_turn = match difference.what {
        What::Outputs { .. } | What::Suspended { .. } | What::Notes { .. } | What::Event { .. } => true,
        What::Context { .. } | What::Position { .. } | What::Reminders { .. } => false,
    };
    if let Some(last) = turns.last_mut().filter(|_| of_a_turn) {
        *last = Record { outputs: Vec::new(), called: Vec::new(), notes: Vec::new(), ..last.clone() };
    }
    conversation(&turns)
}

/// What stands on each side; none if the headline has told it.
fn sides(what: &What) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let both = |recorded, replayed| (Some(recorded), Some(replayed));
    match what {
        What::Outputs { recorded, replayed } => both(outputs(recorded), outputs(replayed)),
        What::Suspended { recorded, replayed } => both(goes(*recorded), goes(*replayed)),
        What::Notes { recorded, replayed } => {
            let notes = |notes: &[Note]| notes.iter().map(show::note).collect();
            both(notes(recorded), notes(replayed))
        }
        What::Event { .. } => (None, None),
        What::Context { recorded, replayed } => {
            let names = || recorded.keys().chain(replayed.keys());
            let mut differ: Vec<&String> =
                names().filter(|name| recorded.get(*name) != replayed.get(*name)).collect();
            differ.sort();
            differ.dedup();
            both(members(recorded, &differ), members(replayed, &differ))
        }
        What::Position { recorded, replayed } => both(vec![stands(recorded)], vec![stands(replayed)]),
        What::Reminders { recorded, replayed } => both(due(recorded), due(replayed)),
    }
}

fn outputs(outputs: &[Numbered]) -> Vec<String> {
    let mut lines = Vec::new();
    for Numbered { output, .. } in outputs {
        let data = (!output.data.is_empty()).then(|| Value::from(output.data.clone()).to_string());
        lines.extend(output.text.lines().map(str::to_owned).chain(data));
    }
    lines
}

fn goes(suspended: bool) -> Vec<String> {
    vec![if suspended { "waits in the middle of the input" } else { "goes on to its end" }.to_owned()]
}

fn due(reminders: &[Pending]) -> Vec<String> {
    reminders.iter().map(|wait| format!("one at {}", time(wait.due_at))).collect()
}

fn members(context: &Map, names: &[&String]) -> Vec<String> {
    let absent = || "not there".to_owned();
    let value = |name: &String| context.get(name).map_or_else(absent, Value::to_string);
    names.iter().map(|name| format!("context.{name}: {}", value(name))).collect()
}

fn side(label: &str, style: Style, lines: Option<Vec<String>>) -> Vec<String> {
    let Some(mut lines) = lines else { return Vec::new() };
    if lines.is_empty() {
        lines.push("(nothing)".to_owned());
    }
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(lines).map(|(label, line)| format!("  {style}{label:9} {}{style:#}", words(&line))).collect()
}

#[cfg(test)]
mod tests {
    use antiphon::model::SessionId;
    use serde_json::json;

    use super::*;

    fn recording(turns: u64) -> Recording {
        let record = |turn: u64| {
            serde_json::from_value(json!({
                "turn": turn, "sequence": turn, "at": 1, "seed": 1,
                "input": { "inputId": turn.to_string(), "traceId": "t", "source": "user", "text": format!("input {turn}"), "receivedAt": 1 },
                "outputs": [{ "sequence": turn, "text": format!("output {turn}"), "source": "bot" }],
            }))
            .unwrap()
        };
        let [endpoint, user_id, session_id] = ["shop", "ann", "1"].map(str::to_owned);
        Recording {
            id: SessionId { endpoint, user_id, session_id },
            started_at: 1,
            records: (1..=turns).map(record).collect(),
            kept: None,
        }
    }

    fn told(turns: u64, difference: Difference) -> String {
        let lines = lines(&recording(turns), &difference);
        lines.iter().map(|line| anstream::adapter::strip_str(line).to_string() + "\n").collect()
    }

    #[test]
    fn the_conversation_up_to_the_difference_stands_before_both_sides() {
        let recorded = recording(5).records[4].outputs.clone();
        let what = What::Outputs { recorded, replayed: Vec::new() };
        let then = Some("the flow waits for 2s to pass".to_owned());
        assert_eq!(
            told(5, Difference { turn: 5, what, then }),
            "shop / ann / 1: turn 5 says something else
  > input 2
  output 2
  > input 3
  output 3
  > input 4
  output 4
  > input 5
  recorded: output 5
  replayed: (nothing)
  then the flow waits for 2s to pass
"
        );
    }

    #[test]
    fn a_turn_that_cannot_come_says_why() {
        let what = What::Event { why: "a reminder came; the flow has none now".to_owned() };
        let told = told(1, Difference { turn: 1, what, then: None });
        assert_eq!(
            told,
            "shop / ann / 1: turn 1 cannot come: a reminder came; the flow has none now\n  > input 1\n"
        );
    }

    #[test]
    fn of_the_context_only_what_differs_is_told() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let recorded = map(json!({ "a": 1, "b": 2, "c": [3] }));
        let replayed = map(json!({ "a": 1, "b": "2", "d": null }));
        let told = told(1, Difference { turn: 1, what: What::Context { recorded, replayed }, then: None });
        let expected = "  recorded: context.b: 2\n            context.c: [3]\n            context.d: not there\n  \
                        replayed: context.b: \"2\"\n            context.c: not there\n            context.d: null\n";
        assert!(told.ends_with(expected), "{told}");
    }
}
