//! One arbiter's end of the committer. Answers come back to this arbiter in one message per group and run
//! here, in the order of the commits. Not `Send`: the functions that wait may hold anything.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::error::{Conflict, Refused};
use super::queue::{self, Answer, Outcome, Queue};
use super::writes::Writes;

#[derive(Clone)]
pub struct Client {
    queue: Arc<Queue>,
    id: usize,
    answers: UnboundedSender<Vec<Outcome>>,
    waiting: Rc<RefCell<VecDeque<Waiting>>>,
}

/// Room for one commit, which is not refused any more. To be used at once.
pub struct Room<'a> {
    client: &'a Client,
    place: queue::Room<'a>,
}

enum Waiting {
    Commit(Box<dyn FnOnce(Outcome)>),
    Barrier(Box<dyn FnOnce()>),
}

impl Client {
    /// Has to be called on the arbiter that will use it.
    pub(super) fn new(queue: Arc<Queue>) -> Client {
        static IDS: AtomicUsize = AtomicUsize::new(0);
        let (answers, arriving) = unbounded_channel();
        let waiting = Rc::new(RefCell::new(VecDeque::new()));
        tokio::task::spawn_local(answer(arriving, waiting.clone()));
        Client { queue, id: IDS.fetch_add(1, Relaxed), answers, waiting }
    }

    /// `then` runs on this arbiter once the writes are flushed, or were dropped because of a conflict;
    /// never if they are refused here. A full disk does not refuse them: ask `Store::accepting` before new work.
    pub fn commit(
        &self,
        writes: Writes,
        then: impl FnOnce(Result<(), Conflict>) + 'static,
    ) -> Result<(), Refused> {
        self.room()?.commit(writes, then);
        Ok(())
    }

    /// For one who keeps what it has to commit while it is refused.
    pub fn room(&self) -> Result<Room<'_>, Refused> {
        #[cfg(test)]
        if self.queue.refuses_next() {
            return Err(Refused::Overloaded);
        }
        Ok(Room { client: self, place: self.queue.room()? })
    }

    /// Runs `then` when everything this client committed before is flushed: at once if that is so already.
    /// It stands between reading a row that this client may just have committed and speaking of it.
    pub fn barrier(&self, then: impl FnOnce() + 'static) {
        if self.waiting.borrow().is_empty() {
            return then();
        }
        self.waiting.borrow_mut().push_back(Waiting::Barrier(Box::new(then)));
    }

    /// As `barrier`, to be awaited. Never ends if the store is closed before.
    pub fn flushed(&self) -> impl Future<Output = ()> + use<> {
        let (tell, told) = oneshot::channel();
        self.barrier(move || {
            // Whoever waited may have gone away.
            let _ = tell.send(());
        });
        async move {
            if told.await.is_err() {
                pending().await
            }
        }
    }

    /// For writes that nobody waits for: they ride with the next group, within about 20 ms. A kill before
    /// that loses them, so they must be of the kind that can be done again, like the end of a delivery.
    pub fn defer(&self, writes: Writes) {
        self.queue.defer(writes);
    }
}

impl Room<'_> {
    /// As `Client::commit`.
    pub fn commit(self, writes: Writes, then: impl FnOnce(Result<(), Conflict>) + 'static) {
        let Client { id, answers, waiting, .. } = self.client;
        self.place.put(writes, Answer::Client { id: *id, to: answers.clone() });
        waiting.borrow_mut().push_back(Waiting::Commit(Box::new(then)));
    }
}

/// Ends when the client and the committer have both let go of the other end.
async fn answer(mut arriving: UnboundedReceiver<Vec<Outcome>>, waiting: Rc<RefCell<VecDeque<Waiting>>>) {
    while let Some(outcomes) = arriving.recv().await {
        for outcome in outcomes {
            // Taken out before it runs: it may commit again, or ask for a barrier.
            let next = waiting.borrow_mut().pop_front();
            if let Some(Waiting::Commit(then)) = next {
                guarded(|| then(outcome));
            }
            run_barriers(&waiting);
        }
    }
}

fn run_barriers(waiting: &RefCell<VecDeque<Waiting>>) {
    loop {
        let next = waiting.borrow_mut().pop_front();
        match next {
            Some(Waiting::Barrier(then)) => guarded(then),
            Some(commit) => return waiting.borrow_mut().push_front(commit),
            None => return,
        }
    }
}

/// A panic here must not take the answers of all other sessions of this arbiter with it.
fn guarded(then: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(then)).is_err() {
        tracing::error!("what followed a commit panicked; the commit itself stands");
    }
}
