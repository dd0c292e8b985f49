//! What each kind of step does to the turn: one function for each.

use serde_json::Value;

use super::memory;
use super::render::{truthy, written};
use super::run::{Active, End, Flow, Run};
use crate::flow::{Op, Target, Tree};
use crate::model::{DEPTH_MAX, Loop, Map, NoteKind, Script, is_too_deep};

/// A code step is handed the memory, hands it back, and the turn keeps a copy: what that costs, in copies.
const CODE_COPIES: usize = 4;
/// Flows inside flows: deeper is a flow that runs itself for ever, over many inputs.
const FRAMES_MAX: usize = 64;

/// Where a step writes what the flow is to remember.
#[derive(Clone, Copy, PartialEq)]
enum Memory {
    Context,
    Profile,
}

impl Memory {
    fn name(self) -> &'static str {
        match self {
            Memory::Context => "context",
            Memory::Profile => "profile",
        }
    }
}

impl Run<'_> {
    pub(super) fn choose(&mut self, condition: &Script, otherwise: usize) -> Flow {
        if !truthy(&self.value(condition)?) {
            self.next = otherwise;
        }
        Ok(())
    }

    pub(super) fn jump(&mut self, target: usize) -> Flow {
        self.next = target;
        Ok(())
    }

    pub(super) fn switch(&mut self, subject: &Script, cases: &[(String, usize)], default: usize) -> Flow {
        let subject = written(self.value(subject)?);
        let found = cases.iter().find(|(case, _)| *case == subject);
        self.next = found.map_or(default, |(_, target)| *target);
        Ok(())
    }

    pub(super) fn set(&mut self, at: usize, writes: &[(Target, Tree)]) -> Flow {
        for (target, tree) in writes {
            let value = self.tree(tree)?;
            self.write(at, target, value)?;
        }
        Ok(())
    }

    pub(super) fn write(&mut self, at: usize, target: &Target, value: Value) -> Flow {
        match target {
            Target::Context(path) => self.remember(at, Memory::Context, path, value),
            Target::Profile(path) => self.remember(at, Memory::Profile, path, value),
            Target::Session(setting) => self.choose_setting(at, *setting, &value),
        }
    }

    fn remember(&mut self, at: usize, memory: Memory, path: &[String], value: Value) -> Flow {
        let name = memory.name();
        let before = self.memory(memory).clone();
        self.weigh(at, memory::size(&before))?;
        let written = memory::write(self.memory(memory), path, value);
        let max = self.event.bounds.context_bytes_max;
        if let Err(text) = fits(name, self.memory(memory), max) {
            *self.memory(memory) = before;
            return Err(End::fault(self.place(at), text));
        }
        self.profile_changed |= memory == Memory::Profile && written.is_ok();
        if let Err(text) = written {
            self.warn(&self.event.program.places[at], format!("{name}: {text}"));
        }
        Ok(())
    }

    fn memory(&mut self, memory: Memory) -> &mut Map {
        match memory {
            Memory::Context => self.scope.context_mut(),
            Memory::Profile => self.scope.profile_mut(),
        }
    }

    /// Copying memory is work too: past its bound the turn runs out, as its scripts do.
    fn weigh(&mut self, at: usize, bytes: usize) -> Flow {
        self.copied_bytes += bytes as u64;
        let max = self.event.bounds.copied_bytes_max;
        if self.copied_bytes <= max {
            return Ok(());
        }
        let text = format!("the steps of this turn copied more than {max} bytes of context");
        Err(End::Fault { place: self.place(at).clone(), text, ran_out: true })
    }

    pub(super) fn unset(&mut self, targets: &[Target]) -> Flow {
        for target in targets {
            match target {
                Target::Context(path) => memory::remove(self.scope.context_mut(), path),
                Target::Profile(path) => {
                    memory::remove(self.scope.profile_mut(), path);
                    self.profile_changed = true;
                }
                Target::Session(setting) => self.keep_setting(*setting, None),
            }
        }
        Ok(())
    }

    pub(super) fn code(&mut self, at: usize, script: &Script) -> Flow {
        let locals = self.locals();
        let before = (self.scope.context().clone(), self.scope.profile().clone());
        self.weigh(at, CODE_COPIES * (memory::size(&before.0) + memory::size(&before.1)))?;
        let executed = self.sandbox.execute(script, &mut self.scope, &locals);
        let kept = self.keep_within_bounds(at, before);
        for log in executed.logs {
            self.note(NoteKind::Log, &script.place.to_string(), log);
        }
        for (text, data) in executed.said {
            self.output(at, text, data)?;
        }
        kept?;
        executed.fault.map_or(Ok(()), |fault| Err(End::script(&script.place, &fault)))
    }

    /// A code step may have filled the memory past its bound: then what it wrote is not kept.
    fn keep_within_bounds(&mut self, at: usize, before: (Map, Map)) -> Flow {
        let max = self.event.bounds.context_bytes_max;
        if let Err(text) = fits("context", self.scope.context(), max) {
            *self.scope.context_mut() = before.0;
            return Err(End::fault(self.place(at), text));
        }
        if let Err(text) = fits("profile", self.scope.profile(), max) {
            *self.scope.profile_mut() = before.1;
            return Err(End::fault(self.place(at), text));
        }
        self.profile_changed |= *self.scope.profile() != before.1;
        Ok(())
    }

    pub(super) fn enter(&mut self, at: usize, entry: usize) -> Flow {
        if self.frames.len() >= FRAMES_MAX {
            let text = format!("flows run inside one another {FRAMES_MAX} deep: does one run itself?");
            return Err(End::fault(self.place(at), text));
        }
        self.frame().at = at;
        self.frames.push(Active { at: entry, loops: Vec::new() });
        self.next = entry;
        Ok(())
    }

    pub(super) fn leave(&mut self) -> Flow {
        self.frames.pop();
        let Some(caller) = self.frames.last() else { return Err(End::Done) };
        self.next = caller.at + 1;
        Ok(())
    }

    pub(super) fn goto(&mut self, at: usize, target: usize, loops: usize) -> Flow {
        let runs = self.spent.gotos.entry(self.event.program.paths[at].clone()).or_insert(0);
        *runs += 1;
        let max = self.event.bounds.goto_max;
        if *runs > max {
            let text = format!("this goto ran more than {max} times for one input (limits.gotoRepeats)");
            return Err(End::fault(self.place(at), text));
        }
        self.frame().loops.truncate(loops);
        self.next = target;
        Ok(())
    }

    pub(super) fn once(&mut self, at: usize, end: usize) -> Flow {
        if !self.session.once.insert(self.event.program.paths[at].clone()) {
            self.next = end;
        }
        Ok(())
    }

    pub(super) fn each(&mut self, at: usize, items: &Script, end: usize) -> Flow {
        let items = match self.value(items)? {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            other => {
                let text = format!("`in` of an each is a list; nothing is done for {}", written(other));
                self.warn(&items.place, text);
                Vec::new()
            }
        };
        if items.is_empty() {
            self.next = end;
            return Ok(());
        }
        let path = self.event.program.paths[at].clone();
        self.frame().loops.push(Loop { path, items, index: 0 });
        Ok(())
    }

    pub(super) fn next_item(&mut self, each: usize) -> Flow {
        let Op::Each { end, .. } = &self.event.program.ops[each] else { return Ok(()) };
        let loops = &mut self.frame().loops;
        match loops.last_mut() {
            Some(inner) if inner.index + 1 < inner.items.len() => {
                inner.index += 1;
                self.next = each + 1;
            }
            Some(_) | None => {
                loops.pop();
                self.next = *end;
            }
        }
        Ok(())
    }
}

/// Whether the memory may be kept as it is now.
fn fits(name: &str, memory: &Map, max: usize) -> Result<(), String> {
    let size = memory::size(memory);
    if size > max {
        return Err(too_large(name, size, max));
    }
    if is_too_deep(memory) { Err(too_deep(name)) } else { Ok(()) }
}

pub(super) fn too_deep(name: &str) -> String {
    format!("{name} would hold lists and objects more than {DEPTH_MAX} deep in one another")
}

pub(super) fn too_large(name: &str, size: usize, max: usize) -> String {
    format!("{name} would hold {size} bytes; {max} are allowed (limits.contextBytes)")
}
