//! A flow as it was read: steps inside steps, each with its place.
//! Names of other flows and steps are kept as written here; `link` follows them, `compile` resolves them.

use std::collections::HashMap;

use super::program::{Expect, Forget, Handover, Http, Remind, Say, Span, Target, Tree};
use crate::model::{Place, Script};

/// One file of `flows/`. A flow with faults is kept too, so that what others say about it can be checked.
#[derive(Debug)]
pub struct Flow {
    pub(super) name: String,
    /// The text of its file.
    pub(super) source: String,
    pub(super) steps: Vec<Step>,
    /// Some script, template or target in it names `profile`.
    pub(super) uses_profile: bool,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) id: Option<String>,
    pub(super) place: Place,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Say(Say),
    Ask(Box<Question>),
    If {
        condition: Script,
        then: Vec<Step>,
        otherwise: Vec<Step>,
    },
    Switch {
        subject: Script,
        cases: Vec<(String, Vec<Step>)>,
        default: Vec<Step>,
    },
    Set(Vec<(Target, Tree)>),
    Unset(Vec<Target>),
    Code(Script),
    Run(Name),
    Goto {
        flow: Option<String>,
        id: Name,
    },
    Once(Vec<Step>),
    Each {
        items: Script,
        name: String,
        body: Vec<Step>,
    },
    Http {
        http: Box<Http>,
        on_error: Vec<Step>,
    },
    Wait(Span),
    Listen,
    Remind(Box<Remind>),
    CancelReminders,
    Handover {
        handover: Box<Handover>,
        on_back: Vec<Step>,
    },
    StopFlow,
    StopSession,
    /// A fault was reported for it. What of its blocks could be read is kept, with the ids in them.
    Broken(Vec<Step>),
}

#[derive(Debug)]
pub(super) struct Question {
    pub(super) say: Say,
    pub(super) into: Option<Target>,
    pub(super) expect: Expect,
    pub(super) reprompt: Option<Say>,
    pub(super) attempts: Option<u32>,
    pub(super) otherwise: Vec<Step>,
    pub(super) timeout: Option<(Span, Vec<Step>)>,
    pub(super) forget: Forget,
}

/// The name of another flow or step, with the place where it is named.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) name: String,
    pub(super) place: Place,
}

impl Step {
    /// The lists of steps inside this one.
    pub(super) fn blocks(&self) -> Vec<&[Step]> {
        match &self.kind {
            Kind::Ask(question) => {
                let timeout = question.timeout.iter().map(|(_, steps)| steps.as_slice());
                [question.otherwise.as_slice()].into_iter().chain(timeout).collect()
            }
            Kind::Http { on_error, .. } => vec![on_error],
            Kind::Handover { on_back, .. } => vec![on_back],
            Kind::If { then, otherwise, .. } => vec![then, otherwise],
            Kind::Switch { cases, default, .. } => {
                cases.iter().map(|(_, steps)| steps.as_slice()).chain([default.as_slice()]).collect()
            }
            Kind::Once(body) | Kind::Each { body, .. } | Kind::Broken(body) => vec![body],
            Kind::Say(_)
            | Kind::Set(_)
            | Kind::Unset(_)
            | Kind::Code(_)
            | Kind::Run(_)
            | Kind::Goto { .. }
            | Kind::Wait(_)
            | Kind::Listen
            | Kind::Remind(_)
            | Kind::CancelReminders
            | Kind::StopFlow
            | Kind::StopSession => Vec::new(),
        }
    }
}

impl Flow {
    /// The steps that have an id, each with the places of the `each` steps around it, outermost first.
    pub(super) fn targets(&self) -> HashMap<&str, Vec<&Place>> {
        let mut targets = HashMap::new();
        collect(&self.steps, &mut Vec::new(), &mut targets);
        targets
    }
}

fn collect<'a>(
    steps: &'a [Step],
    loops: &mut Vec<&'a Place>,
    targets: &mut HashMap<&'a str, Vec<&'a Place>>,
) {
    for step in steps {
        if let Some(id) = &step.id {
            targets.entry(id).or_insert_with(|| loops.clone());
        }
        let is_loop = matches!(step.kind, Kind::Each { .. });
        if is_loop {
            loops.push(&step.place);
        }
        for block in step.blocks() {
            collect(block, loops, targets);
        }
        if is_loop {
            loops.pop();
        }
    }
}
