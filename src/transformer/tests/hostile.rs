//! Transformers that try to stay, to take everything, to leave something behind or to get out. Each hurts its own run
//! only: the runs before and after it, in the same pool, are what they always are.

use super::*;

/// Bodies of a handleInput, or whole files if they export something.
const HOSTILE: &[&str] = &[
    // never end
    "for (;;);",
    "while (true) { try { for (;;); } catch {} }",
    "try { for (;;); } finally { for (;;); }",
    "await null; for (;;);",
    "Promise.resolve().then(() => { for (;;); }); return 1",
    "const again = () => Promise.resolve().then(again); await again()",
    "for (;;) await null;",
    "for (;;) new Promise(() => { for (;;); });",
    "for (;;) Promise.try(() => { for (;;); });",
    "for (;;) { try { Promise.all({ [Symbol.iterator]() { for (;;); } }) } catch {} }",
    "for (;;) (async () => { for (;;); })();",
    "async function* g() { for (;;); } for (;;) g().next();",
    "async function* g() { for (;;) yield 1; } for await (const x of g());",
    "const it = { [Symbol.iterator]: () => ({ next() { for (;;); } }) }; const f = async () => { for await (const x of it); }; for (;;) f();",
    "const it = { [Symbol.iterator]: () => ({ next: () => ({ done: false }), return() { for (;;); } }) };
     for (;;) { try { for (const x of it) throw 1 } catch {} }",
    "const it = { [Symbol.iterator]: () => ({ next() { throw 1 }, return() { for (;;); } }) };
     for (;;) { try { Array.from(it); const [a] = it; } catch {} }",
    "function* g() { for (;;) yield 1 } for (const x of g());",
    "function* g() { try { yield 1 } finally { for (;;); } } for (;;) { for (const x of g()) break; }",
    "/(a+)+$/.test('a'.repeat(40) + 'b')",
    "for (;;) { try { /(a+)+$/.test('a'.repeat(40) + 'b') } catch {} }",
    "Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 0)",
    "new Array(4294967295).reverse()",
    "new Array(4294967295).join()",
    "[...(function* () { for (;;) yield 1 })()]",
    "return { toJSON() { for (;;); } }",
    "return { get a() { for (;;); } }",
    "return { then() { for (;;); } }",
    "return { get then() { for (;;); } }",
    "throw { get name() { for (;;); }, toJSON() { for (;;); } }",
    "const e = new Error('x'); Object.defineProperty(e, 'message', { get() { for (;;); } }); throw e",
    "console.log({ toJSON() { for (;;); } })",
    "response.send({ toJSON() { for (;;); } })",
    "(await getSessionStorage('ann', 's1')).x = { toJSON() { for (;;); } }; return 1",
    "Object.defineProperty(await getSessionStorage('ann', 's1'), 'x', { enumerable: true, get() { for (;;); } }); return 1",
    "[3, 1, 2].sort(() => { for (;;); })",
    "for (;;) { try { [3, 1, 2].sort(() => { for (;;); }) } catch {} }",
    "for (;;) { try { JSON.parse('[1,2]', () => { for (;;); }) } catch {} }",
    "for (;;) { try { 'aa'.replace(/a/g, () => { for (;;); }) } catch {} }",
    "for (;;) { try { new Map([[1, 2]]).forEach(() => { for (;;); }) } catch {} }",
    "for (;;) { try { Uint8Array.from([1], () => { for (;;); }) } catch {} }",
    "for (;;) { try { xmljs.xml2js('<a>&b;</a>') } catch {} }",
    "xmljs.xml2js('<a/>', { get compact() { for (;;); } })",
    "xmljs.js2xml({ get elements() { for (;;); } })",
    "xmljs.js2xml({ a: { _text: { toString() { for (;;); } } } }, { compact: true })",
    "xmljs.js2xml({ elements: { *[Symbol.iterator]() { for (;;) yield { type: 'text', text: 1 } } } })",
    "const list = ['a']; Object.defineProperty(list, 'includes', { value: () => { for (;;); } }); xmljs.xml2js('<a/>', { compact: true, alwaysArray: list })",
    "let a = { b: 1 }; for (let i = 0; i < 200; i++) a = { a: [a, a] }; xmljs.js2xml(a, { compact: true })",
    // await what never comes
    "await new Promise(() => {})",
    "await { then() {} }",
    "return { then() {} }",
    "await Promise.race([])",
    "const { promise } = Promise.withResolvers(); await promise",
    // take all memory
    "const a = []; for (;;) a.push(a.length)",
    "let s = 'x'; for (;;) s += s",
    "const a = []; for (;;) { try { a.push('x'.repeat(1000) + a.length) } catch {} }",
    "const a = []; for (;;) { try { a.push({}) } catch {} }",
    "let a = {}; for (;;) a = { a }",
    "const a = []; for (;;) a.push(new Uint8Array(1e6))",
    "const a = []; for (;;) a.push(Buffer.from('x'.repeat(1e6)))",
    "for (;;) new Uint8Array(1e6).fill(1)",
    "new ArrayBuffer(2 ** 40)",
    "const a = []; for (;;) a.push(Promise.resolve(a.length).then(() => a))",
    "const f = async () => { await null; f(); f(); }; await f(); await new Promise(() => {})",
    "const a = []; for (;;) { try { a.push((async () => { await null; throw a })()) } catch {} }",
    "const a = []; const f = async () => { try { for (;;) a.push({ a }) } catch { throw 1 } }; for (;;) { try { await f() } catch {} }",
    "let p = Promise.resolve(); for (;;) p = p.then(() => p)",
    "await Promise.all(new Array(1e6).fill(0).map(async () => { await null; return 'x'.repeat(1000) }))",
    "xmljs.xml2js('<a/>'.repeat(5e5))",
    "xmljs.xml2js('<a>' + '&amp;'.repeat(5e5) + '</a>')",
    "xmljs.xml2js('<a b=\"' + '&lt;'.repeat(5e5) + '\"/>')",
    "xmljs.xml2js('<a ' + Array.from({ length: 5e4 }, (_, at) => `b${at}=''`).join(' ') + '/>')",
    "xmljs.xml2js('<!-- ' + 'x'.repeat(2e6) + '--><a/>'); xmljs.xml2js('<' + 'x'.repeat(2e6))",
    "const list = ['a']; Object.defineProperty(list, 'includes', { value: () => xmljs.xml2js('<a/>'.repeat(9), options) }); const options = { compact: true, alwaysArray: list }; list.includes()",
    "xmljs.js2xml({ a: { b: 1 } }, { compact: true, spaces: 1e9 })",
    "const a = []; for (;;) a.push(xmljs.xml2js('<a>b</a>'))",
    // recurse
    "xmljs.xml2js('<a>'.repeat(1e5))",
    "const a = {}; a.a = a; xmljs.js2xml(a, { compact: true })",
    "const a = { type: 'element', name: 'a' }; a.elements = [a]; xmljs.js2xml(a)",
    "const f = () => f(); f()",
    "const f = async () => { await f() }; await f()",
    "const f = async () => { try { await f() } catch { await f() } }; await f()",
    "const f = () => { try { f() } finally { f() } }; f()",
    "const f = () => new Promise((a) => a(f())); await f()",
    "const f = () => { try { return Promise.resolve(f()) } catch (e) { return Promise.reject(e) } }; await f()",
    "const f = async () => { try { f() } catch {} await null; }; for (let i = 0; i < 100; i++) f(); return 1",
    "const o = { get then() { return this.then } }; await o",
    "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a",
    "let p = 1; for (let i = 0; i < 1e5; i++) p = Promise.resolve({ then: (r) => r(p) }); return p",
    "JSON.parse('['.repeat(1e5))",
    "return structuredClone((() => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a })())",
    // throw odd things
    "throw null",
    "throw undefined",
    "throw { get stack() { throw 1 }, get name() { throw 2 }, get message() { throw 3 } }",
    "throw Object.create(null)",
    "throw Object.assign(new Error('x'), { stack: { toString() { throw 1 } }, name: Symbol('n') })",
    "throw () => {}",
    "throw Symbol('x')",
    "throw 'x'.repeat(3e6)",
    "const e = new Error('a'); e.cause = e; throw e",
    "throw new Proxy({}, { get() { for (;;); } })",
    "throw new (class extends Error { get message() { throw this } })()",
    "Promise.reject(new Error('nobody cares')); return 1",
    // give back odd things
    "const a = {}; a.a = a; return a",
    "return 'x'.repeat(2e6)",
    "return Array(1e5).fill('x'.repeat(1e5))",
    "return new Proxy({}, {})",
    "return BigInt(1)",
    "return Symbol('x')",
    "return () => 1",
    "return Object.defineProperty({}, 'a', { enumerable: true, get() { throw new Error('no') } })",
    "return new Map([[1, request]])",
    "return Object.create(null, { a: { get: () => { throw null }, enumerable: true } })",
    "return new Date(NaN)",
    "return new Uint8Array(1e6)",
    // leave something behind
    "Object.prototype.polluted = 1",
    "request.__proto__.polluted = 1",
    "Object.setPrototypeOf(Object.prototype, { polluted: 1 })",
    "Array.prototype.push = () => 1",
    "Promise.prototype.then = function () { return this }",
    "Promise.resolve = () => 1; Promise.prototype.constructor = 1",
    "(async () => {}).constructor.prototype.polluted = 1",
    "Object.getPrototypeOf(async function* () {}).prototype.polluted = 1",
    "Object.getPrototypeOf(Uint8Array).prototype.polluted = 1; Uint8Array.prototype.polluted = 1",
    "Buffer.prototype.toString = () => 'polluted'; Buffer.polluted = 1",
    "URL.prototype.polluted = 1; URLSearchParams.polluted = 1; URL.canParse = () => 1",
    "_.polluted = 1; moment.polluted = 1; moment().constructor.prototype.polluted = 1",
    "moment.fn.polluted = 1; Object.getPrototypeOf(moment()).format = () => 'polluted'",
    "getTextCleaner().cleanText = () => 'polluted'; getTextCleaner().__proto__.polluted = 1",
    "xmljs.xml2js = () => 'polluted'",
    "xmljs.polluted = 1; xmljs.js2xml.polluted = 1; xmljs.__proto__.polluted = 1",
    "xmljs.xml2js('<__proto__ polluted=\"1\"><polluted/></__proto__>', { compact: true, attributesKey: 'prototype' })",
    "xmljs.xml2js('<a>polluted</a>', { compact: true, textKey: '__proto__' }).a.__proto__.polluted = 1",
    "globalThis.polluted = 1",
    "polluted = 1",
    "var polluted = 1; this.polluted = 1",
    "Object.defineProperty(globalThis, 'polluted', { value: 1 })",
    "console.log = () => 1; console.polluted = 1",
    "crypto.randomUUID = () => 'polluted'; uuid.v4 = crypto.randomUUID; httpRequest.polluted = 1",
    "response.__proto__.send = () => 1; response.__proto__.polluted = 1",
    "request.get.polluted = 1; request.get.call = 1",
    "crypto.createHash('sha256').__proto__.digest = () => 'polluted'",
    "Math.random = () => 4; Date.now = () => 4; JSON.stringify = () => '{}'",
    "Symbol.for('polluted').description; Symbol.polluted = 1",
    "Object.freeze(globalThis); Object.freeze(request); Object.freeze(response); return 1",
    "for (const name of Object.getOwnPropertyNames(globalThis)) { try { delete globalThis[name] } catch {} } return 1",
    "for (const name of Object.getOwnPropertyNames(globalThis)) { try { globalThis[name] = 1 } catch {} } return 1",
    "Error.prepareStackTrace = () => { for (;;); }; null.x",
    "Error.stackTraceLimit = 0; null.x",
    "RegExp.prototype.exec = () => null; RegExp.polluted = 1",
    "Iterator.prototype.polluted = 1",
    "Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}.prototype)).polluted = 1",
    "httpRequest('https://a.example').then = () => { for (;;); }; return 1",
    // get out
    "Function('return 1')()",
    "(async () => {}).constructor('return 1')()",
    "Object.getPrototypeOf(async function* () {}).constructor('return 1')()",
    "eval('1')",
    "(0, eval)('1')",
    "arguments.callee",
    "(function () { return arguments.callee.caller })()",
    "setTimeout(() => 1, 1)",
    "queueMicrotask(() => { for (;;); }); return 1",
    "new WeakRef({}); ",
    "new FinalizationRegistry(() => { for (;;); }).register({}, 1)",
    "new SharedArrayBuffer(8)",
    "process.exit(1)",
    "std.exit(1); os.exec(['true'])",
    "performance.now()",
    "Array.fromAsync([1])",
    "new ArrayBuffer(8, { maxByteLength: 2 ** 40 })",
    "structuredClone(request, { get transfer() { for (;;); } }); return 1",
    // ask too much
    "for (let i = 0; i < 1e6; i++) httpRequest('https://a.example').catch(() => 1); return 1",
    "for (let i = 0; i < 1e6; i++) httpRequest('https://a.example'); return 1",
    "for (let i = 0; i < 1e5; i++) getSessionStorage('ann', 's1'); return 1",
    "for (;;) console.log('x'.repeat(1e4))",
    "const f = () => httpRequest('https://a.example').then(f); await f()",
    "await Promise.allSettled([httpRequest({ uri: { toString() { for (;;); } } })])",
    "httpRequest({ get uri() { return httpRequest(this) } })",
    "getSessionStorage({ toString() { for (;;); } }, 's1')",
    "response.set({ get a() { for (;;); } })",
    "response.set('a', 'x'.repeat(1e7)).send('x'.repeat(2e6)); return 1",
    // whole files
    "module.exports = { get handleInput() { let n = globalThis.n; return () => { for (;;); } } }",
    "let calls = 0; export const handleInput = () => { calls += 1; if (calls > 1) throw new Error('seen'); for (;;); }",
    "export const handleInput = class { constructor() { for (;;); } };",
    "export const handleInput = async function self(a) { return self(a) };",
];

