//! Random flows and random events: a turn always ends within its bounds, never panics, is the same for the same arguments, and
//! leaves a state that can be stored, read and gone on from.

use proptest::prelude::*;

use super::*;
use crate::flow::Op;

/// An event as a case draws it; what it means depends on where the flow stands.
#[derive(Clone, Debug)]
enum Happening {
    Says(String),
    Injects,
    Answered(u16),
    Unanswered,
    Time,
    Reminds,
    Returned,
    /// Something that is about nothing, as a row that was left over would be.
    Stale(u64),
}

fn expression() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "context.n",
        "input.text",
        "input.data.event",
        "(context.n ?? 0) + 1",
        "context.n > 2",
        "context.a.b.c",
        "[1, 'two', { three: 3 }]",
        "Array.from({ length: 12 }, (_, n) => n)",
        "Math.random() < 0.5",
        "input.result",
        "session.locale",
        "profile.name",
        "undefined",
        "(() => { throw new Error('on purpose') })()",
        "new Date().toISOString()",
    ])
    .prop_map(str::to_owned)
}

fn template() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z äß]{0,8}".prop_map(|text| json!(text)),
        expression().prop_map(|source| json!(format!("{{{{ {source} }}}}"))),
        expression().prop_map(|source| json!(format!("a {{{{ {source} }}}} z"))),
    ]
}

fn target() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["context.n", "context.a", "context.a.b", "profile.name"])
}

fn code() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "context.n = (context.n ?? 0) + 1",
        "say('said', { n: context.n }); log('logged')",
        "context.a = { b: { c: 1 } }",
        "context.list = [...(context.list ?? []), input.text]",
        "delete context.a; profile.seen = true",
        "throw new TypeError('on purpose')",
        "context.big = 'x'.repeat(5000)",
        "for (let n = 0; n < 30000; n++);",
    ])
}

fn span() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("0s"),
        json!("2s"),
        json!("1h 30m"),
        json!("{{ 1 + 1 }}m"),
        json!("{{ context.n }}"),
    ])
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => template().prop_map(|text| json!({ "say": text })),
        1 => (template(), template()).prop_map(|(a, b)| json!({ "say": { "oneOf": [a, b], "data": { "k": "{{ context.n }}" } } })),
        2 => (target(), template()).prop_map(|(target, value)| json!({ "set": { target: value } })),
        1 => Just(json!({ "set": { "session.locale": "{{ input.text }}" } })),
        1 => target().prop_map(|target| json!({ "unset": target })),
        2 => code().prop_map(|code| json!({ "code": code })),
        1 => Just(json!({ "run": "other" })),
        1 => Just(json!({ "wait": "input" })),
        1 => span().prop_map(|span| json!({ "wait": span })),
        1 => (span(), template()).prop_map(|(after, text)| json!({ "remind": { "after": after, "text": text } })),
        1 => Just(json!({ "remind": "cancel" })),
        1 => Just(json!({ "handover": { "to": "desk", "message": "wait", "onBack": [{ "say": "back" }] } })),
    ]
}

/// The end of a block, which may lead elsewhere.
fn last() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({ "goto": "main#top-0" }),
        json!({ "goto": "main#top-1" }),
        json!({ "goto": "other#inside" }),
        json!({ "stop": "flow" }),
        json!({ "stop": "session" }),
        json!({ "say": "end" }),
        json!({ "run": "main" }),
    ])
}

fn step() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 16, 3, |inner| {
        let block = || prop::collection::vec(inner.clone(), 0..3);
        let ended = (block(), last()).prop_map(|(mut steps, last)| {
            steps.push(last);
            steps
        });
        prop_oneof![
            (expression(), ended, block()).prop_map(|(condition, then, other)| json!({ "if": condition, "then": then, "else": other })),
            (expression(), block(), block()).prop_map(|(subject, case, other)| json!({ "switch": subject, "cases": { "two": case }, "default": other })),
            block().prop_map(|body| json!({ "once": body })),
            (expression(), block()).prop_map(|(items, body)| json!({ "each": { "in": items, "as": "item", "do": body } })),
            (block(), prop::sample::select(vec!["text", "number", "yesNo", "date", "any"]), any::<bool>(), block()).prop_map(
                |(otherwise, expect, forget, late)| json!({ "ask": {
                    "say": "q", "into": "context.answer", "expect": expect, "attempts": 2, "otherwise": otherwise,
                    "forget": forget, "timeout": { "after": "10m", "do": late },
                } })
            ),
            (template(), block()).prop_map(|(path, failed)| json!({ "http": {
                "post": format!("https://a/{}", path.as_str().unwrap_or_default()),
                "json": { "n": path }, "into": "context.reply", "onError": failed,
            } })),
        ]
    })
}

