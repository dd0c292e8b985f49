//! In a changed flow the first turn that comes out differently is told, and so is what the recording cannot answer.

use super::*;

fn outputs(difference: Option<Difference>) -> (u64, Vec<String>, Vec<String>, Option<String>) {
    let texts = |outputs: Vec<crate::model::Numbered>| {
        outputs.into_iter().map(|numbered| numbered.output.text).collect::<Vec<_>>()
    };
    match difference {
        Some(Difference { turn, what: What::Outputs { recorded, replayed }, then }) => {
            (turn, texts(recorded), texts(replayed), then)
        }
        other => panic!("{other:?}"),
    }
}

/// Why the turn could not be played.
fn stuck(difference: Option<Difference>) -> (u64, String) {
    match difference {
        Some(Difference { turn, what: What::Event { why }, .. }) => (turn, why),
        other => panic!("{other:?}"),
    }
}

const SHOP: &str = r#"
- ask: { say: "Number?", into: context.number, expect: number }
- http: { get: "https://shop.example/{{ context.number }}", into: context.reply }
- say: "It is {{ context.reply.text }}"
"#;

#[test]
fn a_change_that_this_session_does_not_meet_is_none() {
    let mut tape = Tape::of(SHOP);
    tape.says("hi").says("7").answered(200, "on its way");
    let moved = format!("# a comment\n\n{SHOP}- if: \"input.text == 'x'\"\n  then: [{{ say: never }}]\n");
    assert_eq!(tape.in_flow(&moved), None);
    let comes_first = SHOP.replace("Number?", "Number, please?");
    let (turn, recorded, replayed, then) = outputs(tape.in_flow(&comes_first));
    assert_eq!((turn, then), (1, None));
    assert_eq!((recorded, replayed), (vec!["Number?".to_owned()], vec!["Number, please?".to_owned()]));
}

#[test]
fn a_recorded_answer_goes_to_the_call_that_the_changed_flow_makes() {
    let mut tape = Tape::of(SHOP);
    tape.says("hi").says("7").answered(200, "on its way");
    // The wait before it has another number now.
    let flow = format!("- remind: {{ after: 1h, text: tea }}\n{}", SHOP.replace("It is", "Sir, it is"));
    let (turn, recorded, replayed, _) = outputs(tape.in_flow(&flow));
    assert_eq!(turn, 3);
    assert_eq!((recorded[0].as_str(), replayed[0].as_str()), ("It is on its way", "Sir, it is on its way"));
}

#[test]
fn a_call_that_the_recording_does_not_answer_is_told() {
    let mut tape = Tape::of("- say: \"hello {{ input.text }}\"");
    tape.says("Ann").says("Ben");
    let flow = "- if: \"input.text == 'Ben'\"\n  then:\n    - http: { get: \"https://a.example/\" }\n- say: \"hello {{ input.text }}\"";
    let (turn, recorded, replayed, then) = outputs(tape.in_flow(flow));
    assert_eq!((turn, recorded, replayed), (2, vec!["hello Ben".to_owned()], vec![]));
    assert_eq!(then.as_deref(), Some("the flow waits for the answer to GET https://a.example/"));
    let quiet = format!("{}\n- wait: 10m", "- say: \"hello {{ input.text }}\"");
    let difference = tape.in_flow(&quiet).unwrap();
    assert_eq!(difference.what, What::Suspended { recorded: false, replayed: true });
    assert_eq!(difference.then.as_deref(), Some("the flow waits for 10m to pass"));
}

#[test]
fn a_pause_is_not_answered_by_a_call_nor_the_other_way_round() {
    let call = "- http: { get: \"https://a.example/\" }\n- say: on";
    let mut tape = Tape::of(call);
    tape.says("hi").answered(200, "");
    let (turn, why) = stuck(tape.in_flow("- wait: 2s\n- say: on"));
    assert_eq!(turn, 2);
    assert_eq!(why, "the flow waits for 2s to pass; the recording has the answer to a call");
    let mut tape = Tape::of("- wait: 2s\n- say: on");
    tape.says("hi").later(2_000).wakes(None);
    let (_, why) = stuck(tape.in_flow(call));
    assert_eq!(
        why,
        "the flow waits for the answer to GET https://a.example/; the recording has the end of a pause"
    );
}

#[test]
fn a_timeout_that_nothing_waits_for_now_is_told() {
    let asks =
        |timeout: &str| format!("- ask: {{ say: \"Name?\"{timeout} }}\n- say: \"{{{{ input.text }}}}\"");
    let limited = asks(", timeout: { after: 10m, do: [{ say: late }] }");
    let mut tape = Tape::of(&limited);
    tape.says("hi").later(600 * SECOND).times_out();
    let (turn, why) = stuck(tape.in_flow(&asks("")));
    assert_eq!(turn, 2);
    assert!(why.contains("the time of a question was over"), "{why}");
    // With its end, but a later one: what comes then is as it was.
    assert_eq!(tape.in_flow(&limited.replace("10m", "20m")), None);
}

#[test]
fn a_timeout_that_would_have_come_is_told() {
    let asks =
        |timeout: &str| format!("- ask: {{ say: \"Name?\"{timeout} }}\n- say: \"{{{{ input.text }}}}\"");
    let mut tape = Tape::of(&asks(""));
    tape.says("hi").later(3_600 * SECOND).says("Ann");
    let (turn, why) = stuck(tape.in_flow(&asks(", timeout: { after: 10m, do: [{ say: late }] }")));
    assert_eq!(
        (turn, why.as_str()),
        (2, "the time of the question was over before this; the recording has no end of it")
    );
    assert_eq!(tape.in_flow(&asks(", timeout: { after: 2h, do: [{ say: late }] }")), None);
}

