//! A kind as its schema tells it: which fields there are, and what sort of value each takes.
//!
//! Helps a person type; decides nothing, the server validates.

use serde_json::{Map, Value};

use super::nearest;
use crate::refusal::Refusal;

/// The answer of `GET /v1/kinds/{kind}`.
#[derive(Debug)]
pub(crate) struct KindSchema(Value);

/// The fields that exist with one method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Branch<'a> {
    pub(crate) method: &'a str,
    settings: &'a Value,
    secrets: &'a Value,
}

/// One field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldSchema<'a> {
    pub(crate) name: &'a str,
    schema: &'a Value,
}

impl KindSchema {
    pub(crate) fn new(kind: &Value) -> Self {
        Self(kind["schema"].clone())
    }

    /// The branch of this method.
    pub(crate) fn branch(&self, method: &str) -> Result<Branch<'_>, Refusal> {
        let found = self.branches().find(|branch| branch.method == method);
        found.ok_or_else(|| {
            let methods: Vec<&str> = self.branches().map(|branch| branch.method).collect();
            Refusal::unsent("the kind has no such method", format!("its methods: {}", methods.join(", ")))
        })
    }

    /// The first method that has every one of these fields, else the first of all.
    pub(crate) fn fitting(&self, names: &[&str]) -> Option<Branch<'_>> {
        let has_all = |branch: &Branch<'_>| names.iter().all(|name| branch.has(name));
        self.branches().find(has_all).or_else(|| self.branches().next())
    }

    pub(crate) fn branches(&self) -> impl Iterator<Item = Branch<'_>> {
        let branches = self.0["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        branches.iter().filter_map(|branch| {
            let properties = &branch["properties"];
            let method = properties["method"]["const"].as_str()?;
            Some(Branch { method, settings: &properties["settings"], secrets: &properties["secrets"] })
        })
    }
}

impl<'a> Branch<'a> {
    fn has(&self, name: &str) -> bool {
        self.settings["properties"].get(name).is_some() || self.secrets["properties"].get(name).is_some()
    }

    pub(crate) fn has_secret(&self, name: &str) -> bool {
        self.secrets["properties"].get(name).is_some()
    }

    /// Settings that must be given and have no default.
    pub(crate) fn required_settings(&self) -> impl Iterator<Item = FieldSchema<'a>> + use<'a> {
        required(self.settings)
    }

    pub(crate) fn required_secrets(&self) -> impl Iterator<Item = FieldSchema<'a>> + use<'a> {
        required(self.secrets)
    }

