//! What `check` says of a project, line by line. Nothing here may lose its place or its advice.

use super::*;

/// A line below a valid endpoint, and what is said of it after `endpoints/web.yaml:3:`.
const ENDPOINT_FAULTS: [(&str, &str); 44] = [
    ("flwo: main", "1: unknown key \"flwo\"; did you mean \"flow\"?"),
    (
        "enabled: yes",
        "10: expected true or false, got the text \"yes\"; write one of the two, without quotes",
    ),
    ("locale: de_DE", "9: expected a locale such as en-US or de, got \"de_DE\""),
    ("timezone: Europe/Berln", "11: unknown time zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?"),
    (
        "auth: { webhookKeys: [secret] }",
        "23: expected sha256: and 64 hex digits; `printf %s KEY | sha256sum` prints those of a key",
    ),
    ("auth: { keys: [] }", "9: unknown key \"keys\"; known here: webhookKeys"),
    ("webhook: {}", "10: the key \"url\" is missing; add \"url: …\""),
    (
        "webhook: { url: shop.example }",
        "17: expected an address such as https://shop.example/callback, with http or https",
    ),
    (
        "webhook: { url: 'ftp://shop.example' }",
        "17: expected an address such as https://shop.example/callback, with http or https",
    ),
    (
        "webhook: { url: 'http://u:hunter2@shop.example', user: v }",
        "10: a user in the address and `user` as well; write one of them",
    ),
    ("webhook: { url: 'http://shop.example:99999' }", "17: the address cannot be read: invalid port number"),
    (
        "webhook: { url: 'http://shop.example', timeout: 5 }",
        "40: unknown key \"timeout\"; did you mean \"timeoutMs\"?",
    ),
    (
        "webhook: { url: 'http://shop.example', timeoutMs: 0 }",
        "51: expected a whole number from 1 to 600000, got the number 0; write a number such as 1",
    ),
    (
        "webhook: { url: 'http://shop.example', retryAfterSeconds: 5 }",
        "59: expected a list, got the number 5; write [..], or each element below with \"- \" before it",
    ),
    (
        "webhook: { url: 'http://shop.example', retryAfterSeconds: [1, -1] }",
        "63: expected seconds from 0 to 604800, got the number -1; write a number such as 30 or 0.5",
    ),
    (
        "webhook: { url: 'http://shop.example', concurrency: 0 }",
        "53: expected a whole number from 1 to 10000, got the number 0; write a number such as 1",
    ),
    (
        "webhook: { url: 'http://shop.example', ratePerSecond: fast }",
        "55: expected callbacks a second from 0.001 to 100000, got the text \"fast\"; write a number such as 20 or 0.5",
    ),
    (
        "webhook: { url: 'http://shop.example', onExhausted: stop }",
        "53: expected skip or block, got \"stop\"",
    ),
    (
        "webhook: { url: 'http://shop.example', batch: { max: 251 } }",
        "54: expected a whole number from 1 to 250, got the number 251; write a number such as 1",
    ),
    (
        "webhook: { url: 'http://shop.example', batch: { size: 1 } }",
        "49: unknown key \"size\"; known here: max, lingerMs",
    ),
    (
        "webhook: { url: 'http://shop.example', signingSecret: abc }",
        "55: expected whsec_ and 24 to 64 random bytes in base64; `echo whsec_$(openssl rand -base64 32)` makes one; or whsk_ and an ed25519 key",
    ),
    (
        "webhook: { url: 'http://shop.example', signingSecret: [whsec_abc] }",
        "56: what stands behind whsec_ is not base64; `echo whsec_$(openssl rand -base64 32)` makes a secret",
    ),
    (
        "webhook: { url: 'http://shop.example', password: secret }",
        "10: a password without a user; write `user` too, or leave the password out",
    ),
    (
        "webhook: { url: 'http://shop.example', user: u, password: 12345 }",
        "59: a password is text; put it in quotes",
    ),
    (
        "webhook: { url: 'http://shop.example', user: 'a:b' }",
        "46: a user of Basic authentication cannot hold a colon or a control character",
    ),
    (
        "session: { expireMinutes: 0 }",
        "27: expected a whole number from 1 to 5270400, got the number 0; write a number such as 1",
    ),
    (
        "session: { queueMax: many }",
        "22: expected a whole number from 1 to 100000, got the text \"many\"; write a number such as 1",
    ),
    (
        "session: { overlap: latest }",
        "21: the overlap \"latest\" is not available in this version of Antiphon; write queue or reject",
    ),
    (
        "session: { overlap: { mergeMs: 800 } }",
        "21: the overlap \"mergeMs\" is not available in this version of Antiphon; write queue or reject",
    ),
    ("session: { overlap: drop }", "21: unknown overlap \"drop\"; write queue or reject"),
    ("transformers: { file: shp.js }", "23: there is no file transformers/shp.js; did you mean \"shop.js\"?"),
    (
        "transformers: { file: shop.js, inject: true }",
        "40: transformers/shop.js does not export handleInject, it exports handleInput, handleOutput; write the function, \
         or false here",
    ),
    (
        "transformers: { input: true }",
        "24: nothing can run here without a file; write file: shop.js, which exports handleInput",
    ),
    (
        "transformers: { file: shop.yaml }",
        "23: a transformer is a file in transformers/ such as shop.js or shop.ts, got \"shop.yaml\"",
    ),
    (
        "transformers: { file: shop.js, abortOnError: always }",
        "46: expected true or false, got the text \"always\"; write one of the two, without quotes",
    ),
    ("settings: secret", "11: expected a mapping, got the text \"secret\"; write key: value"),
    ("transformers: { outptu: false }", "17: unknown key \"outptu\"; did you mean \"output\"?"),
    (
        "dataProtection: { sanitizeInput: true }",
        "34: \"sanitizeInput: true\" is not available in this version of Antiphon; inputs reach the flow as they came; leave it out",
    ),
    (
        "dataProtection: { useConversations: false }",
        "37: \"useConversations: false\" is not available in this version of Antiphon; the transcript is always kept; leave it out",
    ),
    (
        "dataProtection: { maskIpAddress: true }",
        "19: unknown key \"maskIpAddress\"; did you mean \"maskIPAddress\"?",
    ),
    ("nlu: { connector: lex }", "6: \"nlu\" is not available in this version of Antiphon; leave it out"),
    (
        "translation: { enabled: true }",
        "14: \"translation\" is not available in this version of Antiphon; leave it out",
    ),
    (
        "handover: { to: chatwoot }",
        "11: \"handover\" is not available in this version of Antiphon; leave it out",
    ),
    ("flow: main", "1: the key \"flow\" stands here again, first in line 2; remove one"),
];

