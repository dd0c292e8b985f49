//! What is known of a callback, whatever became of it, and how it is told: in a list short, by itself whole.

use serde::Serialize;
use serde_json::{Value, json};

use crate::delivery::Batches;
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

impl Known {
    /// One that is owed.
    pub fn owed(
        store: &Store,
        batches: &Batches,
        number: Number,
        callback: Callback,
    ) -> Result<Known, Error> {
        let batch = batches.of(&number);
        let attempts = store.attempts(batch.as_ref().map_or(&number, |batch| &batch.members[0]))?;
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
            batch: batch.map(|batch| batch.webhook_id.clone()),
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
