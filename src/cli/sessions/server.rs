//! What the server knows of its sessions. Lists come whole, however many pages they have.

use antiphon::model::{Map, Pending, Position, ProgramHash, ProgramSource, Record, SessionId};
use antiphon::project::Project;
use antiphon::replay::{Kept, Recording};
use serde::{Deserialize, Serialize};
use url::Url;

use super::Where;
use crate::cli::Error;
use crate::cli::door::{Door, Which};
use crate::cli::server::{Page, Server};

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

impl Server {
    /// With the endpoints that are asked for: the named one, or all of the project.
    pub fn find(project: &Project, place: &Where) -> Result<(Server, Vec<String>), Error> {
        if place.endpoint.is_some() {
            let server = Server::of_one(project, place)?;
            let endpoints = vec![server.endpoint().to_owned()];
            return Ok((server, endpoints));
        }
        let server = Server::of(project, &place.served.address)?;
        Ok((server, project.endpoints.keys().cloned().collect()))
    }

    /// With one endpoint: the named one, or the one that a chat would choose.
    pub fn of_one(project: &Project, place: &Where) -> Result<Server, Error> {
        Server::behind(Door::of(project, &Which::of(place.endpoint.clone(), place.served.address.clone()))?)
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
                let since = since.map(|at| at.to_string());
                let ended = ended.then(|| "true".to_owned());
                let which = [("since", since), ("ended", ended), ("cursor", cursor)];
                let url = self.url(&["endpoints", endpoint, "sessions"], &which);
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
        self.get(self.session_url(id, &[], &[])?).await
    }

    /// The turns of this life of the session up to this state; another life may have begun meanwhile.
    pub async fn transcript(&self, id: &SessionId, life: &Listed) -> Result<Vec<Record>, Error> {
        let turns = life.turns;
        let mut records: Vec<Record> = Vec::new();
        let mut cursor = Some(0);
        while let Some(after) = cursor {
            let started_at = life.started_at.to_string();
            let which = [("startedAt", Some(started_at)), ("cursor", Some(after.to_string()))];
            let url = self.session_url(id, &["transcript"], &which)?;
            let page: Page<Record, u64> = self.get(url).await?;
            records.extend(page.items);
            cursor = page.next.filter(|next| *next < turns);
        }
        records.retain(|record| record.turn <= turns);
        Ok(records)
    }

    /// Of its last life, though it is over.
    pub async fn recording(&self, id: SessionId) -> Result<Recording, Error> {
        let url = self.session_url(&id, &[], &[("ended", Some("true".to_owned()))])?;
        let State { session, context, waits } = self.get(url).await?;
        let records = self.transcript(&id, &session).await?;
        let kept = (!session.ended).then_some(Kept { context, position: session.position, waits });
        Ok(Recording { id, started_at: session.started_at, records, kept })
    }

    /// What a program was compiled from.
    pub async fn program(&self, hash: &ProgramHash) -> Result<ProgramSource, Error> {
        self.get(self.url(&["flows", &hash.0], &[])).await
    }

    fn session_url(
        &self,
        id: &SessionId,
        rest: &[&str],
        parameters: &[(&str, Option<String>)],
    ) -> Result<Url, Error> {
        let SessionId { endpoint, user_id, session_id } = id;
        if let Some(dots) = [user_id, session_id].into_iter().find(|id| *id == "." || *id == "..") {
            return Err(Error::Unaddressable(dots.clone()));
        }
        let segments = [&["endpoints", endpoint, "users", user_id, "sessions", session_id], rest].concat();
        Ok(self.url(&segments, parameters))
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
