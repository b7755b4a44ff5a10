//! Feeds JSON to the reader of filter objects: it keeps its limits, and the object written anew, with texts for numbers, means the same.
#![no_main]

use foray_protocol::Filter;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

/// What the format promises.
const MOST_VALUES: usize = 1_000;

fuzz_target!(|data: &[u8]| {
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(data) else { return };
    match Filter::from_json(&object) {
        Ok(filter) => {
            assert!(conditions(&filter) <= MOST_VALUES);
            let texts = with_texts(Value::Object(object));
            let written = serde_json::to_vec(&texts).expect("what was JSON is JSON");
            let again = serde_json::from_slice(&written).expect("it was just written");
            assert_eq!(Filter::from_json(&again), Ok(filter));
        }
        Err(mistake) => assert!(mistake.starts_with("filter"), "{mistake}"),
    }
});

/// A number means the same as its text.
fn with_texts(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(values) => Value::Array(values.into_iter().map(with_texts).collect()),
        Value::Object(object) => object.into_iter().map(|(key, value)| (key, with_texts(value))).collect(),
        other => other,
    }
}

fn conditions(filter: &Filter) -> usize {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().map(conditions).sum(),
        Filter::Not(part) => conditions(part),
        Filter::Is(_) => 1,
    }
}
