//! From a body to edits. A body of any shape is taken, as in the original; what the documented mode refuses
//! is refused by the handlers.

use serde_json::{Map, Value};
use strongroom_domain::change::{Edit, Edits, FieldEdits};
use strongroom_domain::fields::wipe;
use strongroom_domain::policy::FlowiseMode;
use strongroom_domain::{Error, Fault, Secret};
use strongroom_web::Call;

use super::javascript::{is_truthy, spread};
use super::redaction::is_redacted;

/// A part of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Part {
    /// The body does not name it.
    #[default]
    Absent,
    /// Null: in the original, a column that may not be empty.
    Null,
    /// Anything else.
    Given(Value),
}

/// What POST and PUT read of a body; everything else in it is ignored [091].
#[derive(Default)]
pub(super) struct Body {
    pub(super) id: Option<Value>,
    pub(super) name: Part,
    pub(super) credential_name: Part,
    pub(super) fields: Fields,
    /// Fields that are to go: a key of ours, because in the original no field ever goes [048-050].
    pub(super) removed: Vec<String>,
}

/// What a body says of the fields.
#[derive(Default)]
pub(super) enum Fields {
    /// Nothing that the original would store.
    #[default]
    None,
    /// Edits, in the order they were sent.
    Given(Secret<FieldEdits>),
    /// Something that is no object. It is taken all the same, or refused: see [`Fields::taken`].
    Odd(Secret<FieldEdits>),
}

/// The body of a request; `None` where it has none.
///
/// # Errors
///
/// `unreadable`.
pub(super) async fn read(call: &mut Call) -> Result<Option<Body>, Error> {
    let Some(document) = call.body().await? else { return Ok(None) };
    let mut map = match document.into_value() {
        Value::Object(map) => map,
        // The original reads properties of an array, and finds none [064]. Nothing else comes this far.
        mut other => {
            wipe(&mut other);
            Map::new()
        }
    };
    let body = Body {
        id: map.shift_remove("id").filter(is_truthy),
        name: part(&mut map, "name"),
        credential_name: part(&mut map, "credentialName"),
        fields: map.shift_remove("plainDataObj").map_or(Fields::None, fields),
        removed: removed(map.shift_remove(REMOVED))?,
    };
    map.values_mut().for_each(wipe);
    Ok(Some(body))
}

/// The names of fields that a PUT removes.
const REMOVED: &str = "removeFields";

fn removed(value: Option<Value>) -> Result<Vec<String>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(value) => serde_json::from_value(value)
            .map_err(|_| Error::invalid(vec![Fault::new(format!("/{REMOVED}"), "must be a list of names")])),
    }
}

fn part(map: &mut Map<String, Value>, key: &str) -> Part {
    match map.shift_remove(key) {
        None => Part::Absent,
        Some(Value::Null) => Part::Null,
        Some(value) => Part::Given(value),
    }
}

fn fields(value: Value) -> Fields {
    match &value {
        Value::Object(_) => Fields::Given(edits(value)),
        value if !is_truthy(value) => Fields::None,
        _ => Fields::Odd(edits(value)),
    }
}

/// What comes back redacted is left out, so that what is stored stays (PRP-05). Null is a value here.
fn edits(value: Value) -> Secret<FieldEdits> {
    let given = spread(value).into_iter().filter(|(_, value)| !is_redacted(value));
    Secret::new(Edits::Merge(given.map(|(name, value)| (name, Edit::Set(value))).collect()))
}

impl Fields {
    /// The same for a new credential, which must have some.
    pub(super) fn stored(self, mode: FlowiseMode) -> Option<Secret<FieldEdits>> {
        match self {
            Self::None => None,
            given => given.taken(mode),
        }
    }

    /// The same for a change, which may also remove some; what it gives as well is set.
    pub(super) fn changed(self, mode: FlowiseMode, removed: Vec<String>) -> Option<Secret<FieldEdits>> {
        let edits = self.taken(mode)?;
        if removed.is_empty() {
            return Some(edits);
        }
        // EXPOSE: the same edits behind others.
        let given = match edits.expose() {
            Edits::Merge(given) => given.clone(),
            Edits::Keep | Edits::Replace(_) => Vec::new(),
        };
        let removed = removed.into_iter().map(|name| (name, Edit::Remove));
        Some(Secret::new(Edits::Merge(removed.chain(given).collect())))
    }

    /// The edits; `None` where this mode does not take what was sent.
    pub(super) fn taken(self, mode: FlowiseMode) -> Option<Secret<FieldEdits>> {
        match (self, mode) {
            (Self::None, _) => Some(Secret::new(Edits::Keep)),
            (Self::Given(edits), _) | (Self::Odd(edits), FlowiseMode::Exact) => Some(edits),
            (Self::Odd(_), FlowiseMode::Documented) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::redaction::PLACEHOLDER;
    use super::*;

    fn names(fields: Fields, mode: FlowiseMode) -> Option<Vec<String>> {
        fields.taken(mode).map(|edits| edits.expose().keys().into_iter().cloned().collect())
    }

    #[test]
    fn prp_05_redacted_forms_are_no_edits() {
        let sent = json!({"a": PLACEHOLDER, "b": "redis://:\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}@h",
            "c": null, "d": ""});
        assert_eq!(names(fields(sent), FlowiseMode::Documented).unwrap(), ["c", "d"]);
    }

    #[test]
    fn what_is_no_object_is_taken_in_one_mode_and_not_in_the_other() {
        for odd in [json!("ab"), json!(["a", "b"])] {
            assert_eq!(names(fields(odd.clone()), FlowiseMode::Exact).unwrap(), ["0", "1"]);
            assert_eq!(names(fields(odd), FlowiseMode::Documented), None);
        }
        for nothing in [json!(null), json!(false), json!(0), json!("")] {
            assert_eq!(names(fields(nothing), FlowiseMode::Documented).unwrap(), [""; 0]);
        }
        assert_eq!(names(fields(json!(7)), FlowiseMode::Exact).unwrap(), [""; 0]);
    }
}