/// Time enough to do harm, too little to notice ten thousand times.
fn short() -> Bounds {
    Bounds { computing_ms: 20, requests_max: 5, memory_bytes: 4 << 20, result_bytes_max: 1 << 20 }
}

pub(super) fn hostile(source: &str) -> Job {
    let mut job = match source.contains("export") {
        true => job(&file("evil.js", source), Hook::Input),
        false => input(source),
    };
    job.bounds = short();
    job
}

/// Runs to the end, whatever it asks for.
pub(super) fn exhaust(pool: &mut Pool, job: &Job) -> Done {
    let mut step = start(pool, job);
    loop {
        step = match step {
            Step::Done(done) => return done,
            Step::Waits(waiting) => {
                let answer = |ask: &Ask| match ask {
                    Ask::Storage { .. } => Answer::Storage(map(json!({ "a": { "b": 1 } }))),
                    Ask::Request(_) => answered(200, "{}"),
                };
                let answers = waiting.asks().iter().map(answer).collect();
                waiting.go_on(answers, pool)
            }
        }
    }
}

/// Looks at all that runs share.
const LOOK: &str = "
    const proto = Object.getPrototypeOf;
    return [typeof polluted, typeof globalThis.n, ({}).polluted ?? 0, [1].push(2), Date.now(), Math.random(), uuid.v4(),
        JSON.stringify({ a: 1 }), await Promise.resolve(3), (await new Promise((a) => a(4))), new Error('x').name,
        /a/.exec('a')[0], Buffer.from('é').toString('hex'), new URL('/b?c=1', 'https://a.example').href,
        crypto.createHash('sha256').update('a').digest('hex'), typeof _.get, moment(0).toISOString(),
        getTextCleaner().cleanText(' a  b '), xmljs.js2xml(xmljs.xml2js('<a b=\"1\">c</a>')), request.get('x-signature'), proto(async () => {}).polluted ?? 0,
        proto(Uint8Array).prototype.polluted ?? 0, response.status(200) === response, typeof httpRequest,
        Object.keys(request), await getSessionStorage('ann', 's1'), Symbol.polluted ?? 0];";

