//! The binary as a child process: started, killed, asked to stop, and started again on the same state.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use serde_json::Value;

use super::log::Log;
use super::{Answer, Connection, PATIENCE, Project, Session};

pub struct Engine {
    pub project: Project,
    process: Process,
    /// The URLs it printed.
    pub urls: Vec<String>,
    whereabouts: Arc<Whereabouts>,
    log: Arc<Log>,
}

/// One run of the binary.
struct Process {
    child: Child,
    signs: Receiver<Sign>,
    /// Ends when all it wrote to standard error is in the log.
    logging: Option<JoinHandle<()>>,
}

/// Where the server is reached. It may be down just now, and come back elsewhere.
#[derive(Default)]
pub struct Whereabouts {
    address: Mutex<Option<SocketAddr>>,
    changed: Condvar,
}

/// What is seen of a process from outside.
enum Sign {
    /// It printed a line.
    Line(String),
    /// It opened, made or changed a file of its project or its state; seen of a start that is to be killed.
    File,
}

impl Engine {
    /// Returns when it is ready.
    pub fn start(project: Project) -> Engine {
        project.finish();
        let log = Arc::default();
        let process = Process::spawn(&project, &log, channel());
        let mut engine = Engine { project, process, urls: Vec::new(), whereabouts: Arc::default(), log };
        engine.wait_until_ready();
        engine
    }

    /// Runs it on a project that it does not serve; what it writes to standard error.
    pub fn refuses(project: &Project) -> String {
        project.finish();
        let output = serve(project).output().expect("cargo has built the binary");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("it writes text")
    }

    /// One line for each endpoint that takes inputs tells its URL; the port is free, so it stands only there.
    fn wait_until_ready(&mut self) {
        self.urls = (0..self.project.open).map(|_| self.next_url()).collect();
        let address = self.urls[0].split('/').nth(2).and_then(|address| address.parse().ok());
        self.whereabouts.set(Some(address.unwrap_or_else(|| panic!("no address in {:?}", self.urls))));
    }

    fn next_url(&self) -> String {
        loop {
            let Sign::Line(line) = self.next_sign() else { continue };
            if let Some(at) = line.find("http://") {
                return line[at..].to_owned();
            }
        }
    }

    fn next_sign(&self) -> Sign {
        let sign = self.process.signs.recv_timeout(PATIENCE);
        sign.unwrap_or_else(|_| panic!("it never was ready:\n{}", self.log()))
    }

    /// SIGKILL: no instruction after this one.
    pub fn kill(&mut self) {
        self.process.child.kill().expect("the process is ours");
        self.process.end();
        self.whereabouts.set(None);
    }

