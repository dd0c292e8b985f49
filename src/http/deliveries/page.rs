//! A page of deliveries: those owed in the order of their sessions, then the dead ones likewise, then those delivered, the
//! latest first. A page costs a bounded number of rows, so it may hold fewer than were asked for and still not be the last.

use std::ops::Bound;

use super::known::{Found, Known, State, number};
use super::wanted::{Cursor, Wanted};
use crate::delivery::Batches;
use crate::model::{Number, Receipt};
use crate::store::{self, Error, Store};

/// Callbacks that are looked at for one page: some ten milliseconds of one core.
const ROWS_MAX: usize = 1_000;
/// Read at once.
const CHUNK: usize = 100;
/// Rows of receipts read at once; each is about up to 32 callbacks.
const RECEIPTS_CHUNK: usize = 4;

pub struct Page {
    pub items: Vec<Found>,
    /// None: nothing is left.
    pub next: Option<Cursor>,
}

struct Reader<'a> {
    store: &'a Store,
    batches: &'a Batches,
    wanted: &'a Wanted,
    items: Vec<Found>,
    looked_at: usize,
}

pub fn read(store: &Store, batches: &Batches, wanted: &Wanted, from: Cursor) -> Result<Page, Error> {
    let mut reader = Reader { store, batches, wanted, items: Vec::new(), looked_at: 0 };
    let mut next = Some(from);
    while let Some(from) = next.take() {
        next = reader.step(from)?;
        if reader.is_full() || reader.looked_at >= ROWS_MAX {
            break;
        }
    }
    Ok(Page { items: reader.items, next })
}

impl Reader<'_> {
    fn is_full(&self) -> bool {
        self.items.len() >= self.wanted.limit
    }

    /// Reads a few rows; where to go on.
    fn step(&mut self, from: Cursor) -> Result<Option<Cursor>, Error> {
        let (store, wanted) = (self.store, self.wanted);
        Ok(match from {
            Cursor::Owed(_) if !wanted.any_of(&State::UNDER_WAY) => Some(Cursor::Dead(None)),
            Cursor::Owed(after) => {
                let rows = store.owed_callbacks(wanted.begin(after).as_ref(), CHUNK)?;
                let known =
                    |this: &Self, number, callback| Known::owed(store, this.batches, number, callback);
                Some(
                    self.numbered(rows, State::Owed, known)
                        .map_or(Cursor::Dead(None), after_one(Cursor::Owed)),
                )
            }
            Cursor::Dead(_) if !wanted.any_of(&[State::Dead]) => Some(Cursor::Delivered(None)),
            Cursor::Dead(after) => {
                let rows = store.dead_letters(wanted.begin(after).as_ref(), CHUNK)?;
                let known = |_: &Self, number, letter| Ok(Known::dead(number, letter));
                let last = self.numbered(rows, State::Dead, known);
                Some(last.map_or(Cursor::Delivered(None), after_one(Cursor::Dead)))
            }
            Cursor::Delivered(_) if !wanted.any_of(&[State::Delivered]) => None,
            Cursor::Delivered(place) => self.delivered(place)?,
        })
    }

    /// Takes rows in the order of sessions; the last one that was looked at, none if nothing wanted can follow.
    fn numbered<T>(
        &mut self,
        rows: store::Page<T>,
        state: State,
        known: impl Fn(&Self, Number, T) -> Result<Known, Error>,
    ) -> Option<Number> {
        let mut last = None;
        for (number, row) in rows {
            if !self.wanted.may_be(&number) {
                return None;
            }
            let read = row.and_then(|row| known(self, number, row));
            self.take(Found::of(Some(number), state, read));
            last = Some(number);
            if self.is_full() {
                break;
            }
        }
        last
    }

    fn delivered(&mut self, place: Option<(Vec<u8>, usize)>) -> Result<Option<Cursor>, Error> {
        let (upto, mut told) = match &place {
            None => (Bound::Unbounded, 0),
            Some((row, told)) => (Bound::Included(row.as_slice()), *told),
        };
        let mut last = None;
        for (row, receipts) in self.store.receipts(upto, self.wanted.since, RECEIPTS_CHUNK)? {
            // Of another row than the one that was begun, should that be gone, nothing was told.
            let begun = place.as_ref().is_some_and(|(begun, _)| *begun == row);
            let skipped = if begun { std::mem::take(&mut told) } else { 0 };
            let told = self.receipts(receipts, skipped);
            last = Some(Cursor::Delivered(Some((row, told))));
            if self.is_full() {
                return Ok(last);
            }
        }
        // The row that the last page ended with comes again, and is all there is left.
        let same = last.as_ref().is_some_and(|last| *last == Cursor::Delivered(place));
        Ok(last.filter(|_| !same))
    }

    /// The receipts of one row, the latest first, after so many; how many of it are told then.
    fn receipts(&mut self, receipts: Result<Vec<Receipt>, Error>, skipped: usize) -> usize {
        let receipts = match receipts {
            Ok(receipts) => receipts,
            Err(_) if skipped > 0 => return skipped,
            Err(error) => {
                self.take(Found::of(None, State::Delivered, Err(error)));
                return 1;
            }
        };
        let mut told = skipped;
        for receipt in receipts.into_iter().rev().skip(skipped) {
            told += 1;
            let number = number(&receipt);
            self.take(Found::of(Some(number), State::Delivered, Ok(Known::delivered(receipt))));
            if self.is_full() {
                break;
            }
        }
        told
    }

    fn take(&mut self, found: Found) {
        self.looked_at += 1;
        if self.wanted.has(&found) {
            self.items.push(found);
        }
    }
}

