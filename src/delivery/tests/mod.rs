//! The delivery actor over a real store, with a webhook that answers as the test says and a clock that the test moves:
//! schedules of hours in moments.

mod batches;
mod before;
mod hours;
mod refusals;

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr};
use tokio::sync::oneshot;

use super::actor::Post;
use super::asked::{Asked, GiveUp, Look, Redeliver};
use super::attempt::Letter;
use super::retry::Outcome;
use super::{Delivery, Drain, Due, Shared};
use crate::clock;
use crate::config::Overlay;
use crate::metrics::Sight;
use crate::model::{Callback, Number, SessionId, SessionKey};
use crate::project::{self, Live};
use crate::store::{self, Client, Store, Writes};

const START: u64 = 1_795_000_000_000;
pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;

/// A letter as the webhook got it.
#[derive(Clone, Debug, PartialEq)]
pub struct Got {
    pub at: u64,
    pub id: String,
    pub body: String,
    pub started_at: String,
    pub sequence: String,
    pub skipped: Option<String>,
}

type Answers = Rc<RefCell<Box<dyn FnMut(&Got) -> Outcome>>>;

pub struct Stage {
    folder: PathBuf,
    live: Arc<Live>,
    store: Option<Store>,
    actors: Vec<Addr<Delivery>>,
    clients: Vec<Rc<Client>>,
    got: Rc<RefCell<Vec<Got>>>,
    answers: Answers,
    /// Outputs of each session so far.
    said: Vec<(String, u64)>,
}

