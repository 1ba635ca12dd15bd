//! Whether two credentials hold the same secret, answered without opening either.
//!
//! Owns the fingerprint's form. Must never be shown to a caller, compared across organizations, or
//! computed for low-entropy passwords alone: it would become a guessing oracle.

use std::fmt;

use serde_json::Value;
use strongroom_domain::ids::OrganizationId;

use crate::canonical;
use crate::hazmat::{Mac, MacKey};

/// HMAC-SHA-256 under the organization's fingerprint key, cut to 128 bits. Equal for equal identity
/// fields of one kind in one organization, for as long as the organization exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// As a store keeps it.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// `HMAC(key, "fp/v1" ‖ organization ‖ kind ‖ canonical identity fields)`, every part with its length.
    pub(crate) fn derive(
        key: &MacKey,
        organization: OrganizationId,
        kind: &str,
        identity: &[(&str, &Value)],
    ) -> Self {
        let mut mac = Mac::new(key, "fp/v1");
        mac.part(organization.as_bytes());
        mac.part(kind.as_bytes());
        canonical::feed_fields(identity.iter().copied(), &mut |bytes| mac.framed(bytes));
        // 128 bits: a chance match among 2^32 credentials of one organization stays below 2^-64.
        let [left @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = mac.finish();
        Self(left)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}
