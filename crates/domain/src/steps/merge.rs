//! Step 3: lay a change over what is there, by the change's own rule.

use zeroize::Zeroize as _;

use crate::change::{CredentialChange, Edit, Edits, FieldEdits, LabelEdits};
use crate::credential::Candidate;
use crate::fields::FieldMap;
use crate::kind::{Kind, Mark};
use crate::steps::spell::Spelling;
use crate::text::Labels;

/// What `change` makes of `base`. `kind` is the kind the candidate will have, if it is a known one: a
/// switch of its method drops settings and secrets that belong to the other methods only.
pub fn merge(mut base: Candidate, change: &CredentialChange, kind: Option<&Kind>) -> Candidate {
    merge_plain_parts(&mut base, change);
    let method_before = base.method.clone();
    if let Some(name) = &change.kind {
        base.kind.clone_from(name);
    }
    if let Some(method) = &change.method {
        base.method.clone_from(method);
    }
    if let Some(kind) = kind.filter(|_| base.method != method_before) {
        drop_other_methods(&mut base, kind);
    }
    base.settings.edit(&change.settings);
    // EXPOSE: secrets are merged in memory; both sides stay inside `Secret`.
    base.secrets.expose_mut().edit(change.secrets.expose());
    // EXPOSE: the same, for those whose place only the kind knows.
    edit_placed(&mut base, change.fields.expose(), kind, change.spelling);
    base
}

fn merge_plain_parts(base: &mut Candidate, change: &CredentialChange) {
    fn put<T: Clone>(part: &mut T, new: Option<&T>) {
        if let Some(new) = new {
            part.clone_from(new);
        }
    }
    put(&mut base.name, change.name.as_ref());
    put(&mut base.slug, change.slug.as_ref());
    put(&mut base.description, change.description.as_ref());
    put(&mut base.owner, change.owner.as_ref());
    put(&mut base.integration, change.integration.as_ref());
    put(&mut base.expires_at, change.expires_at.as_ref());
    edit_labels(&mut base.labels, &change.labels);
}

fn drop_other_methods(base: &mut Candidate, kind: &Kind) {
    let method = base.method.clone();
    drop_fields(&mut base.settings, kind, &method);
    // EXPOSE: secrets of the method that is left are overwritten in memory.
    drop_fields(base.secrets.expose_mut(), kind, &method);
}

fn drop_fields(fields: &mut FieldMap, kind: &Kind, method: &str) {
    let gone: Vec<String> =
        fields.names().filter(|name| kind.belongs_elsewhere(method, name)).map(str::to_owned).collect();
    for name in &gone {
        fields.remove(name);
    }
}

/// Fields of a flat map, each put where the kind wants it: what the kind shows among the settings, everything
/// else among the secrets.
fn edit_placed(base: &mut Candidate, edits: &FieldEdits, kind: Option<&Kind>, spelling: Option<Spelling>) {
    let is_public = |method: &str, name: &str| {
        kind.and_then(|kind| kind.field_of(method, name)).is_some_and(|field| !field.is(Mark::Secret))
    };
    let method = base.method.clone();
    // EXPOSE: secrets are merged in memory; both sides stay inside `Secret`.
    let secrets = base.secrets.expose_mut();
    if let Edits::Replace(_) = edits {
        empty(&mut base.settings, kind, spelling);
        empty(secrets, kind, spelling);
    }
    for (name, value) in edits.outcomes() {
        let public = is_public(&method, name);
        let (home, other) =
            if public { (&mut base.settings, &mut *secrets) } else { (&mut *secrets, &mut base.settings) };
        other.remove(name);
        match value {
            Some(value) => home.set(name.clone(), value.clone()),
            None => home.remove(name),
        }
    }
}

/// What a dialect has no name for, its clients cannot send again: that stays, a stated host key first of all.
fn empty(fields: &mut FieldMap, kind: Option<&Kind>, spelling: Option<Spelling>) {
    let Some((kind, spelling)) = kind.zip(spelling) else { return fields.zeroize() };
    let named = |name: &&str| spelling.theirs(kind, name).is_some();
    let gone: Vec<String> = fields.names().filter(named).map(str::to_owned).collect();
    for name in &gone {
        fields.remove(name);
    }
}

