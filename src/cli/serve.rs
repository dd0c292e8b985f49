//! `antiphon serve`: the server, from its arguments to its end.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use actix::System;
use antiphon::config::{Log, LogFormat};
use antiphon::project::{self, Live};
use antiphon::serve::{self, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{Error, settings};

/// What a shell expects of a program that a signal ended.
const EXIT_INTERRUPTED: i32 = 130;

/// Serve a project
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon serve data --listen 0.0.0.0:8080 --state /var/lib/antiphon")]
pub struct Args {
    /// The project folder
    #[arg(default_value = "data")]
    project: PathBuf,
    /// Where to listen; 127.0.0.1:8080 unless the project says otherwise
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The folder with all that must survive a restart; PROJECT/.state unless the project says otherwise
    #[arg(long, value_name = "DIR")]
    state: Option<String>,
}

pub fn run(args: Args) -> Result<(), Error> {
    let flags = [("--listen", "listen", args.listen.as_deref()), ("--state", "state", args.state.as_deref())];
    let (overlay, root) = (settings::overlay(&flags)?, args.project);
    let live = Live::open(move || project::load(&root, &overlay, &settings::env))?;
    log(&live.current().settings.log);
    System::new().block_on(async {
        let mut signals =
            Signals::new().map_err(|error| Error::Serve(format!("cannot hear signals: {error}")))?;
        let server = serve::start(live).await.map_err(|error| Error::Serve(error.to_string()))?;
        print(&server);
        signals.next().await;
        tracing::info!(
            "stopping: finishing the turns that run and the callbacks in flight; again to stop at once"
        );
        actix::spawn(async move {
            signals.next().await;
            // Nothing that was answered is lost by this: it is what a crash does.
            std::process::exit(EXIT_INTERRUPTED);
        });
        server.stop().await;
        Ok(())
    })
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// One line for each endpoint, when it can be posted to.
fn print(server: &Server) {
    let urls = server.urls();
    let width = urls.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut lines = format!("antiphon {} is ready\n", env!("CARGO_PKG_VERSION"));
    for (name, url) in urls {
        lines.push_str(&format!("{name:width$}  {url}\n"));
    }
    // Whoever started us may have closed the pipe; that is no reason not to serve.
    let _ = std::io::stdout().write_all(lines.as_bytes());
    let _ = std::io::stdout().flush();
}

fn log(settings: &Log) {
    let filter = EnvFilter::new(format!("{},actix_server=warn,sled=warn", settings.level));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match settings.format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
}
