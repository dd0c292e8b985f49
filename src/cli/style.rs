//! The few colours of the command line. anstream takes them away where no terminal shows them.

use anstyle::{AnsiColor, Style};

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const WRONG: Style = AnsiColor::Red.on_default();
