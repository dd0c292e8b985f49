//! The arbiter's end: answers in order, barriers, writes that nobody waits for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::*;

/// Runs a story on one thread, as an arbiter would.
fn arbiter(story: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    LocalSet::new().block_on(&runtime, story());
}

#[test]
fn answers_and_barriers_come_in_the_order_of_the_commits() {
    let folder = Folder::new();
    let store = folder.open();
    arbiter(async || {
        let client = store.client();
        let heard = Rc::new(RefCell::new(Vec::new()));
        let (done, all) = oneshot::channel();
        let say = |word: &'static str| {
            let heard = heard.clone();
            move || heard.borrow_mut().push(word)
        };
        client.barrier(say("nothing to wait for"));
        assert_eq!(heard.borrow().len(), 1);
        for word in ["first", "second"] {
            let say = say(word);
            client.commit(writes(|w| w.session(&session("u", 1))), move |_| say()).unwrap();
        }
        client.barrier(say("barrier"));
        let say = say("conflict");
        let stale = writes(|w| w.expect(&key("u"), None));
        let then = move |outcome: Result<_, _>| {
            assert!(outcome.is_err());
            say();
            done.send(()).unwrap();
        };
        client.commit(stale, then).unwrap();
        all.await.unwrap();
        assert_eq!(*heard.borrow(), ["nothing to wait for", "first", "second", "barrier", "conflict"]);
    });
}

#[test]
fn who_awaits_the_flush_goes_on_behind_the_commits_before() {
    let folder = Folder::new();
    let store = folder.open();
    arbiter(async || {
        let client = store.client();
        let heard = Rc::new(Cell::new(0));
        for _ in 0..3 {
            let heard = heard.clone();
            client.commit(Writes::new(), move |_| heard.set(heard.get() + 1)).unwrap();
        }
        let flushed = client.flushed();
        assert_eq!(heard.get(), 0);
        flushed.await;
        assert_eq!(heard.get(), 3);
    });
}

#[test]
fn a_panic_after_one_commit_does_not_swallow_the_answer_to_the_next() {
    let folder = Folder::new();
    let store = folder.open();
    arbiter(async || {
        let client = store.client();
        let (done, all) = oneshot::channel();
        client.commit(Writes::new(), |_| panic!("on purpose")).unwrap();
        client.commit(Writes::new(), move |_| done.send(()).unwrap()).unwrap();
        all.await.unwrap();
    });
}

#[test]
fn a_function_that_follows_a_commit_may_commit_again() {
    let folder = Folder::new();
    let store = folder.open();
    arbiter(async || {
        let client = store.client();
        let (done, all) = oneshot::channel();
        let again = client.clone();
        let then = move |_| again.commit(Writes::new(), move |_| done.send(()).unwrap()).unwrap();
        client.commit(Writes::new(), then).unwrap();
        all.await.unwrap();
    });
}

#[test]
fn deferred_writes_ride_with_the_next_group_in_their_place() {
    let folder = Folder::new();
    let store = folder.open();
    arbiter(async || {
        let client = store.client();
        client.defer(writes(|w| w.session(&session("u", 1))));
        client.defer(writes(|w| w.session(&session("u", 2))));
        let (done, flushed) = oneshot::channel();
        let next = writes(|w| w.expect(&key("u"), Some((NOW, 2))));
        client.commit(next, move |outcome| done.send(outcome).unwrap()).unwrap();
        assert_eq!(flushed.await.unwrap(), Ok(()));
        assert_eq!(store.session(&key("u")).unwrap(), Some(session("u", 2)));
    });
}

#[test]
fn deferred_writes_go_by_themselves_when_nothing_else_comes() {
    let folder = Folder::new();
    let store = folder.open();
    store.queue().defer(writes(|w| w.session(&session("u", 1))));
    while store.session(&key("u")).unwrap().is_none() {
        std::thread::yield_now();
    }
}
