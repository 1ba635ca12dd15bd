//! `SR_NAME='value'` lines that a shell reads back as they are.
//!
//! Owns the names of variables. Must never let the name of a field, which anybody may have chosen, become a
//! variable that a shell, a linker or another program acts on: every name begins in the same way.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::{bare, no_such_form};
use crate::refusal::Refusal;

/// Before every name. No program goes by variables that begin so; ours begin with `STRONGROOM_`.
const PREFIX: &str = "SR_";

/// Every field that is one value: texts, numbers, truth values. What lies deeper has no name of its own.
pub(super) fn of(value: &Value) -> Result<String, Refusal> {
    let fields = value.as_object().filter(|_| value.get("items").is_none());
    let fields = fields.ok_or_else(|| {
        no_such_form("a list has no names for its values", "ask for json, or for one credential")
    })?;
    assignments(
        fields.iter().filter(|(_, value)| is_scalar(value)).map(|(name, value)| (name.as_str(), value)),
    )
}

/// One line each, in capitals, quoted so that nothing in a value is acted on.
pub(crate) fn assignments<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a Value)>,
) -> Result<String, Refusal> {
    let mut taken = BTreeMap::new();
    let mut text = String::new();
    for (field, value) in fields {
        let name = variable(field);
        let _ = writeln!(text, "{name}='{}'", bare(value).replace('\'', r"'\''"));
        if let Some(other) = taken.insert(name, field) {
            return Err(ambiguous(other, field));
        }
    }
    Ok(text)
}

/// In capitals, and with a line below for what no shell takes in a name.
fn variable(field: &str) -> String {
    let letter =
        |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    field.chars().map(letter).fold(PREFIX.to_owned(), |name, letter| name + letter.encode_utf8(&mut [0; 4]))
}

/// The second would silently take the place of the first.
fn ambiguous(one: &str, other: &str) -> Refusal {
    no_such_form(
        format!("the fields `{one}` and `{other}` would both become the variable {}", variable(one)),
        "ask for json, or for one field with --field",
    )
}

fn is_scalar(value: &Value) -> bool {
    !(value.is_null() || value.is_array() || value.is_object())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shell_reads_back_what_is_there() {
        let value = json!({"user-name": "o'neil; $(rm)", "port": 5432, "none": null, "deep": {"a": 1}});
        assert_eq!(of(&value).unwrap(), "SR_USER_NAME='o'\\''neil; $(rm)'\nSR_PORT='5432'\n");
    }

    /// The names of fields are other people's: none may reach what a shell or another program goes by.
    #[test]
    fn inp_12_no_field_becomes_a_variable_that_is_acted_on() {
        for field in [
            "path",
            "ld-preload",
            "bash_env",
            "1st",
            "strongroom_address",
            "ps0",
            "http_proxy",
            "git_ssh_command",
            "a=b; x",
            "",
        ] {
            let text = assignments([(field, &json!("x"))]).unwrap();
            let (name, value) = text.split_once('=').unwrap();
            assert!(name.starts_with("SR_") && value == "'x'\n", "{text}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{text}");
        }
    }

    #[test]
    fn one_name_never_stands_for_two_fields() {
        let refused = of(&json!({"a-b": "1", "a_b": "2"})).unwrap_err().to_string();
        assert!(refused.contains("`a-b` and `a_b`") && refused.contains("SR_A_B"), "{refused}");
    }
}
