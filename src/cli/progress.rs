//! How far long work is, on standard error: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// Elsewhere: so many lines for the whole way.
const LINES: u64 = 10;

pub enum Progress {
    Bar(ProgressBar),
    Lines {
        done: u64,
        total: u64,
        things: &'static str,
    },
    /// There is too little to do.
    None,
}

impl Progress {
    /// `things` is what is counted, such as `sessions`.
    pub fn new(total: u64, things: &'static str) -> Progress {
        match total {
            0..LINES => Progress::None,
            _ if stderr().is_terminal() => {
                let template = format!("{{bar:40}} {{human_pos}} of {{human_len}} {things}, {{eta}} left");
                let style = ProgressStyle::with_template(&template);
                let bar = ProgressBar::new(total);
                bar.set_style(style.expect("the template is written right"));
                Progress::Bar(bar)
            }
            _ => Progress::Lines { done: 0, total, things },
        }
    }

    /// One more is done.
    pub fn step(&mut self) {
        match self {
            Progress::Bar(bar) => bar.inc(1),
            Progress::Lines { done, total, things } => {
                *done += 1;
                if is_told(*done, *total) {
                    anstream::eprintln!("{} of {} {things}", HumanCount(*done), HumanCount(*total));
                }
            }
            Progress::None => {}
        }
    }

    pub fn end(self) {
        match self {
            Progress::Bar(bar) => bar.finish_and_clear(),
            Progress::Lines { .. } | Progress::None => {}
        }
    }
}

/// Each tenth of the way.
fn is_told(done: u64, total: u64) -> bool {
    (done * LINES) % total < LINES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_ten_lines_however_long_it_takes_and_the_last_is_the_end() {
        for total in [10, 15, 99, 1_000, 12_345] {
            let told: Vec<u64> = (1..=total).filter(|done| is_told(*done, total)).collect();
            assert_eq!((told.len() as u64, told.last()), (LINES, Some(&total)), "{total}");
        }
    }
}