impl Stage {
    /// With an endpoint `shop`; `webhook` holds keys of its webhook. It takes everything until the test says otherwise.
    pub async fn new(webhook: &str) -> Stage {
        clock::moved::stop_at(START);
        let folder = std::env::temp_dir().join(format!("antiphon-delivery-{}", uuid::Uuid::new_v4()));
        for part in ["flows", "endpoints"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        fs::write(folder.join("flows/main.yaml"), "- say: hi\n").unwrap();
        write_endpoint(&folder, webhook);
        let root = folder.clone();
        let live = Live::open(move || project::load(&root, &Overlay::default(), &|_| None)).unwrap();
        let answers: Answers = Rc::new(RefCell::new(Box::new(|_| answered(204))));
        let (live, got) = (Arc::new(live), Rc::default());
        let (actors, clients, said) = (Vec::new(), Vec::new(), Vec::new());
        let mut stage = Stage { folder, live, store: None, actors, clients, got, answers, said };
        stage.start(1).await;
        stage
    }

    /// The server starts, with so many shards.
    pub async fn start(&mut self, shards: usize) {
        let settings = store::Settings {
            path: self.folder.join("state"),
            cache_bytes: 8 << 20,
            queue_max: 10_000,
            free_min_bytes: 0,
            free_min_percent: 0,
        };
        let store = Store::open(settings).unwrap();
        let shared = Arc::new(Shared::default());
        self.clients = (0..shards).map(|_| Rc::new(store.client())).collect();
        self.actors = (0..shards)
            .map(|shard| {
                let (live, commits) = (self.live.clone(), self.clients[shard].clone());
                Delivery::posting((shard, shards), live, store.clone(), commits, shared.clone(), self.post())
                    .start()
            })
            .collect();
        self.store = Some(store);
        self.settle().await;
    }

    fn post(&self) -> Post {
        let (got, answers) = (self.got.clone(), self.answers.clone());
        Box::new(move |_, letter, at| {
            let Letter { webhook_id: id, body, started_at, sequence, skipped, .. } = letter;
            let letter = Got { at, id, body, started_at, sequence, skipped };
            got.borrow_mut().push(letter.clone());
            let outcome = (answers.borrow_mut())(&letter);
            Box::pin(std::future::ready(outcome))
        })
    }

    /// The server stops, and leaves in the store what it owes.
    pub async fn stop(&mut self) {
        for actor in std::mem::take(&mut self.actors) {
            let (done, drained) = oneshot::channel();
            actor.do_send(Drain(done));
            drained.await.unwrap();
        }
        self.settle().await;
        // The actors hold handles of it until they are gone.
        tokio::task::yield_now().await;
        self.clients.clear();
        self.store.take().unwrap().close();
    }

    /// From now on the store takes no commit of the deliveries, or takes them again.
    pub fn store_refuses(&self, refuses: bool) {
        self.store().refuse_next(if refuses { usize::MAX } else { 0 });
    }

    pub fn answers(&self, answer: impl FnMut(&Got) -> Outcome + 'static) {
        *self.answers.borrow_mut() = Box::new(answer);
    }

    /// The session of this user owes one output more; its number.
    pub fn says(&mut self, user: &str, text: &str) -> Number {
        let id = session(user);
        let place = self.said.iter().position(|(known, _)| known == user).unwrap_or_else(|| {
            self.said.push((user.to_owned(), 0));
            self.said.len() - 1
        });
        self.said[place].1 += 1;
        let (sequence, key) = (self.said[place].1, id.key());
        let callback = Callback { id, sequence, created_at: clock::now(), body: format!("\"{text}\"") };
        let mut writes = Writes::new();
        writes.callback(&key, START, &callback);
        self.store().commit_blocking(writes).unwrap();
        self.actor(&key).do_send(Due { key, callbacks: vec![(START, callback)] });
        Number { session: key, started_at: START, sequence }
    }

    /// Time passes. What is due in it is done in it.
    pub async fn forward(&self, ms: u64) {
        let until = clock::now() + ms;
        let step = (ms / 100).clamp(10, SECOND).max(ms / 2_000);
        loop {
            self.settle().await;
            let now = clock::now();
            if now >= until {
                return;
            }
            tokio::time::sleep(Duration::from_millis(step.min(until - now))).await;
        }
    }

    /// What can be done at this moment is done: all that is committed is flushed, and what follows from that too.
    pub async fn settle(&self) {
        for _ in 0..4 {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            self.store().commit_blocking(Writes::new()).unwrap();
        }
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    /// All letters so far, and none of them again the next time.
    pub fn got(&self) -> Vec<Got> {
        self.got.take()
    }

    /// Asks for it to be delivered again, and does not wait for what comes of it.
    pub fn ask_again(&self, number: Number) -> oneshot::Receiver<Asked> {
        let (reply, asked) = oneshot::channel();
        self.actor(&number.session).do_send(Redeliver { number, reply });
        asked
    }

    pub async fn redeliver(&self, number: Number) -> Asked {
        let asked = self.ask_again(number);
        self.settle().await;
        asked.await.unwrap()
    }

    pub async fn give_up(&self, number: Number) -> Asked {
        let (reply, asked) = oneshot::channel();
        self.actor(&number.session).do_send(GiveUp { number, reply });
        self.settle().await;
        asked.await.unwrap()
    }

    pub async fn sight(&self) -> Sight {
        let (reply, sight) = oneshot::channel();
        self.actors[0].do_send(Look(reply));
        sight.await.unwrap()
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().expect("the server runs")
    }

    fn actor(&self, key: &SessionKey) -> &Addr<Delivery> {
        &self.actors[key.shard(self.actors.len())]
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn write_endpoint(folder: &std::path::Path, webhook: &str) {
    let url = "url: \"http://shop.example/callback\"";
    let text = format!("urlToken: 0123456789abcdef\nflow: main\nwebhook: {{ {url}, {webhook} }}\n");
    fs::write(folder.join("endpoints/shop.yaml"), text).unwrap();
}

pub fn session(user: &str) -> SessionId {
    SessionId { endpoint: "shop".into(), user_id: user.into(), session_id: "1".into() }
}

pub fn answered(status: u16) -> Outcome {
    Outcome::Answered { status, retry_after_ms: None, answer: String::new() }
}

pub fn bodies(got: &[Got]) -> Vec<&str> {
    got.iter().map(|got| got.body.trim_matches('"')).collect()
}
