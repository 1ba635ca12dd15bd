//! One byte form for each JSON value, whatever the order of object keys.
//!
//! Owns what target digests and fingerprints are computed over. Streams into the hash and so leaves no
//! copy of a secret behind. Must never change for a form in use: stored digests would stop to match.
//! A new form gets a new label.
//!
//! A value is a tag byte and its content: `n`, `t` and `f` have none; `d` (number, in its shortest
//! decimal text, so that `1` and `1.0` differ) and `s` (string) have their bytes; `a` has its items;
//! `o` has names and values sorted by name. Bytes carry their length before them and lists their
//! count, as 64-bit big-endian numbers.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// Feeds named values, sorted by name.
pub(crate) fn feed_fields<'a>(
    fields: impl Iterator<Item = (&'a str, &'a Value)>,
    sink: &mut dyn FnMut(&[u8]),
) {
    let mut sorted: Vec<_> = fields.collect();
    sorted.sort_by_key(|(name, _)| *name);
    feed_count(sorted.len(), sink);
    for (name, value) in sorted {
        feed_bytes(name.as_bytes(), sink);
        feed_value(value, sink);
    }
}

/// Feeds bytes with their length before them.
pub(crate) fn feed_bytes(bytes: &[u8], sink: &mut dyn FnMut(&[u8])) {
    feed_count(bytes.len(), sink);
    sink(bytes);
}

/// Recursion is bounded by the depth that the JSON parser admits (128).
fn feed_value(value: &Value, sink: &mut dyn FnMut(&[u8])) {
    match value {
        Value::Null => sink(b"n"),
        Value::Bool(true) => sink(b"t"),
        Value::Bool(false) => sink(b"f"),
        Value::Number(number) => {
            sink(b"d");
            // A PIN may be given as a number, so its text is wiped as well.
            feed_bytes(Zeroizing::new(number.to_string()).as_bytes(), sink);
        }
        Value::String(text) => {
            sink(b"s");
            feed_bytes(text.as_bytes(), sink);
        }
        Value::Array(items) => {
            sink(b"a");
            feed_count(items.len(), sink);
            for item in items {
                feed_value(item, sink);
            }
        }
        Value::Object(map) => feed_object(map, sink),
    }
}

/// Names of one object are unique, so sorting them gives one order.
fn feed_object(map: &Map<String, Value>, sink: &mut dyn FnMut(&[u8])) {
    sink(b"o");
    feed_fields(map.iter().map(|(name, value)| (name.as_str(), value)), sink);
}

fn feed_count(count: usize, sink: &mut dyn FnMut(&[u8])) {
    sink(&(count as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fed(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        feed_value(value, &mut |part| bytes.extend_from_slice(part));
        bytes
    }

    #[test]
    fn key_order_does_not_count_and_item_order_does() {
        assert_eq!(
            fed(&json!({"a": 1, "b": {"c": 2, "d": 3}})),
            fed(&json!({"b": {"d": 3, "c": 2}, "a": 1}))
        );
        assert_ne!(fed(&json!(["a", "b"])), fed(&json!(["b", "a"])));
    }

    #[test]
    fn values_that_differ_are_fed_differently() {
        let values = [
            json!(null),
            json!(true),
            json!(false),
            json!("null"),
            json!(""),
            json!(1),
            json!(1.0),
            json!("1"),
            json!([]),
            json!([[]]),
            json!({}),
            json!({"a": null}),
            json!(["ab", "c"]),
            json!(["a", "bc"]),
            json!(["a", ["bc"]]),
        ];
        for (position, left) in values.iter().enumerate() {
            for right in &values[position + 1..] {
                assert_ne!(fed(left), fed(right), "{left} and {right}");
            }
        }
    }
}
