//! Where a value belongs. Owns the payload's associated data; must never name a KEK in it, because a
//! rewrap changes the KEK and must leave the payload as it is.

use serde_json::Value;
use strongroom_domain::ids::{CredentialId, OrganizationId, WorkspaceId};

use crate::canonical;
use crate::hazmat::{Binding, Digest, Suite};

/// The place and the version that a value is sealed for. It opens with exactly this and nothing else:
/// moved to another row, restored over a newer one or aimed at another target it does not (CRY-01, CRY-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueContext<'a> {
    /// The tenant; must be the one whose keys are used.
    pub organization: OrganizationId,
    /// The workspace of the credential.
    pub workspace: WorkspaceId,
    /// The credential itself.
    pub credential: CredentialId,
    /// Counts the changes of the value, from 1.
    pub value_version: u64,
    /// The kind's name in the catalogue.
    pub kind: &'a str,
    /// Where the secret may travel: [`target_digest`] of the effective target settings.
    pub target_digest: [u8; 32],
}

impl ValueContext<'_> {
    /// The payload's associated data: format, suite, and every field above.
    pub(crate) fn binding(&self, format: u8, suite: Suite) -> Binding {
        Binding::new("strongroom/payload", format, suite)
            .field(self.organization.as_bytes())
            .field(self.workspace.as_bytes())
            .field(self.credential.as_bytes())
            .field(&self.value_version.to_be_bytes())
            .field(self.kind.as_bytes())
            .field(&self.target_digest)
    }
}

/// SHA-256 over the target settings, names and values, in one canonical form: neither the order of the
/// fields nor that of keys inside their values counts. Only for settings: a plain hash of a secret is
/// forbidden.
pub fn target_digest<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>) -> [u8; 32] {
    let mut digest = Digest::new("strongroom/target/v1");
    canonical::feed_fields(fields, &mut |bytes| digest.framed(bytes));
    digest.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn digest(fields: &[(&str, Value)]) -> [u8; 32] {
        target_digest(fields.iter().map(|(name, value)| (*name, value)))
    }

    #[test]
    fn target_digest_ignores_order_and_nothing_else() {
        let target = digest(&[("host", json!("db.example.com")), ("port", json!(5432))]);
        assert_eq!(target, digest(&[("port", json!(5432)), ("host", json!("db.example.com"))]));
        assert_ne!(target, digest(&[("host", json!("db.example.com")), ("port", json!("5432"))]));
        assert_ne!(target, digest(&[("host", json!("db.example.com"))]));
        assert_ne!(target, digest(&[("hos", json!("db.example.com")), ("port", json!(5432))]));
    }
}
