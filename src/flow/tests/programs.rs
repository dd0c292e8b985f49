//! How steps are laid out as operations, with their paths and targets.

use super::{program, program_of, read};
use crate::flow::{Expect, Op, Program, Span, Template, compile};

/// One operation as a person would note it down.
fn op(op: &Op) -> String {
    let text = |template: &Template| match template {
        Template::Text(text) => text.clone(),
        Template::Value(script) => script.source.clone(),
        Template::Parts(_) | Template::ByLanguage(_) => "…".to_owned(),
    };
    match op {
        Op::Say(say) => format!("say {}", say.texts.iter().map(text).collect::<Vec<_>>().join("|")),
        Op::Ask(ask) => {
            let expect = match &ask.expect {
                Expect::OneOf(choices) => {
                    choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join("|")
                }
                expect => format!("{expect:?}"),
            };
            format!("ask {} {expect} {:?} → {}", text(&ask.say.texts[0]), ask.attempts, ask.answered)
        }
        Op::If { condition, otherwise } => format!("if {} else {otherwise}", condition.source),
        Op::Jump(target) => format!("jump {target}"),
        Op::Switch { subject, cases, default } => format!("switch {} {cases:?} {default}", subject.source),
        Op::Set(writes) => format!("set {:?}", writes[0].0),
        Op::Unset(targets) => format!("unset {targets:?}"),
        Op::Code(script) => format!("code {}", script.source),
        Op::Run { entry } => format!("run {entry}"),
        Op::Goto { target, loops } => format!("goto {target} in {loops}"),
        Op::Once { end } => format!("once {end}"),
        Op::Each { items, name, end } => format!("each {name} of {} {end}", items.source),
        Op::Next { each } => format!("next {each}"),
        Op::Http(http) => format!("http {} {} → {}", http.method, text(&http.url), http.answered),
        Op::Wait(Span::Fixed(ms)) => format!("wait {ms}"),
        Op::Wait(Span::Template(template)) => format!("wait {}", text(template)),
        Op::Remind(remind) => format!("remind {:?}", remind.after),
        Op::Handover(handover) => format!("handover {}", handover.to.as_ref().map(text).unwrap_or_default()),
        Op::Listen | Op::CancelReminders | Op::StopFlow | Op::StopSession | Op::Return => format!("{op:?}"),
    }
}

fn ops(program: &Program) -> Vec<String> {
    let ops = program.ops.iter().zip(&program.paths);
    ops.map(|(found, path)| format!("{path}: {}", op(found))).collect()
}

#[test]
fn steps_in_a_row_become_operations_in_a_row() {
    let program = program(
        "- say: { oneOf: [a, b] }\n- set: { context.x.y: 1 }\n- unset: [context.x, profile.z]\n- id: last\n  code: log(1)\n- stop: session\n",
    );
    assert_eq!(
        ops(&program),
        [
            "a/0: say a|b",
            "a/1: set Context([\"x\", \"y\"])",
            "a/2: unset [Context([\"x\"]), Profile([\"z\"])]",
            "a/last: code log(1)",
            "a/4: StopSession",
            "a: Return",
        ]
    );
    assert_eq!(program.index_of["a/last"], 3);
    assert_eq!(program.places[3].to_string(), "flows/a.yaml:4:3");
}

#[test]
fn a_question_goes_on_behind_its_otherwise() {
    let program = program(
        "- ask: { say: q, attempts: 2, expect: number, otherwise: [{ say: o }] }\n- ask: r\n- ask: { say: s, expect: { oneOf: [a, b] } }\n",
    );
    assert_eq!(
        ops(&program),
        [
            "a/0: ask q Number Some(2) → 2",
            "a/0/otherwise/0: say o",
            "a/1: ask r Text None → 3",
            "a/2: ask s a|b None → 4",
            "a: Return",
        ]
    );
}

#[test]
fn steps_that_wait_go_on_behind_their_blocks() {
    let program = program(
        "- http: { get: \"https://a\", onError: [{ say: e }] }\n- ask: { say: q, attempts: 1, otherwise: [{ say: o }], timeout: { after: 2s, do: [{ say: t }] } }\n- wait: 2s\n- handover: { to: desk, onBack: [{ say: b }] }\n- wait: input\n- remind: cancel\n",
    );
    assert_eq!(
        ops(&program),
        [
            "a/0: http GET https://a → 2",
            "a/0/onError/0: say e",
            "a/1: ask q Text Some(1) → 6",
            "a/1/otherwise/0: say o",
            "a/1: jump 6",
            "a/1/timeout/0: say t",
            "a/2: wait 2000",
            "a/3: handover desk",
            "a/3/onBack/0: say b",
            "a/4: Listen",
            "a/5: CancelReminders",
            "a: Return",
        ]
    );
}