fn after_one(cursor: fn(Option<Number>) -> Cursor) -> impl Fn(Number) -> Cursor {
    move |number| cursor(Some(number))
}

#[cfg(test)]
mod tests {
    use super::super::wanted;
    use super::*;
    use crate::delivery::Together;
    use crate::model::{Attempts, Batch, Callback, SessionId};
    use crate::store::{Settings, Writes, rows_read};

    /// A callback that was tried once in a batch of its own.
    fn in_a_batch(user: usize, writes: &mut Writes, batches: &Batches) {
        let [endpoint, user_id, session_id] = ["shop", &format!("user {user}"), "1"].map(str::to_owned);
        let id = SessionId { endpoint, user_id, session_id };
        let number = Number { session: id.key(), started_at: 7, sequence: 1 };
        let batch = Batch { members: vec![number] };
        writes.callback(&id.key(), 7, &Callback { id, sequence: 1, created_at: 7, body: "{}".to_owned() });
        writes.attempts(&number, &Attempts::default());
        writes.batch(&number, &batch);
        batches.insert(Together { webhook_id: batch.webhook_id(), members: batch.members });
    }

    #[test]
    fn a_page_costs_the_same_however_many_batches_are_under_way() {
        let path = std::env::temp_dir().join(format!("antiphon-page-{}", uuid::Uuid::new_v4()));
        let settings = Settings {
            path: path.clone(),
            cache_bytes: 8 << 20,
            queue_max: 9,
            free_min_bytes: 0,
            free_min_percent: 0,
        };
        let (store, batches) = (Store::open(settings).unwrap(), Batches::default());
        let (wanted, _) = wanted::read("limit=5", &State::ALL).unwrap_or_else(|_| panic!("it is a query"));
        let costs = [CHUNK, 10 * CHUNK].map(|count| {
            let mut writes = Writes::new();
            (0..count).for_each(|user| in_a_batch(user, &mut writes, &batches));
            store.commit_blocking(writes).unwrap();
            let before = rows_read();
            let page = read(&store, &batches, &wanted, Cursor::Owed(None)).unwrap();
            let is_told = |found: &Found| {
                matches!(found, Found::Known(known) if known.state == State::Retrying && known.batch.is_some())
            };
            assert!(page.items.len() == 5 && page.items.iter().all(is_told));
            rows_read() - before
        });
        assert_eq!(costs, [CHUNK + 5; 2], "a chunk of callbacks, and the attempts at each that is told");
        drop(store);
        std::fs::remove_dir_all(path).unwrap();
    }
}
