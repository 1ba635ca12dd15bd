//! Questions about many credentials.

use strongroom_domain::Timestamp;
use strongroom_domain::credential::Owner;
use strongroom_domain::dialect::{Dialect, View};
use strongroom_domain::health::HealthStatus;
use strongroom_domain::ids::{CredentialId, IntegrationId, PrincipalId};
use strongroom_domain::principal::Reach;
use strongroom_domain::text::{LabelKey, LabelValue};

/// Part of a list: at most `limit` items whose id is greater than `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<Id = CredentialId> {
    /// Most items.
    pub limit: usize,
    /// The last item of the page before.
    pub after: Option<Id>,
}

/// In which order a list is, and where it begins. Ids are in the order of creation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// By id.
    #[default]
    OldestFirst,
    /// By id, backwards.
    NewestFirst,
}

/// Part of a list by position: for dialects that page so. What is made or deleted between two such
/// questions moves the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Most items.
    pub limit: usize,
    /// How many come before it.
    pub offset: usize,
    /// In which order.
    pub order: Order,
}

/// Either of two keyed fingerprints; they never meet, because they are of different texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fingerprint {
    /// Of the whole identity.
    Whole([u8; 16]),
    /// Of its public part.
    Account([u8; 16]),
}

/// Credentials that were made through one dialect and are still there: what a contract may limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Through which; those made by the native API are not limited so.
    pub through: Dialect,
    /// By whom; `None` means by anybody.
    pub by: Option<PrincipalId>,
    /// Of these kinds; empty means of any.
    pub kinds: Vec<String>,
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
    /// What the caller's grant covers.
    pub reach: Reach,
    /// What the caller's dialect shows.
    pub view: View,
    /// Made by this principal.
    pub created_by: Option<PrincipalId>,
    /// Only these kinds; empty means any.
    pub kinds: Vec<String>,
    /// Only these methods, of whichever kind; empty means any.
    pub methods: Vec<String>,
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