#[test]
fn every_hostile_run_hurts_only_itself() {
    let good = input(LOOK);
    let mut pool = pool();
    let before = exhaust(&mut pool, &good);
    assert!(before.result.is_ok(), "{before:?}");
    for source in HOSTILE {
        let done = exhaust(&mut pool, &hostile(source));
        assert!(done.lines.len() <= 101 && done.requests <= 5, "{source}");
        let after = exhaust(&mut pool, &good);
        assert_eq!(after.result, before.result, "after {source}");
        assert_eq!((after.response, after.storage, after.lines.len()), (None, None, 0), "after {source}");
    }
}

#[test]
fn everything_that_runs_share_is_frozen() {
    let body = "
        const seen = new Set(), loose = [];
        const made = [response, moment(), moment.duration(1, 'h'), new URL('https://a.example'), new URLSearchParams(),
            new TextEncoder(), new TextDecoder(), Buffer.from('a'), crypto.createHash('sha1'), new Map().keys(), new Set().keys(),
            [].keys(), ''.matchAll(/a/g), ''[Symbol.iterator](), Promise.resolve(), new DataView(new ArrayBuffer(1)),
            (function* () {}).prototype, (async function* () {}).prototype, new Uint8Array(1), new URLSearchParams().keys(), [].values().map(String),
            new URL('https://a.example').searchParams, _.once(1), async () => {}, function () {}, class {}, new Date(), /a/, Symbol()];
        const open = [globalThis, request.get, request.header, getTextCleaner(), createWebhookTransformer,
            ...made.map((one) => Object.getPrototypeOf(one))];
        while (open.length) {
            const o = open.pop();
            if (o === null || (typeof o !== 'object' && typeof o !== 'function') || seen.has(o)) continue;
            seen.add(o);
            if (!Object.isFrozen(o) && o !== createWebhookTransformer) loose.push(String(o.name ?? Object.keys(o)));
            for (const key of Reflect.ownKeys(o)) {
                const p = Object.getOwnPropertyDescriptor(o, key);
                open.push(p.value, p.get, p.set);
                if (p.get && o === globalThis) open.push(o[key]);
            }
            open.push(Object.getPrototypeOf(o));
        }
        return seen.size > 900 ? loose : seen.size;";
    let mut job = input(body);
    job.bounds.memory_bytes = 64 << 20;
    assert_eq!(done(start(&mut Pool::new(64 << 20), &job)).result, Ok(json!([])));
}

