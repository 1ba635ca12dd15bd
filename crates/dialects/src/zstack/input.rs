//! From a body to what the service takes. All faults at once; none holds a value.
//!
//! A part that is null or an empty text is not given, and a part of any other name is not looked at.

use serde_json::Value;
use strongroom_domain::change::{CredentialChange, Edit, Edits, FieldEdits};
use strongroom_domain::credential::Credential;
use strongroom_domain::text::{Description, Name};
use strongroom_domain::{Error, Secret, Timestamp};
use strongroom_service::options::NewCredential;
use strongroom_web::{Document, Fields};

use super::mapping::{self, Type};
use super::wire::CREATED_BY;

/// The body of a create; `holder` is whose token it is.
pub(super) fn creation(document: Document, holder: &Name) -> Result<NewCredential, Error> {
    let mut fields = given(document, &["name", "description", "type", "value", "expiresAt"]);
    fields.require("name");
    fields.require("value");
    let of = kind(&mut fields);
    let update = parts(&mut fields);
    fields.ignore_rest();
    let name = update.name.clone();
    let mut new = name.zip(of).map(|(name, of)| NewCredential {
        kind: of.own_kind(),
        method: None,
        name,
        alias: None,
        parts: update.change(mapping::OWN_VALUE),
    });
    if let Some(new) = &mut new {
        let holder = Edit::Set(holder.as_str().into());
        new.parts.annotations = Edits::Merge(vec![(CREATED_BY.to_owned(), holder)]);
    }
    fields.complete(new)
}

/// What an update is to change.
pub(super) struct Update {
    name: Option<Name>,
    description: Option<Description>,
    expires_at: Option<Timestamp>,
    value: Option<Secret<String>>,
    /// Who asks for it.
    pub(super) operator: Option<Name>,
}

/// The body of an update.
pub(super) fn update(document: Document) -> Result<Update, Error> {
    let mut fields = given(document, &["name", "description", "value", "expiresAt", "operator"]);
    let mut update = parts(&mut fields);
    update.operator = fields.parsed("operator");
    fields.ignore_rest();
    fields.complete(Some(update))
}

impl Update {
    /// The change of this credential.
    pub(super) fn of(&self, stored: &Credential) -> CredentialChange {
        self.change(mapping::value_field(stored))
    }

    /// `field` is the secret that the value is.
    fn change(&self, field: &str) -> CredentialChange {
        CredentialChange {
            name: self.name.clone(),
            description: self.description.clone().map(Some),
            expires_at: self.expires_at.map(Some),
            secrets: self.value.as_ref().map_or(Edits::Keep, |value| edits(field, value)).into(),
            ..CredentialChange::default()
        }
    }
}

fn edits(field: &str, value: &Secret<String>) -> FieldEdits {
    // EXPOSE: goes from one secret into another.
    let value = Value::from(value.expose().as_str());
    Edits::Merge(vec![(field.to_owned(), Edit::Set(value))])
}

fn parts(fields: &mut Fields) -> Update {
    Update {
        name: fields.parsed("name"),
        description: fields.parsed("description"),
        expires_at: fields.parsed("expiresAt"),
        value: fields.text("value").map(Secret::new),
        operator: None,
    }
}

fn kind(fields: &mut Fields) -> Option<Type> {
    if !fields.contains("type") {
        return Some(Type::Unspecified);
    }
    let of = Type::parse(&fields.text("type")?);
    if of.is_none() {
        fields.fault("type", format!("must be one of: {}", Type::words_of_all().join(", ")));
    }
    of
}

/// The fields of a body without those of these names that are null or an empty text.
fn given(document: Document, names: &[&str]) -> Fields {
    let mut fields = Fields::of(document);
    drop_blank(&mut fields, names);
    fields
}

/// Takes away what is as good as absent.
pub(super) fn drop_blank(fields: &mut Fields, names: &[&str]) {
    for name in names {
        if fields.peek(name).is_some_and(|value| value.is_null() || value.as_str() == Some("")) {
            drop(fields.take(name));
        }
    }
}
