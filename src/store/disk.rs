//! sled itself: opening it in a way that survives a damaged snapshot, proving that its writes reach the disk,
//! and ending the process when it fails, because sled is poisoned from then on and a restart recovers.

use std::fs::{self, File};
use std::ops::RangeBounds;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use sled::{Batch, IVec};

use super::error::Error;
use super::{key, sync};
use crate::clock;

/// The layout of keys and frames. It changes when an older antiphon could no longer read what this one writes.
const FORMAT: u32 = 1;
/// sled collects garbage only on this beat; without it the files grow without end.
const GARBAGE_EVERY_MS: u64 = 500;
/// A lock that is still held after two seconds belongs to somebody who works.
const LOCK_TRIES: u32 = 100;
const LOCK_WAIT: Duration = Duration::from_millis(20);

pub(super) struct Disk {
    db: sled::Db,
    /// The file `db`, if sled's own flush does not reach the disk.
    pub(super) sync_by_hand: Option<File>,
    pub(super) secret: IVec,
    #[cfg(test)]
    pub(super) hold: std::sync::Arc<super::hold::Hold>,
    /// Does not return, except in tests.
    on_broken: fn(),
}

impl Disk {
    pub(super) fn open(path: &Path, cache_bytes: u64, on_broken: fn()) -> Result<Disk, Error> {
        let db = open_or_move_snapshots(path, cache_bytes)?;
        let mut disk = Disk {
            db,
            sync_by_hand: None,
            secret: IVec::default(),
            #[cfg(test)]
            hold: Default::default(),
            on_broken,
        };
        disk.check_format(path)?;
        disk.prove_sync(path)?;
        disk.secret = disk.read_secret()?;
        sync_names(path);
        Ok(disk)
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<IVec>, Error> {
        self.db.get(key).map_err(|fault| self.broken(fault))
    }

    pub(super) fn range<K: AsRef<[u8]>>(
        &self,
        range: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, IVec), Error>> {
        self.db.range(range).map(|row| row.map_err(|fault| self.broken(fault)))
    }

    /// Atomic, and on the disk when it returns.
    pub(super) fn commit(&self, batch: Batch) -> Result<(), Error> {
        #[cfg(test)]
        self.hold.pass();
        self.db.apply_batch(batch).map_err(|fault| self.broken(fault))?;
        self.flush()
    }

    pub(super) fn flush(&self) -> Result<(), Error> {
        self.db.flush().map_err(|fault| self.broken(fault))?;
        match &self.sync_by_hand {
            Some(file) => file.sync_data().map_err(|fault| self.broken(fault)),
            None => Ok(()),
        }
    }

    /// The one way out when the store can no longer be trusted.
    pub(super) fn broken(&self, fault: impl ToString) -> Error {
        let error = Error::Broken { reason: fault.to_string() };
        tracing::error!("{error}");
        (self.on_broken)();
        error
    }

    fn check_format(&self, path: &Path) -> Result<(), Error> {
        let unreadable = |found: String| Error::Format { path: path.to_owned(), found, known: FORMAT };
        match self.get(key::FORMAT)? {
            Some(bytes) if *bytes == FORMAT.to_be_bytes() => Ok(()),
            Some(bytes) => Err(unreadable(match <[u8; 4]>::try_from(&*bytes) {
                Ok(number) => u32::from_be_bytes(number).to_string(),
                Err(_) => "unknown".into(),
            })),
            None if !self.db.is_empty() => Err(unreadable("none of ours".into())),
            None => self.put(key::FORMAT, &FORMAT.to_be_bytes()),
        }
    }

    /// Writes and flushes a row, and looks whether sled was sent to `fsync` by our `sync_file_range`.
    fn prove_sync(&mut self, path: &Path) -> Result<(), Error> {
        let before = sync::calls();
        self.put(key::PROBE, b"1")?;
        if sync::calls() == before {
            tracing::warn!(
                "sled does not sync by itself in this build; the store syncs its file after each flush"
            );
            self.sync_by_hand = Some(File::open(path.join("db")).map_err(|fault| cannot_open(path, fault))?);
        }
        Ok(())
    }

    /// Made with the store.
    fn read_secret(&self) -> Result<IVec, Error> {
        if let Some(secret) = self.get(key::SECRET)? {
            return Ok(secret);
        }
        let secret = clock::secret();
        self.put(key::SECRET, secret.as_bytes())?;
        Ok(secret.as_bytes().into())
    }

    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let mut batch = Batch::default();
        batch.insert(key, value);
        self.commit(batch)
    }
}

/// A snapshot only saves time at the start; what it says is in the log as well. So a damaged one, as a kill during a
/// start can leave it, is moved aside.
fn open_or_move_snapshots(path: &Path, cache_bytes: u64) -> Result<sled::Db, Error> {
    let reason = match open_sled(path, cache_bytes) {
        Err(Error::Corrupt { reason, .. }) => reason,
        opened_or_not_corrupt => return opened_or_not_corrupt,
    };
    let moved = move_snapshots(path).map_err(|fault| cannot_open(path, fault))?;
    if moved.is_empty() {
        return Err(Error::Corrupt { path: path.to_owned(), reason });
    }
    tracing::error!(
        "the store in {} did not open: {reason}; moved aside {moved:?}, trying again",
        path.display()
    );
    open_sled(path, cache_bytes)
}

/// sled's threads hold the file, and with it the lock, for a moment after a store in this process was dropped.
fn open_sled(path: &Path, cache_bytes: u64) -> Result<sled::Db, Error> {
    for _ in 1..LOCK_TRIES {
        match try_sled(path, cache_bytes) {
            Err(Error::InUse { .. }) => thread::sleep(LOCK_WAIT),
            opened_or_not_locked => return opened_or_not_locked,
        }
    }
    try_sled(path, cache_bytes)
}

fn try_sled(path: &Path, cache_bytes: u64) -> Result<sled::Db, Error> {
    let config =
        sled::Config::new().path(path).cache_capacity(cache_bytes).flush_every_ms(Some(GARBAGE_EVERY_MS));
    let corrupt = |reason: String| Error::Corrupt { path: path.to_owned(), reason };
    // sled answers some kinds of damage with a panic.
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(sled::Error::Io(fault))) if fault.to_string().contains("could not acquire lock") => {
            Err(Error::InUse { path: path.to_owned() })
        }
        Ok(Err(sled::Error::Io(fault))) => Err(cannot_open(path, fault)),
        Ok(Err(fault)) => Err(corrupt(fault.to_string())),
        Err(panic) => Err(corrupt(text_of(&*panic))),
    }
}

fn move_snapshots(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut moved = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("snap.") {
            let aside = path.join(format!("damaged-{name}"));
            fs::rename(entry.path(), &aside)?;
            moved.push(aside);
        }
    }
    Ok(moved)
}

/// sled syncs its files but not the folders that name them: without this a loss of power could take a new store.
fn sync_names(path: &Path) {
    let folders = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    for folder in folders.ancestors().take(2) {
        if let Err(fault) = File::open(folder).and_then(|folder| folder.sync_all()) {
            tracing::warn!("cannot sync the folder {}: {fault}", folder.display());
        }
    }
}

fn cannot_open(path: &Path, fault: impl ToString) -> Error {
    Error::Open { path: path.to_owned(), reason: fault.to_string() }
}

pub(super) fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
