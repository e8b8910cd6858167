//! Outputs that are JSON: one document, several in a row, or one a line.

use serde_json::{Map, Value};

/// The output as one JSON value; documents one after the other become a list. `None` when it does not begin like an object or a list. What follows a fault is left out.
pub(super) fn document(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut values: Vec<Value> =
        serde_json::Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok).collect();
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Value::Array(values)),
    }
}

/// Every object in the value, the outer before the inner.
pub(super) fn each_object(value: &Value, visit: &mut dyn FnMut(&Map<String, Value>)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| each_object(value, visit)),
        Value::Object(map) => {
            visit(map);
            map.values().for_each(|value| each_object(value, visit));
        }
        _ => {}
    }
}

/// The items of a list: itself, those under `items`, or the one that there is.
pub(super) fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().flat_map(items).collect(),
        Value::Object(map) => match map.get("items").and_then(Value::as_array) {
            Some(items) => items.iter().collect(),
            None => vec![value],
        },
        _ => Vec::new(),
    }
}

/// The text at a path; a number becomes its digits. Empty when there is none.
pub(super) fn text<'v>(value: &'v Value, path: &str) -> std::borrow::Cow<'v, str> {
    match value.pointer(path) {
        Some(Value::String(text)) => text.into(),
        Some(Value::Number(number)) => number.to_string().into(),
        Some(Value::Bool(yes)) => yes.to_string().into(),
        _ => "".into(),
    }
}

/// The number at a path; a text of digits counts.
pub(super) fn number(value: &Value, path: &str) -> Option<f64> {
    match value.pointer(path)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The list at a path; empty when there is none.
pub(super) fn list<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
