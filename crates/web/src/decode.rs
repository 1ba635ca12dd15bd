//! A body's fields, taken by name: all faults at once, each with its JSON pointer, none with the value.
//!
//! What nobody took is a fault too. A name that this API does not know is counted and not repeated,
//! because it may be a secret in the wrong place (PRP-01, INP-01).

mod known;

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::{Map, Value};
use strongroom_domain::fields::wipe;
use strongroom_domain::{Error, Fault};

use crate::Document;

/// The fields of one JSON object. What is not taken is overwritten in memory on drop.
pub struct Fields {
    unread: Map<String, Value>,
    /// Where the object stands; empty for the body itself.
    pointer: String,
    faults: Vec<Fault>,
}

impl Fields {
    /// The fields of a body; a fault where the body is anything but an object.
    pub fn of(document: Document) -> Self {
        let mut fields = Self { unread: Map::new(), pointer: String::new(), faults: Vec::new() };
        match document.into_value() {
            Value::Object(map) => fields.unread = map,
            mut other => {
                wipe(&mut other);
                fields.faults.push(Fault::new("", "must be an object"));
            }
        }
        fields
    }

    /// Whether a field is there, null or not.
    pub fn contains(&self, name: &str) -> bool {
        self.unread.contains_key(name)
    }

    /// A field to look at, where its type decides how it is read.
    pub fn peek(&self, name: &str) -> Option<&Value> {
        self.unread.get(name)
    }

    /// A field as it stands.
    pub fn take(&mut self, name: &str) -> Option<Document> {
        self.unread.shift_remove(name).map(Document::from)
    }

    /// Notes that a field is missing, where it is.
    pub fn require(&mut self, name: &str) {
        if !self.contains(name) {
            self.fault(name, "is required");
        }
    }

    /// A text of some type. Null is a fault.
    pub fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        match self.text(name)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(name, error);
                None
            }
        }
    }

    /// A text of some type, or null: the inner `None`.
    pub fn parsed_or_null<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<Option<T>> {
        if self.take_null(name) { Some(None) } else { self.parsed(name).map(Some) }
    }

    /// One of these words.
    pub fn choice<T: Clone>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.fault(name, format!("must be one of: {}", known.join(", ")));
        }
        found
    }

    /// True or false.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?.value().as_bool();
        self.or_fault(name, value, "must be true or false")
    }

    /// A whole number within bounds; `1.0` is none.
    pub fn number(&mut self, name: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let number = self.take(name)?.value().as_u64().filter(|number| bounds.contains(number));
        let wanted = format!("must be a whole number from {} to {}", bounds.start(), bounds.end());
        self.or_fault(name, number, &wanted)
    }

    /// A text as it stands.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)?.into_value() {
            Value::String(text) => Some(text),
            mut other => {
                wipe(&mut other);
                self.fault(name, "must be a string");
                None
            }
        }
    }

    /// An object whose keys the caller chooses.
    pub fn map(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.take(name)?.into_value() {
            Value::Object(map) => Some(map),
            mut other => {
                wipe(&mut other);
                self.fault(name, "must be an object");
                None
            }
        }
    }

    /// An object whose keys we choose, read by `read`.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let fields = self.map(name)?;
        let mut inner = Self { unread: fields, pointer: self.place(name), faults: Vec::new() };
        let value = read(&mut inner);
        let faults = inner.finish();
        let is_sound = faults.is_empty();
        self.faults.extend(faults);
        value.filter(|_| is_sound)
    }

    /// A list of texts of some type, at most so many.
    pub fn list<T: FromStr<Err: Display>>(&mut self, name: &str, most: usize) -> Option<Vec<T>> {
        let document = self.take(name)?;
        let items = document.value().as_array().filter(|items| items.len() <= most);
        let Some(items) = items else {
            self.fault(name, format!("must be a list of at most {most}"));
            return None;
        };
        items.iter().enumerate().map(|(at, item)| self.item(&format!("{name}/{at}"), item)).collect()
    }

    /// A list of objects, at most so many, each read by `read`.
    pub fn objects<T>(
        &mut self,
        name: &str,
        most: usize,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = match self.take(name)?.into_value() {
            Value::Array(items) if items.len() <= most => items,
            mut other => {
                wipe(&mut other);
                self.fault(name, format!("must be a list of at most {most} objects"));
                return None;
            }
        };
        let mut all = Some(Vec::with_capacity(items.len()));
        for (at, item) in items.into_iter().enumerate() {
            let place = format!("{name}/{at}");
            self.unread.insert(place.clone(), item);
            match (self.object(&place, &mut read), &mut all) {
                (Some(value), Some(all)) => all.push(value),
                _ => all = None,
            }
        }
        all
    }

    /// Takes a field away if it is null.
    pub fn take_null(&mut self, name: &str) -> bool {
        let is_null = self.unread.get(name).is_some_and(Value::is_null);
        is_null && self.unread.shift_remove(name).is_some()
    }

    /// Notes what is wrong with a field.
    pub fn fault(&mut self, name: &str, message: impl Display) {
        self.faults.push(Fault::new(self.place(name), message));
    }

    /// Notes what is wrong with the object as a whole.
    pub fn fault_here(&mut self, message: impl Display) {
        self.faults.push(Fault::new(self.pointer.clone(), message));
    }

    /// Drops what nobody took, for wire formats whose servers ignore what they do not know.
    pub fn ignore_rest(&mut self) {
        self.unread.values_mut().for_each(wipe);
        self.unread.clear();
    }

    /// All faults, those about fields that nobody took included.
    #[must_use]
    pub fn finish(mut self) -> Vec<Fault> {
        let mut unknown = 0_usize;
        let names: Vec<String> = self.unread.keys().cloned().collect();
        for name in names {
            match known::refusal(&name) {
                Some(why) => self.fault(&name, why),
                None => unknown += 1,
            }
        }
        if unknown > 0 {
            let message =
                format!("{unknown} unknown field(s), not named here because a name may hold a secret");
            self.faults.push(Fault::new(self.pointer.clone(), message));
        }
        std::mem::take(&mut self.faults)
    }

    /// What was read, if there was no fault and nothing was missing.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn complete<T>(self, value: Option<T>) -> Result<T, Error> {
        let faults = self.finish();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(Error::invalid(faults)),
        }
    }

    fn item<T: FromStr<Err: Display>>(&mut self, place: &str, item: &Value) -> Option<T> {
        let parsed = item.as_str().map(str::parse);
        match parsed {
            Some(Ok(value)) => return Some(value),
            Some(Err(error)) => self.fault(place, error),
            None => self.fault(place, "must be a string"),
        }
        None
    }

    fn or_fault<T>(&mut self, name: &str, value: Option<T>, wanted: &str) -> Option<T> {
        if value.is_none() {
            self.fault(name, wanted);
        }
        value
    }

    /// The pointer of a field. Only for names of ours, which need no escape (RFC 6901 section 3).
    fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        self.unread.values_mut().for_each(wipe);
    }
}

