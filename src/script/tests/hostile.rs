//! Scripts that try to stay, to leave something behind, or to get out. Each ends in a fault or a harmless value,
//! and the next script finds the sandbox as the first one did.

use serde_json::json;

use super::*;

/// Code steps that try to do harm.
const HOSTILE: &[&str] = &[
    // never end
    "for (;;);",
    "while (true) { try { for (;;); } catch {} }",
    "for (;;) { try { null.x } catch {} finally { continue } }",
    "try { for (;;); } finally { for (;;); }",
    "const f = () => f(); f()",
    "const f = () => { try { f() } catch { f() } }; f()",
    "const f = () => { try { f() } finally { f() } }; f()",
    "function* g() { for (;;) yield 1 } for (const x of g());",
    "[...(function* () { for (;;) yield 1 })()]",
    "/(a+)+$/.test('a'.repeat(40) + 'b')",
    "/^(?:(a|aa)+)+$/.exec('a'.repeat(60) + 'b')",
    "'a'.repeat(5000).replace(/(a*)*b/, '')",
    "for (;;) { try { /(a+)+$/.test('a'.repeat(40) + 'b') } catch {} }",
    "const o = { get x() { return this.x } }; o.x",
    "const o = { toString() { for (;;); } }; say(o)",
    "throw { toJSON() { for (;;); } }",
    "throw { get name() { for (;;); } }",
    "const e = new Error('x'); Object.defineProperty(e, 'message', { get() { for (;;); } }); throw e",
    "context.toJSON = () => { for (;;); }",
    "Object.defineProperty(context, 'x', { enumerable: true, get() { for (;;); } })",
    "new Array(4294967295).indexOf(1)",
    "new Array(4294967295).reverse()",
    "new Array(4294967295).sort()",
    "new Array(4294967295).join()",
    "[new Array(4294967295)].flat()",
    "[].concat(new Array(4294967295), new Array(4294967295))",
    "Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 0, 1)",
    "Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 0)",
    "Array.prototype.reverse.call({ length: 2 ** 53 - 1 })",
    "Array.prototype.unshift.call({ length: 2 ** 53 - 2 }, 1)",
    "Array.prototype.splice.call({ length: 2 ** 53 - 2 }, 0, 1)",
    "for (;;) 'a'.repeat(1000000).indexOf('a'.repeat(500000) + 'b')",
    "String(new Array(4294967295))",
    "new Array(4294967295).values().drop(4294967290).next()",
    "new Array(4294967295).values().includes(1)",
    "new Array(4294967295).values().join('')",
    "new Set(new Array(4294967295))",
    "const s = 'x'.repeat(2e6); for (;;) s.toUpperCase()",
    "const s = 'x'.repeat(2e6); for (;;) try { s.normalize('NFKD') + null.x } catch {}",
    // take all memory
    "const a = []; for (;;) a.push(a.length)",
    "let s = 'x'; for (;;) s += s",
    "'x'.repeat(2 ** 30)",
    "'x'.padEnd(2 ** 30)",
    "new Array(1e9).fill(0)",
    "const a = []; for (;;) { try { a.push('x'.repeat(1000) + a.length) } catch {} }",
    "const a = []; for (;;) { try { a.push({}) } catch {} }",
    "let a = {}; for (;;) a = { a }",
    "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; context.a = a",
    "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; say('x', { a })",
    "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })",
    "context.a = Array(1e5).fill('x'.repeat(1e5))",
    "JSON.parse('['.repeat(1e5))",
    "for (;;) say('x')",
    "for (;;) log('x')",
    "for (;;) { try { say('x') } catch {} }",
    "throw 'x'.repeat(3e6)",
    "Symbol('x'.repeat(1e6)).toString().repeat(100)",
    // leave something behind
    "Object.prototype.polluted = 1",
    "context.__proto__.polluted = 1",
    "context.order.constructor.prototype.polluted = 1",
    "context.__proto__ = { polluted: 1 }",
    "Object.setPrototypeOf(Object.prototype, { polluted: 1 })",
    "Array.prototype.push = () => 1",
    "globalThis.polluted = 1",
    "polluted = 1",
    "Object.defineProperty(globalThis, 'polluted', { value: 1 })",
    "Math.random = () => 4",
    "Date.now = () => 4",
    "JSON.stringify = () => '{}'",
    "(function* () {}).constructor.prototype.polluted = 1",
    "Object.getPrototypeOf([].values()).next = () => ({ done: true })",
    "Object.getPrototypeOf(/a/g[Symbol.matchAll]('a')).polluted = 1",
    "Object.getPrototypeOf([].values().map(x => x)).polluted = 1",
    "Object.getPrototypeOf(new Map().entries()).polluted = 1",
    "Error.prepareStackTrace = () => { for (;;); }; null.x",
    "Error.stackTraceLimit = 0; null.x",
    "Object.prototype.__defineGetter__('polluted', () => 1)",
    "Object.prototype.toString = () => 'polluted'",
    "Error.prototype.name = 'polluted'",
    "RegExp.prototype.exec = () => null",
    "say.polluted = log.polluted = 1",
    "Symbol.prototype.description = 1; Symbol.polluted = 1",
    "delete Object.prototype.hasOwnProperty",
    "delete globalThis.Object",
    "Reflect.set(Object.prototype, 'constructor', 1)",
    "Reflect.defineProperty(Object.getOwnPropertyDescriptor(Object.prototype, '__proto__').set, 'polluted', { value: 1 })",
    "Iterator.prototype.polluted = 1; Iterator.prototype[Symbol.toStringTag] = 'polluted'",
    // get out
    "eval('1')",
    "(0, eval)('1')",
    "Function('return 1')()",
    "new Function('return 1')()",
    "(() => 1).constructor('return 1')()",
    "(function* () {}).constructor('yield 1')()",
    "Reflect.construct((() => 1).constructor, ['return 1'])",
    "Object.getPrototypeOf((() => 1).constructor)('return 1')()",
    "(class {}).constructor.constructor('return globalThis')()",
    "setTimeout(() => 1, 1)",
    "queueMicrotask(() => 1)",
    "new Promise(() => { for (;;); })",
    "require('fs')",
    "std.exit(1)",
    "os.exec(['true'])",
    "process.exit(1)",
    "print('x')",
    "console.log('x')",
    "performance.now()",
    "new WeakRef({})",
    "new FinalizationRegistry(() => 1)",
    "new SharedArrayBuffer(8)",
    "Atomics.wait(1)",
    "new Proxy({}, {})",
    "Array.fromAsync([1])",
    "arguments.callee",
    "({ async a() {} }).a()",
    "import('std')",
    "using x = { [Symbol.dispose]() { for (;;); } }",
    "this.x = 1",
];