/// A whole `antiphon.yaml`, and what is said of it after `antiphon.yaml:1:`.
const SETTINGS_FAULTS: [(&str, &str); 14] = [
    ("listn: x", "1: unknown key \"listn\"; did you mean \"listen\"?"),
    ("listen: 8080", "9: expected an address and a port, such as 127.0.0.1:8080 or [::]:8080, got \"8080\""),
    ("limits: { bodyBytes: 1 }", "22: expected a whole number from 1024 to 67108864, got \"1\""),
    ("limits: { bodybytes: 5000 }", "11: unknown key \"bodybytes\"; did you mean \"bodyBytes\"?"),
    ("limits: 5", "9: expected a mapping, got the number 5; write key: value"),
    (
        "admin: { keys: secret }",
        "16: expected a list, got the text \"secret\"; write [..], or each element below with \"- \" before it",
    ),
    (
        "admin: { keys: [secret] }",
        "17: expected sha256: and 64 hex digits; `printf %s KEY | sha256sum` prints those of a key",
    ),
    (
        "egress: { allow: [localhost] }",
        "19: expected an address or a network, such as 10.0.0.7 or 127.0.0.0/8, got \"localhost\"",
    ),
    ("log: { level: loud }", "15: expected error, warn, info, debug or trace, got \"loud\""),
    ("log: { format: true }", "16: \"log.format\" is a text or a number, got the truth value true"),
    ("watch: sometimes", "8: expected true or false, got \"sometimes\""),
    ("watch: [true]", "8: \"watch\" is true or false, got a list"),
    ("state: ''", "8: expected the path of a folder, got \"\""),
    ("- 1", "1: expected a mapping, got a list; write key: value"),
];

