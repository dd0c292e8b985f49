//! `antiphon test --record`: the transcript of a session, page by page from the running server, to a test file.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use antiphon::model::SessionId;
use antiphon::rehearsal;

use crate::cli::door::{Door, Which};
use crate::cli::server::Server;
use crate::cli::{Error, print, settings};

/// Where a recording without a file stands in reports.
const UNNAMED: &str = "tests/recorded.yaml";

/// Only a name in the project's own folder of tests.
pub fn file(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = text.strip_prefix("tests/").and_then(|name| name.strip_suffix(".yaml"));
    match name.filter(|name| !name.is_empty() && name.chars().all(plain)) {
        Some(_) => Ok(text.to_owned()),
        None => Err(
            "write it as tests/NAME.yaml: it goes into the project's tests, and NAME has the letters A to Z \
                     and a to z, digits, \"_\" and \"-\""
                .to_owned(),
        ),
    }
}

pub fn run(
    project: &Path,
    which: &Which,
    (user, session): (&str, &str),
    to: Option<&str>,
) -> Result<(), Error> {
    let server = Server::behind(Door::find(project, which)?)?;
    let id = SessionId {
        endpoint: server.endpoint().to_owned(),
        user_id: user.to_owned(),
        session_id: session.to_owned(),
    };
    let records = actix_web::rt::System::new().block_on(async {
        let state = server.state(&id).await?;
        server.transcript(&id, &state.session).await
    })?;
    let loaded = settings::load(project, &[])?;
    let path = to.unwrap_or(UNNAMED);
    let recording = rehearsal::record(&id, &records, &loaded, path);
    match to {
        None => print::line(recording.text.trim_end()),
        Some(to) => write(&project.join(to), &recording.text)?,
    }
    match recording.failure {
        Some(failure) => Err(Error::Recorded { place: failure.place.to_string(), text: failure.text }),
        None => Ok(()),
    }
}

/// Never over a file that is there.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::AlreadyExists => Error::TestExists(path.to_owned()),
        _ => Error::TestNotWritten { path: path.to_owned(), source },
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)?;
    print::line(format_args!("{} is written", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_goes_into_the_tests_of_the_project_only() {
        assert_eq!(file("tests/order-2.yaml").as_deref(), Ok("tests/order-2.yaml"));
        for other in ["order.yaml", "data/tests/order.yaml", "tests/../a.yaml", "tests/.yaml", "tests/a.yml"]
        {
            assert!(file(other).is_err(), "{other}");
        }
    }
}
