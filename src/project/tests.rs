//! Projects as text: what is written into a folder, and the exact lines that are said about it.

mod faults;
mod live;
mod schema;

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::config::{Overlay, Settings};
use crate::transformer::Hook;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const FLOW: &str = "- say: Hello\n";
const SCRIPT: &str = "export function handleInput({ request }) { return request.body; }\n\
                      export const handleOutput = ({ output }) => output;\n";

/// A project folder that is removed at the end of its test.
struct Folder(PathBuf);

impl Folder {
    fn empty() -> Folder {
        Folder(std::env::temp_dir().join(format!("antiphon-project-{}", uuid::Uuid::new_v4())))
    }

    fn with(files: &[(&str, &str)]) -> Folder {
        let folder = Folder::empty();
        for (name, text) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// What loads without a fault is taken by the schemas too.
    fn load(&self) -> Result<Project, LoadError> {
        let project = load(&self.0, &Overlay::default(), &|_| None)?;
        schema::check_texts(&self.0);
        Ok(project)
    }

    /// What `check` prints.
    fn faults(&self) -> Vec<String> {
        match self.load() {
            Ok(_) => Vec::new(),
            Err(LoadError::Faults(faults)) => faults.iter().map(|fault| fault.to_string()).collect(),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn endpoint(lines: &str) -> Folder {
    let text = format!("urlToken: {TOKEN}\nflow: main\n{lines}\n");
    Folder::with(&[
        ("endpoints/web.yaml", &text),
        ("flows/main.yaml", FLOW),
        ("transformers/shop.js", SCRIPT),
    ])
}

fn settings(text: &str) -> Folder {
    let door = format!("urlToken: {TOKEN}\nflow: main\n");
    Folder::with(&[("antiphon.yaml", text), ("endpoints/web.yaml", &door), ("flows/main.yaml", FLOW)])
}

#[test]
fn an_endpoint_has_the_defaults_of_the_contract() {
    let project = endpoint("webhook: { url: 'http://shop.example' }").load().unwrap();
    let door = project.by_token(TOKEN).unwrap();
    assert_eq!((door.name.as_str(), door.flow.as_str(), door.enabled), ("web", "main", true));
    assert_eq!((door.locale.as_str(), door.timezone.as_str()), ("en-US", "UTC"));
    assert_eq!((door.session.expire_ms, door.session.queue_max), (604_800_000, 100));
    assert_eq!(door.session.overlap, Overlap::Queue);
    let webhook = door.webhook.as_ref().unwrap();
    assert_eq!((webhook.url.as_str(), webhook.timeout_ms), ("http://shop.example/", 15_000));
    assert_eq!(webhook.retry_after, [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000]);
    assert_eq!((webhook.on_exhausted, webhook.concurrency), (OnExhausted::Skip, 64));
    assert!(project.by_token("fedcba9876543210").is_none());
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PRIVATE: &str = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=";

/// The lines of an endpoint below the two that it needs.
fn every_further_key() -> String {
    format!(
        "enabled: false\nlocale: de\ntimezone: Europe/Berlin\nauth: {{ webhookKeys: ['sha256:{}'] }}\n\
         webhook: {{ url: 'https://shop.example/in', user: alice, password: \"${{PASSWORD:-a: b}}\", \
         signingSecret: [{SECRET}, {PRIVATE}], timeoutMs: 5, retryAfterSeconds: [0, 0.25], concurrency: 2, onExhausted: skip, \
         batch: {{ max: 1, lingerMs: 0 }} }}\nsession: {{ expireMinutes: 1, queueMax: 2, overlap: reject }}\n\
         transformers: {{ file: shop.js, input: true, output: false, abortOnError: true }}\nsettings: {{ key: \"${{KEY:-k}}\" }}\ndataProtection: {{ maskLogging: true }}\nnlu: {{}}",
        "ab".repeat(32)
    )
}

fn every_endpoint_key() -> String {
    format!("urlToken: {TOKEN}\nflow: main\n{}\n", every_further_key())
}

#[test]
fn every_key_that_works_is_kept() {
    let project = endpoint(&every_further_key()).load().unwrap();
    let door = &project.endpoints["web"];
    assert!(!door.enabled);
    assert_eq!(door.auth.webhook_keys, [[0xab; 32]]);
    let rules = SessionRules { expire_ms: 60_000, queue_max: 2, overlap: Overlap::Reject };
    assert_eq!(door.session, rules);
    let webhook = door.webhook.as_ref().unwrap();
    assert_eq!((webhook.user.as_deref(), webhook.password.as_deref()), (Some("alice"), Some("a: b")));
    assert_eq!(webhook.signers, [SECRET, PRIVATE].map(|secret| Signer::new(secret).unwrap()));
    assert_eq!((webhook.timeout_ms, &webhook.retry_after[..], webhook.concurrency), (5, &[0, 250][..], 2));
    let transformers = door.transformers.as_ref().unwrap();
    assert_eq!((transformers.path().as_str(), transformers.abort_on_error), ("transformers/shop.js", true));
    assert!(transformers.has(Hook::Input) && !transformers.has(Hook::Output));
    assert_eq!(door.object["settings"], serde_json::json!({ "key": "k" }));
}

#[test]
fn an_empty_address_is_no_webhook() {
    let project = endpoint("webhook: { url: '${WEBHOOK:-}', user: '${USER_NAME:-}' }").load().unwrap();
    assert!(project.endpoints["web"].webhook.is_none());
}

#[test]
fn user_and_password_may_stand_in_the_address() {
    let webhook = Webhook::of("url: 'http://alice:a%3Ab@shop.example/in'");
    assert_eq!(webhook.url, "http://shop.example/in");
    assert_eq!((webhook.user.as_deref(), webhook.password.as_deref()), (Some("alice"), Some("a:b")));
}

#[test]
fn what_is_shown_of_a_project_holds_no_secret() {
    let lines =
        "webhook: { url: 'http://shop.example', user: u, password: hunter2 }\nsettings: { key: hunter2 }";
    let shown = format!("{:?}", endpoint(lines).load().unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains(TOKEN), "{shown}");
}

#[test]
fn the_file_is_written_over_the_defaults_and_the_overlay_over_the_file() {
    let folder =
        settings("listen: 127.0.0.1:1\nstate: here\nlimits: { gotoRepeats: 9, bodyBytes: '${BYTES:-2048}' }");
    let mut overlay = Overlay::environment([("ANTIPHON_LISTEN".to_owned(), "[::1]:2".to_owned())]).unwrap();
    let load = |overlay: &Overlay| load(&folder.0, overlay, &|_| None).unwrap().settings;
    let read = load(&overlay);
    assert_eq!(
        (read.listen.as_str(), read.limits.goto_repeats, read.limits.body_bytes),
        ("[::1]:2", 9, 2048)
    );
    assert_eq!(read.limits.steps_per_input, 1000);
    assert_eq!(read.state, Some(folder.0.join("here")));
    overlay.flag("--state", "state", "elsewhere").unwrap();
    assert_eq!(load(&overlay).state, Some(PathBuf::from("elsewhere")));
}

#[test]
fn a_flow_that_no_endpoint_names_is_checked_and_has_no_program() {
    let folder = endpoint("");
    fs::write(folder.0.join("flows/other.yaml"), "- say: Other\n").unwrap();
    assert_eq!(folder.load().unwrap().programs.keys().collect::<Vec<_>>(), ["main"]);
    fs::write(folder.0.join("flows/other.yaml"), "- run: mian\n- code: 'let ='\n").unwrap();
    let faults = folder.faults();
    assert_eq!(faults[0], "flows/other.yaml:1:8: there is no flow \"mian\"; did you mean \"main\"?");
    assert!(faults[1].starts_with("flows/other.yaml:2:"), "{faults:?}");
}

#[test]
fn a_stored_program_is_compiled_again_as_it_was() {
    let folder = endpoint("");
    fs::write(folder.0.join("flows/main.yaml"), "- run: other\n").unwrap();
    fs::write(folder.0.join("flows/other.yaml"), "- say: '${GREETING:-Hello} {{ input.text }}'\n").unwrap();
    let program = Arc::clone(&folder.load().unwrap().programs["main"]);
    let again = recompile(&program.source, &|_| None).unwrap();
    assert_eq!((&again.hash, &again.paths), (&program.hash, &program.paths));
    let mut source = program.source.clone();
    source.sources.remove("other");
    let faults = recompile(&source, &|_| None).unwrap_err();
    assert_eq!(faults[0].to_string(), "flows/main.yaml:1:8: there is no flow \"other\"; known here: main");
    source.flow = "gone".to_owned();
    assert!(recompile(&source, &|_| None).is_err());
}

#[test]
fn the_sample_project_has_no_faults() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data");
    let project = load(&root, &Overlay::default(), &|_| None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(project.endpoints.keys().collect::<Vec<_>>(), ["kiosk", "support"]);
    assert_eq!(project.programs.keys().collect::<Vec<_>>(), ["orders", "support"]);
}

/// A line that begins with `#` and not with `# ` is a key with its default.
#[test]
fn the_sample_settings_document_every_setting_with_its_default() {
    let text =
        fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/antiphon.yaml")).unwrap();
    let is_prose = |line: &str| line.starts_with("# ") && !line.starts_with("#  ");
    let keys: Vec<&str> = text
        .lines()
        .filter(|line| !is_prose(line))
        .map(|line| line.strip_prefix('#').unwrap_or(line))
        .collect();
    let folder = settings(&keys.join("\n"));
    let read = folder.load().unwrap_or_else(|error| panic!("{error}")).settings;
    let sample = Settings {
        state: Some(folder.0.join(".state")),
        egress_allow: vec!["127.0.0.0/8".to_owned()],
        ..Settings::default()
    };
    assert_eq!(read, sample);
    for setting in &crate::config::SETTINGS {
        let name = setting.path.rsplit('.').next().unwrap();
        let documented = keys.iter().any(|line| line.trim_start().starts_with(&format!("{name}:")));
        assert!(documented, "data/antiphon.yaml says nothing of {}", setting.path);
    }
}

#[test]
fn a_new_project_loads_and_is_never_made_over_another() {
    let folder = Folder::empty();
    let next = init(&folder.0, TOKEN).unwrap();
    assert!(next.contains(&format!("antiphon serve {}", folder.0.display())), "{next}");
    let project = folder.load().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(project.by_token(TOKEN).unwrap().name, "main");
    assert!(folder.0.join("tests/main.yaml").is_file());
    let error = init(&folder.0, TOKEN).unwrap_err().to_string();
    assert!(error.ends_with("is not empty; name a folder that is empty or does not exist"), "{error}");
}
