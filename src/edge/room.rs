//! How many runs may be under way, and how many of them compute: in all, and of one endpoint, so that one whose API hangs
//! or whose script loops leaves room for all others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Runs under way at once. Each that waits holds a thread and a runtime of its own, a few hundred KiB at the least.
const RUNS_MAX: usize = 1_000;
/// Half, so that one endpoint leaves as much to the others.
const RUNS_OF_ONE_MAX: usize = 500;
/// Runs that compute at once. Four, so that three scripts that compute up to their bound do not hold up the next; more would
/// take the cores from those that answer.
const COMPUTING_MAX: usize = 4;
/// One less: the scripts of one endpoint never hold up those of another.
const COMPUTING_OF_ONE_MAX: usize = 3;

pub(super) struct Room {
    all: Arc<Share>,
    /// Of the endpoints that have runs under way, by name.
    of_one: Mutex<HashMap<String, Arc<Share>>>,
}

struct Share {
    runs: Arc<Semaphore>,
    computing: Semaphore,
}

/// Where one run may be under way, until it is dropped.
pub(super) struct Place {
    all: Arc<Share>,
    own: Arc<Share>,
    _runs: [OwnedSemaphorePermit; 2],
}

/// While it is held, its run may compute.
pub(super) struct Turn<'a> {
    _computing: [SemaphorePermit<'a>; 2],
}

impl Room {
    pub(super) fn new() -> Room {
        Room { all: Share::new(RUNS_MAX, COMPUTING_MAX), of_one: Mutex::default() }
    }

    /// Waits until there is room, first come, first served.
    pub(super) async fn enter(&self, endpoint: &str) -> Place {
        let own = self.share(endpoint);
        let first = own.enter().await;
        let runs = [first, self.all.enter().await];
        Place { all: self.all.clone(), own, _runs: runs }
    }

    /// None if there is no room.
    pub(super) fn try_enter(&self, endpoint: &str) -> Option<Place> {
        let own = self.share(endpoint);
        let runs = [own.try_enter()?, self.all.try_enter()?];
        Some(Place { all: self.all.clone(), own, _runs: runs })
    }

    /// Those that nobody has any more are forgotten with the next new one.
    fn share(&self, endpoint: &str) -> Arc<Share> {
        let mut of_one = self.of_one.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = of_one.get(endpoint) {
            return share.clone();
        }
        of_one.retain(|_, share| Arc::strong_count(share) > 1);
        let share = Share::new(RUNS_OF_ONE_MAX, COMPUTING_OF_ONE_MAX);
        of_one.insert(endpoint.to_owned(), share.clone());
        share
    }
}

impl Place {
    /// Waits until this run may compute, first come, first served.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let first = self.own.turn().await;
        Turn { _computing: [first, self.all.turn().await] }
    }
}

const OPEN: &str = "nobody closes it";

impl Share {
    fn new(runs: usize, computing: usize) -> Arc<Share> {
        Arc::new(Share { runs: Arc::new(Semaphore::new(runs)), computing: Semaphore::new(computing) })
    }

    async fn enter(&self) -> OwnedSemaphorePermit {
        self.runs.clone().acquire_owned().await.expect(OPEN)
    }

    fn try_enter(&self) -> Option<OwnedSemaphorePermit> {
        self.runs.clone().try_acquire_owned().ok()
    }

    async fn turn(&self) -> SemaphorePermit<'_> {
        self.computing.acquire().await.expect(OPEN)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn fill(room: &Room, endpoint: &str) -> Vec<Place> {
        std::iter::from_fn(|| room.try_enter(endpoint)).collect()
    }

    #[test]
    fn an_endpoint_that_is_full_leaves_as_much_room_to_another() {
        let room = Room::new();
        let (shop, kiosk) = (fill(&room, "shop"), fill(&room, "kiosk"));
        assert_eq!([shop.len(), kiosk.len()], [RUNS_OF_ONE_MAX, RUNS_OF_ONE_MAX]);
        assert!(room.try_enter("third").is_none(), "there is an end in all");
        drop(kiosk);
        assert!(room.try_enter("third").is_some() && room.try_enter("shop").is_none());
        drop(shop);
        assert!(room.try_enter("shop").is_some());
    }

    #[test]
    fn scripts_of_one_endpoint_that_compute_do_not_keep_another_from_it() {
        let room = Room::new();
        let places: Vec<Place> = (0..=COMPUTING_OF_ONE_MAX).filter_map(|_| room.try_enter("shop")).collect();
        let mut turns: Vec<Turn> = places.iter().filter_map(|place| place.turn().now_or_never()).collect();
        assert_eq!(turns.len(), COMPUTING_OF_ONE_MAX);
        let other = room.try_enter("kiosk").expect("there is room");
        assert!(other.turn().now_or_never().is_some());
        turns.pop();
        assert!(places[0].turn().now_or_never().is_some());
    }
}
