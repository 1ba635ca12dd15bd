//! Step 4: check a candidate against its kind's schema: all faults at once, and canonical values.

use serde_json::Value;

use crate::credential::Candidate;
use crate::fields::{FieldMap, json_bytes};
use crate::host::Host;
use crate::kind::{Field, FieldType, Kind, Mark, OtherFields};
use crate::mask::is_mask;
use crate::policy::FieldPolicy;
use crate::text::{has_secret_parameter, holds_secret};
use crate::{Fault, limits};

/// Which of the two maps a field stands in; also the first part of its JSON pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Settings,
    Secrets,
}

impl Place {
    const fn pointer(self) -> &'static str {
        match self {
            Self::Settings => "/settings",
            Self::Secrets => "/secrets",
        }
    }

    fn of(field: &Field) -> Self {
        if field.is(Mark::Secret) { Self::Secrets } else { Self::Settings }
    }

    fn field(self, name: &str) -> String {
        format!("{}/{}", self.pointer(), name.replace('~', "~0").replace('/', "~1"))
    }
}

/// The candidate in canonical form: defaults filled in, hosts in one spelling, unknown fields sealed
/// where `policy` says so.
///
/// # Errors
///
/// Every fault found, none of which holds a value.
pub fn validate(mut candidate: Candidate, kind: &Kind, policy: FieldPolicy) -> Result<Candidate, Vec<Fault>> {
    if kind.method(&candidate.method).is_none() {
        return Err(vec![no_method(kind)]);
    }
    let mut faults = match policy {
        FieldPolicy::Strict => unknown_fields(&candidate, kind),
        FieldPolicy::StoreUnknownSealed | FieldPolicy::AsGiven => seal_unknown(&mut candidate, kind),
    };
    faults.extend(sizes(&candidate, kind));
    for field in kind.fields_of(&candidate.method.clone()) {
        faults.extend(settle(&mut candidate, field).err());
    }
    if kind.others == OtherFields::Accepted && policy == FieldPolicy::Strict {
        faults.extend(free_fields(&candidate, kind));
    }
    if faults.is_empty() { Ok(candidate) } else { Err(faults) }
}

/// [`validate`], and under [`FieldPolicy::AsGiven`] also what does not fit: a public field that does not is
/// sealed as it was given, a secret is kept, and nothing is required. Whether a check can use the outcome,
/// [`validate`] tells.
///
/// # Errors
///
/// Every fault found; under [`FieldPolicy::AsGiven`] only those of sizes, names and the method, and masks.
pub fn accept(mut candidate: Candidate, kind: &Kind, policy: FieldPolicy) -> Result<Candidate, Vec<Fault>> {
    if policy != FieldPolicy::AsGiven {
        return validate(candidate, kind, policy);
    }
    if let Ok(whole) = validate(candidate.clone(), kind, policy) {
        let faults = masks(&whole, kind);
        return if faults.is_empty() { Ok(whole) } else { Err(faults) };
    }
    kind.method(&candidate.method).ok_or_else(|| vec![no_method(kind)])?;
    let mut faults = seal_unknown(&mut candidate, kind);
    for field in kind.fields_of(&candidate.method.clone()) {
        let is_public = |value| !field.is(Mark::Secret) && check_value(field, value).is_ok();
        if candidate.settings.value(&field.name).is_some_and(|value| !is_public(value)) {
            seal(&mut candidate, &field.name);
        }
    }
    faults.extend(sizes(&candidate, kind));
    faults.extend(masks(&candidate, kind));
    if faults.is_empty() { Ok(candidate) } else { Err(faults) }
}

/// A mask in place of a secret is never what was meant, whatever else is taken as it is given (PRP-05). What the kind does
/// not know may be one.
fn masks(candidate: &Candidate, kind: &Kind) -> Vec<Fault> {
    // EXPOSE: looked at for masks, in memory.
    let secrets = candidate.secrets.expose();
    let is_secret =
        |name: &str| kind.field_of(&candidate.method, name).is_none_or(|field| field.is(Mark::Secret));
    let masked =
        secrets.iter().filter(|(name, value)| is_secret(name) && value.as_str().is_some_and(is_mask));
    masked.map(|(name, _)| Fault::new(Place::Secrets.field(name), MASK)).collect()
}

