//! A list as people read it: a head, and columns that line up whatever stands in them.

use std::io::Write;

use tabwriter::TabWriter;

use super::print;
use super::style::BOLD;

/// Prints rows, the first of which is the head; columns are set apart by tabs, so a text may have none.
pub fn print(rows: &[String]) {
    let table = aligned(rows);
    let (head, rows) = table.split_once('\n').unwrap_or((&table, ""));
    print::line(format_args!("{BOLD}{head}{BOLD:#}\n{rows}"));
}

pub fn aligned(rows: &[String]) -> String {
    let mut columns = TabWriter::new(Vec::new());
    columns.write_all(rows.join("\n").as_bytes()).expect("memory takes everything");
    let table = columns.into_inner().unwrap_or_else(|_| unreachable!("memory takes everything"));
    String::from_utf8(table).expect("columns of text are text")
}