    /// SIGTERM, without waiting for what comes of it.
    pub fn ask_to_stop(&self) {
        let pid = self.process.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &pid]).status().expect("there is a command kill");
        assert!(status.success(), "the server had ended before:\n{}", self.log());
    }

    /// SIGTERM, and a good end.
    pub fn terminate(&mut self) {
        self.ask_to_stop();
        self.ended();
    }

    /// Waits for the end that was asked for, and that it was a good one.
    pub fn ended(&mut self) {
        let status = self.process.end();
        self.whereabouts.set(None);
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// Starts it again on the same state; it may be at another port.
    pub fn start_again(&mut self) {
        self.process = Process::spawn(&self.project, &self.log, channel());
        self.wait_until_ready();
    }

    /// Starts it again, and kills it when it touched its files so often, or is ready: a start ends in one of both.
    pub fn start_again_and_kill(&mut self, touched: u64) {
        let (sender, signs) = channel();
        let watcher = touches(&self.project.folder, sender.clone());
        self.process = Process::spawn(&self.project, &self.log, (sender, signs));
        let is_file = |sign: &Sign| matches!(sign, Sign::File);
        (0..touched).map(|_| self.next_sign()).take_while(is_file).for_each(drop);
        self.kill();
        drop(watcher);
    }

    pub fn session(&self, endpoint: &str, user: &str, session: &str) -> Session {
        Session::new(self.whereabouts.clone(), &self.project, endpoint, user, session)
    }

    pub fn address(&self) -> SocketAddr {
        self.whereabouts.get()
    }

    pub fn connect(&self) -> Connection {
        Connection::open(self.address()).expect("the server is ready")
    }

    /// The path of a door.
    pub fn path(&self, endpoint: &str) -> String {
        format!("/{}", self.project.token(endpoint))
    }

    pub fn admin_key(&self) -> String {
        let key =
            fs::read_to_string(self.project.state.join("admin.key")).expect("the first start makes a key");
        key.trim().to_owned()
    }

    /// Under `/api/v1`, with the key.
    pub fn manage(&self, method: &str, path: &str) -> Answer {
        self.ask(method, &format!("/api/v1{path}"), &[("x-api-key", &self.admin_key())])
    }

    /// Without a body.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.connect().ask(method, path, headers, b"").expect("the server answers")
    }

    /// `antiphon sessions …` on its project.
    pub fn sessions(&self, words: &[&str]) -> Output {
        let mut command = antiphon();
        command.arg("sessions").args(words).arg("--url").arg(format!("http://{}", self.address()));
        command.arg(&self.project.folder).output().expect("cargo has built the binary")
    }

    /// Asks for the edits to be taken over; what changed.
    pub fn reload(&self) -> Value {
        let answer = self.manage("POST", "/reload");
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// What it wrote to standard error, over all starts. After its end that is all it ever wrote.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// For what cannot be seen in another way.
    pub fn wait_for_log(&self, text: &str) {
        self.log.wait_for(text);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.child.kill();
        self.process.end();
        if thread::panicking() {
            eprintln!("--- what the server wrote to standard error\n{}---", self.log());
        }
    }
}

impl Whereabouts {
    /// Waits until the server is up.
    pub fn get(&self) -> SocketAddr {
        let address = self.address.lock().expect("nobody panics with this lock");
        let (address, _) = self
            .changed
            .wait_timeout_while(address, PATIENCE, |address| address.is_none())
            .expect("nobody panics with this lock");
        address.expect("the server did not come back")
    }

    fn set(&self, address: Option<SocketAddr>) {
        *self.address.lock().expect("nobody panics with this lock") = address;
        self.changed.notify_all();
    }
}

impl Process {
    fn spawn(project: &Project, log: &Arc<Log>, (sender, signs): (Sender<Sign>, Receiver<Sign>)) -> Process {
        let mut command = serve(project);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("cargo has built the binary");
        let logging = Some(log.follow(child.stderr.take().expect("it is piped")));
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let lines = stdout.lines().map_while(Result::ok);
        thread::spawn(move || lines.map(Sign::Line).try_for_each(|line| sender.send(line)));
        Process { child, signs, logging }
    }

    /// Waits for its end, and until its log is whole.
    fn end(&mut self) -> ExitStatus {
        let status = self.child.wait().expect("the process is ours");
        self.logging.take().map(JoinHandle::join);
        status
    }
}

/// Tells of the files of this folder until it is dropped.
fn touches(folder: &Path, sender: Sender<Sign>) -> RecommendedWatcher {
    // Whoever is told may be gone.
    let tell = move |_| drop(sender.send(Sign::File));
    let mut watcher = notify::recommended_watcher(tell).expect("files can be watched");
    watcher.watch(folder, RecursiveMode::Recursive).expect("the folder is there");
    watcher
}

fn serve(project: &Project) -> Command {
    let mut command = antiphon();
    command
        .arg("serve")
        .arg(&project.folder)
        .args(["--listen", "127.0.0.1:0"])
        .arg("--state")
        .arg(&project.state);
    command.stdin(Stdio::null());
    command
}

/// The binary. Its settings come from the project only, not from the environment of the tests.
pub fn antiphon() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_antiphon"));
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("ANTIPHON_")) {
        command.env_remove(name);
    }
    command
}
