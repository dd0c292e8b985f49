//! The HTTP client that connects to no address the guard refuses, and what went wrong with a request in words.
//!
//! The guard is asked between the resolver and the socket, about the very addresses that are connected to. So a name that
//! resolves differently from one moment to the next gets nowhere, and neither does an address written in an odd way.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_tls::connect::tcp::TcpConnectorService;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection, Resolver, ResolverService};
use actix_web::dev::{Service, fn_service};
use actix_web::rt::net::TcpStream;
use awc::Client;
use awc::error::{ConnectError as NotConnected, SendRequestError};
use awc::http::Uri;

use super::guard::{Guard, Refused};

/// awc never closes idle connections: a client is replaced after this time, in milliseconds, and takes them along.
const CLIENT_AGE_MAX_MS: u64 = 300_000;

/// The client of one arbiter, made anew now and then.
pub struct Clients {
    guard: Arc<Guard>,
    client: Client,
    made_at: u64,
}

impl Clients {
    pub fn new(guard: Arc<Guard>, now: u64) -> Clients {
        Clients { client: client(Arc::clone(&guard)), guard, made_at: now }
    }

    pub fn client(&mut self, now: u64) -> Client {
        if now.saturating_sub(self.made_at) > CLIENT_AGE_MAX_MS {
            self.client = client(Arc::clone(&self.guard));
            self.made_at = now;
        }
        self.client.clone()
    }
}

/// A client for all hosts that one arbiter calls. Its own bound of connections is off, because it would be one for
/// all hosts: one that hangs would hold up the others. Bounds are in front of it, that of time too.
pub(super) fn client(guard: Arc<Guard>) -> Client {
    resolved_by(Resolver::default(), guard)
}

pub(super) fn resolved_by(resolver: Resolver, guard: Arc<Guard>) -> Client {
    let resolver = resolver.service();
    let connect =
        fn_service(move |asked: ConnectInfo<Uri>| connect(asked, resolver.clone(), Arc::clone(&guard)));
    let connector = awc::Connector::new().connector(connect).limit(0);
    Client::builder().connector(connector).disable_redirects().disable_timeout().no_default_headers().finish()
}

/// TLS comes on top of it, for the name that was asked for.
async fn connect(
    asked: ConnectInfo<Uri>,
    resolver: ResolverService,
    guard: Arc<Guard>,
) -> Result<Connection<Uri, TcpStream>, ConnectError> {
    let mut resolved = resolver.call(asked).await?;
    let open = open(&guard, resolved.take_addrs());
    let open = open.map_err(|refused| ConnectError::Resolver(Box::new(refused)))?;
    TcpConnectorService::default().call(resolved.set_addrs(open)).await
}

/// Those of a host's addresses that may be called: `localhost` is often two of which one is listed.
fn open(guard: &Guard, addresses: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
    let mut open = Vec::new();
    let mut first_refused = None;
    for address in addresses {
        match guard.check(address.ip()) {
            Ok(()) => open.push(address),
            Err(refused) => first_refused = first_refused.or(Some(refused)),
        }
    }
    first_refused.filter(|_| open.is_empty()).map_or(Ok(open), Err)
}

/// The guard's word, if that is why there was no connection.
pub fn refused(error: &SendRequestError) -> Option<Refused> {
    match error {
        SendRequestError::Connect(NotConnected::Resolver(error)) => error.downcast_ref().copied(),
        _ => None,
    }
}

/// What went wrong, in words without the URL: that may hold a secret.
pub fn told(error: &SendRequestError) -> String {
    if let Some(refused) = refused(error) {
        return refused.to_string();
    }
    match error {
        SendRequestError::Timeout | SendRequestError::Connect(NotConnected::Timeout) => {
            "no answer in time".to_owned()
        }
        SendRequestError::Connect(NotConnected::Resolver(error)) => {
            format!("the host has no address: {error}")
        }
        SendRequestError::Connect(error) => format!("no connection: {error}"),
        other => format!("the exchange broke off: {other}"),
    }
}
