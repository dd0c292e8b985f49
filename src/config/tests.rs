//! Settings from the environment and from flags, and what is said of wrong ones.

use super::*;
use crate::yaml::shape::Kind;

fn overlay(variables: &[(&str, &str)]) -> Result<Overlay, Error> {
    Overlay::environment(variables.iter().map(|(name, value)| (name.to_string(), value.to_string())))
}

fn applied(overlay: &Overlay) -> Settings {
    let mut settings = Settings::default();
    overlay.apply(&mut settings);
    settings
}

fn setting(path: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.path == path).unwrap()
}

#[test]
fn a_setting_has_its_path_as_its_variable() {
    assert_eq!(setting("listen").variable(), "ANTIPHON_LISTEN");
    assert_eq!(setting("limits.bodyBytes").variable(), "ANTIPHON_LIMITS_BODY_BYTES");
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let mut overlay =
        overlay(&[("ANTIPHON_LISTEN", "0.0.0.0:1"), ("ANTIPHON_WORKERS", "3"), ("HOME", "/root")]).unwrap();
    overlay.flag("--listen", "listen", "[::1]:2").unwrap();
    let mut settings = Settings { listen: "127.0.0.1:9".to_owned(), workers: 9, ..Settings::default() };
    settings.log.level = "debug".to_owned();
    overlay.apply(&mut settings);
    assert_eq!((settings.listen.as_str(), settings.workers), ("[::1]:2", 3));
    assert_eq!(settings.log.level, "debug");
}

#[test]
fn a_list_is_written_with_commas_and_replaces_the_one_before() {
    let overlay = overlay(&[("ANTIPHON_EGRESS_ALLOW", "10.0.0.7, ::1/128,")]).unwrap();
    assert_eq!(applied(&overlay).egress_allow, ["10.0.0.7", "::1/128"]);
    let mut settings = Settings { egress_allow: vec!["127.0.0.0/8".to_owned()], ..Settings::default() };
    overlay.apply(&mut settings);
    assert_eq!(settings.egress_allow, ["10.0.0.7", "::1/128"]);
}

#[test]
fn an_unknown_variable_names_the_nearest() {
    let error = overlay(&[("ANTIPHON_LISTN", "x")]).err().unwrap().to_string();
    assert_eq!(
        error,
        "the environment sets ANTIPHON_LISTN, which is no setting of Antiphon (did you mean ANTIPHON_LISTEN?); \
         rename or unset it"
    );
    let far = overlay(&[("ANTIPHON_CHAT", "x")]).err().unwrap().to_string();
    assert_eq!(
        far,
        "the environment sets ANTIPHON_CHAT, which is no setting of Antiphon; rename or unset it"
    );
    assert!(overlay(&[("ANTIPHON_ADMIN_KEY", "secret")]).is_ok());
}

#[test]
fn a_wrong_value_says_where_it_comes_from_and_what_to_write() {
    for (name, value, text) in [
        (
            "ANTIPHON_LISTEN",
            "8080",
            "expected an address and a port, such as 127.0.0.1:8080 or [::]:8080, got \"8080\"",
        ),
        ("ANTIPHON_LIMITS_GOTO_REPEATS", "0", "expected a whole number from 1 to 100000, got \"0\""),
        ("ANTIPHON_LIMITS_FREE_DISK_PERCENT", "5%", "expected a whole number from 0 to 100, got \"5%\""),
        (
            "ANTIPHON_EGRESS_ALLOW",
            "10.0.0.0/33",
            "expected an address or a network, such as 10.0.0.7 or 127.0.0.0/8, got \"10.0.0.0/33\"",
        ),
        ("ANTIPHON_LOG_FORMAT", "xml", "expected text or json, got \"xml\""),
        ("ANTIPHON_LOG_LEVEL", "loud", "expected error, warn, info, debug or trace, got \"loud\""),
        ("ANTIPHON_WATCH", "yes", "expected true or false, got \"yes\""),
        ("ANTIPHON_STATE", "", "expected the path of a folder, got \"\""),
    ] {
        assert_eq!(overlay(&[(name, value)]).err().unwrap().to_string(), format!("{name}: {text}"));
    }
}

