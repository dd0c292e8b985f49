//! `xmljs`: what it makes of documents, in both forms and with each option, and what it refuses.

use super::*;

/// What the expression gives in a run.
fn evaluated(expression: &str) -> Value {
    value(&format!("return {expression}"))
}

fn read(document: &str, options: &Value) -> Value {
    evaluated(&format!("xmljs.xml2js({}, {options})", json!(document)))
}

/// Documents, the full form of each and the compact one, as xml-js gives them.
const DOCUMENTS: &[(&str, &str, &str)] = &[
    ("<a/>", r#"{"elements":[{"type":"element","name":"a"}]}"#, r#"{"a":{}}"#),
    ("<a></a >", r#"{"elements":[{"type":"element","name":"a"}]}"#, r#"{"a":{}}"#),
    (
        "<a/><b/>",
        r#"{"elements":[{"type":"element","name":"a"},{"type":"element","name":"b"}]}"#,
        r#"{"a":{},"b":{}}"#,
    ),
    (
        "<a> Hi </a>",
        r#"{"elements":[{"type":"element","name":"a","elements":[{"type":"text","text":" Hi "}]}]}"#,
        r#"{"a":{"_text":" Hi "}}"#,
    ),
    (
        "<a>1<b/>2<c/>\r\n3</a>",
        r#"{"elements":[{"type":"element","name":"a","elements":[{"type":"text","text":"1"},{"type":"element","name":"b"},{"type":"text","text":"2"},{"type":"element","name":"c"},{"type":"text","text":"\r\n3"}]}]}"#,
        r#"{"a":{"_text":["1","2","\r\n3"],"b":{},"c":{}}}"#,
    ),
    (
        "<a><b>1</b><c/><b x='2'/></a>",
        r#"{"elements":[{"type":"element","name":"a","elements":[{"type":"element","name":"b","elements":[{"type":"text","text":"1"}]},{"type":"element","name":"c"},{"type":"element","name":"b","attributes":{"x":"2"}}]}]}"#,
        r#"{"a":{"b":[{"_text":"1"},{"_attributes":{"x":"2"}}],"c":{}}}"#,
    ),
    (
        r#"<a x="1 &lt; 2" y='say "&#104;&#x69;"' z=''>&lt;&amp;&gt;&quot;&apos; &#228;&#x1F600;</a>"#,
        r#"{"elements":[{"type":"element","name":"a","attributes":{"x":"1 < 2","y":"say \"hi\"","z":""},"elements":[{"type":"text","text":"<&>\"' ä😀"}]}]}"#,
        r#"{"a":{"_attributes":{"x":"1 < 2","y":"say \"hi\"","z":""},"_text":"<&>\"' ä😀"}}"#,
    ),
    (
        "\u{feff}\n<?xml version=\"1.0\" encoding='utf-8'?>\n<a/>",
        r#"{"declaration":{"attributes":{"version":"1.0","encoding":"utf-8"}},"elements":[{"type":"element","name":"a"}]}"#,
        r#"{"_declaration":{"_attributes":{"version":"1.0","encoding":"utf-8"}},"a":{}}"#,
    ),
    ("<?xml?>", r#"{"declaration":{}}"#, r#"{"_declaration":{}}"#),
    (
        r#"<?go  to="there" ?><a><?stop?></a>"#,
        r#"{"elements":[{"type":"instruction","name":"go","instruction":"to=\"there\" "},{"type":"element","name":"a","elements":[{"type":"instruction","name":"stop","instruction":""}]}]}"#,
        r#"{"_instruction":{"go":"to=\"there\" "},"a":{"_instruction":{"stop":""}}}"#,
    ),
    (
        r#"<!DOCTYPE a SYSTEM "a>b.dtd" [<!ENTITY x "]>"><!-- ]> -->]><a/>"#,
        r#"{"elements":[{"type":"doctype","doctype":"a SYSTEM \"a>b.dtd\" [<!ENTITY x \"]>\"><!-- ]> -->]"},{"type":"element","name":"a"}]}"#,
        r#"{"_doctype":"a SYSTEM \"a>b.dtd\" [<!ENTITY x \"]>\"><!-- ]> -->]","a":{}}"#,
    ),
    (
        "<!-- 1 --><a>t<![CDATA[<b>&amp;]]]]>u<!---->v<![CDATA[]]></a><!--2-->",
        r#"{"elements":[{"type":"comment","comment":" 1 "},{"type":"element","name":"a","elements":[{"type":"text","text":"t"},{"type":"cdata","cdata":"<b>&amp;]]"},{"type":"text","text":"uv"}]},{"type":"comment","comment":"2"}]}"#,
        r#"{"_comment":[" 1 ","2"],"a":{"_text":["t","uv"],"_cdata":"<b>&amp;]]"}}"#,
    ),
    (
        "<s:Envelope xmlns:s=\"urn:s\">\n  <s:Body>\n    <u:not-declared/>\n  </s:Body>\n</s:Envelope>\n",
        r#"{"elements":[{"type":"element","name":"s:Envelope","attributes":{"xmlns:s":"urn:s"},"elements":[{"type":"element","name":"s:Body","elements":[{"type":"element","name":"u:not-declared"}]}]}]}"#,
        r#"{"s:Envelope":{"_attributes":{"xmlns:s":"urn:s"},"s:Body":{"u:not-declared":{}}}}"#,
    ),
    (
        "<a constructor='1'><__proto__ __proto__='2'/><toString/></a>",
        r#"{"elements":[{"type":"element","name":"a","attributes":{"constructor":"1"},"elements":[{"type":"element","name":"__proto__","attributes":{"__proto__":"2"}},{"type":"element","name":"toString"}]}]}"#,
        r#"{"a":{"_attributes":{"constructor":"1"},"__proto__":{"_attributes":{"__proto__":"2"}},"toString":{}}}"#,
    ),
    ("", "{}", "{}"),
    (" \n ", "{}", "{}"),
];

#[test]
fn a_document_becomes_the_object_that_xml_js_makes_of_it() {
    for (document, full, compact) in DOCUMENTS {
        let text = json!(document);
        let both = format!("[xmljs.xml2json({text}), xmljs.xml2json({text}, {{ compact: true }})]");
        assert_eq!(evaluated(&both), json!([full, compact]), "{document}");
    }
    let indented = evaluated("xmljs.xml2json('<a>b</a>', { compact: true, spaces: 1 })");
    assert_eq!(indented, "{\n \"a\": {\n  \"_text\": \"b\"\n }\n}");
}

#[test]
fn each_option_of_reading_changes_the_object() {
    let all = "<?xml version=\"1.0\"?><!DOCTYPE a><?p i?><!-- c --><a x=' 1 ' y='true'> 5 <![CDATA[ d ]]><b>TRUE</b><b>no</b><b>1e999</b> </a>";
    for (options, compact) in [
        (
            json!({ "trim": true }),
            json!({ "_declaration": { "_attributes": { "version": "1.0" } }, "_doctype": "a", "_instruction": { "p": "i" }, "_comment": "c",
                "a": { "_attributes": { "x": "1", "y": "true" }, "_text": "5", "_cdata": "d",
                    "b": [{ "_text": "TRUE" }, { "_text": "no" }, { "_text": "1e999" }] } }),
        ),
        (
            json!({ "nativeType": true, "ignoreDeclaration": true, "ignoreDoctype": true, "ignoreInstruction": true,
                "ignoreComment": true, "ignoreCdata": true, "ignoreAttributes": true }),
            json!({ "a": { "_text": 5, "b": [{ "_text": true }, { "_text": "no" }, { "_text": "1e999" }] } }),
        ),
        (
            json!({ "nativeTypeAttributes": true, "ignoreText": true, "ignoreDoctype": true }),
            json!({ "_declaration": { "_attributes": { "version": 1 } }, "_instruction": { "p": "i" }, "_comment": " c ",
                "a": { "_attributes": { "x": 1, "y": true }, "_cdata": " d ", "b": [{}, {}, {}] } }),
        ),
        (
            json!({ "alwaysArray": true, "captureSpacesBetweenElements": true }),
            json!({ "_declaration": { "_attributes": { "version": "1.0" } }, "_doctype": ["a"], "_instruction": [{ "p": "i" }], "_comment": [" c "],
                "a": [{ "_attributes": { "x": " 1 ", "y": "true" }, "_text": [" 5 ", " "], "_cdata": [" d "],
                    "b": [{ "_text": ["TRUE"] }, { "_text": ["no"] }, { "_text": ["1e999"] }] }] }),
        ),
        (
            json!({ "alwaysArray": ["a", "_cdata"], "declarationKey": "?", "attributesKey": "$", "textKey": "t", "cdataKey": "_cdata",
                "doctypeKey": "!", "commentKey": "#", "instructionKey": "i" }),
            json!({ "?": { "$": { "version": "1.0" } }, "!": "a", "i": { "p": "i" }, "#": " c ",
                "a": [{ "$": { "x": " 1 ", "y": "true" }, "t": " 5 ", "_cdata": [" d "],
                    "b": [{ "t": "TRUE" }, { "t": "no" }, { "t": "1e999" }] }] }),
        ),
    ] {
        let mut options = options;
        options["compact"] = json!(true);
        assert_eq!(read(all, &options), compact, "{options}");
    }
    assert_eq!(
        read(
            "<a x='1'>t</a>",
            &json!({ "alwaysChildren": true, "typeKey": "kind", "nameKey": "tag", "elementsKey": "in", "textKey": "said", "attributesKey": "with" })
        ),
        json!({ "in": [{ "kind": "element", "tag": "a", "with": { "x": "1" }, "in": [{ "kind": "text", "said": "t" }] }] })
    );
    assert_eq!(
        read("<a/>", &json!({ "alwaysChildren": true })),
        json!({ "elements": [{ "type": "element", "name": "a", "elements": [] }] })
    );
    assert_eq!(evaluated("xmljs.xml2js(Buffer.from('<ä/>'), { compact: true })"), json!({ "ä": {} }));
}

#[test]
fn an_object_becomes_the_xml_that_xml_js_makes_of_it() {
    let order = "{ _declaration: { _attributes: { version: '1.0' } }, _doctype: 'r', _comment: 'c', _instruction: { go: 'there', stop: '' },
        r: { _attributes: { x: 1, y: null, z: 'a' }, _text: ['t', 'u'], b: [{}, 'x', null, undefined, 0, true], c: { _cdata: 'd' }, e: [] } }";
    let full = "{ declaration: { attributes: { version: '1.0' } }, elements: [{ type: 'doctype', doctype: 'a' }, { type: 'instruction', name: 'go', instruction: 'there' },
        { type: 'element', name: 'a', attributes: { x: 1 }, elements: [{ type: 'text', text: 't' }, { type: 'element', name: 'b' }, { type: 'text', text: 0 },
        { type: 'comment', comment: 'c' }, { type: 'cdata', cdata: 'd' }, { type: 'instruction', name: 'p' }] }] }";
    for (object, options, xml) in [
        (
            order,
            "{ compact: true }",
            "<?xml version=\"1.0\"?><!DOCTYPE r><!--c--><?go there?><?stop?><r x=\"1\" z=\"a\">tu<b/><b>x</b><b/><b/><b>0</b><b>true</b><c><![CDATA[d]]></c></r>",
        ),
        (
            order,
            "{ compact: true, spaces: 2 }",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE r>\n<!--c--><?go there?><?stop?>\n<r x=\"1\" z=\"a\">tu\n  <b/>\n  <b>x</b>\n  <b/>\n  <b/>\n  <b>0</b>\n  <b>true</b>\n  <c><![CDATA[d]]></c>\n</r>",
        ),
        (
            order,
            "{ compact: true, spaces: '\\t', fullTagEmptyElement: true, ignoreDeclaration: true, ignoreDoctype: true, ignoreComment: true, ignoreInstruction: true, ignoreAttributes: true, ignoreText: true, ignoreCdata: true }",
            "<r>\n\t<b></b>\n\t<b></b>\n\t<b></b>\n\t<b></b>\n\t<b></b>\n\t<b></b>\n\t<c></c>\n</r>",
        ),
        (
            full,
            "{}",
            "<?xml version=\"1.0\"?><!DOCTYPE a><?go there?><a x=\"1\">t<b/>0<!--c--><![CDATA[d]]><?p?></a>",
        ),
        (
            full,
            "{ spaces: 1 }",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE a><?go there?>\n<a x=\"1\">t\n <b/>0\n <!--c--><![CDATA[d]]><?p?>\n</a>",
        ),
        (
            "{ in: [{ kind: 'element', tag: 'a', with: { x: 1 }, in: [{ kind: 'text', said: 't' }] }] }",
            "{ typeKey: 'kind', nameKey: 'tag', elementsKey: 'in', textKey: 'said', attributesKey: 'with' }",
            "<a x=\"1\">t</a>",
        ),
        (
            "{ $: 1, a: { $: 'x', '@': { y: 1 }, '#': 'c' } }",
            "{ compact: true, textKey: '$', attributesKey: '@', commentKey: '#' }",
            "1<a y=\"1\">x<!--c--></a>",
        ),
        ("{ a: 'x', b: '', c: 1.5 }", "{ compact: true }", "<a>x</a><b/><c>1.5</c>"),
        ("{}", "{}", ""),
        // What xml-js leaves as it is, and is no XML then.
        (
            "{ a: { _attributes: { x: '\"<&>\\t\\n\\r' }, _text: '<&>\"\\r\\n' } }",
            "{ compact: true }",
            "<a x=\"&quot;&lt;&amp;>&#9;&#10;&#13;\">&lt;&amp;&gt;\"&#13;\n</a>",
        ),
        ("{ a: '&amp;' }", "{ compact: true }", "<a>&amp;amp;</a>"),
        (
            "{ a: { _cdata: ']]>]]>' } }",
            "{ compact: true }",
            "<a><![CDATA[]]]]><![CDATA[>]]]]><![CDATA[>]]></a>",
        ),
        ("{ a: '\\u0001\\ud800\\uffff😀' }", "{ compact: true }", "<a>\u{fffd}\u{fffd}\u{fffd}😀</a>"),
    ] {
        assert_eq!(evaluated(&format!("xmljs.js2xml({object}, {options})")), xml, "{object} with {options}");
    }
    assert_eq!(
        value(
            "return [xmljs.json2xml('{\"a\":1}', { compact: true }), xmljs.json2xml(Buffer.from('{}')), xmljs.json2xml({ elements: [] })]"
        ),
        json!(["<a>1</a>", "", ""])
    );
}

