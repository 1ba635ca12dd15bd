//! The two redacted forms: the placeholder for secrets, and bullets for the password inside a URL. What comes
//! back in one of these forms means *keep what is stored*: here on the server, not only in the stock UI.

use serde_json::Value;
use strongroom_web::percent;

use super::registry::Holds;

/// Stands for a secret. A constant of the original: its UI compares with it.
pub(super) const PLACEHOLDER: &str = "_FLOWISE_BLANK_07167752-1a71-43b1-bf8f-4f32252165db";
/// Stands for the password of a URL: six U+2022.
const BULLETS: &str = "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}";
/// What the name of a parameter holds whose value may be a secret. The original shows all of them; we do not.
const SECRET_WORDS: [&str; 9] = ["pass", "pw", "secret", "token", "key", "sig", "auth", "cred", "jwt"];
/// Names that are a secret's as a whole, and too short to look for inside of others.
const SECRET_NAMES: [&str; 3] = ["code", "session", "sessionid"];
/// Names that hold such a word, and no secret.
const PLAIN_NAMES: [&str; 5] =
    ["authsource", "authmechanism", "require_auth", "keyspace", "allowpublickeyretrieval"];

/// Whether a value that was sent is a redacted form, and so no value.
pub(super) fn is_redacted(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim() == PLACEHOLDER || text.contains(BULLETS))
}

/// What a reader may see of a sealed field that holds this by its type.
pub(super) fn redacted(holds: Holds, value: &Value) -> Value {
    match (holds, value) {
        (Holds::Password, _) | (Holds::Url, Value::Object(_) | Value::Array(_)) => PLACEHOLDER.into(),
        (_, Value::String(text)) => redacted_text(holds, text).into(),
        (_, other) => other.clone(),
    }
}

/// A text is shown with what is secret in it masked, and not at all where that cannot be told.
fn redacted_text(holds: Holds, text: &str) -> String {
    if text.contains("PRIVATE KEY-----") {
        return PLACEHOLDER.to_owned();
    }
    match text.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", without_password(rest)),
        // A connection string in another notation, or anything: it may be all secret.
        None if holds == Holds::Url && !text.is_empty() => PLACEHOLDER.to_owned(),
        None => text.to_owned(),
    }
}

/// What stands after the scheme, its password and its secret parameters replaced.
fn without_password(rest: &str) -> String {
    let (user_information, after) = rest.split_at(end_of_user_information(rest));
    let shown = match user_information.split_once(':') {
        Some((user, password)) if !password.is_empty() => format!("{user}:{BULLETS}"),
        _ => user_information.to_owned(),
    };
    shown + &without_secret_parameters(after)
}

/// Where the last `@` of the authority stands; 0 where there is none. A password with a slash in it ends the
/// authority too early for a strict reader: what is left of it looks like no port.
fn end_of_user_information(rest: &str) -> usize {
    let ends =
        |(at, c): &(usize, char)| matches!(c, '/' | '?' | '#') || *c == ';' && is_pair(&rest[at + 1..]);
    let authority = &rest[..rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at)];
    let ends_in_port =
        authority.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let within = if authority.contains('@') || ends_in_port { authority } else { rest };
    within.rfind('@').unwrap_or(0)
}

/// Whether a parameter begins here, as after the host of some databases.
fn is_pair(text: &str) -> bool {
    text.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// What follows the authority: parameters, wherever they stand. Pairs are told apart by `&` and `;`, and a fragment is read
/// like a query: some clients put parameters there. A secret may hold any of these but `&`.
fn without_secret_parameters(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(DELIMITERS).unwrap_or(rest.len());
        let (masked, end) = match rest[..end].split_once('=') {
            Some((name, _)) if is_secret_name(name) && has_value(&rest[name.len() + 1..]) => {
                (Some(name), rest.find('&').unwrap_or(rest.len()))
            }
            Some((name, value)) if holds_a_login(value) => (Some(name), end),
            _ => (None, end),
        };
        match masked {
            Some(name) => shown.extend([name, "=", BULLETS]),
            None => shown.push_str(&rest[..end]),
        }
        let next = (end + 1).min(rest.len());
        shown.push_str(&rest[end..next]);
        rest = &rest[next..];
    }
    shown
}

fn has_value(after_name: &str) -> bool {
    !after_name.is_empty() && !after_name.starts_with('&')
}

/// Where a parameter ends. All of them are one byte.
const DELIMITERS: [char; 4] = ['?', '&', ';', '#'];

