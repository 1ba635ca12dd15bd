//! The wire formats there are, and what a credential keeps on behalf of each.
//!
//! Must never decide anything by dialect: the core only keeps what one of them gave it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::change::FieldEdits;
use crate::credential::Credential;
use crate::fields::FieldMap;
use crate::{Fault, limits};

/// One wire format over the core.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Our own.
    #[default]
    Native,
    /// Flowise 3.
    Flowise,
    /// `SuperAI` Flows.
    Superai,
    /// DX Data Cloud.
    Dx,
    /// The `ZStack` federation platform.
    Zstack,
}

/// No dialect has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a dialect")]
pub struct NotADialect;

impl Dialect {
    /// Every dialect, for tables and tests.
    pub const ALL: [Self; 5] = [Self::Native, Self::Flowise, Self::Superai, Self::Dx, Self::Zstack];

    /// The stable name, in stores, configurations and the names of opaque kinds.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Flowise => "flowise",
            Self::Superai => "superai",
            Self::Dx => "dx",
            Self::Zstack => "zstack",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Dialect {
    type Err = NotADialect;

    fn from_str(text: &str) -> Result<Self, NotADialect> {
        Self::ALL.into_iter().find(|dialect| dialect.code() == text).ok_or(NotADialect)
    }
}

/// Ids by the dialect that knows them.
pub type Aliases = BTreeMap<Dialect, String>;

/// What a credential keeps on behalf of dialects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Through which dialect it was made.
    pub origin: Dialect,
    /// Its ids beside its own: at most one per dialect, given when it is made, gone with it.
    pub aliases: Aliases,
    /// What only that dialect shows: public, small, and no part of the value.
    pub annotations: BTreeMap<Dialect, FieldMap>,
}

impl Foreign {
    /// What one dialect noted, if anything.
    pub fn noted(&self, dialect: Dialect) -> Option<&FieldMap> {
        self.annotations.get(&dialect)
    }

    /// The annotations after edits by one dialect; those of the others stay.
    ///
    /// # Errors
    ///
    /// A fault where they outgrow [`limits::ANNOTATION_BYTES`].
    pub fn annotated(mut self, dialect: Dialect, edits: &FieldEdits) -> Result<Self, Fault> {
        let fields = self.annotations.entry(dialect).or_default();
        fields.edit(edits);
        if fields.json_bytes() > limits::ANNOTATION_BYTES {
            return Err(Fault::new("", "holds more beside its fields than can be kept"));
        }
        self.annotations.retain(|_, fields| !fields.is_empty());
        Ok(self)
    }
}

/// Which credentials a caller's dialect shows; the others are not found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// Every one of the workspace: the native API.
    #[default]
    All,
    /// Those of one dialect.
    Of(DialectView),
}

/// What one dialect shows: what was made through it, what it has an alias for, and every credential of the
/// kinds that it has words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DialectView {
    /// Which dialect.
    pub dialect: Dialect,
    /// The known kinds it has words for.
    pub kinds: &'static [&'static str],
}

impl View {
    /// Whether this credential is shown.
    pub fn shows(&self, credential: &Credential) -> bool {
        let Self::Of(view) = self else { return true };
        credential.foreign.origin == view.dialect
            || view.kinds.contains(&credential.kind.as_str())
            || credential.foreign.aliases.contains_key(&view.dialect)
    }

    /// Through which dialect the caller speaks.
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::All => Dialect::Native,
            Self::Of(view) => view.dialect,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Edit, Edits};

    #[test]
    fn every_dialect_has_one_name_both_ways() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.code().parse(), Ok(dialect));
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.code());
        }
        assert_eq!("Flowise".parse::<Dialect>(), Err(NotADialect));
    }

    #[test]
    fn annotations_are_edited_by_their_own_dialect_alone() {
        let edit = |key: &str, edit| Edits::Merge(vec![(key.to_owned(), edit)]);
        let foreign = Foreign::default()
            .annotated(Dialect::Flowise, &edit("a", Edit::Set(1.into())))
            .and_then(|foreign| foreign.annotated(Dialect::Dx, &edit("a", Edit::Set(2.into()))))
            .and_then(|foreign| foreign.annotated(Dialect::Flowise, &edit("b", Edit::Set(3.into()))))
            .unwrap();
        let flowise = foreign.noted(Dialect::Flowise).unwrap();
        assert_eq!((flowise.integer("a"), flowise.integer("b")), (Some(1), Some(3)));
        let bare = foreign.annotated(Dialect::Dx, &edit("a", Edit::Remove)).unwrap();
        assert_eq!(bare.annotations.keys().collect::<Vec<_>>(), [&Dialect::Flowise]);
        let large = "x".repeat(limits::ANNOTATION_BYTES);
        assert!(Foreign::default().annotated(Dialect::Dx, &edit("a", Edit::Set(large.into()))).is_err());
    }
}
