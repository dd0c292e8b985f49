//! The management interface of a running server as commands ask it: at its address, with its key. What is asked for stands
//! with the commands, in `sessions::server` and `deliveries::server`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use antiphon::project::Project;
use awc::error::PayloadError;
use awc::http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::Error;
use super::door::{Address, Door, Which};
use super::post::{Reply, no_answer};
use super::settings;

/// A page of a list on a busy server.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A page of turns, each with all it said.
const ANSWER_BYTES_MAX: usize = 1 << 30;

/// The server of a project folder.
#[derive(clap::Args)]
pub struct Served {
    #[command(flatten)]
    pub address: Address,
    /// The project folder of the server
    #[arg(default_value = "data")]
    project: PathBuf,
}

/// The same for a command that takes ids where the folder would stand.
#[derive(clap::Args)]
pub struct ServedByFlag {
    #[command(flatten)]
    address: Address,
    /// The project folder of the server
    #[arg(long, value_name = "FOLDER", default_value = "data")]
    project: PathBuf,
}

impl Served {
    pub fn project(&self) -> Result<Project, Error> {
        settings::load(&self.project, &[])
    }

    pub fn reach(&self) -> Result<(Project, Server), Error> {
        reach(&self.project, &self.address)
    }
}

impl ServedByFlag {
    pub fn reach(&self) -> Result<(Project, Server), Error> {
        reach(&self.project, &self.address)
    }
}

fn reach(folder: &Path, address: &Address) -> Result<(Project, Server), Error> {
    let project = settings::load(folder, &[])?;
    let server = Server::of(&project, address)?;
    Ok((project, server))
}

pub struct Server {
    door: Door,
    key: String,
    client: awc::Client,
}

/// Of a list; `next` asks for the one after it.
#[derive(Deserialize)]
pub struct Page<T, C> {
    pub items: Vec<T>,
    pub next: Option<C>,
}

impl Server {
    pub fn behind(door: Door) -> Result<Server, Error> {
        let key = door.admin_key()?;
        let client = awc::Client::builder().disable_redirects().timeout(TIMEOUT).finish();
        Ok(Server { door, key, client })
    }

    pub fn of(project: &Project, address: &Address) -> Result<Server, Error> {
        // Nothing is posted to an endpoint, so it need not be one that is enabled.
        let any = project.endpoints.keys().next().cloned();
        Server::behind(Door::of(project, &Which::of(any, address.clone()))?)
    }

    pub fn endpoint(&self) -> &str {
        &self.door.endpoint
    }

    /// Under `/api/v1`, with those parameters that are there.
    pub fn url(&self, segments: &[&str], parameters: &[(&str, Option<String>)]) -> Url {
        let mut url = self.door.url(&[&["api", "v1"], segments].concat());
        for (name, value) in parameters {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        url
    }

    pub async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, Error> {
        self.ask(Method::GET, url).await
    }

    pub async fn post<T: DeserializeOwned>(&self, url: Url) -> Result<T, Error> {
        self.ask(Method::POST, url).await
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, url: Url) -> Result<T, Error> {
        let request = self.client.request(method, url.as_str());
        let request = request.insert_header(("X-API-Key", self.key.as_str()));
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