/// A URL inside of a parameter, with somebody's login before its host.
fn holds_a_login(value: &str) -> bool {
    percent::decode(value)
        .is_none_or(|value| value.split_once("://").is_some_and(|(_, url)| url.contains('@')))
}

/// As a client reads it, which decodes the names too. One that does not decode may mean anything.
fn is_secret_name(name: &str) -> bool {
    let Some(name) = percent::decode(name).map(|name| name.to_ascii_lowercase()) else { return true };
    let holds_word = || SECRET_WORDS.iter().any(|word| name.contains(word));
    SECRET_NAMES.contains(&name.as_str()) || !PLAIN_NAMES.contains(&name.as_str()) && holds_word()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn url(text: &str) -> Value {
        redacted(Holds::Url, &text.into())
    }

    #[test]
    fn only_the_password_of_a_url_is_replaced() {
        assert_eq!(
            url("mongodb://user:fakepw@db.example.com:27017/x"),
            "mongodb://user:\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}@db.example.com:27017/x"
        );
        for text in [
            "redis://localhost:6379",
            "https://user@host/",
            "https://x.example/a?b=c",
            "https://[::1]:8080/",
            "https://h:80/?mail=a@b",
            "mongodb+srv://h/d?retryWrites=true&w=majority&authSource=admin&authMechanism=PLAIN",
            "postgres://h/x?sslmode=require&application_name=a;b#c",
            "jdbc:mysql://h/d?useUnicode=true&allowPublicKeyRetrieval=true",
            "postgres://h/d?target_session_attrs=read-write&require_auth=scram-sha-256",
            "https://h/x?password=&next=https://other.example/",
            "",
        ] {
            assert_eq!(url(text), text);
        }
    }

    #[test]
    fn prp_06_no_spelling_of_a_url_shows_its_password() {
        for text in [
            "mongodb://u:cnry@a:1,b:2/x",
            "redis://:cnry@h",
            "postgres://u:cn/ry@h/x",
            "postgres://u:cnry@cnry@h/x",
            "postgres://h/x?user=u&password=cnry&sslmode=require",
            "postgres://h/x?PASSWORD=cnry",
            "postgres://h/x?sslmode=require&sslpassword=cnry",
            "postgres://h/x?pass%77ord=cnry",
            "postgres://h/x?%70assword=cnry",
            "mongodb+srv://h/d?tlsCertificateKeyFilePassword=cnry",
            "mongodb://h/d?authMechanismProperties=AWS_SESSION_TOKEN:cnry",
            "https://h/x?client_secret=cnry",
            "https://h/x?key=cnry",
            "https://h/x?X-Amz-Signature=cnry",
            "https://h/x?auth=cnry",
            "https://h/x?jwt=cnry",
            "redis://h/x?y=1;password=cnry",
            "postgres://h/x?password=ab;cnry",
            "postgres://h/x?password=ab?cnry",
            "postgres://h/x?password=ab#cnry",
            "postgres://h/x?pw=cnry",
            "https://h/x?proxy=http://u:cnry@p:80",
            "https://h/x?proxy=http%3A%2F%2Fu%3Acnry%40p",
            "jdbc:sqlserver://h:1433;user=sa;password=a@cnry",
            "https://h/x#access_token=cnry",
            "host=h password=cnry",
            "u:cnry@h/x",
            "-----BEGIN PRIVATE KEY-----cnry",
        ] {
            let shown = url(text).to_string();
            assert!(!shown.contains("cnry") && !shown.contains("ry@"), "{text}: {shown}");
            assert!(is_redacted(&url(text)), "{text}: sent back, it means keep");
        }
    }

    #[test]
    fn prp_05_what_we_show_comes_back_as_keep() {
        assert!(is_redacted(&redacted(Holds::Password, &"x".into())));
        assert!(is_redacted(&format!(" {PLACEHOLDER}\n").into()));
        for value in [json!(null), json!(""), json!("\u{2022}"), json!("***"), json!({"a": 1})] {
            assert!(!is_redacted(&value), "{value}");
        }
    }

    #[test]
    fn sealed_texts_that_are_no_secrets_are_shown_and_secrets_in_them_are_not() {
        assert_eq!(redacted(Holds::String, &json!("inst")), "inst");
        assert_eq!(redacted(Holds::String, &json!(null)), json!(null));
        assert_eq!(redacted(Holds::Number, &json!(6379)), 6379);
        assert!(is_redacted(&redacted(Holds::String, &json!("https://u:cnry@h"))));
        assert_eq!(redacted(Holds::Password, &json!(null)), PLACEHOLDER);
        assert_eq!(redacted(Holds::Url, &json!({"u": "cnry"})), PLACEHOLDER);
    }
}
