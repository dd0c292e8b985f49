//! What steps say about one another, within a flow and across all of them: flows that are run, steps that are
//! jumped to, steps that nothing leads to.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::step::{Flow, Kind, Name, Step};
use crate::model::Place;
use crate::yaml::{Faults, did_you_mean};

/// Checks all flows of a project against one another.
pub fn link(flows: &BTreeMap<String, Flow>, faults: &mut Faults) {
    let targets = flows.iter().map(|(name, flow)| (name.as_str(), flow.targets())).collect();
    let mut linker = Linker { flows, targets, jumped_to: HashSet::new(), faults };
    for (name, flow) in flows {
        linker.follow(name, &flow.steps, &mut Vec::new());
    }
    for (name, flow) in flows {
        linker.passes(name, &flow.steps);
    }
}

struct Linker<'a> {
    flows: &'a BTreeMap<String, Flow>,
    /// The ids of each flow, with the `each` steps around them.
    targets: HashMap<&'a str, HashMap<&'a str, Vec<&'a Place>>>,
    /// Flow and id of every step that some goto names.
    jumped_to: HashSet<(&'a str, &'a str)>,
    faults: &'a mut Faults,
}

impl<'a> Linker<'a> {
    fn follow(&mut self, flow: &'a str, steps: &'a [Step], loops: &mut Vec<&'a Place>) {
        for step in steps {
            match &step.kind {
                Kind::Run(name) => self.runs(name),
                Kind::Goto { flow: other, id } => {
                    self.goes(flow, other.as_deref().unwrap_or(flow), id, loops);
                }
                _ => {}
            }
            let is_loop = matches!(step.kind, Kind::Each { .. });
            if is_loop {
                loops.push(&step.place);
            }
            for block in step.blocks() {
                self.follow(flow, block, loops);
            }
            if is_loop {
                loops.pop();
            }
        }
    }

    fn runs(&mut self, Name { name, place }: &Name) {
        if !self.flows.contains_key(name) {
            let text = self.no_flow(name);
            self.faults.push(place, text);
        }
    }

    fn goes(&mut self, from: &str, to: &'a str, id: &'a Name, loops: &[&Place]) {
        let Some(ids) = self.targets.get(to) else {
            let text = self.no_flow(to);
            return self.faults.push(&id.place, text);
        };
        if self.flows[to].steps.is_empty() {
            return; // It could not be read, and that was said.
        }
        let Some(around) = ids.get(id.name.as_str()) else {
            let text = self.no_step(to, &id.name);
            return self.faults.push(&id.place, text);
        };
        let stays_inside = around.is_empty() || (from == to && loops.starts_with(around));
        if !stays_inside {
            let text = format!(
                "the step \"{}\" stands in an each that is not under way here; go to a step outside of it",
                id.name
            );
            self.faults.push(&id.place, text);
        }
        self.jumped_to.insert((to, &id.name));
    }

    fn no_flow(&self, name: &str) -> String {
        format!("there is no flow \"{name}\"{}", did_you_mean(name, self.flows.keys().map(String::as_str)))
    }

    fn no_step(&self, flow: &str, id: &str) -> String {
        let mut ids: Vec<&str> = self.targets[flow].keys().copied().collect();
        ids.sort_unstable();
        let hint = if self.flows.contains_key(id) {
            format!("; for the flow write run: {id}")
        } else if ids.is_empty() {
            format!("; give a step \"id: {id}\"")
        } else {
            did_you_mean(id, ids)
        };
        format!("no step of the flow \"{flow}\" has the id \"{id}\"{hint}")
    }

    /// Whether the end of a list of steps can be reached; the first step of each stretch that cannot be is
    /// reported.
    fn passes(&mut self, flow: &str, steps: &[Step]) -> bool {
        let mut reached = true;
        let mut reported = false;
        for step in steps {
            if !reached && self.is_jumped_into(flow, step) {
                (reached, reported) = (true, false);
            }
            if reached {
                reached = self.passes_step(flow, step);
            } else if !reported {
                reported = true;
                let text = "nothing leads to this step: the one before it never goes on; \
                            remove it, or give it an id and go to it";
                self.faults.push(&step.place, text);
            }
        }
        reached
    }

    fn passes_step(&mut self, flow: &str, step: &Step) -> bool {
        let passed: Vec<bool> = step.blocks().into_iter().map(|block| self.passes(flow, block)).collect();
        match &step.kind {
            Kind::Goto { .. } | Kind::StopFlow | Kind::StopSession => false,
            // An absent `else` or `default` is an empty block, and those pass.
            Kind::If { .. } | Kind::Switch { .. } => passed.contains(&true),
            Kind::Say(_)
            | Kind::Ask(_)
            | Kind::Set(_)
            | Kind::Unset(_)
            | Kind::Code(_)
            | Kind::Run(_)
            | Kind::Once(_)
            | Kind::Each { .. }
            | Kind::Http { .. }
            | Kind::Wait(_)
            | Kind::Listen
            | Kind::Remind(_)
            | Kind::CancelReminders
            | Kind::Handover { .. }
            | Kind::Broken(_) => true,
        }
    }

    fn is_jumped_into(&self, flow: &str, step: &Step) -> bool {
        let named = step.id.as_deref().is_some_and(|id| self.jumped_to.contains(&(flow, id)));
        named || step.blocks().into_iter().flatten().any(|inner| self.is_jumped_into(flow, inner))
    }
}
