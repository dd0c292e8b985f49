//! Takes over edits of the project folder as they are made: when its files were quiet for a moment, it is read again.
//! A broken edit changes nothing and is told in the log, every fault, once. Looks at the names of files only, and only
//! at folders that a project has: the store may lie beside them, and it is never quiet.

use std::io;
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::project::{Change, LoadError};
use crate::session::{Engine, ReloadError};

/// An editor writes a file in several goes, a deployment writes several files.
const QUIET: Duration = Duration::from_millis(200);
/// Files that are never quiet are looked at all the same.
const QUIET_WITHIN: Duration = Duration::from_secs(5);
/// A folder that went away may come back.
const FOLLOW_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The folders that a project is read from, beside its own.
const FOLDERS: [&str; 4] = ["endpoints", "flows", "lexicons", "transformers"];
const EXTENSIONS: [&str; 4] = ["yaml", "yml", "js", "ts"];

struct Watch {
    engine: Arc<Engine>,
    root: PathBuf,
    watcher: RecommendedWatcher,
    changed: Arc<Notify>,
    /// What was said last of a folder that is not taken over as it is.
    said: String,
}

/// Goes on until the process ends. Needs a running actix system.
pub fn watch(engine: &Arc<Engine>) {
    let project = engine.project();
    if !project.settings.watch {
        return;
    }
    match Watch::new(engine.clone(), &project.root) {
        Ok(watch) => drop(actix::spawn(watch.run())),
        Err(error) => {
            tracing::warn!(%error, "the project cannot be watched; after an edit send POST /api/v1/reload");
        }
    }
}

impl Watch {
    fn new(engine: Arc<Engine>, root: &Path) -> notify::Result<Watch> {
        let root = absolute(root)?;
        let changed = Arc::new(Notify::new());
        let (seen, folder) = (changed.clone(), root.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error means that something was missed.
            if event.map_or(true, |event| matters(&event, &folder)) {
                seen.notify_one();
            }
        })?;
        let mut watch = Watch { engine, root, watcher, changed, said: String::new() };
        watch.follow()?;
        Ok(watch)
    }

    /// The first look is for an edit between the start and the watch.
    async fn run(mut self) {
        loop {
            self.take_over().await;
            self.changed.notified().await;
            // Late is better than never.
            drop(timeout(QUIET_WITHIN, quiet(&self.changed)).await);
            // Before it is read: what changes after that is seen.
            while let Err(error) = self.follow() {
                self.say(error.to_string(), |error| {
                    tracing::warn!(error, "the project cannot be watched now; it is tried again");
                });
                tokio::time::sleep(FOLLOW_AGAIN_AFTER).await;
            }
        }
    }

    /// Folders that were made, or made anew, since the last time are followed from now on.
    fn follow(&mut self) -> notify::Result<()> {
        self.watcher.watch(&self.root, RecursiveMode::NonRecursive)?;
        for folder in FOLDERS.map(|folder| self.root.join(folder)) {
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Err(error) if !is_absent(&error) => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    async fn take_over(&mut self) {
        let engine = self.engine.clone();
        match tokio::task::spawn_blocking(move || engine.reload()).await {
            Ok(Ok(change)) => self.taken_over(&change),
            Ok(Err(error)) => self.say(error.to_string(), |_| refused(&error)),
            Err(_) => tracing::error!("the project was not read again: this is a bug; what ran goes on"),
        }
    }

    fn taken_over(&mut self, change: &Change) {
        if change.restart_for.is_empty() {
            if !self.said.is_empty() {
                tracing::info!("what runs is what the project folder says");
            }
            self.said.clear();
            return;
        }
        self.say(change.restart_for.join(", "), |settings| {
            tracing::warn!("restart the server for: {settings}");
        });
    }

    /// Says it, unless it is what was said last.
    fn say(&mut self, text: String, tell: impl FnOnce(&str)) {
        if self.said != text {
            tell(&text);
            self.said = text;
        }
    }
}

fn refused(error: &ReloadError) {
    match error {
        ReloadError::Load(LoadError::Faults(faults)) => {
            tracing::error!(faults = faults.len(), "the edited project has faults; what ran before goes on");
            faults.iter().for_each(|fault| tracing::error!("{fault}"));
        }
        ReloadError::Load(LoadError::NoFolder(_)) | ReloadError::Store(_) => {
            tracing::error!(%error, "the edited project was not taken over; what ran before goes on");
        }
    }
}

async fn quiet(changed: &Notify) {
    while timeout(QUIET, changed.notified()).await.is_ok() {}
}

/// Reading changes nothing, hidden files are not read, nor are those that editors leave (`a.yaml~`, `#a.yaml#`).
fn matters(event: &Event, root: &Path) -> bool {
    match event.kind {
        EventKind::Access(_) => false,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => {
            event.need_rescan() || event.paths.iter().any(|path| path == root || is_ours(path))
        }
    }
}

fn is_ours(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    // Kubernetes swaps `..data`, through which all files of a mounted folder are reached.
    if name.starts_with("..") || FOLDERS.contains(&name) {
        return true;
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    !name.starts_with('.') && extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

fn is_absent(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => error.kind() == io::ErrorKind::NotFound,
        notify::ErrorKind::Generic(_)
        | notify::ErrorKind::WatchNotFound
        | notify::ErrorKind::InvalidConfig(_)
        | notify::ErrorKind::MaxFilesWatch => false,
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind, Flag};

    use super::*;

    fn seen(kind: EventKind, path: &str) -> bool {
        matters(&Event::new(kind).add_path(path.into()), Path::new("/shop"))
    }

    #[test]
    fn what_a_project_is_read_from_matters() {
        for path in [
            "/shop",
            "/shop/antiphon.yaml",
            "/shop/antiphon.yml",
            "/shop/flows",
            "/shop/flows/main.yaml",
            "/shop/transformers/shop.js",
            "/shop/flows/..data",
        ] {
            assert!(seen(EventKind::Create(CreateKind::Any), path), "{path}");
        }
        let missed = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert!(matters(&missed, Path::new("/shop")));
    }

    #[test]
    fn the_store_what_editors_leave_and_reading_do_not_matter() {
        for path in [
            "/shop/.state",
            "/shop/state",
            "/shop/flows/.main.yaml.swp",
            "/shop/flows/.#main.yaml",
            "/shop/flows/main.yaml~",
            "/shop/flows/#main.yaml#",
            "/shop/flows/4913",
            "/shop/stderr.log",
        ] {
            assert!(!seen(EventKind::Create(CreateKind::Any), path), "{path}");
        }
        assert!(!seen(EventKind::Access(AccessKind::Any), "/shop/flows/main.yaml"));
    }
}