fn no_method(kind: &Kind) -> Fault {
    let known: Vec<&str> = kind.methods.iter().map(|m| m.name.as_str()).collect();
    Fault::new("/method", format!("must be one of: {}", known.join(", ")))
}

/// Unknown fields become secrets, because they may be some. A kind that takes any fields lets the caller say
/// which are public, unless one looks like a secret. Names are shown, so they must be text.
fn seal_unknown(candidate: &mut Candidate, kind: &Kind) -> Vec<Fault> {
    for name in unknown_in(&candidate.settings, kind, &candidate.method) {
        let value = candidate.settings.value(&name);
        let stays = kind.others == OtherFields::Accepted
            && value.is_some_and(|value| free_value_fault(Place::Settings, value).is_none());
        if !stays {
            seal(candidate, &name);
        }
    }
    // EXPOSE: names only.
    let names = candidate.settings.names().chain(candidate.secrets.expose().names());
    let is_odd = |name: &str| name.is_empty() || name.len() > limits::FIELD_NAME_BYTES || holds_control(name);
    if names.into_iter().any(is_odd) {
        return vec![Fault::new("", "field names are 1 to 128 bytes without control characters")];
    }
    Vec::new()
}

fn holds_control(name: &str) -> bool {
    name.chars().any(char::is_control)
}

fn seal(candidate: &mut Candidate, name: &str) {
    if let Some(value) = candidate.settings.value(name).cloned() {
        candidate.settings.remove(name);
        // EXPOSE: what may be a secret moves among the secrets.
        candidate.secrets.expose_mut().set(name, value);
    }
}

fn unknown_in(fields: &FieldMap, kind: &Kind, method: &str) -> Vec<String> {
    fields.names().filter(|name| kind.field_of(method, name).is_none()).map(str::to_owned).collect()
}

/// A name that the schema does not know may be a secret in the wrong place: its fault stands at the map.
fn sizes(candidate: &Candidate, kind: &Kind) -> Vec<Fault> {
    // EXPOSE: measured and counted, not read.
    let secrets = candidate.secrets.expose();
    let mut faults = Vec::new();
    if candidate.settings.len() + secrets.len() > limits::FIELDS {
        faults.push(Fault::new("", format!("at most {} settings and secrets together", limits::FIELDS)));
    }
    if candidate.labels.len() > limits::LABELS {
        faults.push(Fault::new("/labels", format!("at most {} labels", limits::LABELS)));
    }
    let mut total = 0;
    for (place, fields) in [(Place::Settings, &candidate.settings), (Place::Secrets, secrets)] {
        for (name, value) in fields.iter() {
            let bytes = json_bytes(value);
            total += bytes + name.len();
            if bytes > limits::FIELD_BYTES {
                let pointer = if kind.knows(name) { place.field(name) } else { place.pointer().to_owned() };
                faults.push(Fault::new(pointer, format!("at most {} bytes", limits::FIELD_BYTES)));
            }
        }
    }
    if total > limits::CREDENTIAL_BYTES {
        faults.push(Fault::new(
            "",
            format!("at most {} bytes of settings and secrets", limits::CREDENTIAL_BYTES),
        ));
    }
    faults
}

/// Names that a client invented may themselves be secrets in the wrong place, so they are counted and
/// not repeated; the names that would be right are listed.
fn unknown_fields(candidate: &Candidate, kind: &Kind) -> Vec<Fault> {
    if kind.others == OtherFields::Accepted {
        return Vec::new();
    }
    // EXPOSE: names only.
    let secrets = candidate.secrets.expose();
    [(Place::Settings, &candidate.settings), (Place::Secrets, secrets)]
        .into_iter()
        .filter_map(|(place, fields)| {
            let unknown = unknown_in(fields, kind, &candidate.method).len();
            (unknown > 0).then(|| {
                let known = known_names(kind, &candidate.method, place);
                Fault::new(
                    place.pointer(),
                    format!(
                        "{unknown} unknown field(s); {} with method {} knows here: {known}",
                        kind.name, candidate.method
                    ),
                )
            })
        })
        .collect()
}

