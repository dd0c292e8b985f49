//! Writing to the memory of the session and of the user: where a target leads, and how much fits.

use serde_json::Value;

use crate::model::Map;

/// Puts a value at a path, making the objects on the way. Says why if something else stands there.
pub(super) fn write(memory: &mut Map, path: &[String], value: Value) -> Result<(), String> {
    let (last, way) = path.split_last().ok_or("the path is empty")?;
    let mut here = memory;
    for (depth, name) in way.iter().enumerate() {
        let next = here.entry(name.clone()).or_insert(Value::Null);
        if next.is_null() {
            *next = Value::Object(Map::new());
        }
        let Value::Object(object) = next else {
            return Err(format!(
                "`{}` is not an object, so nothing can be set in it",
                path[..=depth].join(".")
            ));
        };
        here = object;
    }
    here.insert(last.clone(), value);
    Ok(())
}

/// Takes the value at a path away, if there is one.
pub(super) fn remove(memory: &mut Map, path: &[String]) {
    let Some((last, way)) = path.split_last() else { return };
    let mut here = memory;
    for name in way {
        let Some(Value::Object(object)) = here.get_mut(name) else { return };
        here = object;
    }
    here.remove(last);
}

/// The bytes of a map as JSON, without writing it; escapes count as one byte.
pub(super) fn size(map: &Map) -> usize {
    2 + map.iter().map(|(name, value)| name.len() + 4 + value_size(value)).sum::<usize>()
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::Null => 4,
        Value::Bool(yes) => 5 - usize::from(*yes),
        Value::Number(number) if number.is_f64() => 12,
        Value::Number(number) => digits(number.as_i64().map_or(u64::MAX, i64::unsigned_abs)),
        Value::String(text) => 2 + text.len(),
        Value::Array(items) => 2 + items.iter().map(|item| 1 + value_size(item)).sum::<usize>(),
        Value::Object(map) => size(map),
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map {
        value.as_object().expect("the test gives an object").clone()
    }

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn a_write_makes_the_objects_on_its_way() {
        let mut memory = map(json!({ "order": { "id": 1 } }));
        write(&mut memory, &path("order.address.city"), json!("Ulm")).unwrap();
        assert_eq!(Value::Object(memory), json!({ "order": { "id": 1, "address": { "city": "Ulm" } } }));
    }

    #[test]
    fn a_write_into_a_text_is_refused_and_changes_nothing() {
        let mut memory = map(json!({ "order": "none" }));
        let refused = write(&mut memory, &path("order.id"), json!(1)).unwrap_err();
        assert_eq!(refused, "`order` is not an object, so nothing can be set in it");
        assert_eq!(Value::Object(memory), json!({ "order": "none" }));
    }

    #[test]
    fn removing_what_is_not_there_is_no_fault() {
        let mut memory = map(json!({ "a": { "b": 1 }, "c": 2 }));
        for gone in ["x.y", "c.d", "a.b"] {
            remove(&mut memory, &path(gone));
        }
        assert_eq!(Value::Object(memory), json!({ "a": {}, "c": 2 }));
    }

    #[test]
    fn the_size_is_near_that_of_the_json() {
        let value = json!({ "a": [1, 22, -333, true, false, null], "b": { "c": "four", "d": [] } });
        let written = value.to_string().len();
        let counted = size(value.as_object().unwrap());
        assert!(counted.abs_diff(written) <= 8, "{counted} for {written}");
    }
}