#[test]
fn what_was_read_is_written_so_that_it_is_read_again_as_the_same() {
    let round = |document: &str, options: &str| {
        let read = format!("xmljs.xml2js({}, {options})", json!(document));
        evaluated(&format!("xmljs.xml2json(xmljs.js2xml({read}, {options}), {options})"))
    };
    for (document, full, compact) in DOCUMENTS {
        assert_eq!(round(document, "{}"), *full, "{document}");
        // The compact form does not know what stood between two texts.
        if !compact.contains("\"_text\":[") {
            assert_eq!(round(document, "{ compact: true }"), *compact, "{document}");
        }
    }
    let json = "const before = { a: { _attributes: { x: ' \"&amp;<\\n' }, _text: ' &lt;\\r ', b: [{ _cdata: ']]&gt;' }, {}] } };
        const json = xmljs.xml2json(xmljs.js2xml(before, { compact: true }), { compact: true });
        return json === JSON.stringify(before) && xmljs.json2xml(json, { compact: true }) === xmljs.js2xml(before, { compact: true })";
    assert_eq!(value(json), json!(true));
}

#[test]
fn what_is_no_xml_is_refused_with_its_place() {
    for (document, fault) in [
        ("<a>", "line 1, column 1: this element is not closed"),
        ("<a>\n <b>\n</a>", "line 3, column 1: </a> stands where </b> is to stand"),
        ("<a/></a>", "line 1, column 5: </a> closes nothing"),
        ("<A></a>", "line 1, column 4: </a> stands where </A> is to stand"),
        ("<a", "line 1, column 1: "),
        ("<", "line 1, column 1: "),
        ("<a b='1/>", "line 1, column 1: "),
        ("<!-- a", "line 1, column 1: "),
        ("<a><![CDATA[</a>", "line 1, column 4: "),
        ("<!DOCTYPE a [<!ENTITY", "line 1, column 1: "),
        ("<!nothing>", "line 1, column 1: "),
        ("<!-- a -- b --><a/>", "line 1, column 8: -- cannot stand in a comment"),
        ("<!-- a\n --->", "line 2, column 2: -- cannot stand in a comment"),
        ("hello", "line 1, column 1: there is text outside of all elements"),
        ("<a/>\n hello", "line 2, column 2: there is text outside of all elements"),
        ("&#65;<a/>", "line 1, column 1: there is text outside of all elements"),
        ("<![CDATA[x]]><a/>", "line 1, column 1: there is text outside of all elements"),
        ("<a/><![CDATA[]]>", "line 1, column 5: there is text outside of all elements"),
        ("{\"a\": 1}", "line 1, column 1: there is text outside of all elements"),
        (
            "<a>ä &nbsp;</a>",
            "line 1, column 6: there is no entity &nbsp;, there are &amp; &lt; &gt; &quot; &apos;",
        ),
        ("<a b='&nbsp;'/>", "line 1, column 4: there is no entity &nbsp;"),
        ("<a>Tom & Jerry</a>", "line 1, column 8: a & that is no reference is written &amp;"),
        ("<a>Tom &</a>", "line 1, column 8: a & that is no reference is written &amp;"),
        ("<a b='Tom & Jerry'/>", "line 1, column 4: a & that is no reference is written &amp;"),
        ("<a>&#0;</a>", "line 1, column 4: "),
        ("<a>&#xd800;</a>", "line 1, column 4: "),
        ("<a>&#11;</a>", "line 1, column 4: XML cannot have the character '\\u{b}'"),
        ("<a b='&#1;'/>", "line 1, column 4: XML cannot have the character '\\u{1}'"),
        ("<a>\n\u{1}</a>", "line 2, column 1: XML cannot have the character '\\u{1}'"),
        ("<a b='1' b='2'/>", "line 1, column 10: the attribute \"b\" comes twice"),
        ("<a b=1/>", "line 1, column 6: an attribute is written name=\"value\""),
        ("<a b/>", "line 1, column 5: an attribute is written name=\"value\""),
        ("<a b='<'/>", "line 1, column 4: a < in the attribute \"b\" is written &lt;"),
        ("<a b='1'c='2'/>", "line 1, column 9: \"c\" is no name of an attribute"),
        ("<a 1='1'/>", "line 1, column 4: \"1\" is no name of an attribute"),
        ("<a>1 < 2</a>", "line 1, column 6: "),
        ("<1/>", "line 1, column 1: \"1\" is no name of an element"),
        ("<a>]]></a>", "line 1, column 4: ]]> in a text is written ]]&gt;"),
        (
            "<a/><?xml version='1.0'?>",
            "line 1, column 5: the declaration <?xml … ?> can only stand at the beginning",
        ),
        ("<!-- a --><?xml version='1.0'?>", "line 1, column 11: the declaration"),
        ("<?XML version='1.0'?>", "line 1, column 1: \"XML\" is no name of an instruction"),
        ("<?xml version=1?>", "line 1, column 15: an attribute is written"),
        ("<a/><!DOCTYPE a>", "line 1, column 5: a DOCTYPE can only stand once, before the first element"),
        ("<!DOCTYPE a><!DOCTYPE a><a/>", "line 1, column 13: a DOCTYPE can only stand once"),
    ] {
        let failure = failure(&format!("return xmljs.xml2js({})", json!(document)));
        assert!(failure.text.starts_with(&format!("Error: xmljs: {fault}")), "{document}: {failure:?}");
    }
}

