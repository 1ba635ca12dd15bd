//! Named JSON values in the order they were given: the shape of settings and of secrets.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroize;

use crate::change::{Edit, FieldEdits};

/// An ordered map from field name to JSON value. Public settings are a bare `FieldMap`; secrets are
/// always a [`Secret<FieldMap>`](crate::Secret), which overwrites every string on drop. `Debug` shows
/// names only, because a draft may hold a secret in the wrong place.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldMap(Map<String, Value>);

impl FieldMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of one field.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The value of one field if it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The value of one field if it is a whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    /// Whether the field is there.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets a field: in its old place when it was there, at the end otherwise.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        if let Some(mut old) = self.0.insert(name.into(), value.into()) {
            wipe(&mut old);
        }
    }

    /// Removes a field and keeps the order of the others. The old value is overwritten in memory.
    pub fn remove(&mut self, name: &str) {
        if let Some(mut old) = self.0.shift_remove(name) {
            wipe(&mut old);
        }
    }

    /// Applies edits in their order.
    pub fn edit(&mut self, edits: &FieldEdits) {
        match edits {
            FieldEdits::Keep => {}
            FieldEdits::Merge(edits) => {
                for (name, edit) in edits {
                    match edit {
                        Edit::Set(value) => self.set(name.clone(), value.clone()),
                        Edit::Remove => self.remove(name),
                    }
                }
            }
            FieldEdits::Replace(pairs) => {
                self.zeroize();
                for (name, value) in pairs {
                    self.set(name.clone(), value.clone());
                }
            }
        }
    }

    /// Bytes as JSON text, roughly, without building the text: a copy of a secret would have to be wiped.
    pub fn json_bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + json_bytes(value)).sum()
    }

    /// Names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The map as JSON library type, for rendering settings.
    pub const fn as_json(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl From<Map<String, Value>> for FieldMap {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for FieldMap {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for FieldMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Zeroize for FieldMap {
    fn zeroize(&mut self) {
        self.0.values_mut().for_each(wipe);
        self.0.clear();
    }
}

/// Overwrites every string inside a JSON value, keys of nested objects excepted.
pub fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Bytes of a value as JSON text, roughly.
pub(crate) fn json_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 20,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| json_bytes(item) + 1).sum::<usize>() + 2,
        Value::Object(map) => {
            map.iter().map(|(key, item)| key.len() + json_bytes(item) + 4).sum::<usize>() + 2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_through_set_and_remove() {
        let mut fields: FieldMap = [("a", "1"), ("b", "2"), ("c", "3")].into_iter().collect();
        fields.set("a", "4");
        fields.remove("b");
        fields.set("d", 5);
        assert_eq!(fields.names().collect::<Vec<_>>(), ["a", "c", "d"]);
        assert_eq!(fields.text("a"), Some("4"));
    }

    #[test]
    fn debug_shows_names_only() {
        let fields: FieldMap = [("password", "cnry-debug")].into_iter().collect();
        assert_eq!(format!("{fields:?}"), r#"{"password"}"#);
    }
}
