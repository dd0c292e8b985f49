//! What the server knows of its sessions, over its management interface. Lists come whole, however many pages they have.

use std::time::Duration;

use antiphon::model::{Map, Pending, Position, ProgramHash, ProgramSource, Record, SessionId};
use antiphon::project::Project;
use antiphon::replay::{Kept, Recording};
use awc::error::PayloadError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Where;
use crate::cli::Error;
use crate::cli::door::{Door, Which};
use crate::cli::post::{Reply, no_answer};

/// A page of sessions on a busy server.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A page of turns, each with all it said.
const ANSWER_BYTES_MAX: usize = 1 << 30;

pub struct Server {
    door: Door,
    key: String,
    client: awc::Client,
}

/// A session as a list has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Not in the answer: the list is that of one endpoint.
    #[serde(default)]
    pub endpoint: String,
    pub user_id: String,
    pub session_id: String,
    pub started_at: u64,
    pub last_active_at: u64,
    pub turns: u64,
    pub inputs: u64,
    pub outputs: u64,
    pub position: Position,
    /// It ended or expired.
    #[serde(default)]
    pub ended: bool,
}

/// The state of a session as it may be told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    #[serde(flatten)]
    pub session: Listed,
    pub context: Map,
    #[serde(default)]
    pub waits: Vec<Pending>,
}

#[derive(Deserialize)]
struct Page<T, C> {
    items: Vec<T>,
    next: Option<C>,
}

impl Server {
    /// With the endpoints that are asked for: the named one, or all of the project.
    pub fn find(project: &Project, place: &Where) -> Result<(Server, Vec<String>), Error> {
        if place.endpoint.is_some() {
            let server = Server::of_one(project, place)?;
            let endpoints = vec![server.door.endpoint.clone()];
            return Ok((server, endpoints));
        }
        // Nothing is posted, so it need not be one that is enabled.
        let any = project.endpoints.keys().next().cloned();
        let server = Server::behind(Door::of(project, &Which::of(any, place.url.clone()))?)?;
        Ok((server, project.endpoints.keys().cloned().collect()))
    }

    /// With one endpoint: the named one, or the one that a chat would choose.
    pub fn of_one(project: &Project, place: &Where) -> Result<Server, Error> {
        Server::behind(Door::of(project, &Which::of(place.endpoint.clone(), place.url.clone()))?)
    }

    pub fn behind(door: Door) -> Result<Server, Error> {
        let key = door.admin_key()?;
        let client = awc::Client::builder().disable_redirects().timeout(TIMEOUT).finish();
        Ok(Server { door, key, client })
    }

    pub fn endpoint(&self) -> &str {
        &self.door.endpoint
    }

    /// The sessions that were active at that time or later: those that live, and if wanted those that are over.
    pub async fn sessions(
        &self,
        endpoints: &[String],
        since: Option<u64>,
        ended: bool,
    ) -> Result<Vec<Listed>, Error> {
        let mut all = Vec::new();
        for endpoint in endpoints {
            let mut cursor: Option<String> = None;
            loop {
                let url = self.url(&["endpoints", endpoint, "sessions"]);
                let since = since.map(|at| at.to_string());
                let ended = ended.then(|| "true".to_owned());
                let url = with(url, &[("since", since), ("ended", ended), ("cursor", cursor)]);
                let page: Page<Listed, String> = self.get(url).await?;
                all.extend(page.items.into_iter().map(|item| Listed { endpoint: endpoint.clone(), ..item }));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(all)
    }

    pub async fn state(&self, id: &SessionId) -> Result<State, Error> {
        self.get(self.session_url(id, &[])?).await
    }

    /// The turns of this life of the session up to this state; another life may have begun meanwhile.
    pub async fn transcript(&self, id: &SessionId, life: &Listed) -> Result<Vec<Record>, Error> {
        let turns = life.turns;
        let mut records: Vec<Record> = Vec::new();
        let mut cursor = Some(0);
        while let Some(after) = cursor {
            let url = self.session_url(id, &["transcript"])?;
            let started_at = life.started_at.to_string();
            let url = with(url, &[("startedAt", Some(started_at)), ("cursor", Some(after.to_string()))]);
            let page: Page<Record, u64> = self.get(url).await?;
            records.extend(page.items);
            cursor = page.next.filter(|next| *next < turns);
        }
        records.retain(|record| record.turn <= turns);
        Ok(records)
    }

    /// Of its last life, though it is over.
    pub async fn recording(&self, id: SessionId) -> Result<Recording, Error> {
        let url = with(self.session_url(&id, &[])?, &[("ended", Some("true".to_owned()))]);
        let State { session, context, waits } = self.get(url).await?;
        let records = self.transcript(&id, &session).await?;
        let kept = (!session.ended).then_some(Kept { context, position: session.position, waits });
        Ok(Recording { id, started_at: session.started_at, records, kept })
    }

    /// What a program was compiled from.
    pub async fn program(&self, hash: &ProgramHash) -> Result<ProgramSource, Error> {
        self.get(self.url(&["flows", &hash.0])).await
    }

    fn session_url(&self, id: &SessionId, rest: &[&str]) -> Result<Url, Error> {
        let SessionId { endpoint, user_id, session_id } = id;
        if let Some(dots) = [user_id, session_id].into_iter().find(|id| *id == "." || *id == "..") {
            return Err(Error::Unaddressable(dots.clone()));
        }
        Ok(self.url(&[&["endpoints", endpoint, "users", user_id, "sessions", session_id], rest].concat()))
    }

    fn url(&self, segments: &[&str]) -> Url {
        self.door.url(&[&["api", "v1"], segments].concat())
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Error> {
        let request = self.client.get(url.as_str()).insert_header(("X-API-Key", self.key.as_str()));
        let mut response = request.send().await.map_err(|error| no_answer(&url, &error))?;
        let status = response.status().as_u16();
        let body = response.body().limit(ANSWER_BYTES_MAX).await;
        let body = body.map_err(|error: PayloadError| no_answer(&url, &error))?;
        let text = String::from_utf8_lossy(&body);
        let reply = Reply { status, body: text.into_owned(), retry_after: None };
        match reply.problem() {
            Some(problem) => Err(Error::Refused(problem)),
            None => serde_json::from_slice(&body).map_err(Error::Answer),
        }
    }
}

impl Listed {
    pub fn id(&self) -> SessionId {
        SessionId {
            endpoint: self.endpoint.clone(),
            user_id: self.user_id.clone(),
            session_id: self.session_id.clone(),
        }
    }
}

/// With those parameters that are there.
fn with(mut url: Url, parameters: &[(&str, Option<String>)]) -> Url {
    for (name, value) in parameters {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    url
}
