//! Bodies, read field by field as the original's schemas would: all faults at once, types forgiven where
//! Pydantic forgives them, and what no schema names left unread.

use serde_json::{Map, Value};
use strongroom_domain::fields::wipe;
use strongroom_domain::text::Name;
use strongroom_web::{Call, Document};

use super::detail::Detail;
use super::failure::{Failure, Said};
use super::words::{CredentialType, Provider, Word};
use super::{guesses, mapping};

/// `UserIntegrationCredentialsCreate`.
pub(super) struct Creation {
    pub(super) name: Name,
    pub(super) provider: Provider,
    pub(super) given: Given,
}

/// `UserIntegrationCredentialsUpdate`. A name that is null or absent stays.
pub(super) struct Update {
    pub(super) name: Option<Name>,
    pub(super) given: Given,
}

/// What both have.
pub(super) struct Given {
    pub(super) credential_type: CredentialType,
    pub(super) credentials: Credentials,
}

/// A `credentials` object. Wiped when dropped.
#[derive(Default)]
pub(super) struct Credentials(pub(super) Map<String, Value>);

impl Drop for Credentials {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

/// Reads a new credential.
pub(super) async fn creation(call: &mut Call) -> Result<Creation, Failure> {
    let mut body = Body::of(call.body().await?)?;
    let name = body.text_or_null("name");
    let provider = body.word::<Provider>("provider");
    let given = given(&mut body);
    let (provider, given) = body.complete(provider.zip(given))?;
    let name = named(&name.unwrap_or_else(|| guesses::name_of(provider.word())))?;
    assert_pem(provider, &given)?;
    Ok(Creation { name, provider, given })
}

/// Reads a change. What is there of a provider's is known only afterwards: see [`assert_pem`].
pub(super) async fn update(call: &mut Call) -> Result<Update, Failure> {
    let mut body = Body::of(call.body().await?)?;
    let name = body.text_or_null("name");
    let given = given(&mut body);
    let given = body.complete(given)?;
    Ok(Update { name: name.as_deref().map(named).transpose()?, given })
}

fn given(body: &mut Body) -> Option<Given> {
    let credential_type = body.word("credential_type");
    let credentials = body.dictionary("credentials");
    let (credential_type, credentials) = credential_type.zip(credentials)?;
    Some(Given { credential_type, credentials })
}

/// White space around a name is nobody's wish.
fn named(text: &str) -> Result<Name, Failure> {
    let name = text.trim().parse::<Name>();
    name.map_err(|fault| Said::bad_data(&[Detail::value("name", &fault.to_string())]).into())
}

/// The one documented rule about keys (1.4): an SFTP key file must be a private key in PEM.
pub(super) fn assert_pem(provider: Provider, given: &Given) -> Result<(), Failure> {
    const KEY: &str = "private_key_data";
    let is_file = provider == Provider::Sftp && given.credential_type == CredentialType::KeyFile;
    let Some(key) = given.credentials.0.get(KEY).filter(|key| is_file && !key.is_null()) else {
        return Ok(());
    };
    let is_pem = |text: &str| text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----");
    if key.as_str().is_some_and(is_pem) {
        return Ok(());
    }
    let why = "must be a private key in PEM: -----BEGIN ... PRIVATE KEY-----. Nothing was changed.";
    Err(Said::bad_data(&[Detail::credential_value(KEY, why)]).into())
}

/// Reads the body of [`super::connection::sftp`]: `SftpTestConnectionRequest` in the keys of `credentials`, and
/// the path to open.
pub(super) async fn sftp_test(call: &mut Call) -> Result<(Given, String), Failure> {
    let mut body = Body::of(call.body().await?)?;
    let (host, username) = (body.text("host"), body.text("username"));
    let credential_type = body.auth_type();
    let port = body.port();
    let password = body.text_or_null("password");
    let key = body.text_or_null("private_key_data");
    let passphrase = body.text_or_null("private_key_passphrase");
    let path = body.text_or_null("test_path").unwrap_or_else(|| "/".to_owned());
    match credential_type {
        Some(CredentialType::KeyFile) if key.is_none() => body.fault(Detail::missing("private_key_data")),
        Some(CredentialType::UserPassword) if password.is_none() => body.fault(Detail::missing("password")),
        _ => {}
    }
    let texts = [
        ("host", host),
        ("username", username),
        ("password", password),
        ("private_key_data", key),
        ("private_key_passphrase", passphrase),
    ];
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into())));
    let credentials = Credentials(texts.chain([("port".to_owned(), port.into())]).collect());
    let credential_type = body.complete(credential_type)?;
    Ok((Given { credential_type, credentials }, path))
}

