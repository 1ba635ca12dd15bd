//! What JavaScript makes of a JSON value: the original hands values of any shape on, so what they become is
//! part of its wire. Pure; must never be used for a value that we decide about.

use serde_json::Value;

/// What a value is as text once it lies in a text column.
///
/// GUESS: booleans are written as the database's integers; only a number [072] and an object [018, 073] were
/// captured.
pub(super) fn stored_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => u8::from(*yes).to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(item_text).collect::<Vec<_>>().join(","),
        Value::Object(_) => "[object Object]".to_owned(),
    }
}

/// As `Array.prototype.join` shows an item: nothing for null.
fn item_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => yes.to_string(),
        other => stored_text(other),
    }
}

/// Whether `if (value)` holds.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64().is_none_or(|number| number != 0.0),
        _ => true,
    }
}

/// What `{...value}` holds: the entries of an object, the items of an array, the characters of a text [078-082].
pub(super) fn spread(value: Value) -> Vec<(String, Value)> {
    let numbered = |items: Vec<Value>| items.into_iter().enumerate().map(|(n, item)| (n.to_string(), item));
    match value {
        Value::Object(map) => map.into_iter().collect(),
        Value::Array(items) => numbered(items).collect(),
        Value::String(text) => numbered(text.chars().map(|c| c.to_string().into()).collect()).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// What a stable sort orders names by as an object shows them: array indices first and by number, the others as they were
/// added.
pub(super) fn place_of_key(name: &str) -> (u8, u32) {
    array_index(name).map_or((1, 0), |index| (0, index))
}

fn array_index(name: &str) -> Option<u32> {
    let index: u32 = name.parse().ok()?;
    (index != u32::MAX && index.to_string() == name).then_some(index)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_those_of_the_captures() {
        for (value, text) in [
            (json!(42), "42"),
            (json!({"a": 1}), "[object Object]"),
            (json!("x"), "x"),
            (json!([1, null, [true, "b"]]), "1,,true,b"),
            (json!(true), "1"),
        ] {
            assert_eq!(stored_text(&value), text);
        }
    }

    #[test]
    fn truth_is_that_of_javascript() {
        for value in [json!({}), json!([]), json!("0"), json!(1), json!(true)] {
            assert!(is_truthy(&value), "{value}");
        }
        for value in [json!(null), json!(""), json!(0), json!(-0.0), json!(false)] {
            assert!(!is_truthy(&value), "{value}");
        }
    }

    #[test]
    fn texts_and_arrays_spread_into_numbered_fields() {
        assert_eq!(spread(json!("ab")), [("0".to_owned(), json!("a")), ("1".to_owned(), json!("b"))]);
        assert_eq!(spread(json!(["x"])), [("0".to_owned(), json!("x"))]);
        for value in [json!(7), json!(null), json!(false), json!({})] {
            assert_eq!(spread(value), []);
        }
    }

    #[test]
    fn indices_come_first_and_the_rest_stays_in_order() {
        let mut names = ["b", "10", "2", "a", "01", "4294967295"].map(str::to_owned);
        names.sort_by_key(|name| place_of_key(name));
        assert_eq!(names, ["2", "10", "b", "a", "01", "4294967295"]);
    }
}
