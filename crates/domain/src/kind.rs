//! What sorts of credentials there are: fields, methods, marks. Data, not code.
//!
//! A *known* kind has a schema that drafts are checked against. An *opaque* kind (accepted under a
//! dialect's name) has none: everything is sealed and nothing is checked.

use std::fmt::{self, Write as _};

use serde_json::Value;

use crate::dialect::Dialect;
use crate::pattern::Pattern;
use crate::scopes::ScopeGrants;

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
    /// Of an identity, says where and not who: an organization that many accounts share.
    Place,
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
    /// What a text must match as a whole.
    pub pattern: Option<Pattern>,
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

    /// Whether a text has the form that the field's pattern asks for; without one, any has.
    pub fn takes(&self, text: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.takes(text))
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
    /// Which of its scopes hold which others.
    pub scopes: ScopeGrants,
}

/// Most bytes of the name of an opaque kind.
const OPAQUE_NAME_BYTES: usize = 255;

impl Kind {
    /// The opaque kind of this name: any fields, no check. `None` where the name is not one that
    /// [`Kind::opaque_name`] gives, and so may be a known kind's.
    pub fn opaque(name: &str) -> Option<Self> {
        Self::opaque_origin(name)?;
        Some(Self {
            name: name.to_owned(),
            title: name.to_owned(),
            description: "Kept under a dialect's name; nothing is checked.".to_owned(),
            documentation: None,
            fields: Vec::new(),
            methods: vec![Method {
                name: "fields".to_owned(),
                title: "Fields".to_owned(),
                fields: Vec::new(),
            }],
            check: CheckGrade::None,
            others: OtherFields::Accepted,
            scopes: ScopeGrants::default(),
        })
    }

    /// The name of the opaque kind for what a dialect calls `word`; `None` where that is too long. Letters,
    /// digits, `_`, `-` and `.` stay as they are, other bytes are percent-encoded: two words never meet.
    pub fn opaque_name(dialect: Dialect, word: &str) -> Option<String> {
        let mut name = format!("{}/", dialect.code());
        for byte in word.bytes() {
            if is_plain(byte) {
                name.push(char::from(byte));
            } else {
                // Writing into a String does not fail.
                let _infallible = write!(name, "%{byte:02X}");
            }
        }
        (name.len() <= OPAQUE_NAME_BYTES).then_some(name)
    }

    /// The dialect that an opaque kind belongs to; `None` for every other name.
    pub fn opaque_origin(name: &str) -> Option<Dialect> {
        let (dialect, word) = name.split_once('/')?;
        let dialect = dialect.parse().ok().filter(|dialect| *dialect != Dialect::Native)?;
        let is_encoded = word.bytes().all(|byte| is_plain(byte) || byte == b'%');
        (is_encoded && name.len() <= OPAQUE_NAME_BYTES).then_some(dialect)
    }

    /// What the dialect calls an opaque kind; `None` for every other name.
    pub fn opaque_word(name: &str) -> Option<String> {
        Self::opaque_origin(name)?;
        let mut bytes = name.split_once('/')?.1.bytes();
        let mut word = Vec::new();
        while let Some(byte) = bytes.next() {
            let digit =
                |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            word.push(if byte == b'%' { digit(bytes.next())? << 4 | digit(bytes.next())? } else { byte });
        }
        String::from_utf8(word).ok()
    }

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

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_names_are_told_from_known_ones_and_from_each_other() {
        let name = Kind::opaque_name(Dialect::Flowise, "openAIApi").unwrap();
        assert_eq!(name, "flowise/openAIApi");
        assert_eq!(Kind::opaque_origin(&name), Some(Dialect::Flowise));
        assert_eq!(Kind::opaque_name(Dialect::Flowise, "a/b %").as_deref(), Some("flowise/a%2Fb%20%25"));
        for word in ["openAIApi", "a/b %", "[object Object]", "\u{9375}", ""] {
            let name = Kind::opaque_name(Dialect::Flowise, word).unwrap();
            assert_eq!(Kind::opaque_word(&name).as_deref(), Some(word));
        }
        assert_eq!(Kind::opaque_word("postgresql"), None);
        assert_eq!(Kind::opaque_word("flowise/%4"), None);
        assert!(Kind::opaque(&name).is_some_and(|kind| kind.others == OtherFields::Accepted));
        assert_eq!(Kind::opaque_name(Dialect::Dx, &"x".repeat(253)), None);
        for other in ["postgresql", "native/x", "other/x", "flowise/a/b", "flowise/a b", "Flowise/x"] {
            assert_eq!(Kind::opaque_origin(other), None, "{other}");
        }
    }
}