    /// The secret of this name; one that the kind does not know is a text.
    pub(crate) fn secret(&self, name: &'a str) -> FieldSchema<'a> {
        FieldSchema { name, schema: &self.secrets["properties"][name] }
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (FieldSchema<'a>, bool)> + use<'a> {
        properties(self.settings).chain(properties(self.secrets))
    }

    /// What a person typed for a setting, as the value that the kind wants.
    pub(crate) fn setting(&self, name: &str, text: &str) -> Result<Value, Refusal> {
        if let Some(schema) = self.settings["properties"].get(name) {
            return (FieldSchema { name: "", schema }).value(text).ok_or_else(|| mistyped(name, schema));
        }
        if self.has_secret(name) {
            let cause =
                format!("`{name}` is a secret, and --set would show it to every process of this machine");
            return Err(Refusal::unsent(
                cause,
                format!("--secret {name} asks for it; --secret {name}=- and --secret {name}=@FILE read it"),
            ));
        }
        if self.settings["additionalProperties"] == true {
            return Ok(text.into());
        }
        Err(self.unknown("setting", name))
    }

    /// Refuses the first that the kind does not take as a secret, before any is asked for or read.
    pub(crate) fn expect_secrets<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Result<(), Refusal> {
        if self.secrets["additionalProperties"] == true {
            return Ok(());
        }
        let Some(name) = names.find(|name| !self.has_secret(name)) else { return Ok(()) };
        if self.has(name) {
            let cause = format!("`{name}` is a setting and no secret");
            return Err(Refusal::unsent(cause, format!("--set {name}=VALUE")));
        }
        Err(self.unknown("secret", name))
    }

    /// Refuses a name that the kind has neither as a setting nor as a secret.
    pub(crate) fn expect_field(&self, name: &str) -> Result<(), Refusal> {
        let takes_others = |part: &Value| part["additionalProperties"] == true;
        if self.has(name) || takes_others(self.settings) || takes_others(self.secrets) {
            return Ok(());
        }
        Err(self.unknown("field", name))
    }

    /// The server counts unknown names and repeats none; here they were typed by the person who reads this. In
    /// the place of a secret's name may stand the secret: there only what is nearly one of ours is repeated.
    fn unknown(&self, sort: &str, name: &str) -> Refusal {
        let names: Vec<&str> = self.fields().map(|(field, _)| field.name).collect();
        let method = self.method;
        let cause = match nearest(name, names.iter().copied()) {
            Some(guess) => format!("the method {method} has no {sort} `{name}`; did you mean `{guess}`?"),
            None if sort == "secret" => {
                format!("the method {method} has no secret of the name that was given")
            }
            None => format!("the method {method} has no {sort} `{name}`"),
        };
        Refusal::unsent(cause, format!("its fields: {}", names.join(", ")))
    }
}

fn properties(object: &Value) -> impl Iterator<Item = (FieldSchema<'_>, bool)> {
    let fields = object["properties"].as_object().into_iter().flat_map(Map::iter);
    fields.map(|(name, schema)| {
        let is_required =
            object["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
        (FieldSchema { name, schema }, is_required)
    })
}

/// A field with a default is not among them.
fn required(object: &Value) -> impl Iterator<Item = FieldSchema<'_>> {
    properties(object).filter_map(|(field, is_required)| is_required.then_some(field))
}

impl FieldSchema<'_> {
    pub(crate) fn title(&self) -> &str {
        self.schema["title"].as_str().unwrap_or(self.name)
    }

    pub(crate) fn is_secret(&self) -> bool {
        self.schema["x-secret"] == true
    }

    /// Keys and certificates.
    pub(crate) fn has_lines(&self) -> bool {
        matches!(self.schema["x-field"].as_str(), Some("text" | "pem"))
    }

    /// What it takes, in a word.
    pub(crate) fn form(&self) -> String {
        let words = |words: &Vec<Value>| words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|");
        self.schema["enum"]
            .as_array()
            .map(words)
            .or_else(|| self.schema["x-field"].as_str().map(str::to_owned))
            .or_else(|| self.schema["type"].as_str().map(str::to_owned))
            .unwrap_or_else(|| "json".to_owned())
    }

    pub(crate) fn default(&self) -> Option<String> {
        let default = self.schema.get("default")?;
        Some(default.as_str().map_or_else(|| default.to_string(), str::to_owned))
    }

    /// `None` where the text is not of the field's sort.
    pub(crate) fn value(&self, text: &str) -> Option<Value> {
        match self.schema["type"].as_str() {
            Some("integer") => text.parse::<i64>().ok().map(Value::from),
            Some("boolean") => text.parse::<bool>().ok().map(Value::from),
            // A field without a type takes any JSON, where the text is some.
            None if self.schema.is_object() && self.schema.get("enum").is_none() => {
                Some(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
            }
            _ => Some(text.into()),
        }
    }
}

/// Says the sort and not the text, which may be a secret in the wrong place.
fn mistyped(name: &str, schema: &Value) -> Refusal {
    let fix = if schema["type"] == "integer" { "write digits" } else { "write true or false" };
    let sort = if schema["type"] == "integer" { "a number" } else { "a truth value" };
    Refusal::unsent(format!("`{name}` takes {sort}, and what was given is none"), fix)
}
