//! What a turn says: an output made from a `say`, and how many outputs one input may give.

use serde_json::Value;

use super::memory;
use super::render::written;
use super::run::{End, Flow, Run};
use super::steps::too_deep;
use crate::flow::{Say, Tree};
use crate::model::{Map, Numbered, Output, Speaker, is_too_deep};

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

    pub(super) fn output(&mut self, at: usize, text: String, data: Map) -> Flow {
        if is_too_deep(&data) {
            return Err(End::fault(self.place(at), too_deep("`data` of an output")));
        }
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

    /// An even draw from the turn's seed: the next number of SplitMix64, scaled.
    fn draw(&mut self, many: usize) -> usize {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.chance ^ (self.chance >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(mixed ^ (mixed >> 31)) * many as u128) >> 64) as usize
    }
}
