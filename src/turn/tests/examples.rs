//! The examples of the manual are played: what a reader copies works.

use super::*;
use crate::flow::language::STEPS;

/// What a user answers, whatever is asked.
const ANSWERS: [&str; 4] = ["hello", "123456", "small", "7"];
const TURNS: usize = 12;

#[test]
fn the_example_of_each_step_is_played_without_a_fault() {
    for shape in STEPS {
        let orders = "- id: ask-number\n  say: \"Which order?\"\n".to_owned();
        let flows = [("main".to_owned(), shape.example.to_owned()), ("orders".to_owned(), orders)];
        let mut play = Play::new(compile(&flows).unwrap_or_else(|faults| panic!("{}: {faults}", shape.name)));
        let mut said = 0;
        for turn in 0..TURNS {
            play.goes_on(ANSWERS[turn % ANSWERS.len()]);
            let wrong = play.notes.drain(..).find(|note| !matches!(note.kind, NoteKind::Log));
            assert!(wrong.is_none(), "{}: {wrong:?}\n{}", shape.name, shape.example);
            said += play.outputs.drain(..).count();
            play.started.clear();
        }
        // What only remembers or forgets says nothing.
        assert!(said > 0 || ["set", "unset"].contains(&shape.word()), "{} says nothing", shape.name);
    }
}

impl Play {
    /// Whatever the flow waits for happens.
    fn goes_on(&mut self, text: &str) {
        let waited = self.session.position.wait();
        let what = self.waits.iter().find(|wait| Some(wait.id) == waited).map(|wait| &wait.what);
        let gone = match (&self.session.position, what) {
            (Position::Suspended { .. }, Some(Awaited::Call(_))) => self.wakes(Some(CallResult::Answered {
                status: 200,
                headers: BTreeMap::new(),
                text: "{\"state\":\"shipped\"}".to_owned(),
            })),
            (Position::Suspended { .. }, _) => self.wakes(None),
            (Position::Handover { .. }, _) => self.says(Source::Returned, ""),
            (_, _) => self.says(Source::User, text),
        };
        gone.unwrap_or_else(|failure| panic!("{failure}"));
    }
}