#[test]
fn a_key_that_is_no_digest_is_not_repeated() {
    let digits = "00ff".repeat(16);
    assert_eq!(digest(&format!("sha256:{digits}")).unwrap()[..4], [0, 255, 0, 255]);
    for bad in
        ["hunter2", "sha256:", &digits, &format!("sha256:{digits}0"), &format!("sha256:+f{}", &digits[2..])]
    {
        let error = digest(bad).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn what_is_no_address_and_no_network_is_refused_with_an_example() {
    for wrong in
        ["localhost", "10.0.0", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/", "::1/129", "[::1]", "127.0.0.1:80"]
    {
        let error = overlay(&[("ANTIPHON_EGRESS_ALLOW", wrong)]).err().map(|error| error.to_string());
        let expected = format!(
            "ANTIPHON_EGRESS_ALLOW: expected an address or a network, such as 10.0.0.7 or 127.0.0.0/8, got \"{wrong}\""
        );
        assert_eq!(error, Some(expected));
    }
}

#[test]
fn a_server_that_runs_takes_over_limits_and_names_what_needs_a_restart() {
    let running = Settings { state: Some("/var/lib/here".into()), ..Settings::default() };
    let mut read = Settings { listen: "0.0.0.0:1".to_owned(), watch: false, ..Settings::default() };
    read.limits.body_bytes = 4096;
    read.limits.passivate_after_ms = 1000;
    read.limits.cache_bytes = 1 << 30;
    read.log.level = "debug".to_owned();
    let (renewed, restart_for) = running.renewed(&read);
    assert_eq!(restart_for, ["listen", "state", "limits.cacheBytes", "log.level", "watch"]);
    let mut expected = running.clone();
    expected.limits.body_bytes = 4096;
    expected.limits.passivate_after_ms = 1000;
    assert_eq!(renewed, expected);
    assert_eq!(running.renewed(&running), (running.clone(), Vec::new()));
}

#[test]
fn every_setting_is_either_taken_over_or_named() {
    let running = Settings::default();
    for setting in &SETTINGS {
        let other = match setting.path {
            "listen" => "0.0.0.0:1",
            "admin.keys" => &format!("sha256:{}", "00".repeat(32)),
            "egress.allow" => "10.0.0.7",
            "log.level" => "debug",
            "log.format" => "json",
            "watch" => "false",
            "log.console" => "true",
            "limits.bodyBytes"
            | "limits.scriptSteps"
            | "limits.scriptMemoryBytes"
            | "limits.transformerMemoryBytes"
            | "limits.cacheBytes" => "3000000",
            "limits.contextBytes" | "limits.transformerMs" | "limits.transformerWaitMs" => "3000",
            _ => "7",
        };
        let mut read = running.clone();
        setting.take(&mut read, other).unwrap();
        let (renewed, restart_for) = running.renewed(&read);
        assert!(renewed == read || restart_for == [setting.path], "{}: {restart_for:?}", setting.path);
        assert!(renewed == running || restart_for.is_empty(), "{}: {restart_for:?}", setting.path);
    }
}

#[test]
fn every_default_that_is_told_is_the_one_that_holds() {
    for setting in &SETTINGS {
        let Some(default) = setting.default else { continue };
        let values = match serde_json::from_str(default).unwrap() {
            serde_json::Value::Array(items) => items.iter().map(|item| item.to_string()).collect(),
            serde_json::Value::String(text) => vec![text],
            value => vec![value.to_string()],
        };
        let mut settings = Settings::default();
        setting.set(&mut settings, &values).unwrap();
        assert_eq!(settings, Settings::default(), "{}", setting.path);
    }
}

#[test]
fn every_setting_is_a_key_of_the_file() {
    let mut found = Vec::new();
    for key in shape().keys {
        match key.kind {
            Kind::Mapping(group) => found.extend(group.names().map(|name| format!("{}.{name}", key.name))),
            _ => found.push(key.name.to_owned()),
        }
    }
    let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.path).collect();
    assert_eq!(found, known);
}
