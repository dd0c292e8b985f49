//! Calls to other systems: how many at once, and one host that hangs never holds up another.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actix::Addr;

use super::actor::{Answered, Dispatch};
use crate::clock;
use crate::egress::{self, Clients, Guard};
use crate::model::{Awaited, Call, CallResult, Owed, call_id};
use crate::store::Place;

/// Calls of one shard in flight, to all hosts and to one. Each holds a socket; a host that takes more at once is rare.
const IN_FLIGHT_MAX: usize = 2_048;
const OF_A_HOST_MAX: usize = 64;

pub(super) struct Calls {
    clients: Clients,
    in_flight: usize,
    hosts: HashMap<String, usize>,
    /// Those that found no room, by host; what is to be sent lies on the disk.
    waiting: HashMap<String, VecDeque<Place>>,
}

impl Calls {
    pub(super) fn new(guard: Arc<Guard>) -> Calls {
        Calls {
            clients: Clients::new(guard, clock::now()),
            in_flight: 0,
            hosts: HashMap::new(),
            waiting: HashMap::new(),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Those in flight and those that wait.
    pub(super) fn held(&self) -> usize {
        self.in_flight + self.waiting.values().map(VecDeque::len).sum::<usize>()
    }

    /// Asks now, or as soon as there is room.
    pub(super) fn ask(&mut self, dispatch: Addr<Dispatch>, owed: Owed) {
        let Awaited::Call(call) = &owed.wait.what else { return };
        let host = host(call);
        if self.has_room(&host) {
            self.send(dispatch, owed, host);
        } else {
            self.waiting.entry(host).or_default().push_back(Place::of(&owed));
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

    /// One that waits and finds room, the first of its host.
    pub(super) fn next(&mut self) -> Option<Place> {
        let host = self.waiting.keys().find(|host| self.has_room(host))?.clone();
        let of_host = self.waiting.get_mut(&host)?;
        let place = of_host.pop_front();
        if of_host.is_empty() {
            self.waiting.remove(&host);
        }
        place
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

/// What the bound of a host counts, ports apart: two servers on one machine do not hold up one another. An address that cannot
/// be read fails at once and holds no room for long.
fn host(call: &Call) -> String {
    url::Url::parse(&call.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}