fn flows() -> impl Strategy<Value = Vec<(String, String)>> {
    let steps = || prop::collection::vec(step(), 2..6);
    (steps(), steps()).prop_map(|(mut main, mut other)| {
        for (index, step) in main.iter_mut().enumerate() {
            step["id"] = json!(format!("top-{index}"));
        }
        other[0]["id"] = json!("inside");
        // JSON is YAML.
        [("main", main), ("other", other)]
            .map(|(name, steps)| (name.to_owned(), json!(steps).to_string()))
            .into()
    })
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => prop_oneof!["[a-z0-9 ]{0,6}", "[ \\PC]{0,12}", Just("yes".to_owned()), Just("7".to_owned())].prop_map(Happening::Says),
        1 => Just(Happening::Injects),
        2 => prop::sample::select(vec![200_u16, 204, 404, 500]).prop_map(Happening::Answered),
        1 => Just(Happening::Unanswered),
        2 => Just(Happening::Time),
        1 => Just(Happening::Reminds),
        1 => Just(Happening::Returned),
        1 => (0_u64..9).prop_map(Happening::Stale),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_turn_of_any_flow_ends_within_its_bounds_and_is_the_same_again(
        flows in flows(),
        happenings in prop::collection::vec(happening(), 1..9),
    ) {
        let program = compile(&flows).map_err(|faults| TestCaseError::fail(format!("{flows:?}: {faults}")))?;
        let mut walk = Walk { program, session: Session::new(id(), NOW), profile: Map::new(), sandbox: Sandbox::new(MEMORY) };
        for happening in happenings {
            walk.happens(happening).map_err(TestCaseError::fail)?;
        }
    }
}

struct Walk {
    program: Program,
    session: Session,
    profile: Map,
    sandbox: Sandbox,
}

impl Walk {
    fn happens(&mut self, happening: Happening) -> Result<(), String> {
        let sequence = self.session.inputs + 1;
        let position = self.session.position.wait();
        let reminder = self.session.waits.iter().find(|wait| wait.reminder).map(|wait| wait.id);
        let headers = BTreeMap::new();
        let (said, wait, answer) = match happening {
            Happening::Says(text) => (Input { text, ..input(Source::User, "", sequence) }, None, None),
            Happening::Injects => (input(Source::Inject, "{\"event\": \"paid\"}", sequence), None, None),
            Happening::Returned => (input(Source::Returned, "", sequence), None, None),
            Happening::Answered(status) => {
                let text = "{\"state\": \"shipped\"}".to_owned();
                (self.again(), position, Some(CallResult::Answered { status, headers, text }))
            }
            Happening::Unanswered => {
                (self.again(), position, Some(CallResult::Failed { reason: "no connection".to_owned() }))
            }
            Happening::Time => (self.again(), position, None),
            Happening::Reminds => (input(Source::Inject, "remember", sequence), reminder, None),
            Happening::Stale(wait) => (self.again(), Some(wait), None),
        };
        let woken = wait.map(|wait| Woken { wait, answer });
        self.turn(said, sequence, woken)
    }

    /// The input that a flow is in the middle of.
    fn again(&self) -> Input {
        match &self.session.position {
            Position::Suspended { carried, .. } => carried.input.clone(),
            _ => input(Source::Timeout, "", self.session.inputs),
        }
    }

    fn turn(&mut self, said: Input, sequence: u64, woken: Option<Woken>) -> Result<(), String> {
        let door = door();
        let event = || {
            let event = event(&self.program, &door, &self.session, self.profile.clone(), &said, sequence);
            Event { woken: woken.as_ref(), ..event }
        };
        let turn = super::step(event(), &mut self.sandbox);
        let again = super::step(event(), &mut Sandbox::new(MEMORY));
        if format!("{turn:?}") != format!("{again:?}") {
            return Err(format!("it came out twice:\n{turn:?}\n{again:?}"));
        }
        self.check(&turn)?;
        if let Some(profile) = turn.profile {
            self.profile = profile;
        }
        self.session = turn.session;
        Ok(())
    }

    fn check(&self, turn: &Turn) -> Result<(), String> {
        same_waits(&self.session, turn)?;
        let stored = serde_json::to_string(&turn.session).map_err(|error| error.to_string())?;
        let read: Session = serde_json::from_str(&stored).map_err(|error| format!("{error}: {stored}"))?;
        if read != turn.session {
            return Err(format!("it is not what was stored: {read:?}"));
        }
        if turn.outputs.len() > 1_000 || turn.notes.len() > 102 {
            return Err(format!("{} outputs and {} notes", turn.outputs.len(), turn.notes.len()));
        }
        self.can_go_on(turn)
    }

    /// Every step that the state names is in the program, and the last is one that waits.
    fn can_go_on(&self, turn: &Turn) -> Result<(), String> {
        let frames = match &turn.session.position {
            Position::Start | Position::Ended => return Ok(()),
            Position::Ask { frames, .. }
            | Position::Suspended { frames, .. }
            | Position::Listen { frames, .. }
            | Position::Handover { frames, .. } => frames,
        };
        let op = |path: &str| self.program.index_of.get(path).map(|at| &self.program.ops[*at]);
        let last = frames.last().and_then(|frame| op(&frame.path));
        let waits =
            matches!(last, Some(Op::Ask(_) | Op::Http(_) | Op::Wait(_) | Op::Listen | Op::Handover(_)));
        let called = frames.iter().rev().skip(1).all(|frame| matches!(op(&frame.path), Some(Op::Run { .. })));
        if waits && called { Ok(()) } else { Err(format!("nothing goes on from {frames:?}")) }
    }
}
