//! In the programs it ran in, a session comes out to the byte.

use super::*;

const CHANCE: &str = r#"
- set: { context.dice: "{{ Math.random() }}", context.at: "{{ new Date().toISOString() }}" }
- code: |
    context.sum = (context.sum ?? 0) + Math.random() / 3;
    say(String(context.sum), { all: [Math.random(), Date.now()] });
    log("rolled " + context.dice);
- say: { oneOf: [one, two, three, four] }
- once: [{ say: "the first time" }]
"#;

#[test]
fn chance_and_the_clock_come_out_as_they_were() {
    let mut tape = Tape::of(CHANCE);
    for text in ["a", "b", "c", "d"] {
        tape.says(text).later(SECOND + 1);
    }
    tape.is_the_same();
    let said: Vec<&str> = tape.records.iter().map(|record| record.outputs[1].output.text.as_str()).collect();
    assert!(said.iter().any(|text| *text != said[0]), "the seeds differ: {said:?}");
}

#[test]
fn questions_with_wrong_answers_a_timeout_and_words_in_between_come_out_as_they_were() {
    let flow = r#"
- ask:
    say: "How many?"
    into: context.n
    expect: number
    reprompt: "A number, please"
    attempts: 2
    otherwise: [{ say: "Never mind" }]
    timeout: { after: 10m, do: [{ say: "Too late" }] }
- say: "{{ context.n }} {{ input.text }}"
"#;
    let mut tape = Tape::of(flow);
    tape.says("hi").says("many").hears(Source::Notify, "We close at six").says("7").says("again");
    tape.later(600 * SECOND).times_out().says("once more").says("x").says("y");
    tape.is_the_same();
}

#[test]
fn answers_to_calls_and_pauses_are_taken_from_the_recording() {
    let flow = r#"
- each:
    in: "[1, 2]"
    as: n
    do:
      - http:
          get: "https://shop.example/{{ n }}"
          into: context.reply
          onError: [{ say: "error {{ context.reply.status }} {{ context.reply.error }}" }]
      - wait: 2s
      - say: "{{ n }} {{ context.reply.text }} {{ input.text }}"
"#;
    let mut tape = Tape::of(flow);
    tape.says("hi").later(SECOND).answered(200, "{\"price\":0.1234567890123456789}").later(2 * SECOND);
    tape.wakes(None).wakes(Some(CallResult::Failed { reason: "no connection".to_owned() })).wakes(None);
    tape.is_the_same();
}

#[test]
fn reminders_come_again_when_they_came() {
    let flow = r#"
- if: "input.text == 'stop'"
  then: [{ remind: cancel }]
  else:
    - if: "input.source == 'inject'"
      then: [{ say: "you asked me to say {{ input.text }} {{ input.data.a }}" }]
      else: [{ remind: { after: 2h, text: "tea", data: { a: 1 } } }, { say: "I shall" }]
"#;
    let mut tape = Tape::of(flow);
    tape.says("tea").says("more tea").later(7_200 * SECOND).reminds().says("stop");
    tape.is_the_same();
}

#[test]
fn a_handover_and_what_the_agent_says_come_out_as_they_were() {
    let flow = r#"
- handover: { to: "sales", message: "One moment", onBack: [{ say: "I am back" }] }
- wait: input
- say: "heard {{ input.text }}"
"#;
    let mut tape = Tape::of(flow);
    tape.says("a person!").hears(Source::Agent, "Good day").says("hello").hears(Source::Returned, "");
    tape.says("more");
    tape.is_the_same();
}

#[test]
fn the_profile_is_as_each_turn_found_it() {
    let mut tape = Tape::of("- code: profile.n = (profile.n ?? 0) + 1\n- say: \"{{ profile.n }}\"");
    tape.says("a");
    // Another session of the user.
    tape.profile.insert("n".to_owned(), 40.into());
    tape.says("b");
    tape.is_the_same();
    assert_eq!(tape.records[1].outputs[0].output.text, "41");
}

#[test]
fn each_turn_runs_in_its_own_version() {
    let mut tape = Tape::of("- ask: \"old: name?\"\n- say: \"old: {{ input.text }}\"");
    tape.says("hi").edit("- ask: \"new: name?\"\n- say: \"new: {{ input.text }}\"");
    tape.says("Ann").says("hi").says("Ben");
    tape.is_the_same();
    let programs: Vec<_> = tape.records.iter().map(|record| record.program.clone()).collect();
    assert!(programs[0] == programs[1] && programs[1] != programs[2]);
}

#[test]
fn a_flow_that_was_started_anew_because_its_version_was_gone_is_so_again() {
    let mut tape = Tape::of("- ask: \"old?\"\n- say: \"old\"");
    tape.says("hi").edit("- say: \"new {{ input.text }}\"");
    tape.lose_versions().says("Ann");
    tape.records[1].notes.push(fault("the flow starts anew: the version it was in cannot be had"));
    let recording = tape.recording();
    let replay = play(&recording, Flows::Recorded(&tape.programs)).unwrap();
    assert_eq!(compare(&recording, &replay), None);
    assert_eq!(replay.turns[1].record.outputs[0].output.text, "new Ann");
}