fn known_names(kind: &Kind, method: &str, place: Place) -> String {
    let names: Vec<&str> = kind
        .fields_of(method)
        .filter(|field| Place::of(field) == place)
        .map(|field| field.name.as_str())
        .collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Checks one field of the schema and puts its canonical value in place.
fn settle(candidate: &mut Candidate, field: &Field) -> Result<(), Fault> {
    let place = Place::of(field);
    let pointer = place.field(&field.name);
    // EXPOSE: each secret is checked for its form, in memory.
    let secrets = candidate.secrets.expose_mut();
    let (fields, others) = match place {
        Place::Settings => (&mut candidate.settings, secrets),
        Place::Secrets => (secrets, &mut candidate.settings),
    };
    if others.contains(&field.name) {
        let wrong = if place == Place::Secrets { Place::Settings } else { Place::Secrets };
        return Err(Fault::new(wrong.field(&field.name), format!("belongs in `{}`", &place.pointer()[1..])));
    }
    match fields.value(&field.name) {
        None => fill_in(fields, field).map_err(|message| Fault::new(pointer, message)),
        Some(value) => {
            let canonical = check_value(field, value).map_err(|message| Fault::new(pointer, message))?;
            if let Some(canonical) = canonical {
                fields.set(field.name.clone(), canonical);
            }
            Ok(())
        }
    }
}

fn fill_in(fields: &mut FieldMap, field: &Field) -> Result<(), &'static str> {
    if let Some(default) = &field.default {
        fields.set(field.name.clone(), default.clone());
        return Ok(());
    }
    if field.is(Mark::Required) { Err("is required") } else { Ok(()) }
}

/// A message about what is wrong, or the canonical value where it differs from the one given.
fn check_value(field: &Field, value: &Value) -> Result<Option<Value>, String> {
    match &field.kind {
        FieldType::Integer { min, max } => check_integer(value, *min, *max).map(|()| None),
        FieldType::Port => check_integer(value, 1, 65_535).map(|()| None),
        FieldType::Boolean if value.is_boolean() => Ok(None),
        FieldType::Boolean => Err("must be true or false".to_owned()),
        FieldType::Json => check_json(field, value).map(|()| None),
        _ => {
            let text = value.as_str().ok_or("must be a string")?;
            check_text(field, text)
        }
    }
}

fn check_integer(value: &Value, min: i64, max: i64) -> Result<(), String> {
    match value.as_i64() {
        Some(number) if (min..=max).contains(&number) => Ok(()),
        _ => Err(format!("must be a whole number from {min} to {max}")),
    }
}

fn check_json(field: &Field, value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) if field.is(Mark::Secret) && is_mask(text) => Err(MASK.to_owned()),
        value if holds_nul(value) => Err(NUL.to_owned()),
        _ => Ok(()),
    }
}

const MASK: &str =
    "is a mask, not a secret: leave the field out to keep what is stored, or send the real value";
const NUL: &str = "must not hold the character NUL";

fn holds_nul(value: &Value) -> bool {
    any_text(value, &|text| text.contains('\0'))
}

