//! What the server knows of its deliveries, and what it is asked to do with one.

use antiphon::model::{Attempt, SessionId};
use serde::Deserialize;
use serde_json::Value;

use crate::cli::Error;
use crate::cli::server::{Page, Server};

/// A delivery as a list has it. One that cannot be read has an error and little else.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    pub id: Option<String>,
    pub endpoint: Option<String>,
    pub user_id: Option<String>,
    pub session_id: Option<String>,
    pub started_at: Option<u64>,
    pub sequence: Option<u64>,
    pub created_at: Option<u64>,
    pub state: String,
    pub batch: Option<String>,
    #[serde(default)]
    pub attempts: u64,
    pub last_attempt: Option<Attempt>,
    pub next_at: Option<u64>,
    pub reason: Option<String>,
    pub ended_at: Option<u64>,
    pub error: Option<String>,
}

/// A delivery by itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whole {
    #[serde(flatten)]
    pub listed: Listed,
    #[serde(default)]
    pub attempts_kept: Vec<Attempt>,
    pub body: Option<Value>,
    /// Of a batch.
    #[serde(default)]
    pub members: Vec<Listed>,
}

/// What can be done with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Redeliver,
    Bury,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asked {
    Done,
    /// It is on its way at this moment, or its turn has not come.
    UnderWay,
}

#[derive(Deserialize)]
struct Answer {
    asked: Asked,
}

impl Server {
    /// Up to so many, as the server tells them, and whether there may be more. `list` is empty, or `dead`.
    pub async fn deliveries(
        &self,
        list: &[&str],
        which: &[(&str, Option<String>)],
        max: usize,
    ) -> Result<(Vec<Value>, bool), Error> {
        let segments = [&["deliveries"], list].concat();
        let mut all: Vec<Value> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let limit = Some((max - all.len()).to_string());
            let paging = [("limit", limit), ("cursor", cursor.clone())];
            let page: Page<Value, String> = self.get(self.url(&segments, &[which, &paging].concat())).await?;
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() || all.len() >= max {
                return Ok((all, cursor.is_some()));
            }
        }
    }

    pub async fn delivery(&self, id: &str) -> Result<Value, Error> {
        self.get(self.url(&["deliveries", id], &[])).await
    }

    pub async fn order(&self, id: &str, order: Order) -> Result<Asked, Error> {
        let order = match order {
            Order::Redeliver => "redeliver",
            Order::Bury => "bury",
        };
        let answer: Answer = self.post(self.url(&["deliveries", id, order], &[])).await?;
        Ok(answer.asked)
    }
}

impl Listed {
    pub fn read(items: &[Value]) -> Result<Vec<Listed>, Error> {
        items.iter().map(|item| Listed::deserialize(item).map_err(Error::Answer)).collect()
    }

    /// Whose it is, if that can be read.
    pub fn session(&self) -> Option<SessionId> {
        let (endpoint, user_id) = (self.endpoint.clone()?, self.user_id.clone()?);
        Some(SessionId { endpoint, user_id, session_id: self.session_id.clone()? })
    }
}
