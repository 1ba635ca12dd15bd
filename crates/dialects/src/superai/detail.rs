//! One fault of a request as the original's validator (Pydantic 2) says it. The refused input is never part
//! of it, though the original shows that: it may be a secret.

use serde::Serialize;
use strongroom_domain::Fault;

use super::mapping::SPELLING;
use super::words::Word;

/// What is wrong, where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Detail {
    r#type: &'static str,
    /// First `body`, `path` or `query`, then names.
    loc: Vec<String>,
    msg: String,
}

impl Detail {
    fn at(loc: &[&str], kind: &'static str, msg: impl Into<String>) -> Self {
        Self { r#type: kind, loc: loc.iter().map(|part| (*part).to_owned()).collect(), msg: msg.into() }
    }

    fn in_body(name: &str, kind: &'static str, msg: impl Into<String>) -> Self {
        Self::at(&["body", name], kind, msg)
    }

    /// The original says at which byte; that is not worth a parser's words.
    pub(super) fn json_invalid() -> Self {
        Self::at(&["body"], "json_invalid", "JSON decode error")
    }

    pub(super) fn no_body() -> Self {
        Self::at(&["body"], "missing", "Field required")
    }

    /// A body that is JSON and no object, or that claims to be no JSON.
    pub(super) fn no_object() -> Self {
        let msg = "Input should be a valid dictionary or object to extract fields from";
        Self::at(&["body"], "model_attributes_type", msg)
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::in_body(name, "missing", "Field required")
    }

    pub(super) fn no_text(name: &str) -> Self {
        Self::in_body(name, "string_type", "Input should be a valid string")
    }

    pub(super) fn no_dictionary(name: &str) -> Self {
        Self::in_body(name, "dict_type", "Input should be a valid dictionary")
    }

    /// Also for a whole number that is no port.
    pub(super) fn no_integer(name: &str) -> Self {
        Self::in_body(name, "int_type", "Input should be a valid integer")
    }

    /// None of these words.
    pub(super) fn no_word<W: Word>(name: &str) -> Self {
        Self::in_body(name, "enum", format!("Input should be {}", listed::<W>()))
    }

    /// In the words of the published example.
    pub(super) fn no_uuid(parameter: &str) -> Self {
        Self::at(&["path", parameter], "uuid_parsing", "Input should be a valid UUID")
    }

    /// A parameter of the path that is well formed and names what the operation is not for.
    pub(super) fn in_path(parameter: &str, why: &str) -> Self {
        Self::at(&["path", parameter], "value_error", format!("Value error, {why}"))
    }

    /// Of the right type and wrong all the same.
    pub(super) fn value(name: &str, why: &str) -> Self {
        Self::in_body(name, "value_error", format!("Value error, {why}"))
    }

    /// The same for a key of `credentials`.
    pub(super) fn credential_value(key: &str, why: &str) -> Self {
        Self::at(&["body", "credentials", key], "value_error", format!("Value error, {why}"))
    }
}

/// `'a', 'b' or 'c'`.
fn listed<W: Word>() -> String {
    let words: Vec<String> = W::ALL.iter().map(|word| format!("'{}'", word.word())).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// A fault that the core found, at its place in the body.
pub(super) fn of_fault(fault: &Fault) -> Detail {
    let why = format!("Value error, {}", fault.message);
    let mut parts = fault.pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    let (place, name) = (parts.next().unwrap_or_default(), parts.next());
    match (place.as_str(), name) {
        ("settings" | "secrets", Some(name)) => {
            Detail::at(&["body", "credentials", theirs(&name)], "value_error", why)
        }
        ("name", _) => Detail::at(&["body", "name"], "value_error", why),
        _ => Detail::at(&["body", "credentials"], "value_error", why),
    }
}

/// What clients call a field. Faults tell no kind, and no name means two things.
fn theirs(ours: &str) -> &str {
    SPELLING.fields.iter().find(|field| field.ours == ours).map_or(ours, |field| field.theirs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::words::CredentialType;
    use super::*;

    #[test]
    fn a_fault_stands_where_the_client_put_it() {
        let loc = |pointer: &str| of_fault(&Fault::new(pointer, "x")).loc;
        assert_eq!(loc("/secrets/private_key"), ["body", "credentials", "private_key_data"]);
        assert_eq!(loc("/settings/host"), ["body", "credentials", "host"]);
        assert_eq!(loc("/secrets/a~1b~0"), ["body", "credentials", "a/b~"]);
        assert_eq!(loc("/name"), ["body", "name"]);
        assert_eq!(loc(""), ["body", "credentials"]);
    }

    #[test]
    fn words_are_listed_as_the_original_does() {
        let listed = Detail::no_word::<CredentialType>("credential_type").msg;
        assert!(listed.starts_with("Input should be 'api_key', 'google_oauth', "), "{listed}");
        assert!(listed.ends_with("'sftp' or 'azure_blob_receive'"), "{listed}");
        assert_eq!(
            json!(Detail::missing("name")),
            json!({"type": "missing", "loc": ["body", "name"], "msg": "Field required"})
        );
    }
}