/// Whether any text inside a value, keys included, is like this.
fn any_text(value: &Value, is_so: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_so(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, is_so)),
        Value::Object(map) => map.iter().any(|(key, item)| is_so(key) || any_text(item, is_so)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Of settings, which everyone may read (PRP-06).
fn is_no_open_text(text: &str) -> bool {
    holds_secret(text) || has_secret_parameter(text)
}

fn check_text(field: &Field, text: &str) -> Result<Option<Value>, String> {
    if field.is(Mark::Required) && text.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if field.is(Mark::Secret) && is_mask(text) {
        return Err(MASK.to_owned());
    }
    let many_lines = matches!(field.kind, FieldType::Text | FieldType::Pem);
    if text.chars().any(|c| c.is_control() && !(many_lines && matches!(c, '\n' | '\r' | '\t'))) {
        return Err("must not hold control characters".to_owned());
    }
    if !field.is(Mark::Secret) && field.kind != FieldType::Pem && is_no_open_text(text) {
        return Err(
            "looks like it holds a password or private key: that belongs in a secret field".to_owned()
        );
    }
    if !field.takes(text) {
        return Err(format!("does not have the form of a {}", field.title));
    }
    check_form(&field.kind, text)
}

fn check_form(kind: &FieldType, text: &str) -> Result<Option<Value>, String> {
    match kind {
        FieldType::Host => {
            let host: Host = text.parse().map_err(|fault: crate::host::HostFault| fault.to_string())?;
            Ok(Some(host.to_string().into()))
        }
        FieldType::Choice(words) if !words.iter().any(|word| word == text) => {
            Err(format!("must be one of: {}", words.join(", ")))
        }
        FieldType::Url => check_url(text).map(|()| None),
        FieldType::Pem if !text.contains("-----BEGIN ") => {
            Err("must be PEM text: `-----BEGIN ...`".to_owned())
        }
        _ => Ok(None),
    }
}

/// An absolute http(s) URL whose host is in canonical spelling. What cannot be told apart by every parser
/// alike (backslashes, user information, encoded hosts) is refused (SSR-06).
fn check_url(text: &str) -> Result<(), String> {
    const FORM: &str = "must be an absolute http or https URL with a plain host and no user information";
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(FORM)?;
    if text.contains(['\\', ' ']) {
        return Err(FORM.to_owned());
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = split_port(authority).ok_or(FORM)?;
    if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|number| number > 0)) {
        return Err("has a port outside 1 to 65535".to_owned());
    }
    host.parse::<Host>().map(|_| ()).map_err(|fault| format!("its host {fault}"))
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after {
            "" => Some((host, None)),
            _ => after.strip_prefix(':').map(|port| (host, Some(port))),
        };
    }
    Some(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))))
}

/// Fields of a kind that takes any: their names must be plain, and secrets must stand among the secrets.
fn free_fields(candidate: &Candidate, kind: &Kind) -> Vec<Fault> {
    // EXPOSE: secrets of unknown meaning are checked for masks and NUL, in memory.
    let secrets = candidate.secrets.expose();
    let mut faults = Vec::new();
    for (place, fields) in [(Place::Settings, &candidate.settings), (Place::Secrets, secrets)] {
        for (name, value) in
            fields.iter().filter(|(name, _)| kind.field_of(&candidate.method, name).is_none())
        {
            if !is_plain_name(name) {
                faults.push(Fault::new(
                    place.pointer(),
                    "field names are 1 to 128 letters, digits, `_`, `-`, `.`",
                ));
            } else if let Some(message) = free_value_fault(place, value) {
                faults.push(Fault::new(place.field(name), message));
            }
        }
    }
    let twice = candidate.settings.names().find(|name| secrets.contains(name));
    faults.extend(twice.map(|name| Fault::new(Place::Settings.field(name), "stands in `secrets` as well")));
    faults
}

