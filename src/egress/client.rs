//! The HTTP client that connects to no address the guard refuses, and what went wrong with a request in words.
//!
//! The guard is asked between the resolver and the socket, about the very addresses that are connected to. So a name that
//! resolves differently from one moment to the next gets nowhere, and neither does an address written in an odd way.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_tls::connect::tcp::TcpConnectorService;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection, Resolver, ResolverService};
use actix_web::dev::{Service, fn_service};
use actix_web::error::ParseError;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use awc::error::{ConnectError as NotConnected, SendRequestError};
use awc::http::{Method, Uri};
use awc::{ClientRequest, ClientResponse};

use super::guard::{Guard, Refused};

/// awc never closes idle connections: a client is replaced after this time, in milliseconds, and takes them along.
const CLIENT_AGE_MAX_MS: u64 = 300_000;
/// A connection is used for so long at the most, as awc has it: names are resolved anew now and then.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(75);

tokio::task_local! {
    /// Whether a connection was made for the request that this task sends; awc does not tell.
    static CONNECTED: Cell<bool>;
}

/// The client of one arbiter, made anew now and then.
pub struct Clients {
    guard: Arc<Guard>,
    client: Client,
    made_at: u64,
}

/// For all hosts that one arbiter calls. Its own bounds of connections are off, because each would be one for all hosts: one
/// that hangs would hold up the others. Bounds are in front of it, that of time too.
#[derive(Clone)]
pub struct Client {
    /// Keeps connections for the next request.
    kept: awc::Client,
    /// Makes one for each request.
    fresh: awc::Client,
}

impl Clients {
    pub fn new(guard: Arc<Guard>, now: u64) -> Clients {
        Clients { client: Client::new(Arc::clone(&guard)), guard, made_at: now }
    }

    pub fn client(&mut self, now: u64) -> Client {
        if now.saturating_sub(self.made_at) > CLIENT_AGE_MAX_MS {
            self.client = Client::new(Arc::clone(&self.guard));
            self.made_at = now;
        }
        self.client.clone()
    }
}

impl Client {
    pub(super) fn new(guard: Arc<Guard>) -> Client {
        Client::resolved_by(Resolver::default().service(), guard)
    }

    pub(super) fn resolved_by(resolver: ResolverService, guard: Arc<Guard>) -> Client {
        let pool = |lifetime| {
            let (resolver, guard) = (resolver.clone(), Arc::clone(&guard));
            let connect = fn_service(move |asked| connect(asked, resolver.clone(), Arc::clone(&guard)));
            let connector = awc::Connector::new().connector(connect).limit(0).conn_lifetime(lifetime);
            let client = awc::Client::builder().connector(connector);
            client.disable_redirects().disable_timeout().no_default_headers().finish()
        };
        Client { kept: pool(CONNECTION_LIFETIME), fresh: pool(Duration::ZERO) }
    }

    /// To be sent with `exchange`. `url` begins with http or https.
    pub fn request(&self, method: Method, url: &str) -> ClientRequest {
        self.kept.request(method, url).no_decompress()
    }
}

/// Sends a request, and sends it once more, at once and over a connection of its own, if the one that was kept alive turns out
/// to be closed: whoever closed it did so while nobody spoke, and most probably saw nothing of the request. For the outside
/// the two are one attempt.
pub async fn exchange(
    client: &Client,
    request: ClientRequest,
    body: Option<Bytes>,
) -> Result<ClientResponse, SendRequestError> {
    let request = request.freeze()?;
    let first = match body.clone() {
        Some(body) => request.send_body(body),
        None => request.send(),
    };
    let sent = async { (first.await, CONNECTED.with(Cell::get)) };
    let error = match CONNECTED.scope(Cell::new(false), sent).await {
        (Err(error), false) if is_closed(&error) => error,
        (sent, _) => return sent,
    };
    tracing::debug!(%error, "a kept connection was closed; the request is sent over another");
    let mut again = client.fresh.request(request.get_method().clone(), request.get_uri()).no_decompress();
    *again.headers_mut() = request.headers().clone();
    match body {
        Some(body) => again.send_body(body).await,
        None => again.send().await,
    }
}

/// The connection ended before there was an answer. An answer that breaks off in its head counts only if the line was cut
/// hard, which cannot be told from no answer.
fn is_closed(error: &SendRequestError) -> bool {
    match error {
        SendRequestError::Connect(NotConnected::Disconnected) => true,
        SendRequestError::Send(error) | SendRequestError::Response(ParseError::Io(error)) => matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::NotConnected
                | io::ErrorKind::UnexpectedEof
        ),
        SendRequestError::H2(error) => error.is_io() || error.is_go_away(),
        _ => false,
    }
}

/// TLS comes on top of it, for the name that was asked for.
async fn connect(
    asked: ConnectInfo<Uri>,
    resolver: ResolverService,
    guard: Arc<Guard>,
) -> Result<Connection<Uri, TcpStream>, ConnectError> {
    // Without the scope of a request there is nobody to tell.
    let _ = CONNECTED.try_with(|connected| connected.set(true));
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

pub fn timed_out(error: &SendRequestError) -> bool {
    matches!(error, SendRequestError::Timeout | SendRequestError::Connect(NotConnected::Timeout))
}

/// What went wrong, in words without the URL: that may hold a secret.
pub fn told(error: &SendRequestError) -> String {
    if let Some(refused) = refused(error) {
        return refused.to_string();
    }
    match error {
        error if timed_out(error) => "no answer in time".to_owned(),
        SendRequestError::Connect(NotConnected::Resolver(error)) => {
            format!("the host has no address: {error}")
        }
        SendRequestError::Connect(NotConnected::Disconnected) => {
            "the connection was closed without an answer".to_owned()
        }
        SendRequestError::Connect(error) => format!("no connection: {error}"),
        other => format!("the exchange broke off: {other}"),
    }
}
