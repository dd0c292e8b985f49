//! A server under load, as a process of its own: the relay, or the built antiphon on a project and a state of its own.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::relay;

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub path: String,
}

/// A project folder that is removed at the end.
pub struct Folder(PathBuf);

impl Server {
    pub fn relay(webhook: &str) -> Server {
        let mut command = Command::new(env::current_exe().expect("this program is a file"));
        command.env(relay::WEBHOOK, webhook);
        Server::spawn(command)
    }

    pub fn antiphon(folder: &Folder) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_antiphon"));
        command
            .arg("serve")
            .arg(&folder.0)
            .args(["--listen", "127.0.0.1:0"])
            .arg("--state")
            .arg(folder.state());
        Server::spawn(command)
    }

    /// Returns when it printed its URL.
    fn spawn(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program is built");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut urls =
            lines.map_while(Result::ok).filter_map(|line| Some(line.split_once("http://")?.1.to_owned()));
        let url = urls.next().expect("it prints its URL");
        let (address, path) = url.split_once('/').expect("a URL has a path");
        let address = address.parse().expect("a URL has an address");
        Server { child, address, path: format!("/{path}") }
    }

    pub fn resident_mib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 = kib.and_then(|kib| kib.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
        kib / 1024
    }
}

/// What the process computed so far, in seconds: that of all its threads.
pub fn cpu_seconds(server: &Server) -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.child.id())).unwrap_or_default();
    // After the name in brackets, which may hold anything: the 12th and 13th of what follows.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Folder {
    /// Without a webhook if its URL is empty.
    pub fn new(webhook: &str, flow: &str) -> Folder {
        Folder::with(&[("shop".to_owned(), format!("url: \"{webhook}\""))], flow)
    }

    /// With these endpoints: the name of each, and the keys of its webhook.
    pub fn with(endpoints: &[(String, String)], flow: &str) -> Folder {
        let folder = env::temp_dir().join(format!("antiphon-bench-{}", std::process::id()));
        for part in ["flows", "endpoints"] {
            fs::create_dir_all(folder.join(part)).expect("the folder for temporary files can be written");
        }
        let settings = "egress: { allow: [127.0.0.0/8] }\nlog: { level: warn }\n";
        let files = [
            ("flows/main.yaml".to_owned(), flow.to_owned()),
            ("antiphon.yaml".to_owned(), settings.to_owned()),
        ];
        let endpoints = endpoints.iter().map(|(name, webhook)| {
            let text = format!("urlToken: {}\nflow: main\nwebhook: {{ {webhook} }}\n", token(name));
            (format!("endpoints/{name}.yaml"), text)
        });
        for (name, text) in files.into_iter().chain(endpoints) {
            fs::write(folder.join(name), text).expect("the folder for temporary files can be written");
        }
        Folder(folder)
    }

    pub fn state(&self) -> PathBuf {
        self.0.join(".state")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The token of an endpoint.
pub fn token(endpoint: &str) -> String {
    format!("bench-{endpoint}-0123456789abcdef")
}
