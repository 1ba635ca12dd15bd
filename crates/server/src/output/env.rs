//! `NAME='value'` lines that a shell reads back as they are.

use serde_json::Value;

use super::{bare, no_such_form};
use crate::refusal::Refusal;

/// Names a shell or the dynamic linker acts on: a credential's field must not become one (UX.md section 4).
const RESERVED: [&str; 12] = [
    "PATH",
    "HOME",
    "PS1",
    "PS4",
    "IFS",
    "ENV",
    "BASH_ENV",
    "SHELL",
    "SHELLOPTS",
    "BASHOPTS",
    "PROMPT_COMMAND",
    "CDPATH",
];

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
    let line = |(name, value): (&str, &Value)| {
        Ok(format!("{}='{}'\n", variable(name)?, bare(value).replace('\'', r"'\''")))
    };
    fields.into_iter().map(line).collect()
}

/// In capitals, and with a line below for what no shell takes in a name.
fn variable(field: &str) -> Result<String, Refusal> {
    let letter =
        |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    let name: String = field.chars().map(letter).collect();
    let is_reserved =
        RESERVED.contains(&name.as_str()) || name.starts_with("LD_") || name.starts_with("DYLD_");
    if is_reserved || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(no_such_form(
            format!("the field `{field}` would become the variable {name}, which a shell acts on"),
            "ask for json, or for that one field with --field",
        ));
    }
    Ok(name)
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
        assert_eq!(of(&value).unwrap(), "USER_NAME='o'\\''neil; $(rm)'\nPORT='5432'\n");
    }

    #[test]
    fn what_a_shell_acts_on_is_never_a_name() {
        for field in ["path", "ld-preload", "bash_env", "1st"] {
            assert!(of(&json!({field: "x"})).is_err(), "{field}");
        }
    }
}
