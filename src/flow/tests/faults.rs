//! What is wrong with a flow, and how it is said: each fault once, with its place.

use super::{faults, read};

/// Each case is a flow and the lines that `antiphon check` prints for it.
#[track_caller]
pub(super) fn expect(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(faults(text), *expected, "\n{text}");
    }
}

#[test]
fn a_flow_is_a_list_of_at_least_one_step() {
    let empty = "1:1: the flow is empty; write a step such as - say: \"Hello\"";
    expect(&[
        ("", &[empty]),
        ("[]", &[empty]),
        (
            "say: hi",
            &["1:1: expected a list, got a mapping; write [..], or each element below with \"- \" before it"],
        ),
        ("- hi", &["1:3: expected a mapping, got the text \"hi\"; write key: value"]),
        ("- say: [", &["2:1: not valid YAML: while parsing a node, did not find expected node content"]),
    ]);
}

#[test]
fn a_step_is_one_known_word() {
    expect(&[
        ("- sya: hi", &["1:3: unknown step \"sya\"; did you mean \"say\"?"]),
        (
            "- dance: hi",
            &[
                "1:3: unknown step \"dance\"; known here: say, ask, if, switch, set, unset, code, http, wait, remind, run, goto, once, each, handover, stop",
            ],
        ),
        (
            "- say: hi\n  code: log(1)",
            &["2:3: a step does one thing: \"code\" is a step beside \"say\"; begin it with \"- \""],
        ),
        (
            "- comment: nothing",
            &[
                "1:3: this step does nothing; add one of say, ask, if, switch, set, unset, code, http, wait, remind, run, goto, once, each, handover, stop",
            ],
        ),
        ("- say:", &["1:3: \"say\" has no value; write it here"]),
        ("- say: hi\n  then: []", &["2:3: unknown key \"then\"; known here: say, id, comment"]),
        ("- if: x\n  then: []\n  esle: []", &["3:3: unknown key \"esle\"; did you mean \"else\"?"]),
    ]);
}

#[test]
fn ids_are_words_and_stand_once() {
    expect(&[
        (
            "- id: x\n  say: a\n- if: b\n  then:\n    - id: x\n      say: c",
            &["5:11: the id \"x\" is taken by the step in line 1; choose another"],
        ),
        (
            "- id: a b\n  say: a",
            &["1:7: \"a b\" is not an id; begin with a letter, then letters, digits, \"-\" and \"_\""],
        ),
        ("- id: 3\n  say: a", &["1:7: expected text, got the number 3; put it in quotes: \"3\""]),
    ]);
}

#[test]
fn an_output_has_a_text_or_data() {
    expect(&[
        ("- say: {}", &["1:8: nothing to say; add text, oneOf or data"]),
        (
            "- say: { txt: a }",
            &[
                "1:8: nothing to say; add text, oneOf or data",
                "1:10: unknown key \"txt\"; did you mean \"text\"?",
            ],
        ),
        ("- say: { text: a, oneOf: [b] }", &["1:26: text and oneOf exclude each other; keep one of them"]),
        ("- say: { oneOf: [] }", &["1:17: the list is empty; write at least one element"]),
        ("- say: 5", &["1:8: expected text, got the number 5; put it in quotes: \"5\""]),
        (
            "- say: { data: \"x {{ a }}\" }",
            &["1:16: data is a mapping, got the text \"x {{ a }}\"; write key: value, or one {{ … }}"],
        ),
    ]);
}

#[test]
fn a_question_is_checked_key_by_key() {
    expect(&[
        (
            "- ask: { into: context.a, reprmpt: b }",
            &[
                "1:8: the key \"say\" is missing; add \"say: …\"",
                "1:27: unknown key \"reprmpt\"; did you mean \"reprompt\"?",
            ],
        ),
        (
            "- ask: { say: a, into: order }",
            &["1:24: \"order\" cannot be written to; write context.NAME or profile.NAME"],
        ),
        (
            "- ask: { say: a, attempts: 0 }",
            &["1:28: expected a whole number from 1 to 1000, got the number 0; write a number such as 1"],
        ),
        (
            "- ask: { say: a, otherwise: [{ stop: flow }] }",
            &["1:29: without attempts this never runs; add attempts: 3"],
        ),
    ]);
}

