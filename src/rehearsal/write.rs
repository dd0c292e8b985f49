//! The text of a test file, as a person would write it, from what is to stand in it. All texts are quoted, so that none is
//! taken for a number or a word of YAML, and `${NAME}` in one stays what it is.

use jiff::Timestamp;
use serde_json::Value;

use super::answers::Recorded;
use super::heard::Heard;
use super::plan::Setting;
use crate::model::{CallResult, Input, Map, Source, Speaker};
use crate::yaml;

/// What stands before the steps. `transformer`: the file that made the inputs of what was posted.
pub(super) fn head(setting: &Setting, transformer: Option<&str>) -> String {
    let now = i64::try_from(setting.now).ok().and_then(|now| Timestamp::from_millisecond(now).ok());
    let mut text = format!(
        "# Recorded from a session.\n{}\nendpoint: {}\nuser: {}\nsession: {}\nnow: {}\n",
        transformer.map(posted).unwrap_or_default(),
        quoted(&setting.endpoint),
        quoted(&setting.user),
        quoted(&setting.session),
        now.unwrap_or_default()
    );
    if !setting.profile.is_empty() {
        text += &format!("profile: {}\n", object(&setting.profile));
    }
    if !setting.seeds.is_empty() {
        text += &format!("seeds: {:?}\n", setting.seeds);
    }
    text + "steps:\n"
}

fn posted(transformer: &str) -> String {
    format!(
        "# What was posted is not kept: the inputs below are what {transformer} made of it, and it gets them once more. Where\n\
         # it makes something else of them, write a request: as it was posted (`antiphon help tests request`).\n"
    )
}

/// The steps, line by line, and what stands below them.
#[derive(Default)]
pub(super) struct Lines {
    pub text: String,
}

impl Lines {
    pub(super) fn step(&mut self, step: &str) {
        self.text += &format!("  - {step}\n");
    }

    pub(super) fn spoken(&mut self, input: &Input) {
        let key = match input.source {
            // The time of a question passes with a wait.
            Source::Timeout => return,
            Source::Returned => return self.step("back: true"),
            Source::User => "user",
            Source::Inject => "inject",
            Source::Notify => "notify",
            Source::Agent => "agent",
        };
        let mut members = Vec::new();
        if let Some(data) = &input.data {
            members = vec![("text", quoted(&input.text)), ("data", object(data))];
            members.retain(|(_, value)| value != "\"\"");
        }
        let words = if members.is_empty() { quoted(&input.text) } else { mapping(&members) };
        self.step(&format!("{key}: {words}"));
    }

    pub(super) fn said(&mut self, Heard { output, sent }: &Heard) {
        let Some(output) = output else {
            return self.step(&format!("bot: {}", mapping(&[("sent", value(sent))])));
        };
        let mut members = vec![("text", quoted(&output.text))];
        if !output.data.is_empty() {
            members.push(("data", object(&output.data)));
        }
        match output.source {
            Speaker::Bot => {}
            Speaker::Agent => members.push(("source", "agent".to_owned())),
        }
        match members.as_slice() {
            [(_, text)] => self.step(&format!("bot: {text}")),
            members => self.step(&format!("bot: {}", mapping(members))),
        }
    }

    /// What calls were answered, by `METHOD URL`.
    pub(super) fn answers(&mut self, recorded: Option<&Recorded>) {
        let Some(Recorded { told, unknown, .. }) = recorded.filter(|recorded| !recorded.told.is_empty())
        else {
            return;
        };
        self.text += "http:\n";
        for (call, answers) in told {
            if let Some(transformer) = unknown.get(call) {
                self.text += &format!(
                    "  # {transformer} calls this. What it was answered is not kept, at the most its status: write it here.\n"
                );
            }
            self.text += &format!("  {}:\n", quoted(call));
            for answer in answers {
                self.text += &format!("    - {}\n", self::answer(answer));
            }
        }
    }
}

fn answer(answer: &CallResult) -> String {
    match answer {
        CallResult::Failed { reason } => mapping(&[("fails", quoted(reason))]),
        CallResult::Answered { status, headers, text } => {
            let mut members = vec![("status", status.to_string())];
            if !headers.is_empty() {
                let headers = headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
                members.push(("headers", object(&headers.collect())));
            }
            // As JSON where that gives the same bytes again.
            let json = serde_json::from_str::<Value>(text)
                .ok()
                .filter(|json| serde_json::to_string(json).is_ok_and(|written| written == *text));
            match json.filter(|json| !json.is_null() && headers.contains_key("content-type")) {
                Some(json) => members.push(("json", value(&json))),
                None if text.is_empty() => {}
                None => members.push(("text", quoted(text))),
            }
            mapping(&members)
        }
    }
}

fn mapping(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{{ {} }}", members.join(", "))
}

fn object(map: &Map) -> String {
    if map.is_empty() {
        return "{}".to_owned();
    }
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    let key = |name: &str| if plain(name) { name.to_owned() } else { escaped(name) };
    let members: Vec<String> =
        map.iter().map(|(name, member)| format!("{}: {}", key(name), value(member))).collect();
    format!("{{ {} }}", members.join(", "))
}

fn value(json: &Value) -> String {
    match json {
        Value::Null | Value::Bool(_) | Value::Number(_) => json.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => object(map),
    }
}

/// A text in quotes that is read back as it is.
pub(super) fn quoted(text: &str) -> String {
    escaped(&yaml::literal(text))
}

/// In double quotes JSON and YAML write alike, but for signs that YAML does not let stand in a text.
fn escaped(text: &str) -> String {
    let mut written = String::new();
    for c in Value::from(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                written += &format!("\\u{:04x}", u32::from(c));
            }
            c => written.push(c),
        }
    }
    written
}
