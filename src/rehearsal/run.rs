//! Plays one test on a stage. The first thing that is not as the test says ends it, with the place of the step and the
//! conversation around it.

use std::collections::VecDeque;

use serde::Serialize;

use super::door::Reply;
use super::heard::Heard;
use super::plan::{Act, Answered, Bot, Expected, Request, Step, Test, What};
use super::stage::{Stage, Trouble};
use super::{compare, talk};
use crate::model::{Note, NoteKind, Place, Position, Session};
use crate::project::Project;
use crate::script::Sandbox;

/// Lines of the conversation that are shown before the difference.
const BEFORE_MAX: usize = 6;

/// Why a test did not pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub place: Place,
    pub text: String,
    /// The conversation around it.
    pub talk: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub mark: Mark,
    pub text: String,
}

/// What a line of a conversation is to the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// It was expected and came.
    Same,
    /// It was expected and did not come.
    Expected,
    /// It came and was not expected.
    Said,
    /// What others said, and what happened beside the conversation.
    Beside,
}

pub fn run(test: &Test, project: &Project, sandbox: &mut Sandbox) -> Result<(), Failure> {
    let Some(stage) = Stage::open(&test.setting, project, sandbox) else {
        let text = format!("the project has no endpoint \"{}\"", test.setting.endpoint);
        return Err(Failure { place: test.place.clone(), text, talk: Vec::new() });
    };
    let mut play =
        Play { stage, outputs: VecDeque::new(), faults: VecDeque::new(), reply: None, talk: Vec::new() };
    for (index, step) in test.steps.iter().enumerate() {
        play.step(step, &test.steps[index..])?;
        let next = test.steps.get(index + 1);
        if !next.is_some_and(|next| matches!(next.act, Act::Bot(_) | Act::Fault(_) | Act::Answered(_))) {
            play.nothing_left(step)?;
        }
    }
    Ok(())
}

struct Play<'a> {
    stage: Stage<'a>,
    /// Said and not yet named by the test.
    outputs: VecDeque<Heard>,
    faults: VecDeque<Note>,
    /// What the last caller was answered.
    reply: Option<Reply>,
    talk: Vec<Line>,
}

