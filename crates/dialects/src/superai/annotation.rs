//! What only this dialect shows of a credential: public, kept beside its fields, part of no value.

use serde_json::{Map, Value};
use strongroom_domain::change::{Edits, FieldEdits};
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::principal::{Principal, PrincipalKind};

use super::guesses;
use super::input::Given;
use super::words::{CredentialType, Provider, Word as _};

const TYPE: &str = "credential_type";
const EMAIL: &str = "google_email";
const SERVICE_ACCOUNT: &str = "service_account";
const SPELT: &str = "spelt";

/// What a change leaves beside the fields: everything of it is new.
pub(super) struct Notes {
    credential_type: CredentialType,
    google_email: Option<String>,
}

impl Notes {
    /// Read before the object is taken apart.
    pub(super) fn of(provider: Provider, given: &Given) -> Self {
        let is_google = provider == Provider::Google && is_oauth(given.credential_type);
        let email = given.credentials.0.get(guesses::GOOGLE_EMAIL).and_then(Value::as_str);
        let google_email = email.filter(|text| is_google && is_address(text)).map(str::to_owned);
        Self { credential_type: given.credential_type, google_email }
    }

    /// With how the client wrote its fields, and who it is.
    pub(super) fn edits(self, spelt: Map<String, Value>, caller: &Principal) -> FieldEdits {
        let service_account = (caller.kind != PrincipalKind::User).then(|| caller.id.uuid().to_string());
        let texts = [(EMAIL, self.google_email), (SERVICE_ACCOUNT, service_account)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text?))));
        let spelt = (!spelt.is_empty()).then_some((SPELT, Value::Object(spelt)));
        let notes = [(TYPE, self.credential_type.word().into())].into_iter().chain(texts).chain(spelt);
        Edits::Replace(notes.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// Either generation's word for tokens of a Google user.
const fn is_oauth(credential_type: CredentialType) -> bool {
    matches!(credential_type, CredentialType::GoogleOauth | CredentialType::Oauth2)
}

/// An address and nothing else: what is shown to every reader must not be a secret in the wrong place.
fn is_address(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@.+-_".contains(c);
    text.len() <= 254 && text.matches('@').count() == 1 && text.chars().all(is_plain)
}

/// How its client wrote what is kept otherwise.
pub(super) fn spelt(credential: &Credential) -> Option<&Map<String, Value>> {
    credential.foreign.noted(Dialect::Superai)?.value(SPELT)?.as_object()
}

/// Whose Google account it is, where it is one and its client said so.
pub(super) fn google_email(credential: &Credential) -> Option<&str> {
    credential.foreign.noted(Dialect::Superai)?.text(EMAIL)
}

/// Whether its last change was made by a service account, through this dialect.
pub(super) fn was_changed_by_service_account(credential: &Credential) -> bool {
    let noted = credential.foreign.noted(Dialect::Superai).and_then(|notes| notes.text(SERVICE_ACCOUNT));
    noted.is_some_and(|id| id == credential.modified_by.uuid().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prp_06_only_an_address_is_shown_as_one() {
        for text in ["a@example.com", "first.last+tag@sub.example.com"] {
            assert!(is_address(text), "{text}");
        }
        for text in ["", "a", "a@b@c", "postgres://u:p@h/d", "a b@c", "\u{202e}a@b", &"a@".repeat(200)] {
            assert!(!is_address(text), "{text}");
        }
    }
}