#[test]
fn what_is_written_to_stands_in_context_or_profile() {
    expect(&[
        (
            "- set: { total: 1 }",
            &["1:10: \"total\" cannot be written to; write context.NAME or profile.NAME"],
        ),
        (
            "- set: { input.text: 1 }",
            &["1:10: \"input.text\" cannot be written to; write context.NAME or profile.NAME"],
        ),
        (
            "- set: { context: {} }",
            &["1:10: \"context\" cannot be written to; write context.NAME or profile.NAME"],
        ),
        (
            "- set: { context.a-b: 1 }",
            &["1:10: \"context.a-b\" cannot be written to; write context.NAME or profile.NAME"],
        ),
        (
            "- unset: [context.a, b]",
            &["1:22: \"b\" cannot be written to; write context.NAME or profile.NAME"],
        ),
        ("- set: {}", &["1:8: nothing to set; write context.NAME: value"]),
        ("- unset: []", &["1:10: nothing to unset; write context.NAME"]),
        (
            "- set:\n    context.a: 1\n    context.a: 2",
            &["3:5: the key \"context.a\" stands here again, first in line 2; remove one"],
        ),
    ]);
}

#[test]
fn branches_and_loops_are_whole() {
    expect(&[
        ("- if: a", &["1:3: the key \"then\" is missing; add \"then: …\""]),
        ("- if: \"{{ a }}\"\n  then: []", &["1:7: here stands a bare expression; leave {{ and }} away"]),
        ("- if: \" \"\n  then: []", &["1:7: the expression is empty; write some JavaScript"]),
        ("- switch: a", &["1:3: the key \"cases\" is missing; add \"cases: …\""]),
        (
            "- switch: a\n  cases:\n    1: [{ say: b }]\n    \"1\": [{ say: c }]",
            &["4:5: the key \"1\" stands here again, first in line 3; remove one"],
        ),
        (
            "- each: { in: context.a }",
            &[
                "1:9: the key \"as\" is missing; add \"as: …\"",
                "1:9: the key \"do\" is missing; add \"do: …\"",
            ],
        ),
        (
            "- each: { in: context.a, as: context, do: [] }",
            &["1:30: \"context\" is one of the objects of every flow; choose another name"],
        ),
        (
            "- each: { in: context.a, as: a b, do: [] }",
            &["1:30: \"a b\" cannot name a variable; write letters, digits and \"_\", such as item"],
        ),
        (
            "- each: { in: context.a, as: class, do: [] }",
            &["1:30: \"class\" cannot name a variable; write letters, digits and \"_\", such as item"],
        ),
        ("- stop: sesion", &["1:9: cannot stop \"sesion\"; did you mean \"session\"?"]),
        (
            "- once: { say: a }",
            &["1:9: expected a list, got a mapping; write [..], or each element below with \"- \" before it"],
        ),
    ]);
}

#[test]
fn a_script_that_does_not_parse_is_shown_where_it_breaks() {
    expect(&[
        ("- code: |\n    one();\n    two(;\n", &["3:10: the code does not parse: unexpected end of input"]),
        ("- if: \"a + \"\n  then: []", &["1:11: the expression does not parse: unexpected end of input"]),
        ("- say: \"Hello {{ a; b }}!\"", &["1:19: the expression does not parse: unexpected token ';'"]),
        ("- code: \"  \"", &["1:9: the code is empty; write some JavaScript"]),
        (
            "- say: 'a {{ }} b {{ c'",
            &[
                "1:11: nothing stands between {{ and }}; write an expression, or \\{{ for the braces",
                "1:19: {{ is not closed; write }} behind the expression, or \\{{ for the braces",
            ],
        ),
        (
            "- set: { context.a: { b: [\"{{ c + }}\", \"{{ d ) }}\"] } }",
            &[
                "1:34: the expression does not parse: unexpected end of input",
                "1:46: the expression does not parse: unexpected bracket",
            ],
        ),
    ]);
}

