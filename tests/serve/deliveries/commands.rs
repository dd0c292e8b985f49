//! `antiphon deliveries …` beside a running server.

use std::process::Output;

use antiphon::clock;

use super::*;
use crate::support::{Receiver, Reply, antiphon};

const HOUR_MS: u64 = 60 * 60 * 1000;

/// A command that was run to its end.
pub struct Ran {
    code: Option<i32>,
    pub out: String,
    err: String,
}

/// `antiphon deliveries …` on the project of this server.
pub fn run(engine: &Engine, words: &[&str]) -> Ran {
    run_at(engine, words, &format!("http://{}", engine.address()))
}

fn run_at(engine: &Engine, words: &[&str], url: &str) -> Ran {
    let mut command = antiphon();
    command.arg("deliveries").args(words).args(["--url", url]);
    if ["redeliver", "bury"].contains(&words[0]) {
        command.arg("--project");
    }
    let Output { status, stdout, stderr } =
        command.arg(&engine.project.folder).output().expect("cargo has built the binary");
    let text = |bytes| String::from_utf8(bytes).expect("it writes text");
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("not JSON: {}{}", self.out, self.err))
    }

    /// The words of each line of a table, without its head.
    fn rows(&self) -> Vec<Vec<&str>> {
        assert!(self.out.starts_with("STATE "), "{}{}", self.out, self.err);
        self.out.lines().skip(1).map(|line| line.split_whitespace().collect()).collect()
    }

    /// Panics unless it succeeded and printed this.
    fn says(&self, text: &str) {
        assert_eq!((self.code, self.out.as_str(), self.err.as_str()), (Some(0), text, ""));
    }

    /// Panics unless it failed with this code and this in its explanation, of one or two lines if it is no wrong usage.
    pub fn fails(&self, code: i32, told: &str) {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert!(self.err.contains(told), "{}", self.err);
        assert!(code == 2 || self.err.lines().count() <= 2, "{}", self.err);
    }
}

#[test]
fn deliveries_are_listed_as_a_table_and_as_json_and_one_is_shown() {
    let [up, down] = [(); 2].map(|()| Receiver::start());
    down.answers(Reply::Says(REFUSED, "we moved\u{1b}[31m")).always();
    let project = Project::echo()
        .door("shop", &up, "")
        .door("gone", &down, "retryAfterSeconds: []")
        .door("bank", &down, "retryAfterSeconds: [], onExhausted: block")
        .door("slow", &down, "retryAfterSeconds: [3600]");
    let engine = Engine::start(project);
    run(&engine, &["list"]).says("no deliveries\n");
    for (endpoint, user) in
        [("shop", "ann"), ("gone", "ann"), ("bank", "bob"), ("bank", "bob"), ("slow", "cyd")]
    {
        engine.session(endpoint, user, "1").says("open sesame");
    }
    listed_when(&engine, "?state=delivered,dead,blocked,retrying", |items| items.len() == 4);

    let list = run(&engine, &["list"]);
    let mut rows: Vec<String> = list.rows().iter().map(|row| row[..5].join(" ")).collect();
    rows.sort();
    let all = [
        "blocked bank bob 1 1",
        "dead gone ann 1 1",
        "delivered shop ann 1 1",
        "owed bank bob 1 2",
        "retrying slow cyd 1 1",
    ];
    assert_eq!(rows, all);
    assert_eq!(run(&engine, &["list", "--json"]).json(), json!(listed(&engine, "")));
    let filtered = run(
        &engine,
        &["list", "--state", "dead,owed", "--user", "bob", "--endpoint", "bank", "--session", "1"],
    );
    assert_eq!(filtered.rows()[0][..3], ["owed", "bank", "bob"]);
    assert_eq!((filtered.rows().len(), run(&engine, &["list", "--since", "1h"]).rows().len()), (1, 5));
    run(&engine, &["list", "--until", "1h"]).says("no deliveries\n");
    let some = run(&engine, &["list", "--limit", "2"]);
    assert_eq!((some.rows().len(), some.err.as_str()), (2, "there may be more; --limit shows more than 2\n"));
    let dead = run(&engine, &["dead"]);
    assert_eq!(dead.rows().iter().map(|row| row[0]).collect::<Vec<_>>(), ["blocked", "dead"]);
    assert_eq!(run(&engine, &["dead", "--json"]).json(), json!(listed(&engine, "/dead")));

    let letter = listed(&engine, "?state=dead").remove(0);
    let shown = run(&engine, &["show", text(&letter, "id")]);
    let lines: Vec<&str> = shown.out.lines().collect();
    assert_eq!((lines[0], lines[2]), (text(&letter, "id"), "dead, 1 attempt: 404"));
    assert!(lines[1].starts_with("gone / ann / 1, output 1 of its life since "), "{}", shown.out);
    assert!(lines[3].contains("  404 after ") && lines[4] == "    we moved\\u{1b}[31m", "{}", shown.out);
    assert!(shown.out.contains("\"text\": \"open sesame\""), "{}", shown.out);
    let json = run(&engine, &["show", text(&letter, "id"), "--json"]).json();
    assert_eq!(json, one(&engine, text(&letter, "id")).json());
}

