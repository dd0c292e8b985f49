//! What a turn says: an output made from a `say`, what it shows beside the text, and how many outputs one input may give.

use serde_json::{Value, json};

use super::memory;
use super::render::written;
use super::run::{End, Flow, Run};
use super::steps::too_deep;
use crate::flow::{Form, Rich, Say, Tree};
use crate::model::{Map, Numbered, Output, Speaker, is_too_deep};

/// Of one turn. More is a loop that nobody meant, and every one of them is a POST.
const OUTPUTS_MAX: usize = 1_000;
/// Text and data of all outputs of one turn: what a receiver can be asked to take at once.
const OUTPUT_BYTES_MAX: usize = 4 << 20;

impl Run<'_> {
    pub(super) fn say(&mut self, at: usize, say: &Say) -> Flow {
        let text = match say.texts.len() {
            0 => None,
            1 => Some(self.text(&say.texts[0])?),
            many => {
                let chosen = self.draw(many);
                Some(self.text(&say.texts[chosen])?)
            }
        };
        let mut data = match &say.data {
            None => Map::new(),
            Some(tree) => self.data(at, tree)?,
        };
        let text = match &say.rich {
            None => text.unwrap_or_default(),
            Some(rich) => self.rich(at, rich, text.unwrap_or_default(), &mut data)?,
        };
        self.output(at, text, data)
    }

    /// Puts the rich form into the data; gives the text for those who see nothing else.
    fn rich(&mut self, at: usize, rich: &Rich, text: String, data: &mut Map) -> Result<String, End> {
        let mut members = Map::new();
        for (name, tree) in &rich.members {
            members.insert(name.clone(), self.tree(tree)?);
        }
        members.values_mut().for_each(say_the_title);
        let plain = if text.is_empty() { in_words(rich.form, &members) } else { text.clone() };
        if rich.form.has_text() {
            members.insert("text".to_owned(), text.into());
        }
        members.insert("fallbackText".to_owned(), plain.clone().into());
        let format = json!({ "_default": { format!("_{}", rich.form.key()): members } });
        if data.insert("_cognigy".to_owned(), format).is_some() {
            let form = rich.form.key();
            self.warn(self.place(at), format!("{form} takes the place of `_cognigy` in `data`"));
        }
        Ok(plain)
    }

    pub(super) fn data(&mut self, at: usize, tree: &Tree) -> Result<Map, End> {
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

/// What comes back when a user taps on something without a payload: the words on it.
fn say_the_title(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(say_the_title),
        Value::Object(members) => {
            let answers =
                ["type", "contentType"].iter().any(|kind| members.get(*kind) == Some(&"postback".into()));
            if let (true, None, Some(title)) =
                (answers, members.get("payload"), members.get("title").cloned())
            {
                members.insert("payload".to_owned(), title);
            }
            members.values_mut().for_each(say_the_title);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A rich form for those who only have words: the titles, one a line; a medium's description, or its address.
fn in_words(form: Form, members: &Map) -> String {
    let word =
        |members: &Map, name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(items) = form.items() else {
        let described = word(members, &format!("{}AltText", form.key()));
        return if described.is_empty() { word(members, &format!("{}Url", form.key())) } else { described };
    };
    let items = members.get(items).and_then(Value::as_array).into_iter().flatten();
    let titles: Vec<String> = items.filter_map(Value::as_object).map(|item| word(item, "title")).collect();
    titles.join("\n")
}