#[test]
fn what_is_run_or_jumped_to_exists() {
    let texts = [
        ("support", "- run: biling\n- goto: billing#payy\n- goto: nowhere#x\n  id: x"),
        ("billing", "- id: pay\n  say: a\n- goto: support\n- goto: pya\n- goto: bare#b"),
        ("bare", "- goto: a"),
        ("broken", "- say: ["),
        ("calls", "- goto: broken#x"),
    ];
    let (_, mut faults) = read(&texts);
    faults.retain(|fault| !fault.contains("nothing leads to this step"));
    assert_eq!(
        faults,
        [
            "flows/bare.yaml:1:9: no step of the flow \"bare\" has the id \"a\"; give a step \"id: a\"",
            "flows/billing.yaml:3:9: no step of the flow \"billing\" has the id \"support\"; for the flow write run: support",
            "flows/billing.yaml:4:9: no step of the flow \"billing\" has the id \"pya\"; did you mean \"pay\"?",
            "flows/billing.yaml:5:9: no step of the flow \"bare\" has the id \"b\"; give a step \"id: b\"",
            "flows/broken.yaml:2:1: not valid YAML: while parsing a node, did not find expected node content",
            "flows/support.yaml:1:8: there is no flow \"biling\"; did you mean \"billing\"?",
            "flows/support.yaml:2:9: no step of the flow \"billing\" has the id \"payy\"; did you mean \"pay\"?",
            "flows/support.yaml:3:9: there is no flow \"nowhere\"; known here: bare, billing, broken, calls, support",
        ]
    );
    let named = "a goto names a step by its id; write goto: ID, or goto: FLOW#ID";
    for text in ["- goto: \"a#\"", "- goto: \"#a\""] {
        assert_eq!(super::faults(text), [format!("1:9: {named}")]);
    }
}

#[test]
fn a_goto_into_an_each_comes_from_within_it() {
    let inside =
        "- each: { in: context.a, as: b, do: [{ id: x, say: c }, { if: d, then: [{ goto: x }] }] }\n";
    assert_eq!(faults(inside), [""; 0]);
    let out = "- id: x\n  say: a\n- each: { in: context.a, as: b, do: [{ goto: x }] }";
    assert_eq!(faults(out), [""; 0]);
    let into = format!("{inside}- goto: x");
    let expected = "the step \"x\" stands in an each that is not under way here; go to a step outside of it";
    assert_eq!(faults(&into), [format!("2:9: {expected}")]);
    let (_, from_another) = read(&[("a", inside), ("b", "- goto: a#x")]);
    assert_eq!(from_another, [format!("flows/b.yaml:1:9: {expected}")]);
}

#[test]
fn a_step_that_nothing_leads_to_is_reported_once() {
    let unreached = "nothing leads to this step: the one before it never goes on; remove it, or give it an id and go to it";
    let cases: [(&str, &[&str]); 8] = [
        ("- stop: flow\n- say: a\n- say: b", &["2:3"]),
        ("- id: x\n  say: a\n- goto: x\n- say: b", &["4:3"]),
        ("- if: a\n  then: [{ goto: x }]\n- stop: flow\n- id: x\n  say: a", &[]),
        ("- if: a\n  then: [{ goto: x }]\n- stop: flow\n- if: c\n  then: [{ id: x, say: d }]\n- say: e", &[]),
        ("- if: a\n  then: [{ stop: flow }, { say: b }]\n- say: c", &["2:26"]),
        ("- if: a\n  then: [{ stop: flow }]\n  else: [{ stop: session }]\n- say: c", &["4:3"]),
        ("- switch: a\n  cases: { b: [{ stop: flow }], c: [{ stop: flow }] }\n- say: c", &[]),
        ("- switch: a\n  cases: { b: [{ stop: flow }] }\n  default: [{ stop: flow }]\n- say: c", &["4:3"]),
    ];
    for (text, places) in cases {
        let expected: Vec<String> = places.iter().map(|place| format!("{place}: {unreached}")).collect();
        assert_eq!(faults(text), expected, "\n{text}");
    }
}

#[test]
fn faults_in_one_step_do_not_hide_those_in_others() {
    let text = "- sya: a\n- if: \"b +\"\n  then:\n    - goto: nowhere\n    - set: { c: 1 }\n- each:\n    in: d\n    do: [{ say: { txt: e } }]\n";
    let places: Vec<String> =
        faults(text).iter().map(|fault| fault.split(": ").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(places, ["1:3", "2:11", "4:13", "5:7", "5:14", "7:5", "8:17", "8:19"]);
}
