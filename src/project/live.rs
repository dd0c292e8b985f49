//! The project that runs, and its replacement by what the folder says later: whole, without a fault, one at a time.
//! Whoever asks for it gets one version and keeps it as long as it likes; nobody sees half of two.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use serde::Serialize;

use super::{LoadError, Project};

pub struct Live {
    current: ArcSwap<Project>,
    load: Box<dyn Fn() -> Result<Project, LoadError> + Send + Sync>,
    /// Held while the project is replaced, or while it must not be.
    pub(super) replacing: Mutex<()>,
}

/// What a reload found, as its caller is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// False: the folder says what runs already.
    pub changed: bool,
    /// The flows that endpoints start with whose program is another one, or new.
    pub flows: Vec<String>,
    /// The endpoints whose file says something else, is new, or is gone.
    pub endpoints: Vec<String>,
    /// Settings that the folder has otherwise than the server was started with. They stay as they were.
    pub restart_for: Vec<&'static str>,
}

impl Live {
    /// `load` reads the folder, now and at each reload.
    pub fn open(
        load: impl Fn() -> Result<Project, LoadError> + Send + Sync + 'static,
    ) -> Result<Live, LoadError> {
        let current = ArcSwap::from_pointee(load()?);
        Ok(Live { current, load: Box::new(load), replacing: Mutex::new(()) })
    }

    pub fn current(&self) -> Arc<Project> {
        self.current.load_full()
    }

    /// Reads the folder and puts it in the place of what runs, if it has no fault. `before` has the new project when
    /// nobody else has seen it; its error leaves everything as it is. Blocks: for a thread that may.
    pub fn reload<E: From<LoadError>>(
        &self,
        before: impl FnOnce(&Project) -> Result<(), E>,
    ) -> Result<Change, E> {
        let _alone = self.alone();
        let running = self.current();
        let read = (self.load)()?;
        let (settings, restart_for) = running.settings.renewed(&read.settings);
        let next = read.with_settings(settings);
        let change = Change::between(&running, &next, restart_for);
        if change.changed {
            before(&next)?;
            self.current.store(Arc::new(next));
        }
        Ok(change)
    }

    /// Nothing replaces the project that `work` is given until it returns.
    pub fn hold<T>(&self, work: impl FnOnce(&Project) -> T) -> T {
        let _alone = self.alone();
        work(&self.current())
    }

    /// A reload that panicked replaced nothing, so the next one may go on.
    fn alone(&self) -> MutexGuard<'_, ()> {
        self.replacing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Change {
    fn between(old: &Project, new: &Project, restart_for: Vec<&'static str>) -> Change {
        let known = |flow: &str| old.programs.get(flow).map(|program| &program.hash);
        let flows = new.programs.iter().filter(|(flow, program)| known(flow) != Some(&program.hash));
        let flows: Vec<String> = flows.map(|(flow, _)| flow.clone()).collect();
        let same = |name: &str| match (old.endpoints.get(name), new.endpoints.get(name)) {
            (Some(old), Some(new)) => old.has_the_rules_of(new),
            (None, _) | (_, None) => false,
        };
        let gone = old.endpoints.keys().filter(|name| !new.endpoints.contains_key(*name));
        let mut endpoints: Vec<String> =
            new.endpoints.keys().chain(gone).filter(|name| !same(name)).cloned().collect();
        endpoints.sort();
        // A flow that no endpoint starts with any more went with a change of its endpoint.
        let changed = !flows.is_empty() || !endpoints.is_empty() || old.settings != new.settings;
        Change { changed, flows, endpoints, restart_for }
    }
}
