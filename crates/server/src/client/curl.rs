//! A request as a curl command, with names of variables where token and secrets stand.

use std::fmt::Write as _;

use serde_json::Value;

use super::request::Ask;
use super::settings::Settings;

/// One line for each header, so that it can be read and cut.
pub(super) fn command(ask: &Ask, settings: &Settings) -> String {
    let mut text = String::from("curl -sS");
    if ask.method != http::Method::GET {
        let _ = write!(text, " -X {}", ask.method);
    }
    if let Some(ca) = &settings.ca_cert {
        let _ = write!(text, " --cacert {}", quoted(&ca.value.display().to_string()));
    }
    let _ = write!(text, " {}", quoted(&format!("{}{}", settings.address.value, ask.path)));
    text.push_str(" \\\n  -H \"Authorization: Bearer $STRONGROOM_TOKEN\"");
    for (name, value) in &ask.headers {
        let _ = write!(text, " \\\n  -H {}", quoted(&format!("{name}: {value}")));
    }
    if let Some(body) = &ask.body {
        // EXPOSE: in this mode no secret is in the body; what stands in its place is left out all the same.
        let body = with_variables(body.expose());
        let _ = write!(text, " \\\n  -H 'Content-Type: application/json' \\\n  -d {body}");
    }
    text + "\n"
}

/// A shell acts on nothing between single quotes but on a single quote.
fn quoted(text: &str) -> String {
    format!("'{}'", inside(text))
}

fn inside(text: &str) -> String {
    text.replace('\'', r"'\''")
}

/// The body between single quotes, each member of `secrets` as a variable outside of them. Put together from
/// parts: whatever a name or setting holds, it can end neither the quotes nor its part.
fn with_variables(body: &[u8]) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return quoted(&String::from_utf8_lossy(body));
    };
    let member = |(name, value): (&String, &Value)| match value {
        Value::Object(secrets) if name == "secrets" => {
            let secrets: Vec<String> = secrets.iter().map(secret).collect();
            format!("{}:{{{}}}", inside(&json(name)), secrets.join(","))
        }
        _ => format!("{}:{}", inside(&json(name)), inside(&value.to_string())),
    };
    let members: Vec<String> = fields.iter().map(member).collect();
    format!("'{{{}}}'", members.join(","))
}

/// To take a secret away is no secret.
fn secret((field, value): (&String, &Value)) -> String {
    let name = inside(&json(field));
    if value.is_null() {
        return format!("{name}:null");
    }
    format!("{name}:\"'\"${}\"'\"", variable(field))
}

/// Letters and digits, and no digit first, which would be an argument of the shell's.
fn variable(field: &str) -> String {
    let letters = field.to_ascii_uppercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
    if letters.starts_with(|first: char| first.is_ascii_digit()) { format!("_{letters}") } else { letters }
}

fn json(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_a_variable_outside_the_quotes() {
        let body = json!({"name": "o'neil", "secrets": {"api-key": "cnry", "gone": null, "1st": ""}});
        let shown = with_variables(body.to_string().as_bytes());
        let expected =
            r#"'{"name":"o'\''neil","secrets":{"api-key":"'"$API_KEY"'","gone":null,"1st":"'"$_1ST"'"}}'"#;
        assert_eq!(shown, expected);
    }

    /// What a shell makes of it is the body, whoever chose its names and values.
    #[test]
    fn inp_12_no_body_ends_its_quotes() {
        const HOSTILE: &str = "\u{e000}$(echo run)\u{e000}'; echo run; '`echo run`\"'\"$(echo run)\n\\";
        let body = json!({
            "name": HOSTILE,
            "settings": {HOSTILE: HOSTILE},
            "secrets": {"token": "", HOSTILE: ""},
        });
        let line = format!("printf %s {}", with_variables(body.to_string().as_bytes()));
        let read = Command::new("sh").env("TOKEN", "cnry").args(["-c", &line]).output().unwrap();
        assert!(read.status.success(), "{line}");
        let read: Value = serde_json::from_slice(&read.stdout).unwrap();
        let expected = json!({
            "name": HOSTILE,
            "settings": {HOSTILE: HOSTILE},
            "secrets": {"token": "cnry", HOSTILE: ""},
        });
        assert_eq!(read, expected);
    }
}