#[test]
fn a_reminder_has_the_words_that_the_changed_flow_gives_it() {
    let flow = "- if: \"input.source == 'inject'\"\n  then: [{ say: \"time for {{ input.text }}\" }]\n  else: [{ remind: { after: 1h, text: tea } }]";
    let mut tape = Tape::of(flow);
    tape.says("hi").later(3_600 * SECOND).reminds();
    let (turn, recorded, replayed, _) = outputs(tape.in_flow(&flow.replace("tea", "coffee")));
    assert_eq!((turn, recorded[0].as_str(), replayed[0].as_str()), (2, "time for tea", "time for coffee"));
    let (_, why) = stuck(tape.in_flow("- if: \"false\"\n  then: [{ say: x }]"));
    assert_eq!(why, "a reminder came; the flow has none now");
    let mut tape = Tape::of("- if: \"false\"\n  then: [{ say: x }]");
    tape.says("hi").later(7_200 * SECOND).says("hello");
    let (turn, why) = stuck(tape.in_flow(flow));
    assert_eq!((turn, why.as_str()), (2, "the reminder \"tea\" was due before this; the recording has none"));
}

#[test]
fn a_session_that_is_not_handed_over_now_and_one_that_is_over_are_told() {
    let mut tape = Tape::of("- handover: { to: \"sales\" }\n- say: back");
    tape.says("hi").hears(Source::Agent, "Good day");
    let (turn, why) = stuck(tape.in_flow("- if: \"false\"\n  then: [{ say: x }]"));
    assert_eq!((turn, why.as_str()), (2, "a human agent was in the session; the flow did not hand it over"));
    let (turn, why) = stuck(tape.in_flow("- stop: session"));
    assert_eq!((turn, why.as_str()), (2, "the flow ended the session before this"));
    let mut tape = Tape::of("- say: hi");
    tape.says("hello");
    let (_, _, _, then) = outputs(tape.in_flow("- handover: { to: \"sales\" }"));
    assert_eq!(then.as_deref(), Some("a human agent has the session: \"sales\""));
}

#[test]
fn a_changed_flow_finds_in_the_profile_what_it_wrote_there() {
    let flow = "- say: \"{{ profile.n ?? 0 }}\"\n- set: { profile.n: \"{{ (profile.n ?? 0) + 1 }}\" }";
    let mut tape = Tape::of(flow);
    tape.says("a").says("b").says("c");
    assert_eq!(tape.in_flow(flow), None);
    let (turn, recorded, replayed, _) = outputs(tape.in_flow(&flow.replace("+ 1", "+ 10")));
    assert_eq!((turn, recorded[0].as_str(), replayed[0].as_str()), (2, "1", "10"));
    // The recorded flow has none; the changed one begins with an empty one.
    let mut tape = Tape::of("- say: \"0\"");
    tape.says("a").says("b");
    let (turn, _, replayed, _) = outputs(tape.in_flow(flow));
    assert_eq!((turn, replayed[0].as_str()), (2, "1"));
}

#[test]
fn an_earlier_version_does_not_count_in_a_changed_flow() {
    let mut tape = Tape::of("- ask: \"old: name?\"\n- say: \"old: {{ input.text }}\"");
    tape.says("hi").edit("- ask: \"new: name?\"\n- say: \"new: {{ input.text }}\"");
    tape.says("Ann");
    let (turn, _, replayed, _) = outputs(tape.in_flow("- ask: \"newest?\"\n- say: on"));
    assert_eq!((turn, replayed[0].as_str()), (1, "newest?"));
}

#[test]
fn what_is_kept_counts_at_the_end() {
    let mut tape = Tape::of("- set: { context.a: 1 }\n- say: hi");
    tape.says("x").says("y");
    let difference = tape.in_flow("- set: { context.a: 2 }\n- say: hi").unwrap();
    assert_eq!(difference.turn, 2);
    let What::Context { recorded, replayed } = difference.what else { panic!("{difference:?}") };
    assert_eq!((&recorded["a"], &replayed["a"]), (&1.into(), &2.into()));
}

#[test]
fn a_difference_is_told_as_json() {
    let mut tape = Tape::of("- say: hi");
    tape.says("x");
    let told = serde_json::to_value(tape.in_flow("- wait: 2s\n- say: hi").unwrap()).unwrap();
    let said = serde_json::json!([{ "sequence": 1, "text": "hi", "source": "bot" }]);
    assert_eq!(
        told,
        serde_json::json!({
            "turn": 1, "what": "outputs", "recorded": said, "replayed": [],
            "then": "the flow waits for 2s to pass",
        })
    );
}

#[test]
fn an_input_that_was_set_aside_runs_in_a_changed_flow() {
    let mut tape = Tape::of("- say: \"hello {{ input.text }}\"");
    tape.says("Ann").set_aside("Ben");
    let (turn, recorded, replayed, _) = outputs(tape.in_flow("- say: \"hello {{ input.text }}\" # mended"));
    assert_eq!((turn, recorded, replayed), (2, vec![], vec!["hello Ben".to_owned()]));
}