impl Play<'_> {
    /// `rest`: this step and those after it.
    fn step(&mut self, step: &Step, rest: &[Step]) -> Result<(), Failure> {
        let played = match &step.act {
            Act::Bot(bot) => return self.bot(step, bot, rest),
            Act::Fault(text) => return self.fault(step, text),
            Act::Expect(all) => return all.iter().try_for_each(|expected| self.expect(expected)),
            Act::Answered(answered) => return self.answered(step, answered),
            Act::Post { source, text, data, headers } => {
                self.beside(talk::spoken(*source, text, data.as_ref()));
                let request = self.stage.usual(*source, text, data.as_ref(), headers);
                self.post(&request, rest)
            }
            Act::Request(request) => {
                self.beside(talk::requested(request));
                self.post(request, rest)
            }
            Act::Speak { source, text, data } => {
                self.beside(talk::spoken(*source, text, data.as_ref()));
                self.stage.speak(*source, text.clone(), data.clone()).map(drop)
            }
            Act::Wait(ms) => {
                self.beside(talk::waited(*ms));
                self.stage.pass(*ms)
            }
        };
        let (outputs, notes) = self.stage.heard();
        self.outputs.extend(outputs);
        self.talk.extend(notes.iter().map(|note| Line { mark: Mark::Beside, text: talk::note(note) }));
        self.faults.extend(notes.into_iter().filter(|note| note.kind == NoteKind::Fault));
        played.map_err(|trouble| self.failure(&step.place, trouble.to_string(), &[]))
    }

    /// What a server would refuse is an answer like any other, if the next step looks at it.
    fn post(&mut self, request: &Request, rest: &[Step]) -> Result<(), Trouble> {
        let is_looked_at = matches!(rest.get(1), Some(Step { act: Act::Answered(_), .. }));
        let posted = self.stage.post(request).or_else(|trouble| match trouble.problem() {
            Some(problem) if is_looked_at => {
                self.beside(format!("({trouble})"));
                Ok(self.stage.refused(problem))
            }
            Some(_) | None => Err(trouble),
        });
        self.reply = Some(posted?);
        Ok(())
    }

    fn answered(&mut self, step: &Step, answered: &Answered) -> Result<(), Failure> {
        let reply = self.reply.take().expect("this step is read only right behind one with a caller");
        let Some(text) = compare::reply(answered, &reply) else {
            self.talk.push(Line { mark: Mark::Same, text: talk::replied(&reply) });
            return Ok(());
        };
        self.talk.push(Line { mark: Mark::Expected, text: talk::answered(answered) });
        self.talk.push(Line { mark: Mark::Said, text: talk::replied(&reply) });
        Err(self.failure(&step.place, text, &[]))
    }

    fn bot(&mut self, step: &Step, bot: &Bot, rest: &[Step]) -> Result<(), Failure> {
        let wrong = match self.outputs.front() {
            None => Some(format!("the bot said nothing more, expected {}", talk::expected(bot))),
            Some(output) => compare::output(bot, output),
        };
        if let Some(text) = wrong {
            return Err(self.failure(&step.place, text, rest));
        }
        let output = self.outputs.pop_front().expect("it was just looked at");
        self.talk.push(Line { mark: Mark::Same, text: talk::said(&output) });
        Ok(())
    }

    fn fault(&mut self, step: &Step, text: &str) -> Result<(), Failure> {
        let wrong = match self.faults.pop_front() {
            None => format!("there is no fault, expected one with \"{text}\""),
            Some(note) if talk::place_and_text(&note).contains(text) => return Ok(()),
            Some(note) => format!("the fault is \"{}\", expected \"{text}\"", talk::place_and_text(&note)),
        };
        Err(self.failure(&step.place, wrong, &[]))
    }

    /// All that came of the steps so far was named.
    fn nothing_left(&self, step: &Step) -> Result<(), Failure> {
        if let Some(output) = self.outputs.front() {
            let text = format!("the bot also said {}; name it with - bot: …", talk::quoted(output));
            return Err(self.failure(&step.place, text, &[]));
        }
        if let Some(note) = self.faults.front() {
            let told = talk::place_and_text(note);
            let text = format!("a fault of the flow: {told}; mend it, or name it with - fault: …");
            return Err(self.failure(&step.place, text, &[]));
        }
        Ok(())
    }

    fn expect(&self, expected: &Expected) -> Result<(), Failure> {
        let wrong = match &expected.what {
            What::Context(path) => {
                compare::memory(self.stage.session().map(|session| &session.context), expected, path)
            }
            What::Profile(path) => compare::memory(Some(self.stage.profile()), expected, path),
            What::Position => self.position(expected.value.as_str().unwrap_or_default()),
        };
        wrong.map_or(Ok(()), |wrong| Err(self.failure(&expected.place, wrong, &[])))
    }

    /// A session that expired would start anew; one that ended says so until somebody begins it again.
    fn position(&self, expected: &str) -> Option<String> {
        let ended = |session: &&Session| session.position == Position::Ended;
        let session = self.stage.last_session().filter(ended).or_else(|| self.stage.session());
        compare::position(session.map_or(&Position::Start, |session| &session.position), expected)
    }

    fn beside(&mut self, text: String) {
        self.talk.push(Line { mark: Mark::Beside, text });
    }

    /// `rest`: the steps whose `bot` lines were expected from here on.
    fn failure(&self, place: &Place, text: String, rest: &[Step]) -> Failure {
        let bots = rest.iter().map_while(|step| match &step.act {
            Act::Bot(bot) => Some(bot),
            _ => None,
        });
        let mut talk = self.talk[self.talk.len().saturating_sub(BEFORE_MAX)..].to_vec();
        talk.extend(difference(bots.collect(), &self.outputs));
        Failure { place: place.clone(), text, talk }
    }
}

/// What was expected and what was said, side by side: an expected line that some later output fits is where the two meet again.
fn difference(expected: Vec<&Bot>, said: &VecDeque<Heard>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut next = 0;
    let line = |mark, text| Line { mark, text };
    for bot in expected {
        let fits = said.iter().skip(next).position(|output| compare::output(bot, output).is_none());
        let Some(before) = fits else {
            lines.push(line(Mark::Expected, talk::line(bot)));
            continue;
        };
        lines.extend(said.range(next..next + before).map(|output| line(Mark::Said, talk::said(output))));
        lines.push(line(Mark::Same, talk::said(&said[next + before])));
        next += before + 1;
    }
    lines.extend(said.range(next..).map(|output| line(Mark::Said, talk::said(output))));
    lines
}
