//! What each kind of step does to the turn: one function for each.

use serde_json::Value;

use super::memory;
use super::render::{truthy, written};
use super::run::{Active, End, Flow, Run};
use crate::flow::{Op, Say, Target, Tree};
use crate::model::{Loop, Map, NoteKind, Numbered, Output, Script, Speaker};

/// Flows inside flows: deeper is a flow that runs itself for ever, over many inputs.
const FRAMES_MAX: usize = 64;
/// Of one turn. More is a loop that nobody meant, and every one of them is a POST.
const OUTPUTS_MAX: usize = 1_000;
/// Text and data of all outputs of one turn: what a receiver can be asked to take at once.
const OUTPUT_BYTES_MAX: usize = 4 << 20;

impl Run<'_> {
    pub(super) fn say(&mut self, at: usize, say: &Say) -> Flow {
        let text = match say.texts.len() {
            0 => String::new(),
            1 => self.text(&say.texts[0])?,
            many => {
                let chosen = self.draw(many);
                self.text(&say.texts[chosen])?
            }
        };
        let data = match &say.data {
            None => Map::new(),
            Some(tree) => self.data(at, tree)?,
        };
        self.output(at, text, data)
    }

    fn data(&mut self, at: usize, tree: &Tree) -> Result<Map, End> {
        match self.tree(tree)? {
            Value::Object(data) => Ok(data),
            Value::Null => Ok(Map::new()),
            other => {
                let text = format!("`data` of an output is an object; this is left out: {}", written(other));
                self.warn(&self.event.program.places[at], text);
                Ok(Map::new())
            }
        }
    }

    fn output(&mut self, at: usize, text: String, data: Map) -> Flow {
        self.output_bytes += text.len() + memory::size(&data);
        if self.outputs.len() >= OUTPUTS_MAX || self.output_bytes > OUTPUT_BYTES_MAX {
            let bounds = format!("{OUTPUTS_MAX} outputs and {} MiB", OUTPUT_BYTES_MAX >> 20);
            return Err(End::fault(self.place(at), format!("one input may give {bounds} at the most")));
        }
        self.session.outputs += 1;
        let output = Output { text, data, source: Speaker::Bot };
        self.outputs.push(Numbered { sequence: self.session.outputs, output });
        Ok(())
    }

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
        let (name, memory, path) = match target {
            Target::Context(path) => ("context", self.scope.context_mut(), path),
            Target::Profile(path) => ("profile", self.scope.profile_mut(), path),
        };
        let before = memory.clone();
        let written = memory::write(memory, path, value);
        let size = memory::size(memory);
        let max = self.event.bounds.context_bytes_max;
        if size > max {
            *memory = before;
            return Err(End::fault(self.place(at), too_large(name, size, max)));
        }
        self.profile_changed |= matches!(target, Target::Profile(_)) && written.is_ok();
        if let Err(text) = written {
            self.warn(&self.event.program.places[at], format!("{name}: {text}"));
        }
        Ok(())
    }

    pub(super) fn unset(&mut self, targets: &[Target]) -> Flow {
        for target in targets {
            match target {
                Target::Context(path) => memory::remove(self.scope.context_mut(), path),
                Target::Profile(path) => {
                    memory::remove(self.scope.profile_mut(), path);
                    self.profile_changed = true;
                }
            }
        }
        Ok(())
    }

    pub(super) fn code(&mut self, at: usize, script: &Script) -> Flow {
        let locals = self.locals();
        let before = (self.scope.context().clone(), self.scope.profile().clone());
        let executed = self.sandbox.execute(script, &mut self.scope, &locals);
        for log in executed.logs {
            self.note(NoteKind::Log, &script.place.to_string(), log);
        }
        for (text, data) in executed.said {
            self.output(at, text, data)?;
        }
        self.keep_within_bounds(at, before)?;
        executed.fault.map_or(Ok(()), |fault| Err(End::script(&script.place, &fault)))
    }

    /// A code step may have filled the memory past its bound: then what it wrote is not kept.
    fn keep_within_bounds(&mut self, at: usize, before: (Map, Map)) -> Flow {
        let max = self.event.bounds.context_bytes_max;
        let (context, profile) = (memory::size(self.scope.context()), memory::size(self.scope.profile()));
        if context > max {
            *self.scope.context_mut() = before.0;
            return Err(End::fault(self.place(at), too_large("context", context, max)));
        }
        if profile > max {
            *self.scope.profile_mut() = before.1;
            return Err(End::fault(self.place(at), too_large("profile", profile, max)));
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
        let runs = self.gotos.entry(at).or_insert(0);
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

    /// An even draw from the turn's seed: the next number of SplitMix64, scaled.
    fn draw(&mut self, many: usize) -> usize {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.chance ^ (self.chance >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(mixed ^ (mixed >> 31)) * many as u128) >> 64) as usize
    }
}

pub(super) fn too_large(name: &str, size: usize, max: usize) -> String {
    format!("{name} would hold {size} bytes; {max} are allowed (limits.contextBytes)")
}
