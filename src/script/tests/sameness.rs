//! The same script over the same values gives the same result, whatever the runtime went through before.

use serde_json::json;

use super::*;

#[test]
fn dates_say_the_time_of_the_turn_in_utc() {
    let cases = [
        ("Date.now()", json!(AT)),
        ("new Date().toISOString()", json!("2026-11-24T02:37:07.123Z")),
        ("Date()", json!("Tue Nov 24 2026 02:37:07 GMT+0000 (UTC)")),
        ("String(new Date(2026, 0, 2, 3))", json!("Fri Jan 02 2026 03:00:00 GMT+0000 (UTC)")),
        ("new Date('2026-01-02T03:04:05').getTime()", json!(1767323045000u64)),
        ("new Date('2026-01-02T03:04:05+02:00').getTime()", json!(1767315845000u64)),
        ("new Date('2026-01-02').getHours()", json!(0)),
        ("Date.parse('Jan 2, 2026 03:04') - Date.UTC(2026, 0, 2, 3, 4)", json!(0)),
        ("Date.parse(String(new Date())) - AT", json!(null)),
        ("Date.parse(new Date(5000).toString())", json!(5000)),
        ("new Date(new Date(7)).getTime()", json!(7)),
        ("new Date().getTimezoneOffset()", json!(0)),
        ("new Date(0).getFullYear() + '-' + new Date(0).getYear()", json!("1970-70")),
        (
            "(() => { const d = new Date(0); d.setHours(5); d.setDate(2); return d.toJSON() })()",
            json!("1970-01-02T05:00:00.000Z"),
        ),
        ("new Date().toLocaleString()", json!("11/24/2026, 02:37:07 AM")),
        ("new Date(NaN).toString() + isNaN(new Date('x'))", json!("Invalid Datetrue")),
        ("new (class Day extends Date {})() instanceof Date && Date.length", json!(7)),
        ("`${new Date(0)}`.length + (new Date(1) - new Date(0)) + Date.name", json!("40Date")),
    ];
    for (source, expected) in cases {
        if expected.is_null() {
            assert_eq!(thrown(source), "ReferenceError: AT is not defined");
        } else {
            assert_eq!(value(source), expected, "{source}");
        }
    }
}

#[test]
fn chance_follows_from_the_seed_and_goes_on_through_the_turn() {
    let draw = expression("[Math.random(), Math.random()]");
    let mut sandbox = sandbox();
    let first = sandbox.evaluate(&draw, &scope(), &[]).unwrap();
    let second = sandbox.evaluate(&draw, &scope(), &[]).unwrap();
    assert_ne!(first, second);
    sandbox.begin(AT, SEED, STEPS);
    assert_eq!(sandbox.evaluate(&draw, &scope(), &[]).unwrap(), first);
    sandbox.begin(AT, SEED + 1, STEPS);
    assert_ne!(sandbox.evaluate(&draw, &scope(), &[]).unwrap(), first);
    let inside = value("Array.from({ length: 1000 }, Math.random).every(x => x >= 0 && x < 1)");
    assert_eq!(inside, json!(true));
}

/// What a turn could look at to tell one runtime from another.
const LOOK: &str = "const error = (() => { try { null.x } catch (e) { return e.stack } })();
    const order = Object.keys({ b: 1, 2: 1, a: 1, 1: 1 });
    const deep = (() => { let n = 0; const f = () => { n++; f() }; try { f() } catch (e) { return e.message } })();
    let spun = 0; for (let i = 0; i < 123456; i++) spun += Math.random();
    context.look = { error, order, deep, spun, names: Reflect.ownKeys(globalThis).map(String),
        now: Date.now(), text: String(new Date()), chance: Math.random(),
        proto: Reflect.ownKeys(Object.prototype).map(String), json: JSON.stringify(context) };";

fn look(sandbox: &mut Sandbox, steps: u64) -> (Value, Option<Fault>) {
    let mut scope = scope();
    sandbox.begin(AT, SEED, steps);
    let done = sandbox.execute(&code(LOOK), &mut scope, &[]);
    (Value::Object(scope.into_memory().0), done.fault)
}

#[test]
fn a_used_runtime_gives_what_a_fresh_one_gives() {
    let (fresh, fault) = look(&mut Sandbox::new(MEMORY_BYTES), STEPS);
    assert_eq!(fault, None);
    let mut used = sandbox();
    for turn in 0..20 {
        used.begin(AT + turn, turn, STEPS);
        let busy =
            format!("let n = 0; for (let i = 0; i < {}; i++) n += i; context.n = n; say(n)", turn * 777);
        used.execute(&code(&busy), &mut scope(), &[]);
        let _ = used.evaluate(&expression("Object.prototype.leak = Math.random()"), &scope(), &[]);
        assert_eq!(look(&mut used, STEPS).0, fresh);
    }
}

#[test]
fn steps_are_counted_alike_in_every_runtime() {
    let looks = |steps| look(&mut Sandbox::new(MEMORY_BYTES), steps).1.is_none();
    let enough = (1..STEPS).find(|steps| looks(*steps)).unwrap();
    assert!(enough > 2);
    let mut used = sandbox();
    for turn in 0..20 {
        let busy =
            format!("(() => {{ let n = 0; for (let i = 0; i < {}; i++) n += i; return n }})()", turn * 613);
        used.evaluate(&expression(&busy), &scope(), &[]).unwrap();
        assert_eq!(look(&mut used, enough).1, None, "turn {turn}");
        assert_eq!(look(&mut used, enough - 1).1, Some(Fault::OutOfSteps), "turn {turn}");
        used.begin(AT, SEED, STEPS);
    }
}

#[test]
fn the_scripts_of_a_turn_share_its_steps() {
    let mut sandbox = sandbox();
    let busy = expression("(() => { for (let i = 0; i < 100000; i++); return 1 })()");
    let ended = (0..STEPS).find(|_| sandbox.evaluate(&busy, &scope(), &[]) == Err(Fault::OutOfSteps));
    assert!(ended.is_some_and(|turns| turns > 1), "{ended:?}");
    assert_eq!(sandbox.evaluate(&expression("1 + 1"), &scope(), &[]), Ok(json!(2)));
    sandbox.begin(AT, SEED, STEPS);
    assert_eq!(sandbox.evaluate(&busy, &scope(), &[]), Ok(json!(1)));
}

#[test]
fn a_script_has_its_memory_whatever_earlier_ones_left() {
    let most = expression("Array.from({ length: 40 }, (_, i) => String(i).repeat(80000).length).length");
    let mut sandbox = sandbox();
    for turn in 0..5 {
        let leave =
            format!("const a = {{ text: 'x{turn}'.repeat(900000) }}; a.a = a; a.b = [...a.text.slice(0, 9)]");
        sandbox.begin(AT, SEED, STEPS);
        sandbox.execute(&code(&leave), &mut scope(), &[]);
        assert_eq!(sandbox.evaluate(&most, &scope(), &[]), Ok(json!(40)));
    }
}

#[test]
fn forgotten_functions_are_compiled_again() {
    let mut sandbox = sandbox();
    for n in (0..600).chain(0..10) {
        assert_eq!(sandbox.evaluate(&expression(&format!("{n} + 1")), &scope(), &[]), Ok(json!(n + 1)));
    }
}