/// Work in promises, in all the ways that QuickJS has for it, with what is kept growing until there is no memory left.
const HUNGRY: &[&str] = &[
    "const a = []; const f = async () => { try { for (;;) { a.push({ a }); await null } } catch { throw a } }; for (;;) { try { await f() } catch {} }",
    "const a = []; for (;;) { try { a.push((async () => { await null; throw a })(), Promise.resolve(a).then(() => a)) } catch {} }",
    "const a = []; async function* g() { for (;;) { a.push(await a.length); yield {} } } for (;;) { try { for await (const x of g()) a.push(x) } catch {} }",
    "const a = []; const f = async (n) => { a.push(n); try { return await Promise.all([f(n + 1), f(n + 1)]) } finally { await null } }; await f(0)",
    "const a = []; for (;;) { try { a.push(xmljs.xml2js(`<a b='1' c='2'>${a.length}&lt;<b/></a>`), xmljs.js2xml({ a: [a.length] }, { compact: true })) } catch { a.push(xmljs) } }",
    "const a = []; for (;;) { try { a.push(structuredClone({ a: [a.length] }), moment(), _.range(9), new Response()) } catch { a.push(httpRequest('x')) } }",
];

/// QuickJS ends the process where it finds no memory for what it cannot do without; nothing of ours may get it there.
#[test]
fn memory_that_ends_at_any_place_hurts_only_the_run() {
    for source in HUNGRY {
        for step in 0..25 {
            let mut job = hostile(source);
            job.bounds.memory_bytes = (700 << 10) + step * 49_999;
            let failure = exhaust(&mut pool(), &job).result.expect_err(source);
            assert!(failure.kind != FailureKind::NotJson, "{source}: {failure:?}");
        }
    }
}