#[test]
fn the_sandbox_is_the_same_after_every_hostile_script() {
    let mut sandbox = Sandbox::new(MEMORY_BYTES);
    for source in HOSTILE {
        sandbox.begin(AT, SEED, 10);
        let done = sandbox.execute(&code(source), &mut scope(), &[]);
        sandbox.begin(AT, SEED, STEPS);
        let harmless = done.fault.is_some() || done.said.is_empty();
        assert!(harmless, "{source}");
        assert_intact(&mut sandbox, source);
    }
}

fn assert_intact(sandbox: &mut Sandbox, after: &str) {
    let look = "[1 + 1, typeof polluted, ({}).polluted, Object.keys({ a: 1 }).length, [1].push(2), String(Symbol()),
        JSON.stringify({ a: 1 }), Date.now(), [...[1, 2].values()].length, typeof Object.prototype.hasOwnProperty,
        ({}).toString(), new Error('x').name, /a/.exec('a')[0], Object.prototype.toString.call(Iterator.prototype)]";
    let expected = json!([
        2,
        "undefined",
        null,
        1,
        2,
        "Symbol()",
        "{\"a\":1}",
        AT,
        2,
        "function",
        "[object Object]",
        "Error",
        "a",
        "[object Iterator]"
    ]);
    assert_eq!(sandbox.evaluate(&expression(look), &scope(), &[]), Ok(expected), "after {after}");
}

/// Built-in functions with much to do, in whose loops QuickJS does not ask whether to go on. `s` and `t` are texts of a hundred
/// thousand characters, `a` is a list of ten thousand numbers, `o` an object with as many members.
const LONG: &[&str] = &[
    "s.toUpperCase()",
    "s.toLocaleLowerCase()",
    "s.normalize('NFD')",
    "s.localeCompare(t)",
    "s.trim()",
    "s.toWellFormed()",
    "s.indexOf('y')",
    "s.includes({ toString: () => 'y' })",
    "String.prototype.includes.call({ toString: () => s, length: 0 }, 'y')",
    "s.startsWith(t)",
    "s.split('')",
    "s.split({ toString: () => 'y' })",
    "s.replaceAll('x', 'y')",
    "s.replaceAll(/x/g, 'y')",
    "s.padEnd(2e5)",
    "'x'.repeat(1e5)",
    "'y'.anchor(s)",
    "encodeURIComponent(s)",
    "parseInt(s, 36)",
    "Number.parseInt(s, 36)",
    "Symbol.for(s)",
    "new Map().get(s)",
    "new Set().has(s)",
    "new RegExp(s)",
    "JSON.stringify(s)",
    "JSON.stringify(a)",
    "JSON.parse(json)",
    "a.slice()",
    "a.reverse()",
    "a.fill(0)",
    "a.join()",
    "a.concat(a)",
    "a.sort((x, y) => 0)",
    "[s, t, s, t, s, t, s, t].sort()",
    "[{ toString: () => s }, { toString: () => t }].toSorted()",
    "Array.from(a)",
    "Object.keys(o)",
    "Object.assign({}, o)",
    "Object.isFrozen(o)",
    "Object.fromEntries(pairs)",
    "Reflect.ownKeys(o)",
    "new Set(a).union(new Set(a))",
    "a.values().drop(9999).next()",
    "a.values().toArray()",
];

