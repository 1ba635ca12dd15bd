//! A request as a curl command, with names of variables where token and secrets stand.

use std::fmt::Write as _;

use super::request::Ask;
use super::settings::Settings;

/// Stands for a secret in a body that is shown and never sent.
pub(crate) fn stand_in(field: &str) -> String {
    format!(
        "{MARK}{}{MARK}",
        field.to_ascii_uppercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
    )
}

/// A character that no field's name, setting or JSON text holds unescaped.
const MARK: char = '\u{e000}';

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
        // EXPOSE: in this mode the body holds stand-ins where secrets would be.
        let body = String::from_utf8_lossy(body.expose()).into_owned();
        let _ = write!(
            text,
            " \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
            with_variables(&quoted(&body))
        );
    }
    text + "\n"
}

/// A shell acts on nothing between single quotes but on a single quote.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Leaves the single quotes for each variable, and goes back into them.
fn with_variables(quoted: &str) -> String {
    let parts = quoted.split(MARK).enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("'\"${part}\"'") } else { part.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_variable_outside_the_quotes() {
        let body = format!("{{\"password\":\"{}\",\"name\":\"o'neil\"}}", stand_in("api-key"));
        let shown = with_variables(&quoted(&body));
        assert_eq!(shown, r#"'{"password":"'"$API_KEY"'","name":"o'\''neil"}'"#);
    }
}
