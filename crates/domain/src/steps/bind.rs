//! Step 5: a secret travels only to targets it is bound to.

use serde_json::Value;

use crate::Fault;
use crate::credential::Candidate;
use crate::fields::FieldMap;
use crate::kind::{Kind, Mark};

/// The fields that say where secrets travel, with their values, in the schema's order.
pub fn target_of<'a>(kind: &'a Kind, method: &str, settings: &'a FieldMap) -> Vec<(&'a str, &'a Value)> {
    kind.fields_of(method)
        .filter(|field| field.is(Mark::Target))
        .filter_map(|field| settings.value(&field.name).map(|value| (field.name.as_str(), value)))
        .collect()
}

/// Where stored secrets go until now.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// The kind they are of.
    pub kind: &'a Kind,
    /// Its method.
    pub method: &'a str,
    /// The settings in force.
    pub settings: &'a FieldMap,
    /// The names of the secrets.
    pub secret_fields: &'a [String],
}

/// The stored secrets that the candidate would carry to another target: those it still has and that the
/// change did not send again. Empty where the target stays, and where every secret came with the change.
///
/// The kinds before and after may differ; each says what its own target is.
pub fn carried_elsewhere(before: Before<'_>, after: (&Kind, &Candidate), sent: &[&String]) -> Vec<Fault> {
    let (kind_after, candidate) = after;
    let target_before = target_of(before.kind, before.method, before.settings);
    let target_after = target_of(kind_after, &candidate.method, &candidate.settings);
    if target_before == target_after {
        return Vec::new();
    }
    candidate
        .secret_fields()
        .into_iter()
        .filter(|name| before.secret_fields.contains(name) && !sent.contains(&name))
        .map(|name| Fault::new(format!("/secrets/{name}"), "must be sent again, because the target changes"))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::credential::Credential;
    use crate::credential::Opened;
    use crate::health::Health;
    use crate::ids::{CredentialId, PrincipalId, WorkspaceId};
    use crate::steps::validate::tests::{candidate, kind};

    /// A stored database, opened.
    pub(crate) fn opened() -> Opened {
        Opened { credential: stored(), secrets: candidate().secrets }
    }

    fn stored() -> Credential {
        let (candidate, now) = (candidate(), Timestamp::from_unix_micros(0));
        Credential {
            id: CredentialId::from_bytes([1; 16]),
            workspace: WorkspaceId::from_bytes([2; 16]),
            secret_fields: candidate.secret_fields(),
            kind: candidate.kind,
            method: candidate.method,
            name: candidate.name,
            slug: None,
            description: None,
            settings: candidate.settings,
            labels: candidate.labels,
            owner: candidate.owner,
            integration: None,
            expires_at: None,
            version: 1,
            value_version: 1,
            health: Health::unknown(now),
            verification: None,
            accepted: None,
            created_by: PrincipalId::from_bytes([3; 16]),
            created_at: now,
            modified_by: PrincipalId::from_bytes([3; 16]),
            modified_at: now,
            foreign: crate::dialect::Foreign::default(),
        }
    }

    fn carried(edit: impl FnOnce(&mut Candidate), sent: &[&str]) -> usize {
        let mut after = candidate();
        edit(&mut after);
        let sent: Vec<String> = sent.iter().map(|name| (*name).to_owned()).collect();
        let (kind, stored) = (kind(), stored());
        let before = Before {
            kind: &kind,
            method: &stored.method,
            settings: &stored.settings,
            secret_fields: &stored.secret_fields,
        };
        carried_elsewhere(before, (&kind, &after), &sent.iter().collect::<Vec<_>>()).len()
    }

    #[test]
    fn ten_07_stored_secrets_do_not_follow_a_changed_target() {
        assert_eq!(carried(|c| c.settings.set("host", "evil.example"), &[]), 1);
        assert_eq!(carried(|c| c.settings.set("port", 5433), &[]), 1);
        assert_eq!(carried(|c| c.settings.remove("port"), &[]), 1);
    }

    #[test]
    fn secrets_sent_again_may_go_and_an_unchanged_target_asks_nothing() {
        assert_eq!(carried(|c| c.settings.set("host", "new.example"), &["password"]), 0);
        assert_eq!(carried(|c| c.secrets.expose_mut().set("password", "new"), &["password"]), 0);
    }
}
