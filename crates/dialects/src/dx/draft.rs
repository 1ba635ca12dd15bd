//! What a body says, and what it makes of a credential.
//!
//! JSON and forms come to the same, by rules of their own: a form's numbers are texts, and its objects are
//! bracketed names or JSON text; in JSON a number is a number and an object is an object. What is not one of
//! the documented keys is passed over, as by any Rails application.

use serde_json::{Map, Value};
use strongroom_domain::Timestamp;
use strongroom_domain::change::{CredentialChange, Edit, FieldEdits};
use strongroom_domain::credential::Credential;
use strongroom_domain::fields::wipe;
use strongroom_domain::kind::Kind;
use strongroom_domain::text::Name;
use strongroom_web::{Call, Document, Fields};

use super::connectors::{Place, is_note_elsewhere, method_for, place, shown};
use super::errors::Refused;
use super::guesses as g;

/// The documented keys of a body; each may be absent.
pub(super) struct Draft {
    pub(super) label: Option<Name>,
    settings: Map<String, Value>,
    /// An object; overwritten in memory when dropped.
    secrets: Document,
    expires_at: Option<Edit<Timestamp>>,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    Json,
    /// All values are texts.
    Form,
}

/// The body of a method that has one, and the `id` in it where the method asks for one.
pub(super) struct Body {
    fields: Fields,
    notation: Notation,
}

impl Body {
    /// # Errors
    ///
    /// `invalid_json`; `invalid_arguments` where it is JSON and no object. No body is an empty one.
    pub(super) async fn of(call: &mut Call) -> Result<Self, Refused> {
        let document = call.body().await?.unwrap_or_else(|| Value::Object(Map::new()).into());
        let notation = if call.sends_a_form() { Notation::Form } else { Notation::Json };
        if !document.value().is_object() {
            return Err(invalid());
        }
        Ok(Self { fields: Fields::of(document), notation })
    }

    /// The required `id`, in the text that the alias is.
    pub(super) fn id(&mut self) -> Result<String, Refused> {
        let number = match (self.fields.peek("id"), self.notation) {
            (Some(Value::Number(number)), Notation::Json) => number.as_u64(),
            (Some(Value::String(text)), Notation::Form) => text.parse().ok(),
            _ => None,
        };
        number.map(|number: u64| number.to_string()).ok_or_else(invalid)
    }

    /// Everything else.
    pub(super) fn draft(self) -> Result<Draft, Refused> {
        let Self { mut fields, notation } = self;
        let secrets = Value::Object(map(&mut fields, "secrets", notation)?).into();
        Ok(Draft {
            label: label(&mut fields)?,
            settings: map(&mut fields, "settings", notation)?,
            secrets,
            expires_at: date(&mut fields, notation)?,
        })
    }
}

fn invalid() -> Refused {
    Refused::Plain(g::INVALID_ARGUMENTS)
}

fn label(fields: &mut Fields) -> Result<Option<Name>, Refused> {
    match fields.take("label").map(Document::into_value) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| invalid()),
        Some(_) => Err(invalid()),
    }
}

/// An object, in a form also its JSON text; null, and nothing in a form, are an empty one.
fn map(fields: &mut Fields, name: &str, notation: Notation) -> Result<Map<String, Value>, Refused> {
    let mut value = match fields.take(name).map(Document::into_value) {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(map)) => return Ok(map),
        Some(value) => value,
    };
    let read = value.as_str().filter(|_| notation == Notation::Form).and_then(g::object_of_text);
    wipe(&mut value);
    read.ok_or_else(invalid)
}

/// A day, or a moment; null, and nothing in a form, clear it.
fn date(fields: &mut Fields, notation: Notation) -> Result<Option<Edit<Timestamp>>, Refused> {
    let Some(value) = fields.take("expiration_date").map(Document::into_value) else { return Ok(None) };
    let moment = match value {
        Value::Null => return Ok(Some(g::NULL_EXPIRATION_DATE)),
        Value::String(text) if text.is_empty() && notation == Notation::Form => {
            return Ok(Some(g::NULL_EXPIRATION_DATE));
        }
        Value::String(text) if text.len() == g::DATE_CHARACTERS => format!("{text}{}", g::END_OF_DAY),
        Value::String(text) => text,
        _ => return Err(invalid()),
    };
    moment.parse().map(|moment| Some(Edit::Set(moment))).map_err(|_| invalid())
}

impl Draft {
    /// What it makes of a credential of this kind: a new one, or the one that is there. `settings` and `secrets`
    /// are merged key by key; a key with null goes. Names of another method of the kind
    /// switch to that method, and the other group goes with the kind's own merge.
    pub(super) fn change(&self, kind: &Kind, base: Option<&Credential>) -> CredentialChange {
        let in_force = base.map(|base| base.method.as_str());
        let method = method_for(kind, in_force, &self.names());
        let switched = in_force.is_some_and(|in_force| in_force != method);
        let mut settings = self.settings.clone();
        if let Some(base) = base.filter(|_| switched) {
            keep_shown(&mut settings, kind, base, method);
        }
        let (settings, annotations) = sorted(kind, method, &settings);
        let (secrets, _) = sorted(kind, method, self.secrets.value().as_object().unwrap_or(&Map::new()));
        CredentialChange {
            name: self.label.clone(),
            method: switched.then(|| method.to_owned()),
            settings,
            secrets: secrets.into(),
            expires_at: self.expires_at.as_ref().map(|edit| match edit {
                Edit::Set(moment) => Some(*moment),
                Edit::Remove => None,
            }),
            annotations,
            ..CredentialChange::default()
        }
    }

    /// The method that a new credential begins with.
    pub(super) fn method(&self, kind: &Kind) -> String {
        method_for(kind, None, &self.names()).to_owned()
    }

    /// Of all fields, as DX calls them.
    fn names(&self) -> Vec<&str> {
        let secrets = self.secrets.value().as_object().into_iter().flat_map(Map::keys);
        self.settings.keys().chain(secrets).map(String::as_str).collect()
    }
}

/// After a switch of method the settings that the client saw are still there, as far as the method has them.
fn keep_shown(settings: &mut Map<String, Value>, kind: &Kind, base: &Credential, method: &str) {
    for (theirs, value) in shown(Some(kind), base) {
        if place(kind, method, &theirs) != Place::Nowhere {
            settings.entry(theirs).or_insert(value);
        }
    }
}

/// Edits of fields and of notes. A name that goes nowhere stays as it is, and is a fault of the schema. What
/// goes into one place leaves the other.
fn sorted(kind: &Kind, method: &str, given: &Map<String, Value>) -> (FieldEdits, FieldEdits) {
    let (mut fields, mut notes) = (Vec::new(), Vec::new());
    for (theirs, value) in given {
        let edit = if value.is_null() { Edit::Remove } else { Edit::Set(value.clone()) };
        match place(kind, method, theirs) {
            Place::Note => notes.push((theirs.clone(), edit)),
            Place::Field(ours) => {
                if is_note_elsewhere(kind, theirs) {
                    notes.push((theirs.clone(), Edit::Remove));
                }
                fields.push((ours.to_owned(), edit));
            }
            Place::Nowhere => fields.push((theirs.clone(), edit)),
        }
    }
    (g::laid_over(fields), g::laid_over(notes))
}