#[test]
fn what_a_doctype_declares_is_never_used() {
    let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;\">]>";
    let file = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>";
    for (document, entity) in [
        (format!("{laughs}<a>&d;</a>"), "d"),
        (format!("{laughs}<a x='&d;'/>"), "d"),
        (format!("{file}<a>&b;</a>"), "b"),
    ] {
        let failure = failure(&format!("return xmljs.xml2js({})", json!(document)));
        assert!(failure.text.contains(&format!("there is no entity &{entity};")), "{document}: {failure:?}");
    }
    let options = json!({ "compact": true, "ignoreDoctype": true });
    assert_eq!(read(&format!("{laughs}<a>&lt;</a>"), &options), json!({ "a": { "_text": "<" } }));
}

#[test]
fn elements_may_lie_256_deep_in_one_another() {
    let deep = "const deep = (count) => '<a>'.repeat(count) + '</a>'.repeat(count);";
    let same = "xmljs.json2xml(xmljs.xml2json(deep(256), options), options).length";
    for options in ["{}", "{ compact: true }"] {
        assert_eq!(
            value(&format!("{deep} const options = {options}; return {same}")),
            255 * 7 + 4,
            "{options}"
        );
    }
    let failure = failure(&format!("{deep} return xmljs.xml2js(deep(257))"));
    assert!(
        failure.text.contains("column 769: elements lie more than 256 deep in one another"),
        "{failure:?}"
    );
}

