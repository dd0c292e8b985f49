//! Starting: what is printed, and a store with very many sessions. How long that takes is measured by
//! `cargo bench`, because a test does not look at a clock.

use antiphon::clock;
use antiphon::store::{Store, Writes};

use crate::support::{Engine, Project, Receiver, leave_work, quiet, store};

fn fill(store: &Store, sessions: usize, now: u64) {
    let numbers: Vec<usize> = (0..sessions).collect();
    for numbers in numbers.chunks(5_000) {
        let mut writes = Writes::new();
        numbers.iter().for_each(|number| writes.session(&quiet(*number, now)));
        store.commit_blocking(writes).expect("there is room on the disk");
    }
}

#[test]
fn a_hundred_thousand_quiet_sessions_are_there_after_a_start_and_the_work_that_was_left_is_done() {
    let receiver = Receiver::start();
    let project = Project::echo().door("shop", &receiver, "");
    let now = clock::now();
    let filled = store(&project.state);
    fill(&filled, 100_000, now);
    (0..5).for_each(|number| leave_work(&filled, number, now));
    filled.close();
    drop(filled);
    let engine = Engine::start(project);
    assert_eq!(engine.session("shop", "user-99999", "1").says("hello"), 8);
    let mut told: Vec<_> = receiver.texts(11);
    told.sort();
    let expected = [vec!["hello"], vec!["it waited"; 5], vec!["it was owed"; 5]].concat();
    assert_eq!(told, expected);
}

#[test]
fn each_open_door_is_printed_with_its_url() {
    let project =
        Project::echo().endpoint("shop", "").endpoint("kiosk", "").endpoint("closed", "enabled: false");
    let engine = Engine::start(project);
    let mut urls = engine.urls.clone();
    urls.sort();
    let url = |name: &str| format!("http://{}{}", engine.address(), engine.path(name));
    assert_eq!(urls, [url("kiosk"), url("shop")]);
}

#[test]
fn a_project_with_a_fault_is_not_served() {
    let project = Project::new("- sey: hello").endpoint("shop", "");
    let complaint = Engine::refuses(&project);
    assert!(complaint.contains("flows/main.yaml:1:3"), "{complaint}");
}

#[test]
fn a_state_folder_has_one_server() {
    let engine = Engine::start(Project::echo().endpoint("shop", ""));
    let complaint = Engine::refuses(&engine.project);
    assert!(complaint.lines().count() <= 2, "{complaint}");
    engine.session("shop", "ann", "1").says("hi");
}
