//! What a command needs to reach a running server: the project's door, its address and its keys.
//! Read from the project folder, so that nobody copies tokens; nothing is written.

use std::fs;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use antiphon::project::{Endpoint, Project};
use antiphon::serve;
use url::Url;

use super::Error;
use super::settings;

/// Which door of which server.
#[derive(clap::Args)]
pub struct Which {
    /// The endpoint; if absent, the first by name that is enabled, those with a webhook before the others
    #[arg(long, value_name = "NAME")]
    endpoint: Option<String>,
    #[command(flatten)]
    address: Address,
    /// One of the endpoint's webhookKeys, if it has any
    #[arg(long, value_name = "KEY")]
    webhook_key: Option<String>,
}

#[derive(Clone, clap::Args)]
pub struct Address {
    /// Where the server is; if absent, at the address of the project's settings
    #[arg(long, value_name = "BASE", value_parser = server)]
    url: Option<Url>,
}

impl Which {
    /// Without a key for posting.
    pub fn of(endpoint: Option<String>, address: Address) -> Which {
        Which { endpoint, address, webhook_key: None }
    }

    /// Whether any of its flags was written.
    pub fn is_given(&self) -> bool {
        self.endpoint.is_some() || self.address.url.is_some() || self.webhook_key.is_some()
    }
}

pub struct Door {
    pub base: Url,
    pub endpoint: String,
    pub url_token: String,
    pub webhook_key: Option<String>,
    state: PathBuf,
}

impl Door {
    pub fn find(project: &Path, which: &Which) -> Result<Door, Error> {
        Door::of(&settings::load(project, &[])?, which)
    }

    pub fn of(project: &Project, which: &Which) -> Result<Door, Error> {
        let endpoint = choose(project, which.endpoint.as_deref())?;
        Ok(Door {
            base: which.address.url.clone().unwrap_or_else(|| base(&project.settings.listen)),
            endpoint: endpoint.name.clone(),
            url_token: endpoint.url_token.clone(),
            webhook_key: which.webhook_key.clone(),
            state: serve::state(project),
        })
    }

    /// `/api/v1/…` with whatever characters the names hold.
    pub fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("the base was checked to be http").pop_if_empty().extend(segments);
        url
    }

    /// The key of the management interface: from ANTIPHON_ADMIN_KEY, or as the server left it in its state folder.
    pub fn admin_key(&self) -> Result<String, Error> {
        if let Ok(key) = std::env::var("ANTIPHON_ADMIN_KEY") {
            return Ok(key);
        }
        let path = self.state.join("admin.key");
        let key = fs::read_to_string(&path).map_err(|source| Error::AdminKey { path, source })?;
        Ok(key.trim().to_owned())
    }
}

fn choose<'a>(project: &'a Project, name: Option<&str>) -> Result<&'a Endpoint, Error> {
    let names = || project.endpoints.keys().cloned().collect::<Vec<_>>().join(", ");
    if let Some(name) = name {
        let endpoint = project.endpoints.get(name);
        return endpoint
            .map(AsRef::as_ref)
            .ok_or_else(|| Error::UnknownEndpoint { name: name.to_owned(), known: names() });
    }
    let enabled = || project.endpoints.values().filter(|endpoint| endpoint.enabled);
    let with_webhook = enabled().find(|endpoint| endpoint.webhook.is_some());
    with_webhook.or_else(|| enabled().next()).map(AsRef::as_ref).ok_or_else(|| Error::NoEndpoint(names()))
}

/// The id of a user or a session, as a flag has it: it becomes a part of an address, which these two do not.
pub fn id(text: &str) -> Result<String, String> {
    match text {
        "." | ".." => Err("it cannot stand in an address; use an id other than \".\" and \"..\"".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// The address of a server, as a flag has it.
pub fn server(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; write it like http://127.0.0.1:8080"))?;
    let known = ["http", "https"].contains(&url.scheme());
    if known { Ok(url) } else { Err("the address of a server begins with http:// or https://".to_owned()) }
}

/// The server may listen on all addresses of the machine; this machine is one of them.
fn base(listen: &str) -> Url {
    let mut address: SocketAddr = listen.parse().expect("the settings were checked");
    if address.ip().is_unspecified() {
        let ip = if address.is_ipv4() { [127, 0, 0, 1].into() } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(ip);
    }
    Url::parse(&format!("http://{address}")).expect("an address and a port make a URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(base: &str) -> Door {
        Door {
            base: server(base).expect("a test writes a right address"),
            endpoint: "support".to_owned(),
            url_token: "token".to_owned(),
            webhook_key: None,
            state: PathBuf::new(),
        }
    }

    #[test]
    fn a_server_that_listens_everywhere_is_reached_on_this_machine() {
        assert_eq!(base("0.0.0.0:8080").as_str(), "http://127.0.0.1:8080/");
        assert_eq!(base("[::]:80").as_str(), "http://[::1]/");
        assert_eq!(base("10.0.0.7:8080").as_str(), "http://10.0.0.7:8080/");
    }

    #[test]
    fn names_of_any_kind_become_one_part_of_an_address() {
        let url = door("http://host/base/").url(&["users", "a/b ?#é"]);
        assert_eq!(url.as_str(), "http://host/base/users/a%2Fb%20%3F%23%C3%A9");
        assert_eq!(door("http://host").url(&["token"]).as_str(), "http://host/token");
    }

    #[test]
    fn an_id_that_an_address_would_swallow_is_refused() {
        assert!(id(".").is_err() && id("..").is_err());
        assert_eq!(id("...").as_deref(), Ok("..."));
    }

    #[test]
    fn an_address_that_is_no_server_is_refused() {
        assert!(server("mailto:ann@example.com").is_err());
        assert!(server("127.0.0.1:8080").is_err());
    }
}
