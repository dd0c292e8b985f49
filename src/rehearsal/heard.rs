//! What the webhook gets of an output: as the flow said it, or as a transformer made it.

use serde_json::Value;

use crate::model::{Fate, Map, Numbered, Output, SessionId, Speaker, Transformed};

#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// None if what is sent has no `AIOutput` with a text or data.
    pub output: Option<Output>,
    /// The body of the callback.
    pub sent: Value,
}

impl Heard {
    /// Without those that are dropped or buried.
    pub(super) fn all(
        outputs: &[Numbered],
        transformed: &[Transformed],
        id: &SessionId,
        trace_id: &str,
    ) -> Vec<Heard> {
        let heard = |Numbered { sequence, output }: &Numbered| {
            let fate = transformed.iter().find(|one| one.sequence == *sequence).map(|one| &one.fate);
            match fate {
                Some(Fate::Dropped | Fate::Buried { .. }) => None,
                Some(Fate::Sent { value }) => Some(Heard { output: shaped(value), sent: value.clone() }),
                None => {
                    let sent = serde_json::from_str(&output.body(id, trace_id)).unwrap_or_default();
                    Some(Heard { output: Some(output.clone()), sent })
                }
            }
        };
        outputs.iter().filter_map(heard).collect()
    }
}

/// The output that a body carries in the shape of the contract, section 4.
fn shaped(sent: &Value) -> Option<Output> {
    let output = sent.get("AIOutput")?.as_object()?;
    let text = output.get("text").and_then(Value::as_str);
    let data = output.get("data").and_then(Value::as_object);
    if text.is_none() && data.is_none() {
        return None;
    }
    let agent = output.get("source").and_then(Value::as_str) == Some("agent");
    Some(Output {
        text: text.unwrap_or_default().to_owned(),
        data: data.cloned().unwrap_or_else(Map::new),
        source: if agent { Speaker::Agent } else { Speaker::Bot },
    })
}
