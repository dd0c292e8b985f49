//! What the prelude and its libraries have done in Rust: asks and lines into the meter, bytes and texts, hashes.
//! Each function takes and gives plain values and keeps nothing. Wrong input is the prelude's to refuse: what arrives
//! here is of the right kind.

use std::rc::Rc;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::{BASE64_STANDARD as STANDARD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD},
};
use ring::{digest, hmac};
use rquickjs::{Ctx, Function, Object, TypedArray, Value, function::IntoJsFunc};

use super::{
    job::{Level, Request},
    meter::Meter,
    url,
    xml::{self, Document, Part},
};
use crate::script::value;

/// Base64 as it comes: with padding or without, whatever its last digit has beyond the last byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The object that the prelude calls `host`.
pub(super) fn host<'js>(ctx: &Ctx<'js>, meter: &Rc<Meter>) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    asks(&host, meter)?;
    texts(&host)?;
    hashes(&host)?;
    urls(&host)?;
    documents(&host, meter)?;
    Ok(host)
}

fn put<'js, P, F: IntoJsFunc<'js, P> + 'js>(
    host: &Object<'js>,
    name: &str,
    function: F,
) -> rquickjs::Result<()> {
    host.set(name, Function::new(host.ctx().clone(), function)?)
}

fn asks<'js>(host: &Object<'js>, meter: &Rc<Meter>) -> rquickjs::Result<()> {
    let own = || meter.clone();
    let meter = own();
    put(host, "request", move |json: String| match serde_json::from_str::<Request>(&json) {
        Err(error) => format!("httpRequest: {error}"),
        Ok(request) => match meter.request(request) {
            Ok(()) => String::new(),
            Err(refusal) => format!("httpRequest: {refusal}"),
        },
    })?;
    let meter = own();
    put(host, "storage", move |user: String, session: String| meter.ask_storage(user, session))?;
    let meter = own();
    put(host, "known", move |ctx: Ctx<'js>| match meter.storage() {
        Some(map) => value::map_to_js(&ctx, &map),
        None => Ok(Value::new_undefined(ctx)),
    })?;
    let meter = own();
    put(host, "log", move |level: String, text: String| meter.log(self::level(&level), &text))?;
    let meter = own();
    put(host, "uuid", move || {
        let bytes = meter.draw(16).try_into().expect("sixteen were drawn");
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    })?;
    let meter = own();
    put(host, "random", move |ctx: Ctx<'js>, bytes: usize| give(ctx, meter.draw(bytes)))
}

fn level(name: &str) -> Level {
    match name {
        "debug" => Level::Debug,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => Level::Info,
    }
}

fn texts<'js>(host: &Object<'js>) -> rquickjs::Result<()> {
    put(host, "utf8", |ctx: Ctx<'js>, text: String| give(ctx, text.into_bytes()))?;
    put(host, "encode", |bytes: String, encoding: String| encode(&read(&bytes), &encoding))?;
    put(host, "decode", |ctx: Ctx<'js>, text: String, encoding: String| give(ctx, decode(&text, &encoding)))?;
    put(host, "latin1", |ctx: Ctx<'js>, text: String| {
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        bytes.map(|bytes| give(ctx, bytes)).transpose()
    })?;
    put(host, "decodeText", |bytes: String| String::from_utf8_lossy(&read(&bytes)).into_owned())?;
    put(host, "reason", |status: u16| {
        let known = http::StatusCode::from_u16(status).ok().and_then(|known| known.canonical_reason());
        known.map_or(status.to_string(), str::to_owned)
    })
}

fn hashes<'js>(host: &Object<'js>) -> rquickjs::Result<()> {
    put(host, "digest", |ctx: Ctx<'js>, name: String, key: Option<String>, parts: Vec<String>| {
        let key = key.map(|key| read(&key));
        give(ctx, digest(&name, key.as_deref(), &parts))
    })?;
    put(host, "same", |a: String, b: String| {
        let differences = read(&a).iter().zip(read(&b)).fold(0, |all, (a, b)| all | (a ^ b));
        differences == 0
    })
}

fn urls(host: &Object<'_>) -> rquickjs::Result<()> {
    put(host, "formEncode", |pairs: String| url::form_encode(&pairs))?;
    put(host, "formDecode", |query: String| url::form_decode(&query))?;
    put(host, "address", |address: String, query: String| match url::address(&address, &query) {
        Ok(address) => vec![String::new(), address],
        Err(refusal) => vec![refusal],
    })?;
    put(host, "urlParse", |url: String, base: String| url::parse(&url, &base))?;
    put(host, "urlGet", |href: String, part: String| url::get(&href, &part))?;
    put(host, "urlSet", |href: String, part: String, value: String| url::set(href, &part, &value))
}

