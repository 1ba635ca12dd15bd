//! A change as its caller wants it: not validated, not merged.

use std::fmt;

use serde_json::Value;
use zeroize::Zeroize;

use crate::credential::Owner;
use crate::fields::wipe;
use crate::ids::IntegrationId;
use crate::kind::Kind;
use crate::steps::spell::Spelling;
use crate::text::{Description, LabelKey, LabelValue, Name, Slug};
use crate::{Secret, Timestamp};

/// One edit of one key.
#[derive(Clone, PartialEq, Eq)]
pub enum Edit<V> {
    /// The key has this value afterwards.
    Set(V),
    /// The key is gone afterwards.
    Remove,
}

/// What happens to a whole map.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Edits<K, V> {
    /// Nothing.
    #[default]
    Keep,
    /// Each named key is edited, in this order; the others stay.
    Merge(Vec<(K, Edit<V>)>),
    /// These keys and no others.
    Replace(Vec<(K, V)>),
}

impl<K, V> Edits<K, V> {
    /// Whether the map stays as it is.
    pub fn is_keep(&self) -> bool {
        match self {
            Self::Keep => true,
            Self::Merge(edits) => edits.is_empty(),
            Self::Replace(_) => false,
        }
    }

    /// The keys that are given a value.
    pub fn set_keys(&self) -> Vec<&K> {
        match self {
            Self::Keep => Vec::new(),
            Self::Merge(edits) => {
                edits.iter().filter(|(_, edit)| matches!(edit, Edit::Set(_))).map(|(key, _)| key).collect()
            }
            Self::Replace(pairs) => pairs.iter().map(|(key, _)| key).collect(),
        }
    }

    /// Each key with what it has afterwards; `None` where it is gone.
    pub fn outcomes(&self) -> Vec<(&K, Option<&V>)> {
        match self {
            Self::Keep => Vec::new(),
            Self::Merge(edits) => edits
                .iter()
                .map(|(key, edit)| match edit {
                    Edit::Set(value) => (key, Some(value)),
                    Edit::Remove => (key, None),
                })
                .collect(),
            Self::Replace(pairs) => pairs.iter().map(|(key, value)| (key, Some(value))).collect(),
        }
    }

    /// All keys the edits name.
    pub fn keys(&self) -> Vec<&K> {
        match self {
            Self::Keep => Vec::new(),
            Self::Merge(edits) => edits.iter().map(|(key, _)| key).collect(),
            Self::Replace(pairs) => pairs.iter().map(|(key, _)| key).collect(),
        }
    }
}

/// Edits of settings or, inside a [`Secret`], of secrets.
pub type FieldEdits = Edits<String, Value>;

impl fmt::Debug for FieldEdits {
    /// Key names only: a draft may hold a secret in the wrong place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys()).finish()
    }
}

impl Zeroize for FieldEdits {
    fn zeroize(&mut self) {
        match self {
            Self::Keep => {}
            Self::Merge(edits) => edits.iter_mut().for_each(|(_, edit)| {
                if let Edit::Set(value) = edit {
                    wipe(value);
                }
            }),
            Self::Replace(pairs) => pairs.iter_mut().for_each(|(_, value)| wipe(value)),
        }
    }
}

/// Edits of labels.
pub type LabelEdits = Edits<LabelKey, LabelValue>;

/// A change of a credential. `None` and [`Edits::Keep`] leave things as they are; the inner `None` of
/// an optional part empties it.
#[derive(Clone)]
pub struct CredentialChange {
    /// Free text, not unique.
    pub name: Option<Name>,
    /// Unique in the workspace.
    pub slug: Option<Option<Slug>>,
    /// Free text.
    pub description: Option<Option<Description>>,
    /// Labels.
    pub labels: LabelEdits,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// The outside application it belongs to.
    pub integration: Option<Option<IntegrationId>>,
    /// When the platform expects it to stop working.
    pub expires_at: Option<Option<Timestamp>>,
    /// Another kind: only some dialects may.
    pub kind: Option<String>,
    /// Another method of the kind; drops what belongs to the other methods.
    pub method: Option<String>,
    /// Public fields.
    pub settings: FieldEdits,
    /// Secrets.
    pub secrets: Secret<FieldEdits>,
    /// Fields whose place the kind decides, for wire formats with one flat map: what the kind shows becomes a
    /// setting, everything else a secret. `Replace` leaves no other setting and no other secret, but those that
    /// the dialect of the `spelling` has no name for.
    pub fields: Secret<FieldEdits>,
    /// By which names `fields` are sent, where they are not the kind's own.
    pub spelling: Option<Spelling>,
    /// What the caller's dialect keeps beside the fields: public, and no part of the value.
    pub annotations: FieldEdits,
}

