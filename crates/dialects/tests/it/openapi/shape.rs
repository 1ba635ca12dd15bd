//! Whether JSON has the shape that a document gives it, more strictly than JSON Schema: what a shape does not
//! name must not be there, so that a field which is added is added to the document too.

use serde_json::Value;

/// The first place where it differs.
pub(crate) fn misfit(document: &Value, shape: &Value, value: &Value) -> Option<String> {
    let shape = resolved(document, shape);
    if let Some(choices) = shape["anyOf"].as_array() {
        let misfits: Vec<_> = choices.iter().map(|choice| misfit(document, choice, value)).collect();
        return misfits.into_iter().min_by_key(Option::is_some)?;
    }
    let has_type = match shape["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => true,
    };
    if !has_type || shape["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        return Some(format!("{value} is not {shape}"));
    }
    if let Some(items) = value.as_array().filter(|_| shape.get("items").is_some()) {
        return items.iter().find_map(|item| misfit(document, &shape["items"], item));
    }
    misfit_of_object(document, shape, value)
}

fn misfit_of_object(document: &Value, shape: &Value, value: &Value) -> Option<String> {
    let fields = value.as_object()?;
    let missing = |name: &&Value| !fields.contains_key(name.as_str().unwrap_or_default());
    if let Some(name) = shape["required"].as_array().and_then(|names| names.iter().find(missing)) {
        return Some(format!("{name} is missing in {value}"));
    }
    fields.iter().find_map(|(name, value)| match shape["properties"].get(name) {
        Some(shape) => misfit(document, shape, value),
        None if shape["additionalProperties"].is_object() => {
            misfit(document, &shape["additionalProperties"], value)
        }
        None => shape.get("properties").map(|_| format!("{name} is not in the document")),
    })
}

fn resolved<'a>(document: &'a Value, shape: &'a Value) -> &'a Value {
    let name = shape["$ref"].as_str().and_then(|path| path.strip_prefix("#/components/schemas/"));
    name.map_or(shape, |name| &document["components"]["schemas"][name])
}

#[test]
fn what_does_not_fit_is_found() {
    use serde_json::json;
    let document = json!({"components": {"schemas": {
        "A": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/B"}}, "required": ["a"]},
        "B": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
        "C": {"type": "object", "additionalProperties": {"type": "string", "enum": ["x"]}},
    }}});
    let fits = |name: &str, value: Value| {
        let shape = json!({"$ref": format!("#/components/schemas/{name}")});
        misfit(&document, &shape, &value).is_none()
    };
    assert!(fits("A", json!({"a": null})) && fits("A", json!({"a": [1, 2]})) && fits("C", json!({"b": "x"})));
    for value in [json!({}), json!({"a": 1}), json!({"a": [1, "2"]}), json!({"a": null, "b": 1}), json!([])] {
        assert!(!fits("A", value.clone()), "{value}");
    }
    assert!(!fits("C", json!({"b": "y"})) && !fits("C", json!({"b": 1})));
}
