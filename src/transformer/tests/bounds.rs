//! What built-in functions and the reader of XML may take, in time and in memory, counted and not measured.

use super::*;

/// What has much to do with bytes and texts and QuickJS does not ask about on the way. `b` are a hundred thousand bytes,
/// `s` is a text of as many characters.
const LONG: &[&str] = &[
    "b.fill(1)",
    "b.reverse()",
    "b.toReversed()",
    "b.sort()",
    "b.toSorted((x, y) => x - y)",
    "b.slice()",
    "b.set(b)",
    "b.join()",
    "b.indexOf(1)",
    "b.includes(1)",
    "b.copyWithin(1, 0)",
    "b.buffer.slice(0)",
    "new Uint8Array(b)",
    "new Float64Array(1e5)",
    "new ArrayBuffer(1e6)",
    "Uint16Array.from(b)",
    "structuredClone(b)",
    "structuredClone({ a: Array.from(b) })",
    "Buffer.from(b)",
    "Buffer.from(s)",
    "Buffer.from(s, 'hex')",
    "Buffer.alloc(1e5)",
    "Buffer.concat([b, b])",
    "Buffer.from(b).toString('base64')",
    "new TextEncoder().encode(s)",
    "new TextDecoder().decode(b)",
    "atob(s)",
    "btoa(s)",
    "crypto.createHash('sha256').update(s)",
    "URL.canParse(s)",
    "new URLSearchParams(s)",
    "console.log(s)",
    "s.toUpperCase()",
    "JSON.stringify([s])",
    "JSON.parse(json)",
];

#[test]
fn built_in_functions_are_charged_for_what_they_have_to_do() {
    let mut pool = Pool::new(64 << 20);
    let mut cut = |source: &str| {
        let made = "const b = new Uint8Array(1e5), s = 'x'.repeat(1e5), json = JSON.stringify(s);";
        let mut job = input(&format!("{made} for (let n = 0; n < 200; n++) {source}; return 1"));
        job.bounds.memory_bytes = 64 << 20;
        pool.start_for_a_moment(&job).is_none()
    };
    assert!(!cut(""), "making them is less than a moment");
    for source in LONG {
        assert!(cut(source), "{source}");
    }
}

#[test]
fn a_document_is_read_as_far_as_there_is_memory_for_it() {
    let many = |count: usize| {
        let name = "(_, at) => `b${at}=''`";
        format!(
            "xmljs.xml2js('<a ' + Array.from({{ length: {count} }}, {name}).join(' ') + '/>', {{ compact: true }}).a._attributes.b999"
        )
    };
    let evaluated = |expression: &str| value(&format!("return {expression}"));
    assert_eq!(evaluated(&many(1_000)), json!(""));
    let failure_of = |expression: &str| failure(&format!("return {expression}")).text;
    assert!(failure_of(&many(1_001)).ends_with("an element has more than 1000 attributes"));
    let most = MEMORY_BYTES / 8;
    let long = |length: usize| {
        format!("xmljs.xml2js('<a>' + 'x'.repeat({}) + '</a>', {{ ignoreText: true }})", length - 7)
    };
    assert_eq!(evaluated(&long(most)), json!({ "elements": [{ "type": "element", "name": "a" }] }));
    assert_eq!(
        failure_of(&long(most + 1)),
        format!(
            "RangeError: xmljs: the document has {} characters, at most {most} are read; raise limits.transformerMemoryBytes",
            most + 1
        )
    );
}

/// Documents that lie in one another would each be held by their reader.
#[test]
fn no_document_is_read_while_another_one_is() {
    let body = "const names = ['b'];
        Object.defineProperty(names, 'includes', { value: () => { throw xmljs.xml2js('<a/>') } });
        return xmljs.xml2js('<a><b/></a>', { compact: true, alwaysArray: names })";
    assert_eq!(value(body), json!({ "a": { "b": [{}] } }));
}