impl Default for CredentialChange {
    fn default() -> Self {
        Self {
            name: None,
            slug: None,
            description: None,
            labels: Edits::Keep,
            owner: None,
            integration: None,
            expires_at: None,
            kind: None,
            method: None,
            settings: Edits::Keep,
            secrets: Secret::new(Edits::Keep),
            fields: Secret::new(Edits::Keep),
            spelling: None,
            annotations: Edits::Keep,
        }
    }
}

impl CredentialChange {
    /// Whether settings, secrets, method, kind or integration change, and so the value does.
    pub fn touches_value(&self) -> bool {
        // EXPOSE: asks only whether there are edits.
        let secrets_stay = self.secrets.expose().is_keep() && self.fields.expose().is_keep();
        !(self.settings.is_keep()
            && secrets_stay
            && self.kind.is_none()
            && self.method.is_none()
            && self.integration.is_none())
    }

    /// Names of the secrets that came with the change, and of flat fields that may be some.
    pub fn sent(&self) -> Vec<&String> {
        // EXPOSE: names only.
        [self.secrets.expose(), self.fields.expose()].into_iter().flat_map(Edits::set_keys).collect()
    }

    /// The parts that the change names, for the record of one that was saved: `name`, `settings.host`,
    /// `secrets.password` ... Every name has passed its kind's schema then.
    pub fn touched(&self) -> Vec<String> {
        self.parts_named(|_| true)
    }

    /// The same for one that was refused. A name that no schema knows may be a secret in the wrong place,
    /// so only the fields of `kind` are named; the others show as `settings`, `secrets` or `labels`.
    pub fn touched_as_far_as_known(&self, kind: Option<&Kind>) -> Vec<String> {
        self.parts_named(|name| kind.is_some_and(|kind| kind.knows(name)))
    }

    fn parts_named(&self, may_be_named: impl Fn(&str) -> bool) -> Vec<String> {
        let plain = [
            (self.name.is_some(), "name"),
            (self.slug.is_some(), "slug"),
            (self.description.is_some(), "description"),
            (self.owner.is_some(), "owner"),
            (self.integration.is_some(), "integration_id"),
            (self.expires_at.is_some(), "expires_at"),
            (self.kind.is_some(), "kind"),
            (self.method.is_some(), "method"),
            (!self.annotations.is_keep(), "annotations"),
        ];
        // EXPOSE: names of fields only; whether they may be shown is asked for each.
        let secrets = self.secrets.expose().keys().into_iter().map(String::as_str);
        // EXPOSE: the same.
        let flat = self.fields.expose().keys().into_iter().map(|key| ("fields", key.as_str()));
        let labels = self.labels.keys().into_iter().map(LabelKey::as_str).map(|key| ("labels", key));
        let settings = self.settings.keys().into_iter().map(|key| ("settings", key.as_str()));
        let fields = labels.chain(settings).chain(secrets.map(|key| ("secrets", key))).chain(flat);
        let named = fields.map(
            |(place, key)| {
                if may_be_named(key) { format!("{place}.{key}") } else { place.to_owned() }
            },
        );
        let mut parts: Vec<String> = plain
            .into_iter()
            .filter(|(named, _)| *named)
            .map(|(_, part)| part.to_owned())
            .chain(named)
            .collect();
        parts.dedup();
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::validate::tests::kind;

    #[test]
    fn inp_01_a_refused_change_names_only_what_the_schema_knows() {
        let change = CredentialChange {
            settings: Edits::Replace(vec![("host".to_owned(), 1.into()), ("cnry-key".to_owned(), 1.into())]),
            secrets: Secret::new(Edits::Merge(vec![("cnry-secret".to_owned(), Edit::Remove)])),
            labels: Edits::Merge(vec![("cnry-label".parse().unwrap(), Edit::Remove)]),
            ..CredentialChange::default()
        };
        let named = change.touched_as_far_as_known(Some(&kind()));
        assert_eq!(named, ["labels", "settings.host", "settings", "secrets"]);
        assert_eq!(change.touched_as_far_as_known(None), ["labels", "settings", "secrets"]);
    }
}
