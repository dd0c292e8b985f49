//! Idempotency keys that are under way at endpoints where a transformer says which session a request is about: no session
//! can keep doubles apart there. A key is held from before its look-up until the commit with its answer has ended, or the
//! request came to nothing; whoever comes with the same key waits so long, and looks it up then.
//!
//! Each key that is held belongs to a request that the front counts, or to a commit that waits for the disk: both are bounded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

/// The endpoint, and the key.
type Name = (String, String);

#[derive(Default)]
pub struct KeysUnderWay {
    /// Each with the end at which others wait. Nothing is ever sent there: it goes with the entry.
    held: Mutex<HashMap<Name, watch::Sender<()>>>,
}

/// Nobody else goes on with this key until it is dropped.
pub struct KeyUnderWay {
    keys: Arc<KeysUnderWay>,
    name: Name,
}

impl KeysUnderWay {
    /// Waits until nobody else is under way with this key at this endpoint.
    pub async fn hold(self: &Arc<KeysUnderWay>, endpoint: &str, key: &str) -> KeyUnderWay {
        let name = (endpoint.to_owned(), key.to_owned());
        while let Some(mut other) = self.take(&name) {
            // An error is the end that is waited for.
            let _ = other.changed().await;
        }
        KeyUnderWay { keys: self.clone(), name }
    }

    /// Where the end of who holds it is heard; none if it was free, and is held from now on.
    fn take(&self, name: &Name) -> Option<watch::Receiver<()>> {
        match self.held().entry(name.clone()) {
            Entry::Occupied(held) => Some(held.get().subscribe()),
            Entry::Vacant(free) => {
                free.insert(watch::Sender::new(()));
                None
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Name, watch::Sender<()>>> {
        self.held.lock().expect("no thread panics while it holds the keys")
    }
}

impl Drop for KeyUnderWay {
    fn drop(&mut self) {
        self.keys.held().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[actix::test]
    async fn a_key_is_held_by_one_at_a_time_and_by_the_next_when_the_first_ends() {
        let keys = Arc::<KeysUnderWay>::default();
        let first = keys.hold("shop", "k").await;
        let (mut second, mut third) = (Box::pin(keys.hold("shop", "k")), Box::pin(keys.hold("shop", "k")));
        assert!((&mut second).now_or_never().is_none() && (&mut third).now_or_never().is_none());
        assert!(keys.hold("shop", "other").now_or_never().is_some());
        assert!(keys.hold("other", "k").now_or_never().is_some());
        drop(first);
        let second = (&mut second).now_or_never().expect("the key is free");
        assert!((&mut third).now_or_never().is_none());
        drop(second);
        drop((&mut third).now_or_never().expect("the key is free again"));
        assert!(keys.held().is_empty(), "nothing is left of those that ended");
    }

    #[actix::test]
    async fn who_goes_away_while_waiting_holds_up_nobody() {
        let keys = Arc::<KeysUnderWay>::default();
        let first = keys.hold("shop", "k").await;
        let mut second = Box::pin(keys.hold("shop", "k"));
        assert!((&mut second).now_or_never().is_none());
        drop(second);
        drop(first);
        assert!(keys.hold("shop", "k").now_or_never().is_some());
    }
}
