//! A request as a transformer sees it, made of what came over the wire. It is the same whether a server got it or a
//! conversation test wrote it.

use std::sync::Arc;

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::model::{FORM, Map, is_of_type};

/// The key of the server opens all of it: no transformer needs to see it.
const HIDDEN: &str = "x-api-key";

/// A request as it came.
pub struct Wire<'a> {
    pub method: &'a str,
    /// The path, and the query if there is one.
    pub url: &'a str,
    /// Names in small letters; one may come several times.
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub bytes: &'a [u8],
    pub ip: String,
}

/// A request as a transformer sees it.
#[derive(Clone, Debug)]
pub struct Posted {
    pub method: String,
    /// Names in small letters.
    pub headers: Map,
    pub query: Map,
    /// JSON of any kind, the fields of a form, or the text if it is neither.
    pub body: Value,
    pub raw_body: Arc<[u8]>,
    pub original_url: String,
    pub ip: String,
}

impl Posted {
    pub fn of(wire: Wire) -> Posted {
        let Wire { method, url, headers, bytes, ip } = wire;
        let headers = self::headers(&headers);
        let content_type = headers.get("content-type").and_then(Value::as_str).unwrap_or_default();
        Posted {
            method: method.to_owned(),
            query: url.split_once('?').map(|(_, query)| fields(query.as_bytes())).unwrap_or_default(),
            body: body(content_type, bytes),
            headers,
            raw_body: bytes.into(),
            original_url: url.to_owned(),
            ip,
        }
    }
}

fn headers(all: &[(&str, &[u8])]) -> Map {
    let mut headers = Map::new();
    for (name, value) in all.iter().filter(|(name, _)| *name != HIDDEN) {
        let value = String::from_utf8_lossy(value);
        let all = match headers.get(*name).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.into_owned(),
        };
        headers.insert((*name).to_owned(), all.into());
    }
    headers
}

fn body(content_type: &str, bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return json!({});
    }
    if is_of_type(content_type, FORM) {
        return fields(bytes).into();
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into())
}

/// Of a form or a query; a name that comes several times has a list.
fn fields(text: &[u8]) -> Map {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(text) {
        let value = Value::from(value);
        match fields.get_mut(name.as_ref()) {
            None => drop(fields.insert(name.into_owned(), value)),
            Some(Value::Array(all)) => all.push(value),
            Some(first) => *first = json!([first, value]),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(url: &str, headers: &[(&str, &str)], body: &str) -> Posted {
        let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        Posted::of(Wire { method: "POST", url, headers, bytes: body.as_bytes(), ip: String::new() })
    }

    #[test]
    fn a_body_is_a_form_if_it_says_so_else_json_else_text() {
        let form = ("content-type", "Application/X-WWW-Form-Urlencoded; charset=utf-8");
        assert_eq!(posted("/t", &[form], "a=1&b=x+y&a=%32").body, json!({ "a": ["1", "2"], "b": "x y" }));
        assert_eq!(posted("/t", &[], "[1]").body, json!([1]));
        assert_eq!(posted("/t", &[], "a=1").body, json!("a=1"));
        assert_eq!(posted("/t", &[], "").body, json!({}));
    }

    #[test]
    fn a_query_has_its_fields_and_the_key_of_the_server_is_seen_by_nobody() {
        let headers = [("x-api-key", "secret"), ("accept", "a"), ("accept", "b")];
        let posted = posted("/inject/t?a=1&b&a=2", &headers, "");
        assert_eq!(Value::from(posted.query), json!({ "a": ["1", "2"], "b": "" }));
        assert_eq!(Value::from(posted.headers), json!({ "accept": "a, b" }));
        assert_eq!(posted.original_url, "/inject/t?a=1&b&a=2");
    }
}