#[cfg(test)]
mod tests {
    use strongroom_domain::text::{Name, Slug};

    use super::*;

    fn fields(value: Value) -> Fields {
        Fields::of(Document::from(value))
    }

    fn places(faults: &[Fault]) -> Vec<&str> {
        faults.iter().map(|fault| fault.pointer.as_str()).collect()
    }

    #[test]
    fn all_faults_come_at_once_with_their_places() {
        let mut body = fields(serde_json::json!({
            "name": "", "slug": 7, "verify": {"policy": "sometimes", "extra": 1}, "rebind": "true",
            "hold_seconds": 1.0, "ids": ["a", 7, "B"],
        }));
        assert_eq!(body.parsed::<Name>("name"), None);
        assert_eq!(body.parsed_or_null::<Slug>("slug"), None);
        assert_eq!(body.object("verify", |verify| verify.choice("policy", &[("skip", ())])), None);
        assert_eq!(body.boolean("rebind"), None);
        assert_eq!(body.number("hold_seconds", 1..=9), None);
        assert_eq!(body.list::<Slug>("ids", 3), None);
        body.require("kind");
        let expected =
            ["/name", "/slug", "/verify/policy", "/verify", "/rebind", "/hold_seconds", "/ids/1", "/kind"];
        assert_eq!(places(&body.finish()), expected);
    }

    #[test]
    fn null_empties_only_where_it_may() {
        let mut body = fields(serde_json::json!({"slug": null, "name": null}));
        assert_eq!(body.parsed_or_null::<Slug>("slug"), Some(None));
        assert_eq!(body.parsed::<Name>("name"), None);
        assert_eq!(places(&body.finish()), ["/name"]);
    }

    #[test]
    fn what_is_ignored_is_no_fault() {
        let mut body = fields(serde_json::json!({"name": 7, "uuid": "x", "nested": {"a": 1}}));
        assert_eq!(body.text("name"), None);
        body.ignore_rest();
        assert_eq!(places(&body.finish()), ["/name"]);
    }

    #[test]
    fn prp_01_known_names_are_named_and_others_counted() {
        let names = [
            "id",
            "org_id",
            "workspace_id",
            "version",
            "created_at",
            "verified_at",
            "status",
            "fingerprint",
            "ciphertext",
            "kek_version",
            "is_public",
            "shared_with",
            "orgId",
            "createdAt",
            "kekVersion",
        ];
        for name in names {
            let faults = fields(serde_json::json!({ name: 1 })).finish();
            assert_eq!(places(&faults), [format!("/{name}")], "{name}");
        }
        let faults = fields(serde_json::json!({"cnry-name": 1, "__proto__": 2})).finish();
        assert_eq!(places(&faults), [""]);
        assert!(faults[0].message.starts_with("2 unknown"), "{}", faults[0].message);
        assert!(!faults[0].message.contains("cnry"));
    }

    #[test]
    fn inp_03_an_array_is_not_an_object() {
        for value in [serde_json::json!([]), serde_json::json!(["a"]), Value::Null, serde_json::json!("{}")] {
            assert_eq!(places(&fields(value).finish()), [""]);
        }
    }
}