/// Reads `PostgresCreateRequest`: all of it is required, also where `connection_string` wins.
pub(super) async fn postgres_test(call: &mut Call) -> Result<Given, Failure> {
    let mut body = Body::of(call.body().await?)?;
    let required = ["host", "port", "username", "password", "database"];
    let mut texts: Vec<(&str, Option<String>)> =
        required.into_iter().map(|name| (name, body.text(name))).collect();
    for extra in ["connection_string", "sslmode"] {
        texts.push((extra, body.text_or_null(extra)));
    }
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into())));
    let credentials = Credentials(texts.collect());
    body.complete(Some(Given { credential_type: CredentialType::UserPassword, credentials }))
}

/// Reads any object.
pub(super) async fn any_test(call: &mut Call) -> Result<Given, Failure> {
    let mut body = Body::of(call.body().await?)?;
    let credentials = Credentials(std::mem::take(&mut body.fields));
    Ok(Given { credential_type: CredentialType::UserPassword, credentials })
}

/// Reads texts that must be there and mean nothing yet.
pub(super) async fn texts(call: &mut Call, names: &[&str]) -> Result<(), Failure> {
    let mut body = Body::of(call.body().await?)?;
    for name in names {
        drop(body.text(name));
    }
    body.complete(Some(()))
}

/// The fields of a body. What is not taken is overwritten in memory on drop.
struct Body {
    fields: Map<String, Value>,
    faults: Vec<Detail>,
}

impl Body {
    /// A body that is missing, or no object, is a fault of its own.
    fn of(document: Option<Document>) -> Result<Self, Failure> {
        let Some(document) = document else { return Err(Failure::Invalid(vec![Detail::no_body()])) };
        match document.into_value() {
            Value::Object(fields) => Ok(Self { fields, faults: Vec::new() }),
            mut other => {
                wipe(&mut other);
                Err(Failure::Invalid(vec![Detail::no_object()]))
            }
        }
    }

    /// A field that must be there, null or not.
    fn take(&mut self, name: &str) -> Option<Value> {
        let found = self.fields.shift_remove(name);
        if found.is_none() {
            self.fault(Detail::missing(name));
        }
        found
    }

    fn fault(&mut self, detail: Detail) {
        self.faults.push(detail);
    }

    /// A value of the wrong form is wiped, and a fault.
    fn wrong<T>(&mut self, mut value: Value, detail: Detail) -> Option<T> {
        wipe(&mut value);
        self.fault(detail);
        None
    }

    /// A text that must be there.
    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => self.wrong(other, Detail::no_text(name)),
        }
    }

    /// A text that may be null or absent, which mean the same.
    fn text_or_null(&mut self, name: &str) -> Option<String> {
        match self.fields.shift_remove(name)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => self.wrong(other, Detail::no_text(name)),
        }
    }

    /// A word of an enum; in another case it is none, as in the original.
    fn word<W: Word>(&mut self, name: &str) -> Option<W> {
        let value = self.take(name)?;
        match value.as_str().and_then(W::of) {
            Some(word) => Some(word),
            None => self.wrong(value, Detail::no_word::<W>(name)),
        }
    }

    fn dictionary(&mut self, name: &str) -> Option<Credentials> {
        match self.take(name)? {
            Value::Object(map) => Some(Credentials(map)),
            other => self.wrong(other, Detail::no_dictionary(name)),
        }
    }

    /// A word of the enum that is a way to log in, or the one that the enum lacks.
    fn auth_type(&mut self) -> Option<CredentialType> {
        const NAME: &str = "auth_type";
        if self.fields.get(NAME).and_then(Value::as_str) == Some(guesses::PASSWORD) {
            return Some(CredentialType::UserPassword);
        }
        let found = self.word(NAME)?;
        if matches!(found, CredentialType::UserPassword | CredentialType::KeyFile) {
            return Some(found);
        }
        self.fault(Detail::value(NAME, "must be 'user_password' or 'key_file' for an SFTP server"));
        None
    }

    /// A whole number, or one written as text.
    fn port(&mut self) -> u16 {
        const NAME: &str = "port";
        let Some(value) = self.fields.shift_remove(NAME) else { return SFTP_PORT };
        mapping::port(&value).or_else(|| self.wrong(value, Detail::no_integer(NAME))).unwrap_or(SFTP_PORT)
    }

    /// What was read, or all faults at once.
    fn complete<T>(mut self, value: Option<T>) -> Result<T, Failure> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(Failure::Invalid(std::mem::take(&mut self.faults))),
        }
    }
}

const SFTP_PORT: u16 = 22;

impl Drop for Body {
    fn drop(&mut self) {
        self.fields.values_mut().for_each(wipe);
    }
}
