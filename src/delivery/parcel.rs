//! What one POST carries: a callback, or a batch of them, with the attempts so far. Once it was sent it stays together until
//! it ends, also across restarts.

use std::fmt::Write;

use crate::model::{Attempts, Batch, Callback, Number, SessionKey};

/// Counts the parcels of a shard, in memory only.
pub type ParcelId = u64;

#[derive(Debug)]
pub struct Parcel {
    /// Of one endpoint; those of a session stand side by side, in order. Never empty.
    pub members: Vec<(Number, Callback)>,
    /// None: one callback, sent as an object.
    pub batch: Option<Sealed>,
    pub attempts: Option<Attempts>,
    pub stage: Stage,
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub webhook_id: String,
    /// What it consists of is in the store.
    pub stored: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It goes as soon as its endpoint has room.
    Ready,
    /// It goes when the store knows what it consists of.
    Sealing,
    /// It is on its way.
    InFlight,
    /// It is tried again at this time, milliseconds since 1970.
    Waiting(u64),
    /// It is given up. The next ones go when that is flushed: after a kill it would be tried again behind them.
    GivenUp,
    /// It arrived, with callbacks of other shards in it. Those go on when that is flushed, because they read their rows anew.
    Arrived,
    /// All attempts are used up, and a person is to say what becomes of it.
    Blocked,
    /// Its endpoint has no webhook any more; it waits until a later version of the project has one.
    NoWebhook,
}

impl Stage {
    /// For its next attempt, for a person or for a webhook: nothing is under way, and nothing is about to be.
    pub fn waits(self) -> bool {
        match self {
            Stage::Waiting(_) | Stage::Blocked | Stage::NoWebhook => true,
            Stage::Ready | Stage::Sealing | Stage::InFlight | Stage::GivenUp | Stage::Arrived => false,
        }
    }
}

impl Parcel {
    pub fn one(number: Number, callback: Callback, attempts: Option<Attempts>) -> Parcel {
        let stage = stage(attempts.as_ref());
        Parcel { members: vec![(number, callback)], batch: None, attempts, stage }
    }

    pub fn batch(members: Vec<(Number, Callback)>) -> Parcel {
        let webhook_id = Batch { members: numbers(&members) }.webhook_id();
        let batch = Some(Sealed { webhook_id, stored: false });
        Parcel { members, batch, attempts: None, stage: Stage::Ready }
    }

    /// A batch as the store knows it.
    pub fn stored(members: Vec<(Number, Callback)>, batch: &Batch, attempts: Option<Attempts>) -> Parcel {
        let (webhook_id, stage) = (batch.webhook_id(), stage(attempts.as_ref()));
        Parcel { members, batch: Some(Sealed { webhook_id, stored: true }), attempts, stage }
    }

    /// Whether another callback may go before it: nobody has it in hand, and nobody else is in it.
    pub fn steps_back(&self) -> bool {
        self.batch.is_none() && (self.stage == Stage::Ready || self.stage.waits())
    }

    /// The attempts at all of it are kept with the first one.
    pub fn first(&self) -> &Number {
        &self.members[0].0
    }

    pub fn endpoint(&self) -> &str {
        &self.members[0].1.id.endpoint
    }

    pub fn numbers(&self) -> Batch {
        Batch { members: numbers(&self.members) }
    }

    pub fn contains(&self, number: &Number) -> bool {
        self.members.iter().any(|(member, _)| member == number)
    }

    /// The sessions whose callbacks are in it, and how many each has.
    pub fn sessions(&self) -> Vec<(SessionKey, u64)> {
        let mut sessions: Vec<(SessionKey, u64)> = Vec::new();
        for (number, _) in &self.members {
            match sessions.last_mut() {
                Some((session, count)) if *session == number.session => *count += 1,
                Some(_) | None => sessions.push((number.session, 1)),
            }
        }
        sessions
    }

    pub fn webhook_id(&self) -> String {
        self.batch.as_ref().map_or_else(|| self.first().webhook_id(), |sealed| sealed.webhook_id.clone())
    }

    /// The same bytes on every attempt.
    pub fn body(&self) -> String {
        let bodies: Vec<&str> = self.members.iter().map(|(_, callback)| callback.body.as_str()).collect();
        if self.batch.is_none() { bodies.concat() } else { format!("[{}]", bodies.join(",")) }
    }

    /// `antiphon-sequence`: the place of each output in its session, in the order of the body.
    pub fn sequences(&self) -> String {
        joined(self.members.iter().map(|(number, _)| number.sequence))
    }

    /// `antiphon-started-at`: when this life of its session began, in the order of the body. Without it nobody could tell the
    /// first output of a new life from one of an earlier life that comes again.
    pub fn started_at(&self) -> String {
        joined(self.members.iter().map(|(number, _)| number.started_at))
    }

    /// `antiphon-skipped`: how many outputs of its session directly before each one were given up, in the order of the body.
    /// None if there are none. `count` tells it for those that do not follow the one before them.
    pub fn skipped(&self, mut count: impl FnMut(&Number) -> u64) -> Option<String> {
        let mut before = None;
        let counts: Vec<u64> = self
            .members
            .iter()
            .map(|(number, _)| {
                let follows = before.replace(*number).is_some_and(|before| number.follows(&before));
                if follows { 0 } else { count(number) }
            })
            .collect();
        counts.iter().any(|count| *count > 0).then(|| joined(counts.into_iter()))
    }
}

fn stage(attempts: Option<&Attempts>) -> Stage {
    match attempts {
        Some(Attempts { blocked: Some(_), .. }) => Stage::Blocked,
        Some(attempts) => Stage::Waiting(attempts.next_at),
        None => Stage::Ready,
    }
}

fn numbers(members: &[(Number, Callback)]) -> Vec<Number> {
    members.iter().map(|(number, _)| *number).collect()
}

fn joined(numbers: impl Iterator<Item = u64>) -> String {
    let mut text = String::new();
    for number in numbers {
        let comma = if text.is_empty() { "" } else { "," };
        // A text takes whatever is written.
        let _ = write!(text, "{comma}{number}");
    }
    text
}
