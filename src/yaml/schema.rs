//! A JSON Schema (draft 2020-12) from the shapes of a file, for editors that complete and check while somebody writes.
//!
//! It never refuses what the parsers take; they take less: what names another file, what excludes one another, and
//! whether JavaScript parses is not said here. Wherever a text could not stand, one with `${NAME}` may.

use serde_json::{Value, json};

use super::shape::{Document, Form, Key, Kind, Shape};
use crate::model::Map;

/// A reference to the environment; what it stands for is known only where the project is loaded.
const VARIABLE: &str = r"\$\{[A-Z_][A-Z0-9_]*(:-|\})";

/// The keys stand in the order of the alphabet, so that the same shapes give the same text.
pub fn schema(document: &Document) -> Value {
    let mut defs = Map::new();
    let mut schema = match document.kind {
        Kind::Mapping(shape) => mapping(shape, &mut defs),
        kind => value(&kind, &mut defs),
    };
    if document.may_be_empty {
        schema = or_null(schema);
    }
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("$id".to_owned(), format!("urn:antiphon:schema:{}", document.name).into());
    schema.insert("title".to_owned(), format!("Antiphon {}", document.name).into());
    schema.insert("description".to_owned(), document.doc.into());
    schema.insert("$defs".to_owned(), defs.into());
    schema.into()
}

fn value(kind: &Kind, defs: &mut Map) -> Map {
    object(match kind {
        Kind::Nothing => json!({ "type": "null" }),
        Kind::Anything => json!({}),
        Kind::Text | Kind::Template | Kind::Expression | Kind::Code => json!({ "type": "string" }),
        Kind::Formed(form) => json!({ "type": "string", "pattern": format!("{}|{VARIABLE}", form.pattern) }),
        Kind::Truth => json!({ "type": ["boolean", "string"], "pattern": VARIABLE }),
        Kind::Whole(min, u64::MAX) => {
            json!({ "type": ["integer", "string"], "minimum": min, "pattern": VARIABLE })
        }
        Kind::Whole(min, max) => {
            json!({ "type": ["integer", "string"], "minimum": min, "maximum": max, "pattern": VARIABLE })
        }
        Kind::Number(min, max) => {
            json!({ "type": ["number", "string"], "minimum": min, "maximum": max, "pattern": VARIABLE })
        }
        Kind::Words(words) => {
            json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": VARIABLE }] })
        }
        Kind::List(of, least) => json!({ "type": "array", "items": value(of, defs), "minItems": least }),
        Kind::Names(names) => json!({
            "type": "object",
            "propertyNames": name(names.names),
            "additionalProperties": value(&names.of, defs),
            "minProperties": names.least,
        }),
        Kind::Object => json!({ "type": "object" }),
        Kind::Mapping(shape) => reference(shape.name, defs, |defs| mapping(shape, defs)),
        Kind::OneOf(shapes) => {
            json!({ "anyOf": shapes.iter().map(|shape| value(&Kind::Mapping(shape), defs)).collect::<Vec<_>>() })
        }
        Kind::AnyOf(kinds) => {
            json!({ "anyOf": kinds.iter().map(|kind| value(kind, defs)).collect::<Vec<_>>() })
        }
        Kind::Named(named) => reference(named.name, defs, |defs| {
            let mut schema = value(&named.kind, defs);
            schema.insert("title".to_owned(), named.name.into());
            schema.insert("description".to_owned(), named.doc.into());
            schema
        }),
    })
}

/// The reader replaces nothing in keys; where names of the environment may stand in one, its pattern lets them through.
fn name(form: &Form) -> Value {
    json!({ "pattern": form.pattern })
}

/// Writes a definition once. It is there, though empty, while its own parts are written: they may refer to it.
fn reference(name: &str, defs: &mut Map, define: impl FnOnce(&mut Map) -> Map) -> Value {
    if !defs.contains_key(name) {
        defs.insert(name.to_owned(), Value::Null);
        let schema = define(defs);
        defs.insert(name.to_owned(), schema.into());
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn mapping(shape: &Shape, defs: &mut Map) -> Map {
    let properties: Map =
        shape.keys.iter().map(|key| (key.name.to_owned(), property(key, defs).into())).collect();
    let required: Vec<&str> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = object(json!({
        "type": "object",
        "title": shape.name,
        "description": shape.doc,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    }));
    if !shape.one_of.is_empty() {
        let each = shape.one_of.iter().map(|name| json!({ "required": [name] }));
        schema.insert("anyOf".to_owned(), each.collect());
    }
    schema
}

/// An optional key without a value counts as absent.
fn property(key: &Key, defs: &mut Map) -> Map {
    let schema = value(&key.kind, defs);
    let mut schema = if key.required { schema } else { or_null(schema) };
    schema.insert("description".to_owned(), key.doc.into());
    if let Some(json) = key.default {
        let default = serde_json::from_str(json).expect("a test reads the default of every key");
        schema.insert("default".to_owned(), default);
    }
    schema
}

fn or_null(mut schema: Map) -> Map {
    if schema.is_empty() {
        return schema;
    }
    if let (Some(kind), false) = (schema.get("type"), schema.contains_key("anyOf")) {
        let kinds = match kind {
            Value::Array(kinds) => kinds.iter().cloned().chain(["null".into()]).collect(),
            kind => json!([kind, "null"]),
        };
        schema.insert("type".to_owned(), kinds);
        return schema;
    }
    object(json!({ "anyOf": [schema, { "type": "null" }] }))
}

fn object(value: Value) -> Map {
    match value {
        Value::Object(map) => map,
        _ => unreachable!("every caller writes braces"),
    }
}
