//! One lane: a thread with a runtime, for one run at a time. A run computes here in slices; what it waits for between them is
//! waited for elsewhere, and the lane is idle meanwhile.

use std::cell::Cell;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::sync::oneshot;

use super::runner::{Runner, failed};
use crate::transformer::{Answer, Ask, Done, FailureKind, Job, Step, Waiting};

/// Its thread ends when it is dropped, once it has computed what it was given.
pub(super) struct Lane {
    slices: Sender<(Slice, oneshot::Sender<Reached>)>,
    is_gone: Cell<bool>,
}

/// What is to be computed.
pub(super) enum Slice {
    Start(Job),
    /// The run under way goes on with what it asked for.
    GoOn {
        answers: Vec<Answer>,
        waited_ms: u64,
    },
    /// Nobody goes on with it: it comes to this, and what it wrote until now.
    Leave(Done),
}

/// How far a slice got.
pub(super) enum Reached {
    Done(Box<Done>),
    Waits(Vec<Ask>),
}

impl Lane {
    /// An error if the system has no more threads.
    pub(super) fn start() -> io::Result<Lane> {
        let (slices, arriving) = channel();
        thread::Builder::new().name("lane".to_owned()).spawn(move || work(&arriving))?;
        Ok(Lane { slices, is_gone: Cell::new(false) })
    }

    pub(super) async fn reached(&self, slice: Slice) -> Reached {
        let (reply, reached) = oneshot::channel();
        // Not taken: the reply is dropped, which tells as much.
        let _ = self.slices.send((slice, reply));
        reached.await.unwrap_or_else(|_| {
            self.is_gone.set(true);
            Reached::failed("its thread is gone")
        })
    }

    /// Whether it can take another run.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_gone.get()
    }
}

impl Reached {
    fn failed(text: &str) -> Reached {
        Reached::Done(Box::new(failed(FailureKind::NoEnd, text)))
    }
}

fn work(arriving: &Receiver<(Slice, oneshot::Sender<Reached>)>) {
    let mut here = Here::default();
    for (slice, reply) in arriving {
        // Whoever asked may have gone away.
        let _ = reply.send(here.reached(slice));
    }
}

/// What the thread has.
#[derive(Default)]
struct Here {
    /// Before the runner: a run has one of its runtimes.
    under_way: Option<Waiting>,
    runner: Option<Runner>,
}

impl Here {
    fn reached(&mut self, slice: Slice) -> Reached {
        let step = match slice {
            Slice::Start(job) => {
                let new = || Runner::new(job.bounds.memory_bytes);
                Some(self.runner.get_or_insert_with(new).start(&job))
            }
            Slice::GoOn { answers, waited_ms } => self.gone_on(answers, waited_ms),
            Slice::Leave(done) => self.left(done),
        };
        match step {
            Some(Step::Done(done)) => Reached::Done(Box::new(done)),
            Some(Step::Waits(waiting)) => {
                let asks = waiting.asks().to_vec();
                self.under_way = Some(waiting);
                Reached::Waits(asks)
            }
            None => Reached::failed("it was left"),
        }
    }

    fn gone_on(&mut self, answers: Vec<Answer>, waited_ms: u64) -> Option<Step> {
        let mut waiting = self.under_way.take()?;
        waiting.waited(waited_ms);
        Some(self.runner.as_mut()?.go_on(waiting, answers))
    }

    fn left(&mut self, done: Done) -> Option<Step> {
        let waiting = self.under_way.take()?;
        let lines = self.runner.as_mut()?.leave(waiting);
        Some(Step::Done(Done { lines, ..done }))
    }
}
