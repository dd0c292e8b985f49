//! A project folder as a test writes it, in a place of its own that is removed with the engine that serves it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Receiver;

/// The flow that answers with what it heard.
const ECHO: &str = "- say: \"{{ input.text }}\"";

pub struct Project {
    pub folder: PathBuf,
    pub state: PathBuf,
    /// How many endpoints take inputs.
    pub open: usize,
    limits: Vec<String>,
    workers: usize,
    log_level: &'static str,
    egress_allow: &'static str,
    watch: bool,
}

impl Project {
    /// With the flow `main`.
    pub fn new(flow: &str) -> Project {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("antiphon-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        for part in ["flows", "endpoints"] {
            fs::create_dir_all(folder.join(part)).expect("the folder for temporary files can be written");
        }
        let state = folder.join(".state");
        let project = Project {
            folder,
            state,
            open: 0,
            limits: Vec::new(),
            workers: 0,
            log_level: "warn",
            egress_allow: "127.0.0.0/8",
            watch: true,
        };
        project.flow("main", flow)
    }

    pub fn echo() -> Project {
        Project::new(ECHO)
    }

    pub fn flow(self, name: &str, text: &str) -> Project {
        self.rewrite_flow(name, text);
        self
    }

    /// For the next start, or the next reload.
    pub fn rewrite_flow(&self, name: &str, text: &str) {
        write(&self.folder.join(format!("flows/{name}.yaml")), text);
    }

    /// A file of `transformers`.
    pub fn script(self, file: &str, text: &str) -> Project {
        self.rewrite_script(file, text);
        self
    }

    pub fn rewrite_script(&self, file: &str, text: &str) {
        let folder = self.folder.join("transformers");
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        write(&folder.join(file), text);
    }

    /// An endpoint for the flow `main`; `more` is YAML.
    pub fn endpoint(mut self, name: &str, more: &str) -> Project {
        self.rewrite_endpoint(name, more);
        if !more.contains("enabled: false") {
            self.open += 1;
        }
        self
    }

    pub fn rewrite_endpoint(&self, name: &str, more: &str) {
        let text = format!("urlToken: {}\nflow: main\n{more}\n", self.token(name));
        write(&self.folder.join(format!("endpoints/{name}.yaml")), &text);
    }

    pub fn remove_endpoint(&self, name: &str) {
        fs::remove_file(self.folder.join(format!("endpoints/{name}.yaml"))).expect("the file was written");
    }

    /// An endpoint whose outputs go to this receiver; `webhook` holds further keys of its webhook.
    pub fn door(self, name: &str, receiver: &Receiver, webhook: &str) -> Project {
        self.endpoint(name, &to(receiver, webhook))
    }

    /// The token of an endpoint. No other project has it: should another server get the port of one that was killed, it does
    /// not take what was meant for this one.
    pub fn token(&self, endpoint: &str) -> String {
        let project = self.folder.file_name().expect("the folder has a name").to_string_lossy();
        format!("{endpoint}-{project}-0123456789")
    }

    /// One key of `limits`.
    pub fn limit(mut self, limit: &str) -> Project {
        self.limits.push(limit.to_owned());
        self
    }

    /// Threads that run sessions; as many as there are cores without a word.
    pub fn workers(mut self, workers: usize) -> Project {
        self.workers = workers;
        self
    }

    /// Edits are taken over only when a test asks for it.
    pub fn not_watched(mut self) -> Project {
        self.watch = false;
        self
    }

    pub fn log_level(mut self, level: &'static str) -> Project {
        self.log_level = level;
        self
    }

    /// What is called besides public addresses; the receivers of tests without a word.
    pub fn egress_allow(mut self, allow: &'static str) -> Project {
        self.egress_allow = allow;
        self
    }

    /// Writes what is missing.
    pub fn finish(&self) {
        let (limits, level, workers) = (self.limits.join(", "), self.log_level, self.workers);
        let (allow, watch) = (self.egress_allow, self.watch);
        let text = format!(
            "workers: {workers}\negress: {{ allow: [{allow}] }}\nlimits: {{ {limits} }}\nlog: {{ level: {level} }}\n\
             watch: {watch}\n"
        );
        write(&self.folder.join("antiphon.yaml"), &text);
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A key of a webhook: it is tried again so often, each time so many seconds later.
pub fn retries(times: usize, seconds: f64) -> String {
    format!("retryAfterSeconds: [{}]", vec![seconds.to_string(); times].join(", "))
}

/// An endpoint's webhook at this receiver; `webhook` holds further keys.
pub fn to(receiver: &Receiver, webhook: &str) -> String {
    format!("webhook: {{ url: \"{}\", {webhook} }}", receiver.url())
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the folder for temporary files can be written");
}
