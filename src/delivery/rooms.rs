//! How many callbacks of each endpoint may be in flight, all shards together: `concurrency`, also after it was changed.
//! A smaller number holds at once: what is in flight ends, and what it frees goes until there are no more than that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

/// By the name of the endpoint. One that leaves the project keeps its room, because its callbacks may be in flight.
#[derive(Default)]
pub struct Rooms(Mutex<HashMap<String, Room>>);

struct Room {
    places: Arc<Semaphore>,
    concurrency: usize,
}

impl Rooms {
    /// The places of an endpoint, as many as its `concurrency` is now. Needs a running actix system.
    pub fn of(&self, endpoint: &str, concurrency: usize) -> Arc<Semaphore> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get_mut(endpoint) {
            room.resize(concurrency);
            return room.places.clone();
        }
        let places = Arc::new(Semaphore::new(concurrency));
        rooms.insert(endpoint.to_owned(), Room { places: places.clone(), concurrency });
        places
    }
}

impl Room {
    fn resize(&mut self, concurrency: usize) {
        let before = std::mem::replace(&mut self.concurrency, concurrency);
        if concurrency >= before {
            return self.places.add_permits(concurrency - before);
        }
        let fewer = before - concurrency;
        let taken = fewer - self.places.forget_permits(fewer);
        let (places, taken) = (self.places.clone(), u32::try_from(taken).unwrap_or(u32::MAX));
        actix::spawn(async move {
            // Stands in the queue before those that come for a place from now on.
            if let Ok(places) = places.acquire_many_owned(taken).await {
                places.forget();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix::test]
    async fn more_places_are_there_at_once() {
        let rooms = Rooms::default();
        let places = rooms.of("shop", 1);
        let _one = places.clone().try_acquire_owned().unwrap();
        assert!(places.clone().try_acquire_owned().is_err());
        assert_eq!(rooms.of("shop", 3).available_permits(), 2);
        assert_eq!(places.available_permits(), 2);
        assert_eq!(rooms.of("kiosk", 5).available_permits(), 5);
    }

    #[actix::test]
    async fn fewer_places_are_given_again_only_when_enough_have_come_back() {
        let rooms = Rooms::default();
        let places = rooms.of("shop", 4);
        let mut taken: Vec<_> = (0..3).map(|_| places.clone().try_acquire_owned().unwrap()).collect();
        rooms.of("shop", 1);
        let waits = tokio::spawn(places.clone().acquire_owned());
        for _ in 0..2 {
            taken.pop();
            tokio::task::yield_now().await;
            assert!(!waits.is_finished());
        }
        taken.pop();
        let one = waits.await.unwrap().unwrap();
        assert!(places.clone().try_acquire_owned().is_err());
        drop(one);
        assert_eq!(places.available_permits(), 1);
    }

    #[actix::test]
    async fn a_number_that_goes_down_and_up_again_is_right_in_the_end() {
        let rooms = Rooms::default();
        let places = rooms.of("shop", 3);
        let taken: Vec<_> = (0..3).map(|_| places.clone().try_acquire_owned().unwrap()).collect();
        rooms.of("shop", 1);
        rooms.of("shop", 2);
        drop(taken);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        assert_eq!(places.available_permits(), 2);
    }
}
