//! Runs beside each other: what one waits for, and what another computes meanwhile.

use futures_util::FutureExt;
use futures_util::future::{Either, join_all, select};

use super::*;
use crate::edge::Recalled;
use crate::edge::tests::job_of;
use crate::model::Map;
use crate::transformer::Hook;

/// Storages of which nothing is told before the test does.
struct Memory {
    recall: Recall,
    asked: UnboundedReceiver<oneshot::Sender<Recalled>>,
}

impl Memory {
    fn new() -> Memory {
        let (asking, asked) = unbounded_channel();
        let recall = move |_: &str, _: &str| {
            let (reply, recalled) = oneshot::channel();
            asking.send(reply).unwrap();
            recalled
        };
        Memory { recall: Arc::new(recall), asked }
    }

    async fn asked(&mut self) -> oneshot::Sender<Recalled> {
        self.asked.recv().await.unwrap()
    }
}

/// A run of a handleInput with this body.
fn order(body: &str, memory: &Memory) -> Order {
    let text = format!("export const handleInput = async () => {{ {body} }};");
    let job = job_of(&text, Hook::Input);
    let recall = memory.recall.clone();
    Order { job, endpoint: "shop".to_owned(), about: Vec::new(), recall, wait_ms: 60_000 }
}

#[actix::test]
async fn runs_that_wait_go_on_beside_one_that_loops() {
    const WAITS: &str = "await getSessionStorage('ann', '1'); return 'answered'";
    const LOOPS: &str = "await getSessionStorage('ann', '1'); for (;;);";
    let lanes = Lanes::new(Arc::new(Guard::new(&[])));
    let (mut waits, mut loops) = (Memory::new(), Memory::new());
    let waiting = join_all((0..8).map(|_| lanes.run(order(WAITS, &waits))).collect::<Vec<_>>());
    let looping = lanes.run(order(LOOPS, &loops));
    let told = async {
        let mut replies = vec![loops.asked().await];
        for _ in 0..8 {
            replies.push(waits.asked().await);
        }
        replies.into_iter().for_each(|reply| reply.send(Ok(Map::new())).unwrap());
    };
    let answered = async { tokio::join!(waiting, told).0 };
    let Either::Left((runs, _)) = select(answered.boxed_local(), looping.boxed_local()).await else {
        panic!("the loop ended before those that had their answer");
    };
    let results: Vec<_> = runs.into_iter().map(|run| run.done.result).collect();
    assert!(results.iter().all(|result| result == &Ok("answered".into())), "{results:?}");
}
