//! The JSON Schemas beside the files that they are about, and beside the parsers.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::project::endpoint::Rules;
use crate::yaml::shape::{Document, Kind};
use crate::yaml::trial;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data");

fn document(name: &str) -> &'static Document {
    documents().into_iter().find(|document| document.name == name).expect("one of the four")
}

/// The files of a project, each with the kind of file that it is.
fn files(root: &Path) -> Vec<(&'static Document, PathBuf)> {
    let mut found = vec![(document("server"), root.join("antiphon.yaml"))];
    for (folder, kind) in [("endpoints", "endpoint"), ("flows", "flow"), ("tests", "test")] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        found.extend(entries.map(|entry| (document(kind), entry.expect("an entry").path())));
    }
    found
}

/// No file is refused.
pub(super) fn check_texts(root: &Path) {
    for (document, path) in files(root) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        assert_eq!(trial::refused(document, &text), None, "{}", path.display());
    }
}

fn check_files(root: &Path) {
    check_texts(root);
    for (document, path) in files(root) {
        let text = fs::read_to_string(&path).unwrap();
        let up = if path.parent() == Some(root) { "" } else { "../" };
        let named = format!("# yaml-language-server: $schema={up}.schemas/{}.json", document.name);
        assert_eq!(text.lines().next(), Some(named.as_str()), "{}", path.display());
    }
    for document in documents() {
        let stored = fs::read_to_string(root.join(format!(".schemas/{}.json", document.name))).unwrap();
        let hint = "write it with: cargo run -- schema --write data";
        assert!(stored == schema_text(document), "{} is stale; {hint}", document.name);
    }
}

#[test]
fn the_sample_files_name_their_schemas_and_are_taken_by_them() {
    check_files(Path::new(SAMPLE));
}

#[test]
fn a_new_project_has_the_schemas_that_its_files_name() {
    let folder = Folder::empty();
    init(&folder.0, TOKEN).unwrap();
    check_files(&folder.0);
    assert!(!has_stale_schemas(&folder.0));
    fs::write(folder.0.join(".schemas/flow.json"), "{}").unwrap();
    assert!(has_stale_schemas(&folder.0));
    assert_eq!(write_schemas(&folder.0).unwrap(), [folder.0.join(".schemas/flow.json")]);
    fs::remove_dir_all(folder.0.join(".schemas")).unwrap();
    assert!(!has_stale_schemas(&folder.0), "whoever wants none has none");
}

#[test]
fn the_examples_of_the_manual_are_taken() {
    for document in documents() {
        let Kind::Mapping(shape) = document.kind else { continue };
        assert_eq!(trial::refused(document, shape.example), None, "{}", document.name);
    }
    let project = Folder::with(&[("endpoints/web.yaml", door::ENDPOINT.example), ("flows/main.yaml", FLOW)]);
    assert_eq!(project.faults(), [""; 0]);
}

#[test]
fn a_mistake_of_structure_is_seen_in_the_editor() {
    let door = |line: &str| format!("urlToken: {TOKEN}\nflow: main\n{line}\n");
    for line in [
        "flwo: main",
        "enabled: yes",
        "locale: de_DE",
        "auth: { webhookKeys: [secret] }",
        "webhook: {}",
        "webhook: { url: shop.example }",
        "webhook: { url: 'http://shop.example', timeoutMs: 0 }",
        "webhook: { url: 'http://shop.example', retryAfterSeconds: [1, -1] }",
        "webhook: { url: 'http://shop.example', onExhausted: stop }",
        "session: { overlap: drop }",
        "dataProtection: { maskIpAddress: true }",
        "nlu: { connector: lex }",
    ] {
        assert!(trial::refused(document("endpoint"), &door(line)).is_some(), "{line}");
    }
    for text in ["listn: x", "limits: { bodyBytes: 1 }", "limits: 5", "log: { level: loud }", "watch: maybe"]
    {
        assert!(trial::refused(document("server"), text).is_some(), "{text}");
    }
    for text in [
        "endpoint: main",
        "{ endpoint: main, steps: [] }",
        "{ endpoint: main, steps: [{ user: a, bot: b }] }",
        "{ endpoint: main, steps: [{ usr: a }] }",
        "{ endpoint: main, steps: [{ bot: {} }] }",
        "{ endpoint: main, steps: [{ expect: { order: 1 } }] }",
        "{ endpoint: main, steps: [{ user: a }], http: { 'https://a': {} } }",
        "{ endpoint: main, steps: [{ user: a }], http: { 'GET https://a': { status: 20 } } }",
    ] {
        assert!(trial::refused(document("test"), text).is_some(), "{text}");
    }
}

fn json_of(text: &str) -> Value {
    yaml::read("x.yaml", text, &|_| None, &mut Faults::default()).expect("YAML").to_json()
}

