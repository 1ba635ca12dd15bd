//! The credential types of Flowise 3.1.4: their fields, as data in `types.json`.
//!
//! The file holds facts (names, labels, types, defaults) in the order and spelling of the wire; the vendor's
//! artwork is left out, and so are its sentences: where it is known that a type or field has a description or an
//! example, there is one in our words, so that the keys are the same. Three default scopes are
//! shorter than the real ones, because the source they were taken from cut them; their last whole word stays.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// One type, in the shape of the wire.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct CredentialType {
    pub(super) label: String,
    /// What clients name it by.
    pub(super) name: String,
    version: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    optional: Option<bool>,
    /// Its fields, in the order of the form.
    pub(super) inputs: Vec<Input>,
    /// A file name and never a path: where our files lie is nobody's business.
    #[serde(default)]
    icon: String,
}

/// One field of a type, in the shape of the wire.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Input {
    /// Its label in forms.
    pub(super) label: String,
    /// Its name in `plainDataObj`.
    pub(super) name: String,
    /// What it holds, and so how it is redacted.
    #[serde(rename = "type")]
    pub(super) holds: Holds,
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    optional: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<Choice>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden: Option<bool>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Choice {
    label: String,
    name: String,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Holds {
    /// A secret; never shown.
    Password,
    /// A text; shown.
    String,
    /// A URL whose password is a secret.
    Url,
    /// A number; shown.
    Number,
    /// True or false; shown.
    Boolean,
    /// One of some words; shown.
    Options,
}

impl CredentialType {
    /// Whether a credential of this type is of no use without the field.
    pub(super) fn needs(&self, input: &Input) -> bool {
        let may_be_absent = [self.optional, input.optional, input.hidden].contains(&Some(true));
        !may_be_absent && input.default.is_none()
    }

    /// The field of this name.
    pub(super) fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }
}

impl Input {
    /// # Errors
    ///
    /// What the field must be, where the value is something else.
    pub(super) fn takes(&self, value: &Value) -> Result<(), &'static str> {
        let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
        let (fits, wanted) = match self.holds {
            Holds::Password | Holds::String | Holds::Url => (value.is_string(), "must be a text"),
            Holds::Number => (value.is_number() || value.as_str().is_some_and(is_number), "must be a number"),
            Holds::Boolean => (value.is_boolean(), "must be true or false"),
            Holds::Options => (self.has_option(value), "must be one of its options"),
        };
        if fits { Ok(()) } else { Err(wanted) }
    }

    fn has_option(&self, value: &Value) -> bool {
        self.options.iter().flatten().any(|option| value.as_str() == Some(&option.name))
    }
}

/// Every type, in the order of the list.
pub(super) fn types() -> &'static [CredentialType] {
    &REGISTRY.types
}

/// The type of this name.
pub(super) fn find(name: &str) -> Option<&'static CredentialType> {
    REGISTRY.places.get(name).map(|place| &REGISTRY.types[*place])
}

struct Registry {
    types: Vec<CredentialType>,
    places: HashMap<String, usize>,
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let mut types: Vec<CredentialType> =
        serde_json::from_str(include_str!("types.json")).expect("the file is part of the build and tested");
    for known in &mut types {
        known.icon = format!("{}.svg", known.name);
    }
    let places = types.iter().enumerate().map(|(place, known)| (known.name.clone(), place)).collect();
    Registry { types, places }
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn there_are_113_types_with_225_fields() {
        let inputs = || types().iter().flat_map(|known| &known.inputs);
        let mut held: BTreeMap<String, usize> = BTreeMap::new();
        for input in inputs() {
            *held.entry(format!("{:?}", input.holds)).or_default() += 1;
        }
        assert_eq!((types().len(), inputs().count(), REGISTRY.places.len()), (113, 225, 113));
        let expected =
            [("Boolean", 1), ("Number", 1), ("Options", 1), ("Password", 116), ("String", 99), ("Url", 7)];
        assert_eq!(held, expected.map(|(name, count)| (name.to_owned(), count)).into());
    }

    #[test]
    fn a_type_has_the_keys_of_the_wire_in_their_order() {
        let shown = serde_json::to_string(find("openAIApi").unwrap()).unwrap();
        let expected = r#"{"label":"OpenAI API","name":"openAIApi","version":1,"inputs":[{"label":"OpenAI Api Key","name":"openAIApiKey","type":"password"}],"icon":"openAIApi.svg"}"#;
        assert_eq!(shown, expected);
        let shown = serde_json::to_value(find("awsApi").unwrap()).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&shown), ["label", "name", "version", "description", "optional", "inputs", "icon"]);
        let expected = ["label", "name", "type", "placeholder", "description", "optional"];
        assert_eq!(keys(&shown["inputs"][0]), expected);
        let shown = serde_json::to_value(find("ibmWatsonx").unwrap()).unwrap();
        let keys: Vec<&String> = shown["inputs"][3].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["label", "name", "type", "default", "options"]);
    }

    #[test]
    fn prp_09_no_icon_tells_where_files_lie() {
        for known in types() {
            assert!(!known.icon.contains('/') && known.icon.starts_with(&known.name), "{}", known.icon);
        }
    }

    #[test]
    fn no_default_ends_in_the_middle_of_a_scope() {
        for input in types().iter().flat_map(|known| &known.inputs) {
            let default = input.default.as_ref().and_then(Value::as_str).unwrap_or_default();
            assert!(default.len() < 200, "{} of {} characters", input.name, default.len());
        }
    }
}
