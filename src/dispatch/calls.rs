//! Calls to other systems: how many at once, and one host that hangs never holds up another.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actix::Addr;

use super::actor::{Answered, Dispatch};
use crate::clock;
use crate::egress::{self, Clients, Guard};
use crate::model::{Awaited, Call, CallResult, Owed, call_id};
use crate::store::{Place, Store};

/// Calls of one shard in flight, to all hosts and to one. Each holds a socket; a host that takes more at once is rare.
const IN_FLIGHT_MAX: usize = 512;
const OF_A_HOST_MAX: usize = 64;

pub(super) struct Calls {
    clients: Clients,
    in_flight: usize,
    hosts: HashMap<String, usize>,
    /// Those that found no room, by place: what is to be sent lies on the disk.
    waiting: VecDeque<(String, Place)>,
}

impl Calls {
    pub(super) fn new(guard: Arc<Guard>) -> Calls {
        Calls {
            clients: Clients::new(guard, clock::now()),
            in_flight: 0,
            hosts: HashMap::new(),
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Asks now, or as soon as there is room.
    pub(super) fn ask(&mut self, dispatch: Addr<Dispatch>, owed: Owed) {
        let Awaited::Call(call) = &owed.wait.what else { return };
        let host = host(call);
        if self.has_room(&host) {
            self.send(dispatch, owed, host);
        } else {
            self.waiting.push_back((host, Place::of(&owed)));
        }
    }

    pub(super) fn ended(&mut self, host: &str) {
        self.in_flight -= 1;
        if let Some(count) = self.hosts.get_mut(host) {
            *count -= 1;
            if *count == 0 {
                self.hosts.remove(host);
            }
        }
    }

    /// The first that waits and finds room.
    pub(super) fn next(&mut self, dispatch: Addr<Dispatch>, store: &Store) {
        while let Some(at) = self.waiting.iter().position(|(host, _)| self.has_room(host)) {
            let Some((host, place)) = self.waiting.remove(at) else { return };
            match store.owed(&place) {
                Ok(Some(owed)) => return self.send(dispatch, owed, host),
                // The session is over.
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(session = %place.session, %error, "a call waits for the next start")
                }
            }
        }
    }

    fn has_room(&self, host: &str) -> bool {
        self.in_flight < IN_FLIGHT_MAX && self.hosts.get(host).is_none_or(|count| *count < OF_A_HOST_MAX)
    }

    fn send(&mut self, dispatch: Addr<Dispatch>, owed: Owed, host: String) {
        let client = self.clients.client(clock::now());
        self.in_flight += 1;
        *self.hosts.entry(host.clone()).or_default() += 1;
        actix::spawn(async move {
            let id = call_id(&owed.id.key(), owed.started_at, owed.wait.id);
            let result = match &owed.wait.what {
                Awaited::Call(call) => egress::call(&client, call, &id).await,
                Awaited::Time | Awaited::Reminder { .. } => {
                    CallResult::Failed { reason: "this is no call".to_owned() }
                }
            };
            dispatch.do_send(Answered { owed, host, result });
        });
    }
}

/// What the bound of a host counts; an address that cannot be read fails at once and holds no room for long.
fn host(call: &Call) -> String {
    let host = url::Url::parse(&call.url).ok().and_then(|url| Some(url.host_str()?.to_owned()));
    host.unwrap_or_default()
}