#[test]
fn each_fault_of_an_endpoint_says_where_it_is_and_what_to_write() {
    for (line, said) in ENDPOINT_FAULTS {
        assert_eq!(endpoint(line).faults(), [format!("endpoints/web.yaml:3:{said}")], "{line}");
    }
}

#[test]
fn each_fault_of_the_settings_says_where_it_is_and_what_to_write() {
    for (line, said) in SETTINGS_FAULTS {
        assert_eq!(settings(line).faults(), [format!("antiphon.yaml:1:{said}")], "{line}");
    }
}

#[test]
fn a_mistake_in_a_transformer_is_told_with_its_place_though_no_endpoint_names_it() {
    let folder = endpoint("");
    fs::write(folder.0.join("transformers/other.js"), "export function handleInput() {\n  return {;\n}\n")
        .unwrap();
    fs::write(folder.0.join("transformers/types.d.ts"), "declare const x: ;").unwrap();
    let faults = folder.faults();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("transformers/other.js:2:"), "{faults:?}");
}

#[test]
fn the_faults_of_all_files_come_at_once_in_order() {
    let folder = Folder::with(&[
        ("antiphon.yaml", "limits: { bodyByte: 5000 }"),
        ("endpoints/a.yaml", "urlToken: 0123456789abcdefx\nflow: mian"),
        ("endpoints/b.yaml", "urlToken: 0123456789abcdefx\nflow: main"),
        ("endpoints/c.yaml", "urlToken: short"),
        ("endpoints/d.yaml", ""),
        ("endpoints/e.yml", ""),
        ("endpoints/notes.txt", "not looked at"),
        ("flows/main.yaml", FLOW),
        ("flows/my flow.yaml", FLOW),
    ]);
    let expected = [
        "antiphon.yaml:1:11: unknown key \"bodyByte\"; did you mean \"bodyBytes\"?",
        "endpoints/a.yaml:2:7: there is no flow \"mian\" (no flows/mian.yaml); did you mean \"main\"?",
        "endpoints/b.yaml:1:11: the endpoint \"a\" has the same urlToken; make another one",
        "endpoints/c.yaml:1:1: the key \"flow\" is missing; add \"flow: …\"",
        "endpoints/c.yaml:1:11: a urlToken has 16 to 128 characters of A-Z, a-z, 0-9, \"_\" and \"-\"; \
         `openssl rand -hex 32` makes one",
        "endpoints/d.yaml:1:1: expected a mapping, got nothing; write key: value",
        "endpoints/e.yml:1:1: only .yaml files are read; rename it to \"e.yaml\"",
        "flows/my flow.yaml:1:1: a name is made of the letters A to Z and a to z, digits, \"_\" and \"-\"; rename \
         the file, for example to \"my-flow.yaml\"",
    ];
    assert_eq!(folder.faults(), expected);
}

#[test]
fn a_folder_without_endpoints_or_without_anything_says_how_to_begin() {
    let folder = Folder::with(&[("flows/main.yaml", FLOW)]);
    let expected = "endpoints:1:1: there are no endpoints, so nobody could post; write endpoints/NAME.yaml, or make \
                    a new project with `antiphon init DIR`";
    assert_eq!(folder.faults(), [expected]);
    let missing = Folder::empty();
    let error = missing.load().unwrap_err().to_string();
    let name = missing.0.display();
    assert_eq!(error, format!("there is no folder {name}; `antiphon init {name}` makes a project"));
}

#[test]
fn what_cannot_be_read_as_text_is_a_fault_of_its_file() {
    let folder = endpoint("");
    fs::write(folder.0.join("flows/main.yaml"), b"- say: \xff\n").unwrap();
    fs::create_dir(folder.0.join("endpoints/old.yaml")).unwrap();
    fs::write(folder.0.join("antiphon.yml"), "listen: x").unwrap();
    fs::write(folder.0.join("antiphon.yaml"), format!("# {}", "x".repeat(2_000_000))).unwrap();
    let expected = [
        "antiphon.yaml:1:1: the file has 2000002 bytes, 1048576 are allowed; split it",
        "antiphon.yml:1:1: only .yaml files are read; rename it to \"antiphon.yaml\"",
        "flows/main.yaml:1:1: the file is not UTF-8; save it as UTF-8",
    ];
    assert_eq!(folder.faults(), expected);
}
