//! Standard output of the commands. Whoever reads it may stop at any line (`antiphon check | head`): then the
//! command ends at once, because nobody is there to be shown the rest.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// A failure, though there is nobody to explain it to.
const EXIT_UNREAD: i32 = 1;

pub fn line(text: impl Display) {
    let mut out = anstream::stdout().lock();
    let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) else { return };
    if error.kind() != ErrorKind::BrokenPipe {
        anstream::eprintln!("antiphon: cannot write to standard output: {error}");
    }
    std::process::exit(EXIT_UNREAD);
}
