//! A turn under guard: a panic in it does not end the process, and an input that panics twice is poison.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::script::Sandbox;
use crate::turn::{self, Event, Turn};

const TRIES_MAX: usize = 2;

/// The sandbox of one thread. It is replaced after a panic, because nobody knows what state it is in.
pub struct Guarded {
    sandbox: Sandbox,
    memory_bytes: usize,
}

impl Guarded {
    pub fn new(memory_bytes: usize) -> Guarded {
        Guarded { sandbox: Sandbox::new(memory_bytes), memory_bytes }
    }

    /// The turn, or the text of the second panic.
    pub fn turn<'a>(&mut self, event: impl Fn() -> Event<'a>) -> Result<Turn, String> {
        let mut said = String::new();
        for _ in 0..TRIES_MAX {
            match catch_unwind(AssertUnwindSafe(|| turn::step(event(), &mut self.sandbox))) {
                Ok(turn) => return Ok(turn),
                Err(panic) => {
                    said = text(panic.as_ref());
                    self.sandbox = Sandbox::new(self.memory_bytes);
                }
            }
        }
        Err(said)
    }
}

fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text").to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::flow::{Op, Program};
    use crate::model::{Input, Map, Place, ProgramHash, ProgramSource, Session, SessionId, Source};
    use crate::turn::{Bounds, Door};

    /// A program that leads out of itself, as no compiled one does.
    fn broken() -> Program {
        program(vec![Op::Jump(99)])
    }

    fn program(ops: Vec<Op>) -> Program {
        Program {
            hash: ProgramHash("test".to_owned()),
            source: ProgramSource { flow: "main".to_owned(), sources: Default::default() },
            paths: vec!["main/0".to_owned(); ops.len()],
            places: vec![Place::default(); ops.len()],
            ops,
            index_of: HashMap::new(),
            uses_profile: false,
        }
    }

    fn try_out(guarded: &mut Guarded, program: &Program) -> Result<Turn, String> {
        let id = SessionId { endpoint: "e".to_owned(), user_id: "u".to_owned(), session_id: "s".to_owned() };
        let session = Session::new(id, 1);
        let (input_id, trace_id) = ("i".to_owned(), "t".to_owned());
        let input = Input {
            input_id,
            trace_id,
            source: Source::User,
            text: "hi".to_owned(),
            data: None,
            received_at: 1,
        };
        let name = String::new;
        let door = Door { name: name(), url_token: name(), flow: name(), locale: name(), timezone: name() };
        let bounds = Bounds {
            steps_max: 10,
            goto_max: 4,
            context_bytes_max: 1000,
            script_steps_max: 1_000_000,
            copied_bytes_max: 1_000,
        };
        let (program, session, input, door, bounds) = (program, &session, &input, &door, &bounds);
        let event = || Event {
            program,
            door,
            bounds,
            session,
            profile: Map::new(),
            input,
            woken: None,
            sequence: 1,
            now: 1,
            seed: 1,
        };
        guarded.turn(event)
    }

    #[test]
    fn a_turn_that_panics_twice_is_told_and_the_next_one_works() {
        let mut guarded = Guarded::new(1 << 24);
        let told = try_out(&mut guarded, &broken()).unwrap_err();
        assert!(told.contains("index out of bounds"), "{told}");
        assert!(try_out(&mut guarded, &program(vec![Op::Return])).is_ok());
    }
}
