//! What runs leave in the memory of the process, measured in a process of its own, where no other test takes any.

use std::process::Command;

use super::hostile::{exhaust, hostile};
use super::*;

/// Runs that are over soon and leave what they can in their runtime.
const MESSES: &[&str] = &[
    "const f = () => f(); f()",
    "await new Promise(() => {})",
    "const a = {}; a.a = a; a.p = new Promise(() => a); return a",
    "httpRequest('https://a.example').then(() => new Promise(() => {})); return 1",
    "for (let i = 0; i < 20; i++) httpRequest('https://a.example'); return 1",
    "throw { get name() { throw 1 } }",
    "const s = await getSessionStorage('ann', 's1'); s.s = s; return 1",
];

/// Runs whose runtime is thrown away. A new one takes its time, so there are fewer of them.
const WRECKS: &[&str] = &[
    "return 'x'.repeat(3e6)",
    "new Array(4294967295).reverse()",
    "const a = []; for (;;) a.push('x'.repeat(100000) + a.length)",
    "for (;;) new Promise(() => { for (;;); });",
];

/// Of what a run may leave. Each allocation of QuickJS's that is forgotten is about as large; below it is how the memory happens to lie.
const LEFT_BYTES_MAX: usize = 512;
/// A runtime that is not let go is ten times that.
const LEFT_BY_A_WRECK_MAX: usize = 48 << 10;

/// Is set in the process that measures.
const ALONE: &str = "ANTIPHON_TEST_ALONE";

#[test]
fn memory_is_back_to_where_it_was_after_ten_thousand_hostile_runs() {
    if std::env::var_os(ALONE).is_some() {
        return measure();
    }
    let name = "transformer::tests::memory::memory_is_back_to_where_it_was_after_ten_thousand_hostile_runs";
    let own = std::env::current_exe().expect("a test knows its file");
    let told = Command::new(own).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output();
    let told = told.expect("a test can be started again");
    let text = String::from_utf8_lossy(&told.stdout) + String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && text.contains("1 passed"), "{text}");
}

fn measure() {
    let mut pool = Pool::new(64 << 20);
    let mut jobs: Vec<Job> = MESSES.iter().map(|source| hostile(source)).collect();
    // As much as it takes to see what is left: a runtime that is full is thrown away.
    jobs.iter_mut().for_each(|job| job.bounds.memory_bytes = 64 << 20);
    let left = left(&mut pool, &jobs, 1_430);
    assert!(left < LEFT_BYTES_MAX, "a run leaves {left} bytes");
    let jobs: Vec<Job> = WRECKS.iter().map(|source| hostile(source)).collect();
    let left = self::left(&mut pool, &jobs, 50);
    assert!(left < LEFT_BY_A_WRECK_MAX, "a run whose runtime is thrown away leaves {left} bytes");
}

/// Bytes by run, after some rounds that fill what stays.
fn left(pool: &mut Pool, jobs: &[Job], rounds: usize) -> usize {
    let mut run = |rounds: usize| {
        for _ in 0..rounds {
            jobs.iter().for_each(|job| drop(exhaust(pool, job)));
        }
    };
    run(rounds / 10);
    let before = resident();
    run(rounds);
    resident().saturating_sub(before) / (rounds * jobs.len())
}

/// Bytes that the process holds in memory.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("the second number of statm") * 4096
}