const MADE: &str = "const s = 'x'.repeat(1e5), t = 'x'.repeat(99999) + 'z', a = Array(1e4).fill(0), o = {};
    for (let i = 0; i < 1e4; i++) o['k' + i] = i; const json = JSON.stringify(s), pairs = a.map(() => ['k', 1]);";

#[test]
fn built_in_functions_are_charged_for_what_they_have_to_do() {
    let mut sandbox = Sandbox::new(64 << 20);
    let mut fault = |source: &str| {
        sandbox.begin(AT, SEED, 30);
        sandbox.execute(&code(&format!("{MADE} {source}")), &mut scope(), &[]).fault
    };
    assert_eq!(fault(""), None);
    for source in LONG {
        let loops = format!("for (let n = 0; n < 1000; n++) {source};");
        assert_eq!(fault(&loops), Some(Fault::OutOfSteps), "{source}");
    }
}

/// Lists that give another length when they are asked a second time, and things that only look like sets.
#[test]
fn what_has_no_certain_length_is_refused() {
    for source in [
        "let n = 0; Array.prototype.reverse.call({ get length() { return n++ ? 2 ** 53 - 1 : 0 } })",
        "Array.prototype.copyWithin.call({ length: { valueOf: () => 2 ** 53 - 1 } }, 0, 1)",
        "let n = 0; [].concat({ [Symbol.isConcatSpreadable]: true, get length() { return n++ ? 2 ** 53 - 1 : 0 } })",
        "new Set([undefined]).union({ size: 1, has: () => true, keys: () => new Array(4294967295).values() })",
    ] {
        let (done, _) = run(source);
        assert!(
            matches!(&done.fault, Some(Fault::Thrown(text)) if text.starts_with("TypeError")),
            "{source}"
        );
    }
}

#[test]
fn a_loop_that_catches_everything_is_stopped() {
    let (done, _) = run("for (;;) { try { for (;;); } catch {} }");
    assert_eq!(done.fault, Some(Fault::OutOfSteps));
}

#[test]
fn a_script_may_catch_running_out_of_memory_and_stack() {
    assert_eq!(value("(() => { try { 'x'.repeat(2 ** 29) } catch { return 'caught' } })()"), json!("caught"));
    assert_eq!(
        value("(() => { try { (function f() { f() })() } catch { return 'caught' } })()"),
        json!("caught")
    );
    let text = thrown("(function f() { f() })()");
    assert!(text.starts_with("RangeError: Maximum call stack size exceeded"), "{text}");
}

/// QuickJS's own search frees a member twice when it is stopped between two: what else holds the text is broken then.
#[test]
fn a_search_that_is_stopped_on_its_way_frees_nothing_twice() {
    for search in ["find", "findIndex", "findLast", "findLastIndex"] {
        let script = code(&format!(
            "for (let pad = 0; pad < context.n % 17; pad++);
             const names = Object.keys({{ searched_first: 1, searched_second: 2 }});
             for (let n = 0; n < 50; n++) names.{search}((name) => name === 'none');
             context.sum = {{ searched_first: 1, searched_second: 2 }}[names[1]];"
        ));
        let mut sandbox = sandbox();
        // Often enough that each place of the search is one where it was stopped.
        for n in 0..3_000 {
            sandbox.begin(AT, SEED, STEPS);
            let mut scope = scope();
            scope.context_mut().insert("n".to_owned(), json!(n));
            let done = sandbox.execute(&script, &mut scope, &[]);
            assert_eq!((done.fault, &scope.context()["sum"]), (None, &json!(2)), "{search} {n}");
        }
    }
}

#[test]
fn memory_that_only_grows_is_out_of_memory() {
    for source in [
        "const a = []; for (;;) a.push('x'.repeat(10000) + a.length)",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, [i])",
    ] {
        let (done, _) = run(source);
        assert_eq!(done.fault, Some(Fault::OutOfMemory), "{source}");
    }
}

#[test]
fn everything_that_scripts_share_is_frozen() {
    let source = "(() => {
        const seen = new Set(), open = [globalThis, function* () {}.constructor.prototype, [].values().__proto__,
            ''[Symbol.iterator]().__proto__, ''.matchAll(/a/g).__proto__, new Map().keys().__proto__];
        const loose = [];
        while (open.length) {
            const o = open.pop();
            if (o === null || (typeof o !== 'object' && typeof o !== 'function') || seen.has(o)) continue;
            seen.add(o);
            if (!Object.isFrozen(o) && o !== open && o !== loose) loose.push(o.name ?? String(o));
            for (const key of Reflect.ownKeys(o)) {
                const p = Object.getOwnPropertyDescriptor(o, key);
                open.push(p.value, p.get, p.set);
            }
            open.push(Object.getPrototypeOf(o));
        }
        return seen.size > 300 ? loose : seen.size;
    })()";
    let mut sandbox = Sandbox::new(MEMORY_BYTES);
    sandbox.begin(AT, SEED, 1000);
    assert_eq!(sandbox.evaluate(&expression(source), &scope(), &[]), Ok(json!([])));
}