#[test]
fn a_wrong_call_says_what_to_write() {
    for (call, why) in [
        ("xmljs.xml2js()", "xmljs: write a text of XML, like request.rawBody"),
        ("xmljs.xml2js({})", "xmljs: write a text of XML"),
        ("xmljs.parse('<a/>')", "xmljs.parse is not there; there are xml2js, xml2json, js2xml, json2xml"),
        ("xmljs.xml2js('<a/>', { compakt: true })", "xmljs: there is no option compakt; the options are "),
        ("xmljs.xml2js('<a/>', { addParent: true })", "xmljs: there is no option addParent"),
        (
            "xmljs.xml2js('<a/>', { elementNameFn: (name) => name })",
            "no option elementNameFn; options cannot be functions",
        ),
        ("xmljs.xml2js('<a/>', { compact: 'yes' })", "xmljs: compact is to be true or false"),
        ("xmljs.xml2js('<a/>', { textKey: 1 })", "xmljs: textKey is to be a text"),
        (
            "xmljs.xml2js('<a/>', { alwaysArray: 'a' })",
            "xmljs: alwaysArray is to be true, false or a list of names",
        ),
        ("xmljs.js2xml('<a/>')", "xmljs: write an object, like { elements: [] }"),
        (
            "xmljs.js2xml({ a: 1 })",
            "xmljs: this object has no elements; if it is of the compact form, write { compact: true }",
        ),
        (
            "xmljs.js2xml({ elements: [{ type: 'nothing' }] })",
            "xmljs: there is no type nothing; there are element, declaration",
        ),
        ("xmljs.js2xml({ 'a b': 1 }, { compact: true })", "xmljs: \"a b\" is no name of an element"),
        ("xmljs.js2xml([1], { compact: true })", "xmljs: \"0\" is no name of an element"),
        ("xmljs.js2xml({ elements: [{ type: 'element' }] })", "xmljs: \"\" is no name of an element"),
        (
            "xmljs.js2xml({ a: { _attributes: { 'x=\"1\" y': 1 } } }, { compact: true })",
            "is no name of an attribute",
        ),
        ("xmljs.js2xml({ _instruction: { '?><a': 1 } }, { compact: true })", "is no name of an instruction"),
        (
            "xmljs.js2xml({ _instruction: { go: '?><a/>' } }, { compact: true })",
            "xmljs: ?> cannot stand in \"?><a/>\"",
        ),
        ("xmljs.js2xml({ _comment: '--><a/>' }, { compact: true })", "xmljs: -- cannot stand in \"--><a/>\""),
        (
            "xmljs.js2xml({ a: { _text: {} } }, { compact: true })",
            "xmljs: an object stands where a text is to stand",
        ),
        (
            "xmljs.js2xml((() => { const a = {}; a.a = a; return a })(), { compact: true })",
            "does the object contain itself?",
        ),
        ("xmljs.json2xml('{')", "SyntaxError: "),
        ("xmljs.xml2json('<a/>', { spaces: -1 })", "xmljs: spaces is to be a number or a text"),
    ] {
        let failure = failure(&format!("return {call}"));
        assert!(failure.text.contains(why), "{call}: {failure:?}");
    }
}