fn edit_labels(labels: &mut Labels, edits: &LabelEdits) {
    match edits {
        Edits::Keep => {}
        Edits::Merge(edits) => {
            for (key, edit) in edits {
                match edit {
                    Edit::Set(value) => drop(labels.insert(key.clone(), value.clone())),
                    Edit::Remove => drop(labels.remove(key)),
                }
            }
        }
        Edits::Replace(pairs) => *labels = pairs.iter().cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::Secret;
    use crate::dialect::Dialect;
    use crate::steps::spell::Spelled;
    use crate::steps::validate::tests::{candidate, kind};

    fn secrets(pairs: Vec<(&str, Edit<Value>)>) -> Secret<FieldEdits> {
        Secret::new(Edits::Merge(pairs.into_iter().map(|(name, edit)| (name.to_owned(), edit)).collect()))
    }

    #[test]
    fn a_merge_sets_removes_and_keeps_the_rest() {
        let change = CredentialChange {
            secrets: secrets(vec![("password", Edit::Set("new".into())), ("token", Edit::Remove)]),
            ..CredentialChange::default()
        };
        let mut base = candidate();
        base.secrets.expose_mut().set("token", "gone");
        let merged = merge(base, &change, Some(&kind()));
        assert_eq!(merged.secrets.expose().text("password"), Some("new"));
        assert!(!merged.secrets.expose().contains("token"));
        assert_eq!(merged.settings, candidate().settings);
    }

    #[test]
    fn a_method_switch_drops_the_other_group() {
        let change = CredentialChange {
            method: Some("key".to_owned()),
            secrets: secrets(vec![("private_key", Edit::Set("k".into()))]),
            ..CredentialChange::default()
        };
        let merged = merge(candidate(), &change, Some(&kind()));
        assert_eq!(merged.secret_fields(), ["private_key"]);
        assert!(merged.settings.contains("host"), "common fields stay");
    }

    #[test]
    fn flat_fields_find_their_place_by_the_kind() {
        let set = |name: &str, value: &str| (name.to_owned(), Edit::Set(Value::from(value)));
        let change = CredentialChange {
            fields: Secret::new(Edits::Merge(vec![
                set("host", "other"),
                set("password", "new"),
                set("region", "north"),
                ("port".to_owned(), Edit::Remove),
            ])),
            ..CredentialChange::default()
        };
        let merged = merge(candidate(), &change, Some(&kind()));
        assert_eq!(merged.settings.names().collect::<Vec<_>>(), ["host"]);
        assert_eq!(merged.secret_fields(), ["password", "region"], "what the kind does not show is sealed");
        assert_eq!(merged.secrets.expose().text("password"), Some("new"));
    }

    #[test]
    fn a_flat_replace_empties_both_maps() {
        let change = CredentialChange {
            fields: Secret::new(Edits::Replace(vec![("token".to_owned(), "t".into())])),
            ..CredentialChange::default()
        };
        let merged = merge(candidate(), &change, Some(&kind()));
        assert!(merged.settings.is_empty());
        assert_eq!(merged.secret_fields(), ["token"]);
    }

    #[test]
    fn a_flat_replace_by_a_dialect_leaves_what_the_dialect_cannot_name() {
        const SPELLING: Spelling = Spelling {
            dialect: Dialect::Superai,
            fields: &[Spelled { kind: "database", theirs: "password", ours: "password" }],
        };
        let kind = Kind { name: "database".to_owned(), ..kind() };
        let mut base = candidate();
        base.secrets.expose_mut().set("extra", "of the dialect's client");
        let change = CredentialChange {
            fields: Secret::new(Edits::Replace(vec![("password".to_owned(), "new".into())])),
            spelling: Some(SPELLING),
            ..CredentialChange::default()
        };
        let merged = merge(base, &change, Some(&kind));
        assert_eq!(merged.settings, candidate().settings, "host and port have no name there");
        assert_eq!(merged.secret_fields(), ["password"]);
        assert_eq!(merged.secrets.expose().text("password"), Some("new"));
    }

    #[test]
    fn replace_leaves_nothing_else() {
        let change = CredentialChange {
            settings: Edits::Replace(vec![("host".to_owned(), "other".into())]),
            ..CredentialChange::default()
        };
        let merged = merge(candidate(), &change, Some(&kind()));
        assert_eq!(merged.settings.names().collect::<Vec<_>>(), ["host"]);
        assert_eq!(merged.secret_fields(), ["password"], "secrets not named are kept");
    }
}