/// Reads the JSON as a file, which it is too.
fn faults_of(value: &Value, read: impl Fn(&yaml::Node, &mut Faults)) -> Vec<Fault> {
    let mut faults = Faults::default();
    let node = yaml::read("x.yaml", &value.to_string(), &|_| None, &mut faults).expect("JSON is YAML");
    read(&node, &mut faults);
    faults.sorted()
}

#[test]
fn what_the_schema_of_an_endpoint_refuses_the_parser_refuses() {
    let whole = json_of(&every_endpoint_key());
    let flows = ["main".to_owned()];
    let folder = endpoint("");
    let transformers = super::transformers::Files::read(&folder.0, &mut Faults::default());
    for broken in trial::broken(&whole).into_iter().chain([whole.clone()]) {
        let faults = faults_of(&broken, |node, faults| {
            let tokens = HashMap::new();
            let mut around = Surroundings { flows: &flows, transformers: &transformers, tokens };
            Rules::read("web", node, &mut around, faults);
        });
        let is_refused = trial::is_refused(document("endpoint"), &broken);
        assert!(!is_refused || !faults.is_empty(), "the parser takes {broken}");
    }
}

#[test]
fn what_the_schema_of_the_settings_refuses_the_parser_refuses() {
    let mut whole =
        json_of("{ admin: {}, egress: { allow: [10.0.0.7, '::1', '10.0.0.0/8'] }, limits: {}, log: {} }");
    for setting in &crate::config::SETTINGS {
        let value = serde_json::from_str(setting.default.unwrap_or("\"here\"")).unwrap();
        match setting.path.split_once('.') {
            Some(("egress", _)) => {}
            Some((group, name)) => whole[group][name] = value,
            None => whole[setting.path] = value,
        }
    }
    for broken in trial::broken(&whole).into_iter().chain([whole.clone()]) {
        let faults =
            faults_of(&broken, |node, faults| settings::read_node(node, &mut Settings::default(), faults));
        let is_refused = trial::is_refused(document("server"), &broken);
        assert!(!is_refused || !faults.is_empty(), "the parser takes {broken}");
    }
}

/// The defaults that the schema and the manual tell are those that hold.
#[test]
fn an_endpoint_with_every_default_written_out_is_one_without() {
    let short = endpoint("webhook: { url: 'http://shop.example' }").load().unwrap();
    let mut text = String::new();
    for key in door::ENDPOINT.keys {
        match key.kind {
            Kind::Mapping(shape) => {
                let defaults = shape.keys.iter().filter_map(|key| Some((key.name, key.default?)));
                let mut members: Vec<_> = defaults.map(|(name, json)| format!("{name}: {json}")).collect();
                if key.name == "webhook" {
                    members.push("url: 'http://shop.example'".to_owned());
                }
                text.push_str(&format!("{}: {{ {} }}\n", key.name, members.join(", ")));
            }
            _ => text.extend(key.default.map(|json| format!("{}: {json}\n", key.name))),
        }
    }
    let long = endpoint(&text).load().unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(text.contains("retryAfterSeconds") && text.contains("enabled: true"), "{text}");
    assert!(long.endpoints["web"].has_the_rules_of(&short.endpoints["web"]), "{text}");
}

#[test]
fn no_two_parts_of_a_schema_share_a_name() {
    for document in documents() {
        let mut known = HashMap::new();
        names(&document.kind, &mut known);
        assert!(known.values().all(|count| count.len() == 1), "{}: {known:?}", document.name);
    }
}

/// The addresses of what is called by each name.
fn names(kind: &Kind, known: &mut HashMap<&'static str, Vec<usize>>) {
    let mut note = |name, address| {
        let addresses: &mut Vec<usize> = known.entry(name).or_default();
        let is_new = !addresses.contains(&address);
        if is_new {
            addresses.push(address);
        }
        is_new
    };
    match *kind {
        Kind::Mapping(shape) => {
            assert!(
                shape.doc.ends_with('.') && shape.keys.iter().all(|key| key.doc.ends_with('.')),
                "{shape:?}"
            );
            if note(shape.name, std::ptr::from_ref(shape) as usize) {
                shape.keys.iter().for_each(|key| names(&key.kind, known));
            }
        }
        Kind::Named(named) => {
            if note(named.name, std::ptr::from_ref(named) as usize) {
                names(&named.kind, known);
            }
        }
        Kind::OneOf(shapes) => shapes.iter().for_each(|shape| names(&Kind::Mapping(shape), known)),
        Kind::AnyOf(kinds) => kinds.iter().for_each(|kind| names(kind, known)),
        Kind::List(of, _) => names(of, known),
        Kind::Names(of) => names(&of.of, known),
        Kind::Nothing
        | Kind::Anything
        | Kind::Text
        | Kind::Template
        | Kind::Expression
        | Kind::Code
        | Kind::Formed(_)
        | Kind::Truth
        | Kind::Whole(..)
        | Kind::Number(..)
        | Kind::Words(_)
        | Kind::Object => {}
    }
}