fn documents<'js>(host: &Object<'js>, meter: &Rc<Meter>) -> rquickjs::Result<()> {
    let meter = meter.clone();
    put(host, "xmlMax", move || meter.document_max())?;
    put(host, "xmlName", |name: String| xml::is_name(&name))?;
    put(host, "xml", |text: String, tell: Function<'js>| tell_xml(&text, &tell))
}

/// Calls `tell` for each part, with its kind and what it is made of. Gives why the text is no XML, or nothing.
fn tell_xml<'js>(text: &str, tell: &Function<'js>) -> rquickjs::Result<String> {
    let mut document = match Document::new(text) {
        Ok(document) => document,
        Err(fault) => return Ok(fault.to_string()),
    };
    loop {
        match document.next() {
            Ok(Some(part)) => tell_part(part, tell)?,
            Ok(None) => return Ok(String::new()),
            Err(fault) => return Ok(fault.to_string()),
        }
    }
}

fn tell_part<'js>(part: Part, tell: &Function<'js>) -> rquickjs::Result<()> {
    match part {
        Part::Declaration(attributes) => tell.call(("declaration", attributes)),
        Part::Start { name, attributes } => tell.call(("start", name, attributes)),
        Part::End => tell.call(("end",)),
        Part::Text(text) => tell.call(("text", &*text)),
        Part::Cdata(text) => tell.call(("cdata", &*text)),
        Part::Comment(text) => tell.call(("comment", &*text)),
        Part::Doctype(text) => tell.call(("doctype", &*text)),
        Part::Instruction { name, body } => tell.call(("instruction", name, body)),
    }
}

/// Bytes come from JavaScript as a text with a character for each. What it is given counts as its own memory.
fn read(text: &str) -> Vec<u8> {
    text.chars().map(|c| u32::from(c) as u8).collect()
}

fn give<'js>(ctx: Ctx<'js>, bytes: Vec<u8>) -> rquickjs::Result<TypedArray<'js, u8>> {
    TypedArray::new_copy(ctx, bytes)
}

fn encode(bytes: &[u8], encoding: &str) -> String {
    match encoding {
        "hex" => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        "base64url" => URL_SAFE_NO_PAD.encode(bytes),
        _ => STANDARD.encode(bytes),
    }
}

/// As node's Buffer reads it: hex up to the first wrong digit, base64 in both alphabets and without what is no digit.
fn decode(text: &str, encoding: &str) -> Vec<u8> {
    match encoding {
        "hex" => {
            let pairs = text.as_bytes().chunks_exact(2);
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            pairs.map_while(byte).collect()
        }
        "latin1" => read(text),
        _ => {
            let digits = text.split('=').next().unwrap_or_default().chars().filter_map(base64_digit);
            let mut digits: String = digits.collect();
            if digits.len() % 4 == 1 {
                digits.pop();
            }
            BASE64.decode(digits).unwrap_or_default()
        }
    }
}

fn base64_digit(c: char) -> Option<char> {
    match c {
        '-' => Some('+'),
        '_' => Some('/'),
        '+' | '/' => Some(c),
        _ => c.is_ascii_alphanumeric().then_some(c),
    }
}

/// Plain, or as an HMAC if there is a key. A name that the prelude does not let through is SHA-256.
fn digest(name: &str, key: Option<&[u8]>, parts: &[String]) -> Vec<u8> {
    let (plain, keyed) = match name {
        "sha1" => (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        "sha384" => (&digest::SHA384, hmac::HMAC_SHA384),
        "sha512" => (&digest::SHA512, hmac::HMAC_SHA512),
        _ => (&digest::SHA256, hmac::HMAC_SHA256),
    };
    match key {
        None => {
            let mut context = digest::Context::new(plain);
            parts.iter().for_each(|part| context.update(&read(part)));
            context.finish().as_ref().to_vec()
        }
        Some(key) => {
            let mut context = hmac::Context::with_key(&hmac::Key::new(keyed, key));
            parts.iter().for_each(|part| context.update(&read(part)));
            context.sign().as_ref().to_vec()
        }
    }
}
