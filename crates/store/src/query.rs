//! Questions about many credentials.

use strongroom_domain::Timestamp;
use strongroom_domain::credential::Owner;
use strongroom_domain::health::HealthStatus;
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::text::{LabelKey, LabelValue};

/// Part of a list: at most `limit` items whose id is greater than `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<Id = CredentialId> {
    /// Most items.
    pub limit: usize,
    /// The last item of the page before.
    pub after: Option<Id>,
}

/// A health, as a reader would see it at a time: expiry comes from the clock, not from the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthFilter {
    /// The status looked for.
    pub status: HealthStatus,
    /// When it is looked for.
    pub now: Timestamp,
}

/// All parts given must match. Absent parts do not narrow; none can widen the scope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CredentialFilter {
    /// Only these ids: the reach of a narrow token. An empty list matches nothing.
    pub only: Option<Vec<CredentialId>>,
    /// Only these kinds; empty means any.
    pub kinds: Vec<String>,
    /// Health as seen at a time.
    pub health: Option<HealthFilter>,
    /// Every one of these labels.
    pub labels: Vec<(LabelKey, LabelValue)>,
    /// Every one of these words begins a word of name, slug or description; lower case.
    pub words: Vec<String>,
    /// Of this integration.
    pub integration: Option<IntegrationId>,
    /// Of this owner.
    pub owner: Option<Owner>,
    /// Whose setting `host`, or the host of whose `url` or `base_url`, is this; canonical form.
    pub target_host: Option<String>,
    /// Which end before this time.
    pub expiring_before: Option<Timestamp>,
}

impl CredentialFilter {
    /// The words of a text as search sees them: runs of letters and digits, in lower case.
    pub fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
    }
}