fn is_plain_name(name: &str) -> bool {
    (1..=limits::FIELD_NAME_BYTES).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

fn free_value_fault(place: Place, value: &Value) -> Option<&'static str> {
    match (place, value) {
        (_, value) if holds_nul(value) => Some(NUL),
        (Place::Secrets, Value::String(text)) if is_mask(text) => Some(MASK),
        (Place::Settings, value) if any_text(value, &is_no_open_text) => {
            Some("looks like it holds a password or private key: that belongs in `secrets`")
        }
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Secret;
    use crate::credential::Owner;
    use crate::kind::{CheckGrade, Method};
    use crate::pattern::Pattern;

    /// A kind with a common target and two methods.
    pub(crate) fn kind() -> Kind {
        let all = [Mark::Required, Mark::Target, Mark::Identity];
        Kind {
            name: "db".to_owned(),
            title: "DB".to_owned(),
            description: String::new(),
            documentation: None,
            fields: vec![
                Field::new("host", "Host", FieldType::Host).marked(&all),
                Field::new("port", "Port", FieldType::Port)
                    .marked(&[Mark::Target, Mark::Identity])
                    .default(5432),
            ],
            methods: vec![
                Method {
                    name: "password".to_owned(),
                    title: String::new(),
                    fields: vec![
                        Field::new("password", "Password", FieldType::String).marked(&[
                            Mark::Required,
                            Mark::Secret,
                            Mark::Identity,
                        ]),
                        Field::new("token", "Token", FieldType::String).marked(&[Mark::Secret]),
                    ],
                },
                Method {
                    name: "key".to_owned(),
                    title: String::new(),
                    fields: vec![
                        Field::new("private_key", "Key", FieldType::Text)
                            .marked(&[Mark::Required, Mark::Secret]),
                    ],
                },
            ],
            check: CheckGrade::LiveTested,
            others: OtherFields::Refused,
            scopes: crate::scopes::ScopeGrants::default(),
        }
    }

    pub(crate) fn candidate() -> Candidate {
        Candidate {
            name: "n".parse().unwrap(),
            slug: None,
            description: None,
            labels: crate::text::Labels::new(),
            owner: Owner::Workspace,
            integration: None,
            expires_at: None,
            kind: "db".to_owned(),
            method: "password".to_owned(),
            settings: [("host", Value::from("db.example")), ("port", 5432.into())].into_iter().collect(),
            secrets: Secret::new([("password", "old")].into_iter().collect()),
        }
    }

    fn faults_of(edit: impl FnOnce(&mut Candidate)) -> Vec<Fault> {
        let mut candidate = candidate();
        edit(&mut candidate);
        validate(candidate, &kind(), FieldPolicy::Strict).err().unwrap_or_default()
    }

    #[test]
    fn defaults_and_canonical_forms() {
        let mut given = candidate();
        given.settings = [("host", "DB.Example")].into_iter().collect();
        let valid = validate(given, &kind(), FieldPolicy::Strict).unwrap();
        assert_eq!(
            (valid.settings.text("host"), valid.settings.integer("port")),
            (Some("db.example"), Some(5432))
        );
    }

    #[test]
    fn inp_01_all_faults_at_once_and_never_a_value() {
        let faults = faults_of(|c| {
            c.settings.set("host", 5);
            c.settings.set("port", "cnry-port");
            c.settings.set("cnry-key", 1);
            c.secrets.expose_mut().set("password", serde_json::json!({"cnry": "cnry-object"}));
        });
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/settings", "/settings/host", "/settings/port", "/secrets/password"]);
        assert!(!format!("{faults:?}").contains("cnry"));
    }

    #[test]
    fn inp_01_the_fault_of_a_field_that_is_too_large_names_no_field_that_a_client_invented() {
        let faults = faults_of(|c| {
            let large = "x".repeat(limits::FIELD_BYTES);
            c.settings.set("host", large.clone());
            c.secrets.expose_mut().set("cnry-key", large);
        });
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert!(pointers.contains(&"/settings/host") && pointers.contains(&"/secrets"), "{pointers:?}");
        assert!(!format!("{faults:?}").contains("cnry"), "{faults:?}");
    }

    fn odd() -> Candidate {
        let mut odd = candidate();
        odd.settings.set("host", "not a host");
        odd.settings.remove("port");
        odd.settings.set("region", Value::Null);
        odd.secrets.expose_mut().set("password", 5);
        odd.settings.set("token", "in the wrong place");
        odd
    }

    #[test]
    fn unknown_fields_are_sealed_where_the_policy_says_so() {
        let mut given = candidate();
        given.settings.set("region", serde_json::json!({"a": [null]}));
        given.secrets.expose_mut().set("other", "");
        let valid = validate(given, &kind(), FieldPolicy::StoreUnknownSealed).unwrap();
        assert_eq!(valid.secret_fields(), ["password", "other", "region"]);
        assert!(!valid.settings.contains("region"));
        assert!(validate(odd(), &kind(), FieldPolicy::StoreUnknownSealed).is_err(), "known fields must fit");
        for name in ["", "a\nb", &"x".repeat(129)] {
            let mut given = candidate();
            given.secrets.expose_mut().set(name, "x");
            assert!(validate(given, &kind(), FieldPolicy::StoreUnknownSealed).is_err(), "{name:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_kept_as_given_and_can_be_told() {
        let kept = accept(odd(), &kind(), FieldPolicy::AsGiven).unwrap();
        assert_eq!(kept.secret_fields(), ["password", "region", "host", "token"]);
        assert_eq!(kept.secrets.expose().text("host"), Some("not a host"));
        assert!(validate(kept, &kind(), FieldPolicy::StoreUnknownSealed).is_err());
        let whole = accept(candidate(), &kind(), FieldPolicy::AsGiven).unwrap();
        assert_eq!(whole.settings.text("host"), Some("db.example"));
        let mut large = odd();
        large.secrets.expose_mut().set("password", "x".repeat(limits::FIELD_BYTES));
        assert!(accept(large, &kind(), FieldPolicy::AsGiven).is_err());
    }

    #[test]
    fn a_kind_of_any_fields_shows_what_the_caller_shows_unless_it_is_a_secret() {
        let kind = Kind::opaque("flowise/x").unwrap();
        let mut given = candidate();
        given.method = "fields".to_owned();
        given.settings.set("uri", "mongodb://user:cnry@host");
        let kept = accept(given, &kind, FieldPolicy::AsGiven).unwrap();
        assert_eq!(kept.settings.names().collect::<Vec<_>>(), ["host", "port"]);
        assert_eq!(kept.secret_fields(), ["password", "uri"]);
    }

    #[test]
    fn inp_05_numbers_are_whole_and_in_range() {
        for port in [Value::from(0), 65_536.into(), (-1).into(), 1.5.into(), 5432.0.into(), "5432".into()] {
            assert_eq!(faults_of(|c| c.settings.set("port", port))[0].pointer, "/settings/port");
        }
    }

    #[test]
    fn prp_05_a_mask_is_refused() {
        assert_eq!(faults_of(|c| c.secrets.expose_mut().set("password", "********"))[0].message, MASK);
    }

    #[test]
    fn inp_06_control_characters_are_refused() {
        for text in ["a\0b", "a\nb", "\u{1b}[2J"] {
            assert_eq!(faults_of(|c| c.secrets.expose_mut().set("password", text)).len(), 1, "{text:?}");
        }
    }

    #[test]
    fn fields_in_the_wrong_place_are_told_where_they_belong() {
        let faults = faults_of(|c| c.settings.set("password", "x"));
        assert_eq!(
            (faults[0].pointer.as_str(), faults[0].message.as_str()),
            ("/settings/password", "belongs in `secrets`")
        );
    }

    #[test]
    fn a_pattern_takes_the_longer_of_two_words() {
        let mut kind = kind();
        let host = kind.fields.iter_mut().find(|field| field.name == "host").unwrap();
        host.pattern = Some(Pattern::parse("dev|development").unwrap());
        let faults = |host: &str| {
            let mut given = candidate();
            given.settings.set("host", host);
            validate(given, &kind, FieldPolicy::Strict).err().unwrap_or_default()
        };
        assert_eq!(faults("development"), []);
        assert_eq!(faults("develop")[0].pointer, "/settings/host");
    }

    #[test]
    fn ssr_06_urls_that_parsers_read_differently_are_refused() {
        for url in [
            "http://allowed@evil.example/",
            "http://evil.example\\@allowed",
            "http:evil.example",
            "//evil.example",
            "ftp://a.example",
            "http://2130706433/",
            "http://127.1/",
            "https://a.example:0/",
            "https://a.example:99999/",
            "https://",
            "http://a%2eb.example/",
        ] {
            assert!(check_url(url).is_err(), "{url}");
        }
        for url in ["https://a.example", "http://a.example:8080/x?y#z", "https://[::1]:5/"] {
            assert!(check_url(url).is_ok(), "{url}");
        }
    }
}
