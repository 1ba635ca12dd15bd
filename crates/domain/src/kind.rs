//! What sorts of credentials there are: fields, methods, marks. Data, not code.
//!
//! A *known* kind has a schema that drafts are checked against. An *opaque* kind (accepted under a
//! dialect's name) has none: everything is sealed and nothing is checked.

use std::fmt;

use regex_lite::Regex;
use serde_json::Value;

/// What a field holds. Decides how a value is checked and canonicalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// One line of text.
    String,
    /// Text of several lines.
    Text,
    /// A whole number between the bounds, both included.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// True or false.
    Boolean,
    /// One of these words.
    Choice(Vec<String>),
    /// A host name or address in canonical spelling.
    Host,
    /// A port, 1 to 65535.
    Port,
    /// An absolute `http` or `https` URL without user information.
    Url,
    /// PEM blocks.
    Pem,
    /// Any JSON value.
    Json,
}

/// What a field means beyond its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Must be there.
    Required,
    /// Kept sealed, never shown.
    Secret,
    /// Says where secrets travel.
    Target,
    /// Says whose credential it is; counts for duplicates.
    Identity,
}

/// One field of a kind.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it holds.
    pub kind: FieldType,
    /// What it means.
    pub marks: Vec<Mark>,
    /// What a text must match as a whole; linear-time engine.
    pub pattern: Option<Regex>,
    /// One sentence of help.
    pub help: Option<String>,
    /// An example, shown where nothing is typed yet.
    pub placeholder: Option<String>,
    /// Filled in where the caller gives nothing.
    pub default: Option<Value>,
}

impl Field {
    /// A field without marks.
    pub fn new(name: &str, title: &str, kind: FieldType) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            kind,
            marks: Vec::new(),
            pattern: None,
            help: None,
            placeholder: None,
            default: None,
        }
    }

    /// Adds marks.
    #[must_use]
    pub fn marked(mut self, marks: &[Mark]) -> Self {
        self.marks.extend_from_slice(marks);
        self
    }

    /// Adds a sentence of help.
    #[must_use]
    pub fn help(mut self, help: &str) -> Self {
        self.help = Some(help.to_owned());
        self
    }

    /// Adds an example.
    #[must_use]
    pub fn placeholder(mut self, example: &str) -> Self {
        self.placeholder = Some(example.to_owned());
        self
    }

    /// Adds a default.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Whether it bears the mark.
    pub fn is(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }
}

/// One of a kind's exclusive groups of fields.
#[derive(Debug, Clone)]
pub struct Method {
    /// Its name on the wire.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// The fields that exist only with this method.
    pub fields: Vec<Field>,
}

/// How far the check of a kind has been tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckGrade {
    /// Against a real server, in our tests.
    LiveTested,
    /// Written from the vendor's documentation.
    Documented,
    /// There is no check.
    None,
}

/// Whether fields beyond the schema exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherFields {
    /// The schema is all there is.
    Refused,
    /// Any settings and any secrets, each where the caller puts it.
    Accepted,
}

/// A sort of credential.
#[derive(Debug, Clone)]
pub struct Kind {
    /// Its name on the wire.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// The vendor's page about such credentials.
    pub documentation: Option<String>,
    /// Fields that every method has.
    pub fields: Vec<Field>,
    /// At least one; the first is the default.
    pub methods: Vec<Method>,
    /// How far its check has been tried.
    pub check: CheckGrade,
    /// Whether the schema is all there is.
    pub others: OtherFields,
}

impl Kind {
    /// The method of this name.
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The method a draft has when it names none.
    ///
    /// # Panics
    ///
    /// Never for a kind of the catalogue: its test refuses one without methods.
    pub fn default_method(&self) -> &Method {
        self.methods.first().expect("a kind has at least one method")
    }

    /// All fields that exist with a method, common ones first.
    pub fn fields_of<'a>(&'a self, method: &str) -> impl Iterator<Item = &'a Field> + use<'a> {
        let own = self.method(method).map(|m| m.fields.as_slice()).unwrap_or_default();
        self.fields.iter().chain(own)
    }

    /// One field that exists with a method.
    pub fn field_of<'a>(&'a self, method: &str, name: &str) -> Option<&'a Field> {
        self.fields_of(method).find(|field| field.name == name)
    }

    /// Whether any of its methods has a field of this name.
    pub fn knows(&self, name: &str) -> bool {
        let own = self.methods.iter().flat_map(|method| &method.fields);
        self.fields.iter().chain(own).any(|field| field.name == name)
    }

    /// Whether some other method has a field of this name: what a method switch drops.
    pub fn belongs_elsewhere(&self, method: &str, name: &str) -> bool {
        self.field_of(method, name).is_none()
            && self.methods.iter().any(|other| other.fields.iter().any(|field| field.name == name))
    }
}

impl fmt::Display for CheckGrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LiveTested => "live_tested",
            Self::Documented => "documented",
            Self::None => "none",
        })
    }
}