#[test]
fn dead_letters_of_a_session_of_a_time_and_all_of_them_go_again_in_order() {
    let receiver = Receiver::start();
    let project = Project::echo().workers(2).door("shop", &receiver, "").endpoint("kiosk", "");
    let now = clock::now();
    let old = [("shop", "old", 50), ("shop", "older", 100)];
    leave_dead(
        &project,
        old.map(|(endpoint, user, ago)| (endpoint, user.to_owned(), now - ago * HOUR_MS)).into_iter(),
    );
    let engine = Engine::start(project);
    receiver.answers(Reply::Status(410)).times(6);
    for user in ["ann", "bob"] {
        ["one", "two", "three"].iter().for_each(|text| drop(engine.session("shop", user, "1").try_say(text)));
    }
    listed_when(&engine, "/dead", |items| items.len() == 8);
    let got = |count: usize| receiver.got(count).split_off(count - 1);

    let dry = run(&engine, &["redeliver", "--user", "ann", "--session", "1", "--dry-run"]);
    assert!(dry.out.ends_with("3 callbacks would go again\n"), "{}", dry.out);
    assert_eq!(listed(&engine, "/dead").len(), 8, "nothing was moved");
    run(&engine, &["redeliver", "--user", "ann", "--session", "1"]).says("3 go again\n");
    assert_eq!(receiver.texts(3), ["one", "two", "three"]);
    run(&engine, &["redeliver", "--since", "75h", "--until", "30h"]).says("1 goes again\n");
    assert_eq!(got(4)[0].body, b"{\"old\":true}");
    run(&engine, &["redeliver", "--endpoint", "kiosk"]).says("no deliveries\n");
    run(&engine, &["redeliver", "--endpoint", "kisok"])
        .says("no deliveries; there is no endpoint \"kisok\" in the project, it has kiosk, shop\n");
    run(&engine, &["redeliver", "--all"]).says("4 go again\n");
    let bobs: Vec<String> =
        receiver.got(8)[4..].iter().filter(|got| got.json()["userId"] == "bob").map(Callback::text).collect();
    assert_eq!(bobs, ["one", "two", "three"]);
    run(&engine, &["redeliver", "--all"]).says("no deliveries\n");
}

#[test]
fn what_cannot_be_done_is_told_for_each_and_the_rest_is_done() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(503)).times(2);
    let webhook = "retryAfterSeconds: [3600], onExhausted: block";
    let engine = Engine::start(Project::echo().door("shop", &receiver, webhook));
    for text in ["one", "two"] {
        engine.session("shop", "ann", "1").says(text);
    }
    engine.session("shop", "bob", "1").says("hello");
    let waiting = listed_when(&engine, "?state=retrying", |items| items.len() == 2);
    let [ann, bob] = ["ann", "bob"].map(|user| {
        let item = waiting.iter().find(|item| item["userId"] == user).expect("it waits");
        text(item, "id").to_owned()
    });
    let second = text(&listed(&engine, "?state=owed")[0], "id").to_owned();

    let buried = run(&engine, &["bury", &second, &ann]);
    buried.fails(1, "antiphon: 1 delivery was not given up; the lines above say why");
    let told = format!("{second}: not given up: it is on its way at this moment, or its turn has not come;");
    assert!(
        buried.out.starts_with(&told) && buried.out.ends_with("1 given up, 1 failed\n"),
        "{}",
        buried.out
    );
    assert_eq!(receiver.texts(1), ["two"], "its session goes on");
    becomes(&engine, &second, "delivered");

    let redelivered = run(&engine, &["redeliver", &bob, &second, "msg_AAEC"]);
    redelivered.fails(1, "2 deliveries were not redelivered; the lines above say why");
    let lines: Vec<&str> = redelivered.out.lines().collect();
    assert!(
        lines[0].contains("404 unknown-delivery") && lines[0].contains("it was delivered"),
        "{}",
        redelivered.out
    );
    assert!(lines[1].starts_with("msg_AAEC: not redelivered: 404 unknown-delivery"), "{}", redelivered.out);
    assert_eq!(lines[2..], ["1 goes again, 2 failed"]);
    assert_eq!(receiver.texts(2), ["two", "hello"]);
    run(&engine, &["redeliver", &ann]).says("1 goes again\n");
    assert_eq!(receiver.texts(3), ["two", "hello", "one"]);
}

#[test]
fn wrong_words_no_server_and_no_key_are_told_with_what_to_do() {
    let engine = Engine::start(Project::echo().endpoint("shop", ""));
    for (words, told) in [
        (&["show", "data"][..], "begins with msg_ or batch_; `antiphon deliveries list` shows them"),
        (&["show", "msg_../../reload"], "it is no id of a delivery"),
        (&["bury"], "<ID>..."),
        (&["redeliver"], "--all"),
        (&["redeliver", "msg_AAEC", "--all"], "cannot be used with"),
        (&["list", "--state", "ded"], "[possible values: owed, retrying, blocked, dead, delivered]"),
        (&["list", "--since", "soon"], "write one such as 30s, 10m, 2h or 3d"),
        (&["list", "--limit", "0"], "--limit"),
        (&["resend", "msg_AAEC"], "unrecognized subcommand"),
    ] {
        run(&engine, words).fails(2, told);
    }
    let commands = [
        &["list"][..],
        &["dead"],
        &["show", "msg_AAEC"],
        &["redeliver", "--all"],
        &["redeliver", "msg_AAEC"],
        &["bury", "msg_AAEC"],
    ];
    for words in commands {
        // Nobody can listen at port 0: whoever binds it gets another one.
        run_at(&engine, words, "http://127.0.0.1:0")
            .fails(1, "Start it with `antiphon serve`, or say where it is with --url.");
    }
    run(&engine, &["show", "msg_AAEC"])
        .fails(1, "the server refused: 404 unknown-delivery: \"msg_AAEC\": an id is");
    let key = engine.project.state.join("admin.key");
    std::fs::write(&key, "another").expect("the folder can be written");
    for words in commands {
        run(&engine, words).fails(1, "401 unauthorized: send the key of this server");
    }
    std::fs::remove_file(&key).expect("it is there");
    for words in commands {
        run(&engine, words).fails(1, "The first `antiphon serve` writes it; or set ANTIPHON_ADMIN_KEY.");
    }
}
