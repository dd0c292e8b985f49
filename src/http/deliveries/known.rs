//! What is known of a callback, whatever became of it, and how it is told: in a list short, by itself whole.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{Attempt, Callback, DeadLetter, Number, Receipt, SessionId};
use crate::store::{Error, Store};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Its turn or its first attempt is still to come, or under way.
    Owed,
    /// Attempts failed, and there will be another one.
    Retrying,
    /// Attempts failed, and a person is to say what becomes of it.
    Blocked,
    /// It was given up.
    Dead,
    Delivered,
}

/// A callback, or why it cannot be read.
pub enum Found {
    Known(Box<Known>),
    Unreadable {
        /// None for receipts: they are about several.
        number: Option<Number>,
        state: State,
        error: String,
    },
}

pub struct Known {
    pub number: Number,
    pub id: SessionId,
    pub created_at: u64,
    pub state: State,
    pub batch: Option<String>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    pub next_at: Option<u64>,
    pub reason: Option<String>,
    /// When it was given up or delivered.
    pub ended_at: Option<u64>,
    pub body: Option<String>,
}

/// Who belongs together in the batches under way.
#[derive(Default)]
pub struct Batches {
    /// By their ids.
    members: HashMap<String, Vec<Number>>,
    /// The batch of each member.
    ids: HashMap<Number, String>,
}

impl State {
    pub const ALL: [State; 5] = [State::Owed, State::Retrying, State::Blocked, State::Dead, State::Delivered];
    /// Those of a callback whose row is that of one owed.
    pub const UNDER_WAY: [State; 3] = [State::Owed, State::Retrying, State::Blocked];

    pub fn name(self) -> &'static str {
        match self {
            State::Owed => "owed",
            State::Retrying => "retrying",
            State::Blocked => "blocked",
            State::Dead => "dead",
            State::Delivered => "delivered",
        }
    }
}

impl Batches {
    pub fn read(store: &Store) -> Result<Batches, Error> {
        let mut batches = Batches::default();
        for (first, batch) in store.batches()? {
            match batch {
                Ok(batch) => {
                    let id = batch.webhook_id();
                    batches.ids.extend(batch.members.iter().map(|number| (*number, id.clone())));
                    batches.members.insert(id, batch.members);
                }
                Err(error) => tracing::error!(session = %first.session, %error, "a batch is left out"),
            }
        }
        Ok(batches)
    }

    /// Those of one batch, in its order; none if it is not under way.
    pub fn members(&self, id: &str) -> &[Number] {
        self.members.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn of(&self, number: &Number) -> Option<&str> {
        self.ids.get(number).map(String::as_str)
    }

    /// The first one of its batch: that is where the attempts are kept, and what its delivery actor knows it by.
    pub fn first(&self, number: &Number) -> Number {
        self.of(number).and_then(|id| self.members(id).first()).copied().unwrap_or(*number)
    }
}

impl Known {
    /// One that is owed.
    pub fn owed(
        store: &Store,
        batches: &Batches,
        number: Number,
        callback: Callback,
    ) -> Result<Known, Error> {
        let attempts = store.attempts(&batches.first(&number))?;
        let (state, next_at) = match &attempts {
            None => (State::Owed, None),
            Some(attempts) if attempts.blocked.is_some() => (State::Blocked, None),
            Some(attempts) => (State::Retrying, Some(attempts.next_at)),
        };
        let attempts = attempts.unwrap_or_default();
        Ok(Known {
            number,
            id: callback.id,
            created_at: callback.created_at,
            state,
            batch: batches.of(&number).map(str::to_owned),
            attempts: attempts.all,
            next_at,
            reason: attempts.blocked,
            ended_at: None,
            body: Some(callback.body),
        })
    }

    pub fn dead(number: Number, letter: DeadLetter) -> Known {
        Known {
            number,
            id: letter.callback.id,
            created_at: letter.callback.created_at,
            state: State::Dead,
            batch: None,
            attempts: letter.attempts,
            next_at: None,
            reason: Some(letter.reason),
            ended_at: Some(letter.at),
            body: Some(letter.callback.body),
        }
    }

    pub fn delivered(receipt: Receipt) -> Known {
        let ended_at = receipt.attempts.last().map(|attempt| attempt.at + attempt.took_ms);
        Known {
            number: number(&receipt),
            id: receipt.id,
            created_at: receipt.created_at,
            state: State::Delivered,
            batch: receipt.batch,
            attempts: receipt.attempts,
            next_at: None,
            reason: None,
            ended_at,
            body: None,
        }
    }

    /// With every attempt, and its body.
    pub fn whole(&self) -> Value {
        let mut whole = self.item();
        whole["attemptsKept"] = json!(self.attempts);
        if let Some(body) = &self.body {
            whole["body"] = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body.as_str()));
        }
        whole
    }

    /// What a list tells: no answers and no words of people.
    pub fn item(&self) -> Value {
        let mut item = json!({
            "id": self.number.webhook_id(),
            "endpoint": self.id.endpoint,
            "userId": self.id.user_id,
            "sessionId": self.id.session_id,
            "startedAt": self.number.started_at,
            "sequence": self.number.sequence,
            "createdAt": self.created_at,
            "state": self.state,
            "attempts": self.attempts.len(),
        });
        let last = self.attempts.last().map(
            |Attempt { at, took_ms, outcome, .. }| json!({ "at": at, "tookMs": took_ms, "outcome": outcome }),
        );
        let more = [
            ("batch", self.batch.clone().map(Value::from)),
            ("lastAttempt", last),
            ("nextAt", self.next_at.map(Value::from)),
            ("reason", self.reason.clone().map(Value::from)),
            ("endedAt", self.ended_at.map(Value::from)),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                item[name] = value;
            }
        }
        item
    }
}

/// The callback that a receipt is about.
pub fn number(receipt: &Receipt) -> Number {
    Number { session: receipt.id.key(), started_at: receipt.started_at, sequence: receipt.sequence }
}

impl Found {
    pub fn of(number: Option<Number>, state: State, known: Result<Known, Error>) -> Found {
        match known {
            Ok(known) => Found::Known(Box::new(known)),
            Err(error) => {
                let error = error.to_string();
                tracing::error!(error, "a delivery cannot be read");
                Found::Unreadable { number, state, error }
            }
        }
    }

    pub fn item(&self) -> Value {
        match self {
            Found::Known(known) => known.item(),
            Found::Unreadable { .. } => self.unreadable(),
        }
    }

    pub fn whole(&self) -> Value {
        match self {
            Found::Known(known) => known.whole(),
            Found::Unreadable { .. } => self.unreadable(),
        }
    }

    fn unreadable(&self) -> Value {
        let Found::Unreadable { number, state, error } = self else { return Value::Null };
        match number {
            None => json!({ "state": state, "error": error }),
            Some(number) => json!({
                "id": number.webhook_id(),
                "startedAt": number.started_at,
                "sequence": number.sequence,
                "state": state,
                "error": error,
            }),
        }
    }
}
