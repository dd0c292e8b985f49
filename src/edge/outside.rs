//! What a run gets from outside: the storage of its session, and the answers to its requests, all of them through the
//! guard of `egress`.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::notes::cut;
use crate::egress::{self, Client};
use crate::model::{CallResult, Called, Map, request_id};
use crate::transformer::{Answer, Ask, Hook, Request};

/// Of a request that asks for no timeout of its own: what the reference gives a request of a flow.
const REQUEST_MS: u64 = 8_000;
const BEHIND_MS: u64 = 1_000;
/// What is told of a request whose run did not wait for its end.
const UNANSWERED: &str = "no answer when the time of its run was over";

/// Asks for what a session's transformers remember: of this user, in this session.
pub type Recall = Arc<dyn Fn(&str, &str) -> oneshot::Receiver<Recalled> + Send + Sync>;
/// Or why there is no such memory.
pub type Recalled = Result<Map, String>;

/// Where the answers of one run come from.
pub(super) struct Outside {
    client: Client,
    hook: Hook,
    about: Vec<String>,
    recall: Recall,
    /// In the order in which they were sent, also those that nobody waits for any more.
    called: RefCell<Vec<Called>>,
    sent: usize,
}

impl Outside {
    pub(super) fn new(client: Client, hook: Hook, about: Vec<String>, recall: Recall) -> Outside {
        Outside { client, hook, about, recall, called: RefCell::default(), sent: 0 }
    }

    /// All of them at the same time, in their order.
    pub(super) async fn answers(&mut self, asks: &[Ask], left: Duration) -> Vec<Answer> {
        let first = self.sent + 1;
        self.sent += asks.iter().filter(|ask| matches!(ask, Ask::Request(_))).count();
        let mut numbers = first..;
        let answers = asks.iter().map(|ask| {
            let number = if matches!(ask, Ask::Request(_)) { numbers.next().unwrap_or_default() } else { 0 };
            self.answer(ask, number, left)
        });
        join_all(answers.collect::<Vec<_>>()).await
    }

    async fn answer(&self, ask: &Ask, number: usize, left: Duration) -> Answer {
        match ask {
            Ask::Storage { user_id, session_id } => match (self.recall)(user_id, session_id).await {
                Ok(Ok(storage)) => Answer::Storage(storage),
                Ok(Err(reason)) => Answer::Failed(reason),
                Err(_) => Answer::Failed("the session storage cannot be reached".to_owned()),
            },
            Ask::Request(request) => {
                let about: Vec<&str> = self.about.iter().map(String::as_str).collect();
                let (call, id) = (request.to_call(timeout_ms(request, left)), request_id(&about, number));
                let at = self.sends(request);
                let result = egress::call(&self.client, &call, &id).await;
                self.called.borrow_mut()[at].outcome = outcome(&result);
                result.into()
            }
        }
    }

    /// Told from now on, whatever becomes of it.
    fn sends(&self, request: &Request) -> usize {
        let mut called = self.called.borrow_mut();
        called.push(self::called(self.hook, request, UNANSWERED.to_owned()));
        called.len() - 1
    }

    /// The requests that were sent.
    pub(super) fn told(self) -> Vec<Called> {
        self.called.into_inner()
    }
}

/// Its own timeout is behind that of the run, if it asks for more than is left: which of the two it was is to be told.
fn timeout_ms(request: &Request, left: Duration) -> u64 {
    let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    request.timeout_ms.unwrap_or(REQUEST_MS).clamp(1, left.saturating_add(BEHIND_MS))
}

/// Of a request that came to an end.
pub fn outcome(result: &CallResult) -> String {
    match result {
        CallResult::Answered { status, .. } => status.to_string(),
        CallResult::Failed { reason } => cut(reason),
    }
}

pub fn called(hook: Hook, request: &Request, outcome: String) -> Called {
    let host = cut(&host(&request.url));
    Called { hook: hook.function().to_owned(), method: cut(&request.method), host, outcome }
}

/// Empty if it has none.
pub fn host(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

impl From<CallResult> for Answer {
    fn from(result: CallResult) -> Answer {
        match result {
            CallResult::Answered { status, headers, text } => Answer::Answered { status, headers, text },
            CallResult::Failed { reason } => Answer::Failed(reason),
        }
    }
}
