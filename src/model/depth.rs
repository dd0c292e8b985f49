//! How deep lists and objects may lie in one another. A record that was written has to be read again, and readers of
//! JSON end at some depth.

use serde_json::Value;

use super::Map;

/// Of `data`, of the context and of the profile. Records wrap a few more around them; serde_json reads 128.
pub const DEPTH_MAX: usize = 64;

/// Whether this object is more than `DEPTH_MAX` deep. Itself it counts as one.
pub fn is_too_deep(object: &Map) -> bool {
    object.values().any(|value| is_deeper(value, DEPTH_MAX - 1))
}

/// Whether lists and objects lie in one another deeper than `max`.
pub fn is_deeper(value: &Value, max: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        Value::Array(items) => max == 0 || items.iter().any(|item| is_deeper(item, max - 1)),
        Value::Object(members) => max == 0 || members.values().any(|member| is_deeper(member, max - 1)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn depth_counts_lists_and_objects() {
        let value = json!({ "a": [[1]], "b": { "c": 2 } });
        assert!(!is_deeper(&value, 3));
        assert!(is_deeper(&value, 2));
        assert!(!is_deeper(&json!(1), 0));
    }

    #[test]
    fn what_is_as_deep_as_may_be_is_read_again_with_a_record_around_it() {
        let mut value = json!(1);
        for _ in 0..DEPTH_MAX {
            value = json!({ "a": value });
        }
        assert!(!is_too_deep(value.as_object().unwrap()));
        assert!(is_too_deep(json!({ "a": value }).as_object().unwrap()));
        let wrapped = json!([[[[[[[[value]]]]]]]]).to_string();
        assert!(serde_json::from_str::<Value>(&wrapped).is_ok());
    }
}
