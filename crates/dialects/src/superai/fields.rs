//! A `credentials` object on its way in and out: one flat map for clients, fields of a kind for the core.
//!
//! What a client sent is what operation 7 gives back: a port that came as text goes out as text, and what was
//! filled in for its kind is left out again, for as long as it is still that. What is kept for this beside the
//! fields is public (ports, modes, defaults, nulls) and never part of a secret.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Map, Value, json};
use strongroom_domain::FieldMap;
use strongroom_domain::Secret;
use strongroom_domain::change::{Edits, FieldEdits};
use strongroom_domain::credential::Credential;
use strongroom_domain::kind::{Field, FieldType, Kind, Mark};

use super::annotation;
use super::input::Credentials;
use super::mapping::{SPELLING, port};

/// A `credentials` object as the core takes it.
pub(super) struct Taken {
    /// All fields there are afterwards, as far as this dialect has names for them.
    pub(super) fields: Secret<FieldEdits>,
    /// How the client wrote what is kept otherwise, by its own names.
    pub(super) spelt: Map<String, Value>,
}

/// Takes an object for a kind and a method of it. `preset` is what holds where the client says nothing.
pub(super) fn take(
    mut credentials: Credentials,
    kind: &Kind,
    method: &str,
    preset: &[(&str, &str)],
) -> Taken {
    let mut pairs = Vec::new();
    let mut spelt = Map::new();
    for (theirs, value) in std::mem::take(&mut credentials.0) {
        let field = kind.field_of(method, &SPELLING.ours(kind, &theirs));
        if field.is_some() && value.is_null() {
            spelt.insert(theirs, json!({ SENT: null }));
            continue;
        }
        match field.filter(|field| field.kind == FieldType::Port).and_then(|_| port(&value)) {
            Some(number) if value.is_string() => {
                spelt.insert(theirs.clone(), json!({ KEPT: number, SENT: value }));
                pairs.push((theirs, number.into()));
            }
            _ => pairs.push((theirs, value)),
        }
    }
    for (theirs, field) in named_and_public(kind, method) {
        let preset = preset.iter().find(|(name, _)| *name == theirs).map(|(_, value)| Value::from(*value));
        let given = pairs.iter().any(|(name, _)| *name == theirs);
        let Some(kept) = preset.clone().or_else(|| field.default.clone()).filter(|_| !given) else {
            continue;
        };
        let entry = spelt.entry(theirs.as_str()).or_insert_with(|| json!({}));
        entry[KEPT] = kept;
        pairs.extend(preset.map(|value| (theirs, value)));
    }
    Taken { fields: Secret::new(Edits::Replace(pairs)), spelt }
}

/// What is stored, and what the client had written for it.
const KEPT: &str = "kept";
const SENT: &str = "sent";

/// The public fields that clients have a name for, by that name.
fn named_and_public<'a>(kind: &'a Kind, method: &str) -> impl Iterator<Item = (String, &'a Field)> {
    let public = kind.fields_of(method).filter(|field| !field.is(Mark::Secret));
    public.filter_map(|field| Some((SPELLING.theirs(kind, &field.name)?, field)))
}

/// A stored value as the bare object of operation 7. Borrowed: no secret is copied on its way out.
pub(super) struct Bare<'a>(Vec<(String, &'a Value)>);

impl Serialize for Bare<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The object that a credential's client sent, with all that has been changed since. Fields that this
/// dialect has no name for (a host key that was stated natively) are left out.
pub(super) fn bare<'a>(kind: &Kind, credential: &'a Credential, secrets: &'a FieldMap) -> Bare<'a> {
    let spelt = annotation::spelt(credential);
    let written = |theirs: &str| spelt.and_then(|spelt| spelt.get(theirs));
    let mut object = Vec::new();
    for (ours, value) in credential.settings.iter().chain(secrets.iter()) {
        let Some(theirs) = SPELLING.theirs(kind, ours) else { continue };
        match written(&theirs).filter(|entry| entry.get(KEPT) == Some(value)) {
            Some(entry) => object.extend(entry.get(SENT).map(|sent| (theirs, sent))),
            None => object.push((theirs, value)),
        }
    }
    let nulls = spelt.into_iter().flatten().filter_map(|(theirs, entry)| {
        let sent = entry.get(SENT).filter(|sent| sent.is_null())?;
        Some((theirs.clone(), sent))
    });
    let nulls: Vec<_> = nulls.filter(|(theirs, _)| object.iter().all(|(name, _)| name != theirs)).collect();
    object.extend(nulls);
    Bare(object)
}
