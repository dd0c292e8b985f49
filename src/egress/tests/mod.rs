//! The guard as a table.

mod guard;

use super::Guard;

fn guard(allow: &[&str]) -> Guard {
    Guard::new(&allow.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
}
