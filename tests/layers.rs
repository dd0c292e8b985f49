//! The layers of the house, checked against the sources: a module uses only what stands below it, and what
//! must be pure touches no file, clock, network, chance or log. Tests inside the sources are not looked at.

use std::fs;
use std::path::Path;

/// Top to bottom: a module may use the modules of the rows below its own.
const ROWS: [&[&str]; 13] = [
    &["cli"],
    &["serve"],
    &["http"],
    &["session"],
    &["delivery", "dispatch", "rehearsal", "replay"],
    &["edge"],
    &["store", "project"],
    &["egress", "alarm", "metrics"],
    &["config"],
    &["turn", "transformer"],
    &["script", "flow"],
    &["yaml"],
    &["model"],
];

const MAY_READ_THE_CLOCK: [&str; 7] = ["cli", "serve", "http", "session", "delivery", "dispatch", "store"];

const PURE: [&str; 5] = ["model", "yaml", "flow", "turn", "replay"];

const NEVER_IN_PURE: [&str; 11] = [
    "actix",
    "actix_web",
    "awc",
    "sled",
    "tokio",
    "std::time",
    "std::fs",
    "std::net",
    "uuid",
    "rand",
    "tracing",
];

const MAY_BE_UNSAFE: [&str; 2] = ["store/sync.rs", "transformer/brake.rs"];

const LINES_MAX: usize = 400;

