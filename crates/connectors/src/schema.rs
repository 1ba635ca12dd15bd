//! Kinds as JSON Schema 2020-12, for forms and for clients.
//!
//! Says what `domain` checks and decides nothing: a draft that fits the schema may still be refused,
//! because hosts and URLs have one canonical spelling only.

use serde_json::{Map, Value, json};
use strongroom_domain::kind::{Field, FieldType, Kind, Mark, Method, OtherFields};
use strongroom_domain::limits;

/// The schema of `method`, `settings` and `secrets` of a create request: one branch a method.
///
/// `x-secret`, `x-target` and `x-identity` stand at fields that bear the mark; `x-field` names types that
/// JSON Schema has no word for (`host`, `text`, `pem`).
pub fn of(kind: &Kind) -> Value {
    let methods: Vec<Value> = kind.methods.iter().map(|method| branch(kind, method)).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.title,
        "description": kind.description,
        "type": "object",
        "oneOf": methods,
    });
    if let Some(page) = &kind.documentation {
        schema["x-documentation"] = page.as_str().into();
    }
    schema
}

fn branch(kind: &Kind, method: &Method) -> Value {
    let (secrets, settings): (Vec<&Field>, Vec<&Field>) =
        kind.fields_of(&method.name).partition(|field| field.is(Mark::Secret));
    let mut required = vec!["method"];
    required.extend(
        [("settings", &settings), ("secrets", &secrets)]
            .iter()
            .filter_map(|(name, fields)| fields.iter().any(|field| must_be_given(field)).then_some(*name)),
    );
    json!({
        "title": method.title,
        "properties": {
            "method": {"const": method.name},
            "settings": object(&settings, kind.others),
            "secrets": object(&secrets, kind.others),
        },
        "required": required,
    })
}

fn object(fields: &[&Field], others: OtherFields) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.clone(), property(field))).collect();
    let required: Vec<&str> =
        fields.iter().filter(|field| must_be_given(field)).map(|field| field.name.as_str()).collect();
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": others == OtherFields::Accepted,
    });
    if others == OtherFields::Accepted {
        let most = limits::FIELD_NAME_BYTES;
        object["propertyNames"] = json!({"pattern": format!("^[A-Za-z0-9_.-]{{1,{most}}}$")});
    }
    object
}

fn must_be_given(field: &Field) -> bool {
    field.is(Mark::Required) && field.default.is_none()
}

fn property(field: &Field) -> Value {
    let mut property = form(&field.kind);
    property["title"] = field.title.as_str().into();
    if property["type"] == "string" && field.is(Mark::Required) {
        property["minLength"] = 1.into();
    }
    let words = [
        ("pattern", field.pattern.as_ref().map(|pattern| pattern.as_str().into())),
        ("description", field.help.clone().map(Value::from)),
        ("examples", field.placeholder.clone().map(|example| json!([example]))),
        ("default", field.default.clone()),
        ("writeOnly", field.is(Mark::Secret).then_some(true.into())),
        ("x-secret", field.is(Mark::Secret).then_some(true.into())),
        ("x-target", field.is(Mark::Target).then_some(true.into())),
        ("x-identity", field.is(Mark::Identity).then_some(true.into())),
    ];
    for (name, value) in words {
        if let Some(value) = value {
            property[name] = value;
        }
    }
    property
}

fn form(kind: &FieldType) -> Value {
    match kind {
        FieldType::String => json!({"type": "string"}),
        FieldType::Text => json!({"type": "string", "x-field": "text"}),
        FieldType::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        FieldType::Boolean => json!({"type": "boolean"}),
        FieldType::Choice(words) => json!({"enum": words}),
        FieldType::Host => json!({"type": "string", "x-field": "host", "maxLength": 253}),
        FieldType::Port => json!({"type": "integer", "minimum": 1, "maximum": 65_535}),
        FieldType::Url => json!({"type": "string", "format": "uri", "pattern": "^https?://"}),
        FieldType::Pem => json!({"type": "string", "x-field": "pem"}),
        FieldType::Json => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    fn schema_of(kind: &str) -> Value {
        of(Catalogue::built_in().kind(kind).unwrap())
    }

    #[test]
    fn one_branch_a_method() {
        let schema = schema_of("postgresql");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let methods: Vec<&Value> =
            schema["oneOf"].as_array().unwrap().iter().map(|b| &b["properties"]["method"]["const"]).collect();
        assert_eq!(methods, ["password", "connection_string"]);
        assert_eq!(schema["oneOf"][0]["required"], json!(["method", "settings", "secrets"]));
        assert_eq!(schema["oneOf"][1]["required"], json!(["method", "secrets"]));
    }

    #[test]
    fn marks_and_words_are_there() {
        let branch = &schema_of("postgresql")["oneOf"][0]["properties"];
        let (settings, secrets) = (&branch["settings"], &branch["secrets"]);
        assert_eq!(settings["required"], json!(["host", "database", "username"]));
        assert_eq!(settings["additionalProperties"], false);
        assert_eq!(settings["properties"]["host"]["x-target"], true);
        assert_eq!(settings["properties"]["port"]["default"], 5432);
        assert_eq!(settings["properties"]["username"]["x-identity"], true);
        assert_eq!(settings["properties"]["sslmode"]["default"], "verify-full");
        assert_eq!(secrets["required"], json!(["password"]));
        assert_eq!(secrets["properties"]["password"]["x-secret"], true);
        assert_eq!(secrets["properties"]["password"]["writeOnly"], true);
        assert!(settings["properties"]["host"].get("x-secret").is_none());
    }

    #[test]
    fn a_kind_that_takes_any_field_says_so() {
        let branch = &schema_of("generic")["oneOf"][0];
        assert_eq!(branch["required"], json!(["method"]));
        assert_eq!(branch["properties"]["secrets"]["additionalProperties"], true);
        assert_eq!(branch["properties"]["secrets"]["propertyNames"]["pattern"], "^[A-Za-z0-9_.-]{1,128}$");
    }

    #[test]
    fn every_type_has_a_form() {
        let field = |kind| property(&Field::new("f", "F", kind).marked(&[Mark::Required]));
        assert_eq!(field(FieldType::Integer { min: 1, max: 3 })["maximum"], 3);
        assert_eq!(field(FieldType::Boolean), json!({"type": "boolean", "title": "F"}));
        assert_eq!(field(FieldType::Choice(vec!["a".to_owned()]))["enum"], json!(["a"]));
        assert_eq!(field(FieldType::Url)["format"], "uri");
        assert_eq!(field(FieldType::Json), json!({"title": "F"}));
        assert_eq!(field(FieldType::Pem)["minLength"], 1);
    }
}