#[test]
fn an_input_that_was_set_aside_is_set_aside_again() {
    let mut tape =
        Tape::of("- remind: { after: 1h, text: tea }\n- ask: \"Your name?\"\n- say: \"{{ input.text }}\"");
    tape.says("hi").set_aside("boom").says("hi");
    tape.is_the_same();
}

#[test]
fn a_fault_comes_out_as_it_was_with_its_bound() {
    let mut tape = Tape::of("- id: a\n  say: on\n- goto: a");
    tape.says("hi");
    tape.edit("- code: \"context.n = 1; for (;;);\"");
    tape.says("loop");
    tape.is_the_same();
    assert_eq!(tape.records[1].notes.len(), 1);
}

#[test]
fn a_number_that_was_stored_is_the_same_to_its_last_bit() {
    let mut tape = Tape::of("- code: \"context.x = (context.x ?? 1) * 1.1; say('', { x: context.x })\"");
    for _ in 0..200 {
        tape.says("hi");
        tape.session = serde_json::from_str(&serde_json::to_string(&tape.session).unwrap()).unwrap();
    }
    tape.is_the_same();
}

#[test]
fn a_recording_that_was_tampered_with_differs() {
    let mut tape = Tape::of(CHANCE);
    tape.says("a").says("b").says("c");
    let mut recording = tape.recording();
    recording.records[1].outputs[1].output.text.push('!');
    let replay = play(&recording, Flows::Recorded(&tape.programs)).unwrap();
    let difference = compare(&recording, &replay).expect("it was tampered with");
    assert!(matches!(difference, Difference { turn: 2, what: What::Outputs { .. }, .. }), "{difference:?}");
    let mut recording = tape.recording();
    recording.records[2].notes.clear();
    let difference = compare(&recording, &replay).expect("it was tampered with");
    assert!(matches!(difference, Difference { turn: 3, what: What::Notes { .. }, .. }), "{difference:?}");
    let mut recording = tape.recording();
    recording.kept.as_mut().unwrap().context.insert("more".to_owned(), 1.into());
    let difference = compare(&recording, &replay).expect("it was tampered with");
    assert!(matches!(difference, Difference { turn: 3, what: What::Context { .. }, .. }), "{difference:?}");
    // Of a session that is over nothing is kept.
    recording.kept = None;
    assert_eq!(compare(&recording, &replay), None);
}

#[test]
fn where_the_flow_stands_and_the_reminders_that_wait_are_held_against_what_is_kept() {
    let mut tape = Tape::of("- remind: { after: 1h, text: tea }\n- wait: input\n- say: b");
    tape.says("a");
    let replay = play(&tape.recording(), Flows::Recorded(&tape.programs)).unwrap();
    let mut recording = tape.recording();
    recording.kept.as_mut().unwrap().position = Position::Start;
    let difference = compare(&recording, &replay).expect("it was tampered with");
    assert!(matches!(difference, Difference { turn: 1, what: What::Position { .. }, .. }), "{difference:?}");
    let mut recording = tape.recording();
    recording.kept.as_mut().unwrap().waits[0].due_at += 1;
    let difference = compare(&recording, &replay).expect("it was tampered with");
    assert!(matches!(difference, Difference { turn: 1, what: What::Reminders { .. }, .. }), "{difference:?}");
}

#[test]
fn a_version_that_was_lost_takes_its_waits_along_and_leaves_the_reminders() {
    let mut tape = Tape::of("- remind: { after: 1h, text: tea }\n- wait: 10m\n- say: old");
    tape.says("a");
    tape.edit("- say: \"new {{ input.text }}\"");
    tape.lose_versions().wakes(None).is_the_same();
    assert_eq!(tape.records[1].outputs[0].output.text, "new a");
}

#[test]
fn what_is_missing_is_told() {
    let mut tape = Tape::of("- say: hi");
    tape.says("a").says("b").says("c");
    let played = |recording: &Recording, programs: &Programs| play(recording, Flows::Recorded(programs));
    let mut recording = tape.recording();
    let program = tape.program.hash.clone();
    let none = played(&recording, &Programs::new()).unwrap_err();
    assert_eq!(none, Error::NoProgram { turn: 1, program });
    assert!(none.to_string().contains("--project"), "{none}");
    recording.records.remove(1);
    assert_eq!(played(&recording, &tape.programs).unwrap_err(), Error::Gap { missing: 2 });
    recording.records.remove(0);
    assert_eq!(played(&recording, &tape.programs).unwrap_err(), Error::NoBeginning { first: 3 });
}