#[test]
fn every_arrow_points_down_and_the_pure_modules_are_pure() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    assert!(!sources.is_empty(), "no sources under {}", root.display());
    let found: Vec<String> = sources.iter().flat_map(|(file, text)| faults(file, text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn an_arrow_that_points_up_is_noticed() {
    assert_eq!(
        faults("turn/run.rs", "//! A.\nuse crate::store::Store;"),
        ["src/turn/run.rs: turn uses store, which stands above it or beside it"]
    );
    assert_eq!(
        faults("store/key.rs", "//! A.\nfn f() { crate::http::table() }"),
        ["src/store/key.rs: store uses http, which stands above it or beside it"]
    );
    assert_eq!(
        faults("flow/mod.rs", "//! A.\nuse super::{model::Map, turn};"),
        ["src/flow/mod.rs: flow uses turn, which stands above it or beside it"]
    );
    assert_eq!(
        faults("cli/chat.rs", "//! A.\nuse antiphon::bench::Run;"),
        ["src/cli/chat.rs: cli uses bench, which has no place in the rows of tests/layers.rs"]
    );
}

#[test]
fn an_arrow_that_points_down_and_a_test_that_points_up_are_not() {
    assert!(faults("session/actor.rs", "//! A.\nuse crate::{clock, model::{Input, Map}};").is_empty());
    assert!(faults("turn/run.rs", "//! A.\nuse super::super::model::Map; // crate::store").is_empty());
    assert!(faults("turn/run.rs", "//! A.\n#[cfg(test)]\nmod tests { use crate::store::Store; }").is_empty());
}

#[test]
fn a_clock_a_file_or_a_log_in_a_pure_module_is_noticed() {
    for (source, what) in [
        ("use std::time::Instant;", "std::time"),
        ("use std::{collections::HashMap, fs};", "std::fs"),
        ("fn f() { tracing::info!(\"x\") }", "tracing"),
        ("use actix_web::web;", "actix_web"),
        ("use tokio::sync::mpsc;", "tokio"),
        ("fn f() { uuid::Uuid::now_v7(); }", "uuid"),
    ] {
        let found = faults("turn/run.rs", &format!("//! A.\n{source}"));
        assert_eq!(found, [format!("src/turn/run.rs: turn is pure and uses {what}")], "{source}");
    }
    assert_eq!(
        faults("flow/mod.rs", "//! A.\nuse crate::clock;"),
        ["src/flow/mod.rs: flow reads the clock; take the time as an argument"]
    );
}

#[test]
fn sled_and_unsafe_outside_their_places_are_noticed() {
    assert_eq!(
        faults("session/actor.rs", "//! A.\nuse sled::Db;"),
        ["src/session/actor.rs: only src/store knows sled"]
    );
    assert_eq!(
        faults("store/mod.rs", "//! A.\nfn f() { unsafe { g() } }"),
        ["src/store/mod.rs: unsafe stands only in src/store/sync.rs and src/transformer/brake.rs"]
    );
    assert!(faults("store/sync.rs", "//! A.\nuse sled::Db; fn f() { unsafe { g() } }").is_empty());
}

#[test]
fn a_file_without_a_header_or_too_long_without_a_reason_is_noticed() {
    assert_eq!(faults("model/ids.rs", "use std::fmt;"), ["src/model/ids.rs: opens without a //! header"]);
    let long = "\n".repeat(LINES_MAX);
    assert_eq!(
        faults("model/ids.rs", &format!("//! A.\n{long}")),
        [
            "src/model/ids.rs: 401 lines; divide it, or give the reason in its header (\"over 400 lines because …\")"
        ]
    );
    assert_eq!(
        faults("script/realm.js", &format!("(function () {{\n{long}}})")),
        [
            "src/script/realm.js: opens without a // header",
            "src/script/realm.js: 402 lines; divide it, or give the reason in its header (\"over 400 lines because …\")"
        ]
    );
    assert!(faults("script/realm.js", "// A.\n(function () { std::fs; })").is_empty());
    assert!(faults("model/tests.rs", "use super::*;").is_empty());
    assert!(faults("model/ids.rs", &format!("//! Over 400 lines because it is a table.\n{long}")).is_empty());
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("src can be listed") {
        let path = entry.expect("an entry of src can be read").path();
        if path.is_dir() {
            collect(root, &path, into);
        } else if path.extension().is_some_and(|ext| ext == "rs" || ext == "js") {
            let file = path.strip_prefix(root).expect("it was found under src");
            let file = file.to_str().expect("our file names are ASCII").replace('\\', "/");
            into.push((file, fs::read_to_string(&path).expect("a source can be read")));
        }
    }
}

/// `file` is relative to src.
fn faults(file: &str, text: &str) -> Vec<String> {
    let tests = file.ends_with("tests.rs") || file.contains("/tests/");
    let javascript = file.ends_with(".js");
    let mut found = shape(text, if javascript { "//" } else { "//!" }, tests);
    if file != "lib.rs" && !tests && !javascript {
        let code = without_comments(text.split("#[cfg(test)]\nmod ").next().unwrap_or(text));
        let place = place_of(file);
        let mut paths = paths(&tokens(&code));
        paths.sort();
        paths.dedup();
        found.extend(paths.iter().filter_map(|path| judge(&place, &resolve(path, &place))));
        if !MAY_BE_UNSAFE.contains(&file) && tokens(&code).contains(&"unsafe") {
            found.push(format!("unsafe stands only in src/{}", MAY_BE_UNSAFE.join(" and src/")));
        }
    }
    found.dedup();
    found.iter().map(|fault| format!("src/{file}: {fault}")).collect()
}

/// `mark` begins each line of the header.
fn shape(text: &str, mark: &str, tests: bool) -> Vec<String> {
    let header: String = text.lines().take_while(|line| line.starts_with(mark)).collect();
    let lines = text.lines().count();
    let mut found = Vec::new();
    if header.is_empty() && !tests {
        found.push(format!("opens without a {mark} header"));
    }
    if lines > LINES_MAX && !header.to_lowercase().contains("over 400 lines because") {
        found.push(format!(
            "{lines} lines; divide it, or give the reason in its header (\"over 400 lines because …\")"
        ));
    }
    found
}

/// What one path says against the rules; `path` begins at the crate's root or with another crate's name.
fn judge(place: &[String], path: &[String]) -> Option<String> {
    let own = place[0].as_str();
    let first = path.first()?.as_str();
    if first == "sled" && own != "store" && !PURE.contains(&own) {
        return Some("only src/store knows sled".to_owned());
    }
    if PURE.contains(&own) {
        let joined = path.iter().take(2).map(String::as_str).collect::<Vec<_>>().join("::");
        let never = NEVER_IN_PURE.iter().find(|never| **never == joined || **never == first);
        if let Some(never) = never {
            return Some(format!("{own} is pure and uses {never}"));
        }
    }
    match (first, path.get(1)) {
        ("crate", Some(used)) if used == "clock" => (!MAY_READ_THE_CLOCK.contains(&own))
            .then(|| format!("{own} reads the clock; take the time as an argument")),
        ("crate", Some(used)) if used != own => arrow(own, used),
        _ => None,
    }
}

fn arrow(own: &str, used: &str) -> Option<String> {
    let row = |name: &str| ROWS.iter().position(|row| row.contains(&name));
    match (row(own), row(used)) {
        (Some(own_row), Some(used_row)) if own_row < used_row => None,
        (Some(_), Some(_)) => Some(format!("{own} uses {used}, which stands above it or beside it")),
        (Some(_), None) => {
            Some(format!("{own} uses {used}, which has no place in the rows of tests/layers.rs"))
        }
        (None, _) => Some(format!("{own} has no place in the rows of tests/layers.rs")),
    }
}

/// `flow/parse/ask.rs` is the module flow::parse::ask. main.rs and cli are one crate, above the library.
fn place_of(file: &str) -> Vec<String> {
    let file = if file == "main.rs" { "cli/mod.rs" } else { file };
    let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
    stem.split('/').map(str::to_owned).collect()
}

/// `super::x`, and the `antiphon::x` of the command line, as `crate::x`.
fn resolve(path: &[String], place: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    if ups > 0 {
        let base = &place[..place.len().saturating_sub(ups)];
        let root = [String::from("crate")];
        return root.iter().chain(base).chain(&path[ups..]).cloned().collect();
    }
    let mut path = path.to_vec();
    if path[0] == "antiphon" {
        path[0] = "crate".to_owned();
    }
    path
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// Names, `::`, and single characters; blanks are left out.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let length = match name {
            0 if rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            name => name,
        };
        if !first.is_whitespace() {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

/// Every path with at least one `::` in it, `a::{b, c::d}` as two.
fn paths(tokens: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins = is_name(tokens[at]) && tokens.get(at + 1) == Some(&"::");
        at = if begins { path(tokens, at, &[], &mut found) } else { at + 1 };
    }
    found
}

/// Reads the path or the group at `at`, after what stands before the group; gives where it ends.
fn path(tokens: &[&str], mut at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut names = before.to_vec();
    while tokens.get(at).is_some_and(|token| is_name(token)) {
        names.push(tokens[at].to_owned());
        at += 1;
        if tokens.get(at) != Some(&"::") {
            break;
        }
        at += 1;
        if tokens.get(at) == Some(&"{") {
            return group(tokens, at + 1, &names, found);
        }
    }
    found.push(names);
    at
}

fn group(tokens: &[&str], mut at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    while at < tokens.len() && tokens[at] != "}" {
        at = if is_name(tokens[at]) { path(tokens, at, before, found) } else { at + 1 };
    }
    at + 1
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
