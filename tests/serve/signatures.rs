//! Callbacks as their receivers verify them: with the published library of Standard Webhooks, and with the public key that
//! the server tells.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};
use ring::signature::{ED25519, UnparsedPublicKey};
use standardwebhooks::Webhook;

use crate::support::{Callback, Engine, Project, Receiver, Reply};

const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// The seed of the key pair in the README of svix/svix-webhooks, and its public half.
const SEED: &str = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=";
const PUBLIC: &str = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";

fn verify_v1(secret: &str, callback: &Callback) {
    let mut headers = HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, HeaderValue::from_str(callback.header(name)).unwrap());
    }
    Webhook::new(secret).unwrap().verify(&callback.body, &headers).unwrap();
}

fn verify_v1a(public: &str, callback: &Callback) {
    let key = STANDARD.decode(public.strip_prefix("whpk_").unwrap()).unwrap();
    let (id, at) = (callback.header("webhook-id"), callback.header("webhook-timestamp"));
    let signed = [format!("{id}.{at}.").as_bytes(), &callback.body].concat();
    let mut signatures = callback.header("webhook-signature").split(' ');
    let signature = signatures.find_map(|one| one.strip_prefix("v1a,")).unwrap();
    UnparsedPublicKey::new(&ED25519, key).verify(&signed, &STANDARD.decode(signature).unwrap()).unwrap();
}

#[test]
fn whoever_has_one_of_the_secrets_or_the_public_key_verifies_every_attempt() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(503)).times(1);
    let webhook = format!("signingSecret: [{NEW}, '{SEED}', {OLD}], retryAfterSeconds: [0]");
    let engine = Engine::start(Project::echo().door("shop", &receiver, &webhook));
    engine.session("shop", "ann", "1").says("Grüße");
    receiver.got(1);
    let attempts = receiver.requests(2);
    assert_eq!(attempts[0].header("webhook-id"), attempts[1].header("webhook-id"));
    let listed = engine.manage("GET", "/endpoints").json();
    assert_eq!(listed["items"][0]["publicKeys"], serde_json::json!([PUBLIC]));
    assert!(!listed.to_string().contains("whs"), "no secret is told: {listed}");
    for attempt in &attempts {
        verify_v1(NEW, attempt);
        verify_v1(OLD, attempt);
        verify_v1a(PUBLIC, attempt);
    }
}

#[test]
fn a_secret_that_signs_nothing_keeps_the_server_from_starting_and_is_not_repeated() {
    let receiver = Receiver::start();
    let said = Engine::refuses(&Project::echo().door("shop", &receiver, "signingSecret: whsk_aHVudGVyMg=="));
    assert!(said.contains("7 bytes stand behind whsk_, there have to be 32"), "{said}");
    assert!(!said.contains("aHVudGVyMg"), "{said}");
}

#[test]
fn user_and_password_in_the_address_are_sent_and_never_told() {
    let receiver = Receiver::start();
    receiver.answers(Reply::Status(410)).times(1);
    let address = receiver.url().replace("http://", "http://alice:hunter2@");
    let project =
        Project::echo().log_level("debug").endpoint("shop", &format!("webhook: {{ url: '{address}' }}"));
    let engine = Engine::start(project);
    engine.session("shop", "ann", "1").says("hello");
    let callback = &receiver.requests(1)[0];
    assert_eq!(callback.header("authorization"), "Basic YWxpY2U6aHVudGVyMg==");
    engine.wait_for_log("a callback is a dead letter");
    assert!(!engine.log().contains("hunter2"), "{}", engine.log());
    let listed = engine.manage("GET", "/endpoints").json().to_string();
    assert!(!listed.contains("hunter2") && !listed.contains("alice"), "{listed}");
}
