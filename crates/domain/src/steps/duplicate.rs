//! Step 6: what makes two credentials the same one.

use serde_json::Value;

use crate::credential::Candidate;
use crate::kind::{Field, Kind, Mark};

/// The identity of a candidate: every field its kind marks `identity`, in the schema's order, settings
/// and secrets alike. `None` where one of them is missing or empty, or the kind marks none: an incomplete
/// identity never matches, so that a password alone never does.
///
/// The caller hashes it with the organization's fingerprint key at once; it holds secrets.
pub fn identity_of<'a>(kind: &'a Kind, candidate: &'a Candidate) -> Option<Vec<(&'a str, &'a Value)>> {
    // EXPOSE: secrets are handed on to the keyed fingerprint, which is what is kept.
    let secrets = candidate.secrets.expose();
    let mut identity = Vec::new();
    let mut holds_secret = false;
    for field in kind.fields_of(&candidate.method).filter(|field| field.is(Mark::Identity)) {
        let fields = if field.is(Mark::Secret) { secrets } else { &candidate.settings };
        let value = fields.value(&field.name).filter(|value| value.as_str() != Some(""))?;
        holds_secret |= field.is(Mark::Secret);
        identity.push((field.name.as_str(), value));
    }
    holds_secret.then_some(identity)
}

/// The public part of the identity: the same account, whichever secret it has. `None` where a part is missing
/// or empty, and where all of it is target or place: where an account is does not say which one it is, and
/// several tokens of one organization are several accounts.
pub fn account_of<'a>(kind: &'a Kind, candidate: &'a Candidate) -> Option<Vec<(&'a str, &'a Value)>> {
    let is_public = |field: &&Field| field.is(Mark::Identity) && !field.is(Mark::Secret);
    let fields: Vec<&Field> = kind.fields_of(&candidate.method).filter(is_public).collect();
    let value = |field: &&'a Field| {
        let value = candidate.settings.value(&field.name).filter(|value| value.as_str() != Some(""))?;
        Some((field.name.as_str(), value))
    };
    let account = fields.iter().map(value).collect::<Option<Vec<_>>>()?;
    let says_who = |field: &&Field| !field.is(Mark::Target) && !field.is(Mark::Place);
    fields.iter().any(says_who).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::FieldType;
    use crate::steps::validate::tests::{candidate, kind};

    #[test]
    fn an_account_is_its_place_and_its_name() {
        let mut kind = kind();
        kind.fields.push(Field::new("user", "User", FieldType::String).marked(&[Mark::Identity]));
        let mut given = candidate();
        assert!(account_of(&kind, &given).is_none(), "incomplete");
        given.settings.set("user", "app");
        let account: Vec<&str> =
            account_of(&kind, &given).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(account, ["host", "port", "user"]);
    }

    #[test]
    fn an_organization_is_no_account_and_who_is_in_it_is() {
        let mut kind = kind();
        let organization = Field::new("organization", "Organization", FieldType::String);
        kind.fields.push(organization.marked(&[Mark::Identity, Mark::Place]));
        let mut given = candidate();
        given.settings.set("organization", "acme");
        assert!(account_of(&kind, &given).is_none(), "two tokens of one organization are no duplicates");
        let whole = identity_of(&kind, &given).unwrap();
        assert!(
            whole.iter().any(|(name, _)| *name == "organization"),
            "one token of two organizations neither"
        );
        kind.fields.push(Field::new("user", "User", FieldType::String).marked(&[Mark::Identity]));
        given.settings.set("user", "app");
        assert!(account_of(&kind, &given).is_some());
    }

    #[test]
    fn prp_12_an_incomplete_identity_never_matches() {
        let names: Vec<String> =
            identity_of(&kind(), &candidate()).unwrap().iter().map(|(n, _)| (*n).to_owned()).collect();
        assert_eq!(names, ["host", "port", "password"]);
        for name in ["host", "port"] {
            let mut partial = candidate();
            partial.settings.remove(name);
            assert!(identity_of(&kind(), &partial).is_none(), "{name}");
        }
        assert!(account_of(&kind(), &candidate()).is_none(), "a place alone is no account");
        let mut empty = candidate();
        empty.secrets.expose_mut().set("password", "");
        assert!(identity_of(&kind(), &empty).is_none());
    }
}
