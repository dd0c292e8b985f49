//! What a run gets from outside: the storage of its session, and the answers to its requests, all of them through the
//! guard of `egress`.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::egress::{self, Client};
use crate::model::{CallResult, Map, request_id};
use crate::transformer::{Answer, Ask, Request};

/// Of a request that asks for no timeout of its own: what the reference gives a request of a flow.
const REQUEST_MS: u64 = 8_000;
const BEHIND_MS: u64 = 1_000;

/// Asks for what a session's transformers remember: of this user, in this session.
pub type Recall = Arc<dyn Fn(&str, &str) -> oneshot::Receiver<Recalled> + Send + Sync>;
/// Or why there is no such memory.
pub type Recalled = Result<Map, String>;

/// A request that was sent, as far as a transcript tells of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Called {
    pub method: String,
    pub host: String,
    /// A status, or why there was no answer.
    pub outcome: String,
}

/// Where the answers of one run come from.
pub(super) struct Outside {
    client: Client,
    about: Vec<String>,
    recall: Recall,
    pub(super) called: Vec<Called>,
    sent: usize,
}

impl Outside {
    pub(super) fn new(client: Client, about: Vec<String>, recall: Recall) -> Outside {
        Outside { client, about, recall, called: Vec::new(), sent: 0 }
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
        let answers = join_all(answers.collect::<Vec<_>>()).await;
        let told = asks.iter().zip(&answers).filter_map(|(ask, answer)| called(ask, answer));
        self.called.extend(told);
        answers
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
                let call = request.to_call(timeout_ms(request, left));
                match egress::call(&self.client, &call, &request_id(&about, number)).await {
                    CallResult::Answered { status, headers, text } => {
                        Answer::Answered { status, headers, text }
                    }
                    CallResult::Failed { reason } => Answer::Failed(reason),
                }
            }
        }
    }
}

/// Its own timeout is behind that of the run, if it asks for more than is left: which of the two it was is to be told.
fn timeout_ms(request: &Request, left: Duration) -> u64 {
    let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    request.timeout_ms.unwrap_or(REQUEST_MS).clamp(1, left.saturating_add(BEHIND_MS))
}

/// Without the path, the query and the body: secrets and people's words may be in them.
pub fn called(ask: &Ask, answer: &Answer) -> Option<Called> {
    let Ask::Request(request) = ask else { return None };
    let outcome = match answer {
        Answer::Answered { status, .. } => status.to_string(),
        Answer::Failed(reason) => reason.clone(),
        Answer::Storage(_) => return None,
    };
    Some(Called { method: request.method.clone(), host: host(&request.url), outcome })
}

/// Empty if it has none.
pub fn host(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
