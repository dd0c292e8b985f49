//! A webhook that does everything a webhook can do wrong, and a server that is killed meanwhile: all of it arrives, in the
//! order of each session, and what comes twice comes under the same id.
//!
//! The seed is printed; `ANTIPHON_SEED` repeats what is answered and where the kills come.

use crate::support::{Callback, Chance, Engine, Project, Receiver, Session, retries, told};

const KILLS: usize = 10;
const SESSIONS: usize = 200;
const TEXTS: [&str; 3] = ["one", "two", "three"];

#[test]
fn whatever_a_webhook_does_and_however_often_the_server_is_killed_everything_arrives_in_order() {
    let mut chance = Chance::seeded();
    let receiver = Receiver::start();
    receiver.answers_by_chance(chance.fork());
    let webhook = format!("timeoutMs: 300, {}", retries(100, 0.02));
    let batches = format!("{webhook}, batch: {{ max: 7, lingerMs: 10 }}");
    let project = Project::echo().door("shop", &receiver, &webhook).door("lots", &receiver, &batches);
    let mut engine = Engine::start(project);
    let door = |number: usize| if number.is_multiple_of(2) { "shop" } else { "lots" };
    let sessions: Vec<Session> =
        (0..SESSIONS).map(|number| engine.session(door(number), &format!("user-{number}"), "1")).collect();
    for added in sessions.chunks(SESSIONS / KILLS) {
        let posts = TEXTS.iter().flat_map(|text| added.iter().map(move |session| (session, text)));
        // Behind a random one, so that the kills find callbacks in every state: the posts go on while callbacks are sent,
        // fail, time out and wait for their next attempt, and nothing waits for a callback that need not come.
        let killed_after = chance.below((added.len() * TEXTS.len()) as u64) as usize;
        for (number, (session, text)) in posts.enumerate() {
            session.says(text);
            if number == killed_after {
                engine.kill();
                engine.start_again();
            }
        }
    }
    let all = |told: &[_]| told_whole(told) == SESSIONS;
    let told = told(&receiver.got_enough(all));
    assert!(told.values().all(|told| told.texts == TEXTS), "{told:?}");
    engine.terminate();
    assert_eq!(engine.log().matches("dead letter").count(), 0, "{}", engine.log());
}

/// How many sessions told all.
fn told_whole(callbacks: &[Callback]) -> usize {
    told(callbacks).values().filter(|told| told.texts.len() == TEXTS.len()).count()
}