#[test]
fn branches_meet_again_behind_the_step() {
    let program = program(
        "- if: x\n  then: [{ say: t }]\n  else: [{ say: e }]\n- if: y\n  then: [{ id: u, if: z, then: [{ say: v }] }]\n- say: end\n",
    );
    assert_eq!(
        ops(&program),
        [
            "a/0: if x else 3",
            "a/0/then/0: say t",
            "a/0: jump 4",
            "a/0/else/0: say e",
            "a/1: if y else 7",
            "a/u: if z else 7",
            "a/u/then/0: say v",
            "a/2: say end",
            "a: Return",
        ]
    );
}

#[test]
fn a_switch_has_a_way_for_each_case() {
    let program = program(
        "- switch: x\n  cases: { 1: [{ say: one }], a/b: [{ say: two }], none: [] }\n  default: [{ say: d }]\n- switch: y\n  cases: { c: [{ say: three }] }\n",
    );
    assert_eq!(
        ops(&program),
        [
            "a/0: switch x [(\"1\", 1), (\"a/b\", 3), (\"none\", 5)] 6",
            "a/0/cases/1/0: say one",
            "a/0: jump 7",
            "a/0/cases/a~1b/0: say two",
            "a/0: jump 7",
            "a/0: jump 7",
            "a/0/default/0: say d",
            "a/1: switch y [(\"c\", 8)] 10",
            "a/1/cases/c/0: say three",
            "a/1: jump 10",
            "a: Return",
        ]
    );
}

#[test]
fn loops_come_back_and_gotos_say_how_many_stay() {
    let program = program(
        "- id: top\n  once: [{ say: o }]\n- id: rows\n  each:\n    in: x\n    as: r\n    do:\n      - id: row\n        say: b\n      - each: { in: r, as: c, do: [{ if: c, then: [{ goto: row }], else: [{ goto: top }] }] }\n",
    );
    assert_eq!(
        ops(&program),
        [
            "a/top: once 2",
            "a/top/once/0: say o",
            "a/rows: each r of x 11",
            "a/row: say b",
            "a/rows/each/1: each c of r 10",
            "a/rows/each/1/each/0: if c else 8",
            "a/rows/each/1/each/0/then/0: goto 3 in 1",
            "a/rows/each/1/each/0: jump 9",
            "a/rows/each/1/each/0/else/0: goto 0 in 0",
            "a/rows/each/1: next 4",
            "a/rows: next 2",
            "a: Return",
        ]
    );
}

#[test]
fn flows_that_are_reached_are_laid_out_once_and_others_not_at_all() {
    let texts = [
        ("a", "- run: b\n- run: b\n- run: a\n"),
        ("b", "- goto: c#x\n"),
        ("c", "- say: first\n- id: x\n  say: second\n"),
        ("unused", "- say: profile\n"),
    ];
    let program = program_of(&texts);
    assert_eq!(
        ops(&program),
        [
            "a/0: run 4",
            "a/1: run 4",
            "a/2: run 0",
            "a: Return",
            "b/0: goto 7 in 0",
            "b: Return",
            "c/0: say first",
            "c/x: say second",
            "c: Return",
        ]
    );
    assert_eq!(program.source.flow, "a");
    assert_eq!(program.source.sources.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(program.index_of["c/0"], 6);
}

#[test]
fn a_program_is_known_by_its_sources_and_where_it_starts() {
    let texts = [("a", "- run: b\n"), ("b", "- run: a\n")];
    let (flows, _) = read(&texts);
    let hash = |entry| compile(entry, &flows).expect("no faults").hash;
    assert_eq!(hash("a"), program_of(&texts).hash);
    assert_ne!(hash("a"), hash("b"));
    assert_ne!(hash("a"), program_of(&[("a", "- run: b\n"), ("b", "- run: a # again\n")]).hash);
}

#[test]
fn the_profile_is_used_where_anything_names_it() {
    let uses = |text| program(text).uses_profile;
    assert!(!uses("- say: my profile"));
    assert!(uses("- say: \"{{ profile.name }}\""));
    assert!(uses("- ask: { say: a, into: profile.name }"));
    assert!(uses("- unset: profile.name"));
    assert!(uses("- code: const p = profile;"));
    let run = program_of(&[("a", "- run: b"), ("b", "- set: { profile.name: x }")]);
    assert!(run.uses_profile);
}

#[test]
fn flows_with_faults_give_no_program() {
    for text in ["- sya: a", "- goto: x", "- run: x", "- say: [", "- if: \"a +\"\n  then: []"] {
        let (flows, faults) = read(&[("a", text)]);
        assert!(!faults.is_empty());
        assert!(compile("a", &flows).is_none(), "{text}");
    }
    assert!(compile("absent", &read(&[]).0).is_none());
}

#[test]
fn the_sample_project_compiles() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flows");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the sample project has flows") {
        let path = entry.expect("the folder can be listed").path();
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        texts.push((name, std::fs::read_to_string(&path).expect("a flow is text")));
    }
    let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let (flows, faults) = read(&texts);
    assert_eq!(faults, [""; 0]);
    assert!(flows.keys().all(|name| compile(name, &flows).is_some()));
}
