//! Step 6: what makes two credentials the same one.

use serde_json::Value;

use crate::credential::Candidate;
use crate::kind::{Kind, Mark};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::validate::tests::{candidate, kind};

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
        let mut empty = candidate();
        empty.secrets.expose_mut().set("password", "");
        assert!(identity_of(&kind(), &empty).is_none());
    }
}
