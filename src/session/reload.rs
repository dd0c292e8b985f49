//! Another version of the project takes over while people talk, and old versions of flows leave the store when no
//! session can need them any more. Both block, for threads that may, and never run at the same time.

use std::collections::HashSet;

use super::engine::Engine;
use super::switchboard;
use crate::delivery;
use crate::dispatch;
use crate::model::ProgramHash;
use crate::project::{Change, LoadError, Project};
use crate::store::{self, Store, Writes};

/// Why what ran goes on.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Engine {
    /// Reads the project again and takes it over if it has no fault. Its programs are on the disk before a session can
    /// start one of them.
    pub fn reload(&self) -> Result<Change, ReloadError> {
        let keep = |project: &Project| Ok(keep_programs(project, &self.store)?);
        let change = self.live.reload::<ReloadError>(keep)?;
        if change.changed {
            let Change { flows, endpoints, .. } = &change;
            tracing::info!(?flows, ?endpoints, "the project was taken over");
            for shard in self.shards().unwrap_or_default() {
                shard.switchboard.do_send(switchboard::Reloaded);
                shard.delivery.do_send(delivery::Reloaded);
                shard.dispatch.do_send(dispatch::Reloaded);
            }
        }
        Ok(change)
    }

    /// Removes the versions that are not in the project and that no session needs any more; how many. A reload that brings
    /// one of them back comes before, and it stays, or after, and writes it again.
    pub fn drop_programs(&self, now: u64) -> Result<usize, store::Error> {
        self.live.hold(|project| {
            let current: HashSet<ProgramHash> =
                project.programs.values().map(|program| program.hash.clone()).collect();
            self.store.drop_programs(&current, now)
        })
    }
}

pub(super) fn keep_programs(project: &Project, store: &Store) -> Result<(), store::Error> {
    for program in project.programs.values() {
        if store.program(&program.hash)?.is_none() {
            let mut writes = Writes::new();
            writes.program(&program.hash, &program.source);
            store.commit_blocking(writes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::thread;

    use super::*;
    use crate::clock;
    use crate::config::Overlay;
    use crate::project::{self, Live};

    const DAY: u64 = 24 * 60 * 60 * 1000;

    /// A project folder with its store, removed at the end of its test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Folder {
            let folder = Folder(std::env::temp_dir().join(format!("antiphon-reload-{}", clock::id())));
            for name in ["flows", "endpoints"] {
                fs::create_dir_all(folder.0.join(name)).unwrap();
            }
            fs::write(folder.0.join("endpoints/web.yaml"), "urlToken: 0123456789abcdef\nflow: main").unwrap();
            folder.says("one");
            folder
        }

        fn says(&self, text: &str) {
            fs::write(self.0.join("flows/main.yaml"), format!("- say: {text}\n")).unwrap();
        }

        fn engine(&self) -> Arc<Engine> {
            let root = self.0.clone();
            let live = Live::open(move || project::load(&root, &Overlay::default(), &|_| None)).unwrap();
            let settings = store::Settings {
                path: self.0.join(".state"),
                cache_bytes: 8 << 20,
                queue_max: 100,
                free_min_bytes: 0,
                free_min_percent: 0,
            };
            Engine::new(live, Store::open(settings).unwrap(), 0).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn current(engine: &Engine) -> ProgramHash {
        engine.project().programs["main"].hash.clone()
    }

    fn is_stored(engine: &Engine, hash: &ProgramHash) -> bool {
        engine.store.program(hash).unwrap().is_some()
    }

    #[actix::test]
    async fn a_version_that_was_dropped_is_stored_again_when_a_reload_brings_it_back() {
        let folder = Folder::new();
        let engine = folder.engine();
        let one = current(&engine);
        folder.says("two");
        assert!(engine.reload().unwrap().changed);
        assert!(is_stored(&engine, &one) && is_stored(&engine, &current(&engine)));
        let now = clock::now();
        assert_eq!(engine.drop_programs(now).unwrap(), 0);
        assert_eq!(engine.drop_programs(now + 8 * DAY).unwrap(), 1);
        assert!(!is_stored(&engine, &one));
        folder.says("one");
        assert!(engine.reload().unwrap().changed);
        assert_eq!(current(&engine), one);
        assert!(is_stored(&engine, &one));
    }

    /// The sweeps go on while versions come and go, each of them at a later time, so that every lease is past.
    #[actix::test]
    async fn a_sweep_and_a_reload_at_once_never_leave_the_running_version_unstored() {
        let folder = Folder::new();
        let engine = folder.engine();
        let sweeping = thread::spawn({
            let engine = engine.clone();
            move || (1..60).map(|n| engine.drop_programs(clock::now() + n * 8 * DAY).unwrap()).sum::<usize>()
        });
        for text in ["two", "one"].into_iter().cycle().take(60) {
            folder.says(text);
            engine.reload().unwrap();
            assert!(is_stored(&engine, &current(&engine)), "{text}");
        }
        sweeping.join().unwrap();
        assert!(is_stored(&engine, &current(&engine)));
    }
}
