//! Before step 3: a dialect's own names of fields, turned into the names of the kind.
//!
//! Which kind a change is for is known only once the credential is loaded, and a change may give it another
//! kind; so the dialect's table travels with the change, and no race can put a value under a wrong name. A
//! name that the table does not know never becomes a field of the kind's own: it is put aside.

use crate::Secret;
use crate::change::{CredentialChange, Edits, FieldEdits};
use crate::credential::Opened;
use crate::dialect::Dialect;
use crate::fields::FieldMap;
use crate::kind::Kind;

/// One field that a dialect calls otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelled {
    /// The kind that has it.
    pub kind: &'static str,
    /// Its name in the dialect.
    pub theirs: &'static str,
    /// Its name in the kind.
    pub ours: &'static str,
}

/// All that a dialect calls otherwise. In its own (opaque) kinds every name is the dialect's already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling {
    /// Whose names.
    pub dialect: Dialect,
    /// The table; a name stands at most once per kind on either side.
    pub fields: &'static [Spelled],
}

impl Spelling {
    /// The name under which a credential of this kind keeps what the dialect calls `theirs`.
    pub fn ours(&self, kind: &Kind, theirs: &str) -> String {
        if self.owns(kind) {
            return theirs.to_owned();
        }
        match self.fields.iter().find(|field| field.kind == kind.name && field.theirs == theirs) {
            Some(field) => field.ours.to_owned(),
            None if kind.knows(theirs) || theirs.starts_with(&self.aside("")) => self.aside(theirs),
            None => theirs.to_owned(),
        }
    }

    /// What the dialect calls the field `ours` of a credential of this kind; `None` where it has no name
    /// for it.
    pub fn theirs(&self, kind: &Kind, ours: &str) -> Option<String> {
        if self.owns(kind) {
            return Some(ours.to_owned());
        }
        if let Some(field) = self.fields.iter().find(|field| field.kind == kind.name && field.ours == ours) {
            return Some(field.theirs.to_owned());
        }
        if kind.knows(ours) {
            return None;
        }
        Some(ours.strip_prefix(&self.aside("")).unwrap_or(ours).to_owned())
    }

    fn owns(&self, kind: &Kind) -> bool {
        Kind::opaque_origin(&kind.name) == Some(self.dialect)
    }

    /// No kind has a field with a slash in its name.
    fn aside(&self, name: &str) -> String {
        format!("{}/{name}", self.dialect.code())
    }

    /// Where a stored field goes when its credential becomes one of another kind.
    fn moved(&self, name: &str, before: &Kind, after: &Kind) -> String {
        self.theirs(before, name).map_or_else(|| self.aside(name), |theirs| self.ours(after, &theirs))
    }

    fn stored(&self, fields: &FieldMap, before: &Kind, after: &Kind) -> FieldMap {
        fields.iter().map(|(name, value)| (self.moved(name, before, after), value.clone())).collect()
    }

    fn edits(&self, edits: &FieldEdits, kind: &Kind) -> FieldEdits {
        match edits {
            Edits::Keep => Edits::Keep,
            Edits::Merge(edits) => {
                Edits::Merge(edits.iter().map(|(name, edit)| (self.ours(kind, name), edit.clone())).collect())
            }
            Edits::Replace(pairs) => Edits::Replace(
                pairs.iter().map(|(name, value)| (self.ours(kind, name), value.clone())).collect(),
            ),
        }
    }
}

/// The flat edits of a change under the names of the kind it is for.
#[must_use]
pub fn spell_change(change: &CredentialChange, kind: &Kind) -> CredentialChange {
    let mut change = change.clone();
    if let Some(spelling) = change.spelling {
        // EXPOSE: edits get other names, in memory.
        change.fields = Secret::new(spelling.edits(change.fields.expose(), kind));
    }
    change
}

/// What is stored, under the names that it has once its credential is of the kind `after`. What the dialect
/// has no name for is put aside, and settings of that sort are dropped: they belong to the old kind.
#[must_use]
pub fn spell_stored(mut opened: Opened, spelling: Spelling, before: &Kind, after: &Kind) -> Opened {
    if before.name == after.name {
        return opened;
    }
    let settings = &opened.credential.settings;
    let named: FieldMap = settings
        .iter()
        .filter(|(name, _)| spelling.theirs(before, name).is_some())
        .map(|(name, value)| (name, value.clone()))
        .collect();
    opened.credential.settings = spelling.stored(&named, before, after);
    // EXPOSE: secrets get other names, in memory.
    opened.secrets = Secret::new(spelling.stored(opened.secrets.expose(), before, after));
    let renamed = opened.credential.secret_fields.iter().map(|name| spelling.moved(name, before, after));
    opened.credential.secret_fields = renamed.collect();
    opened
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::change::Edit;
    use crate::steps::validate::tests::kind;

    const SPELLING: Spelling = Spelling {
        dialect: Dialect::Flowise,
        fields: &[Spelled { kind: "database", theirs: "thePassword", ours: "password" }],
    };

    fn other() -> Kind {
        Kind::opaque("flowise/other").unwrap()
    }

    fn edits(names: &[&str]) -> CredentialChange {
        let edits = names.iter().map(|name| ((*name).to_owned(), Edit::Set(Value::from("x")))).collect();
        CredentialChange {
            fields: Secret::new(Edits::Merge(edits)),
            spelling: Some(SPELLING),
            ..CredentialChange::default()
        }
    }

    fn names(change: &CredentialChange) -> Vec<String> {
        change.fields.expose().keys().into_iter().cloned().collect()
    }

    #[test]
    fn names_of_the_table_become_those_of_the_kind_and_back() {
        let kind = Kind { name: "database".to_owned(), ..kind() };
        assert_eq!(SPELLING.ours(&kind, "thePassword"), "password");
        assert_eq!(SPELLING.theirs(&kind, "password").as_deref(), Some("thePassword"));
        assert_eq!(SPELLING.ours(&other(), "thePassword"), "thePassword");
        assert_eq!(SPELLING.theirs(&kind, "host"), None, "the dialect has no name for it");
    }

    #[test]
    fn prp_01_no_name_of_a_caller_reaches_a_field_that_the_table_does_not_give() {
        let kind = Kind { name: "database".to_owned(), ..kind() };
        let spelled = spell_change(&edits(&["password", "host", "flowise/host", "region"]), &kind);
        assert_eq!(
            names(&spelled),
            ["flowise/password", "flowise/host", "flowise/flowise/host", "region"],
            "put aside, not set"
        );
        for name in names(&spelled) {
            assert!(!kind.knows(&name), "{name}");
        }
        assert_eq!(SPELLING.theirs(&kind, "flowise/password").as_deref(), Some("password"));
        assert_eq!(SPELLING.theirs(&kind, "flowise/flowise/host").as_deref(), Some("flowise/host"));
    }

    #[test]
    fn a_switch_of_kind_moves_what_is_stored() {
        let kind = Kind { name: "database".to_owned(), ..kind() };
        let mut opened = crate::steps::bind::tests::opened();
        opened.secrets.expose_mut().set("region", json!("north"));
        opened.credential.secret_fields.push("region".to_owned());
        let moved = spell_stored(opened.clone(), SPELLING, &kind, &other());
        assert_eq!(moved.secrets.expose().text("thePassword"), opened.secrets.expose().text("password"));
        assert_eq!(moved.credential.secret_fields, ["thePassword", "region"]);
        assert!(moved.credential.settings.is_empty(), "host and port were the old kind's own");
        let back = spell_stored(moved, SPELLING, &other(), &kind);
        assert_eq!(back.secrets.expose(), opened.secrets.expose());
    }
}
