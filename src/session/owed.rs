//! What a turn owes the endpoint's webhook, with the bytes that it will get.

use super::actor::SessionActor;
use crate::model::{Callback, DeadLetter, Fate, Number, Numbered, Record, Session};
use crate::store::Writes;

/// What leaves the process once the turn is flushed.
#[derive(Default)]
pub(super) struct Outgoing {
    /// To be delivered, each with the life it belongs to.
    pub callbacks: Vec<(u64, Callback)>,
    /// How many are dead letters from the start.
    pub buried: usize,
}

impl SessionActor {
    /// An output that is withheld takes no place in the order that the webhook sees; one that is buried does, and it is kept
    /// also where there is no webhook: its transformer was to send it.
    pub(super) fn write_outputs(
        &self,
        writes: &mut Writes,
        session: &mut Session,
        record: &Record,
    ) -> Outgoing {
        let life = session.started_at;
        let mut outgoing = Outgoing::default();
        for numbered in &record.outputs {
            let fate = record.transformed.iter().find(|one| one.sequence == numbered.sequence);
            let fate = fate.map(|one| &one.fate);
            let owed = |body| self.callback(numbered, session.withheld, record, body);
            match fate {
                Some(Fate::Dropped) => session.withheld += 1,
                Some(Fate::Buried { reason }) => {
                    let (callback, reason, attempts) = (owed(None), reason.clone(), Vec::new());
                    let letter = DeadLetter { callback, reason, attempts, at: record.at };
                    let number =
                        Number { session: self.key, started_at: life, sequence: letter.callback.sequence };
                    outgoing.buried += 1;
                    writes.bury(&number, &letter);
                }
                Some(Fate::Sent { .. }) | None if self.endpoint.webhook.is_none() => {}
                Some(Fate::Sent { value }) => outgoing.callbacks.push((life, owed(Some(value.to_string())))),
                None => outgoing.callbacks.push((life, owed(None))),
            }
        }
        outgoing.callbacks.iter().for_each(|(life, callback)| writes.callback(&self.key, *life, callback));
        outgoing
    }

    /// `body`: what goes out instead of the output.
    fn callback(
        &self,
        Numbered { sequence, output }: &Numbered,
        withheld: u64,
        record: &Record,
        body: Option<String>,
    ) -> Callback {
        Callback {
            id: self.id.clone(),
            sequence: sequence - withheld,
            created_at: record.at,
            body: body.unwrap_or_else(|| output.body(&self.id, &record.input.trace_id)),
        }
    }
}
