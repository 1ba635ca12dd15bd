//! What callers and dialects choose, as arguments of the use cases.

use std::collections::BTreeMap;
use std::time::Duration;

use strongroom_domain::access::Action;
use strongroom_domain::change::CredentialChange;
use strongroom_domain::consumer::Consumer;
use strongroom_domain::credential::{Credential, Owner};
use strongroom_domain::fields::FieldMap;
use strongroom_domain::health::HealthStatus;
use strongroom_domain::ids::{CredentialId, IntegrationId, PrincipalId};
use strongroom_domain::policy::{
    DeleteMode, DuplicateRules, FieldPolicy, SshHostKeys, VerifyMode, VerifyRequest,
};
use strongroom_domain::steps::judge::Accepting;
use strongroom_domain::text::{LabelKey, LabelValue, Name, Slug};
use strongroom_domain::verification::{Reason, Verification};
use strongroom_domain::{Secret, Timestamp};

/// How a caller names a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialRef {
    /// By id.
    Id(CredentialId),
    /// By slug.
    Slug(Slug),
    /// By the id that the caller's dialect knows it by, or else by its own: a wire format whose ids are
    /// UUIDs cannot tell the two apart.
    Alias {
        /// The alias.
        external: String,
        /// The id of its own that the text may be as well.
        or: Option<CredentialId>,
    },
}

/// How a caller names a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkspaceRef {
    /// By id.
    Id(strongroom_domain::ids::WorkspaceId),
    /// By slug.
    Slug(Slug),
}

/// How many credentials of a sort a contract lets there be, counted when a further one is saved: those made
/// through the caller's dialect and still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Whose count.
    pub of: QuotaOf,
    /// Of these kinds; empty means of any.
    pub kinds: Vec<String>,
    /// Most of them.
    pub most: u64,
}

/// Whose credentials a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaOf {
    /// Those that this caller made.
    Caller,
    /// Everybody's in the workspace.
    Workspace,
}

/// A credential to be made.
#[derive(Clone)]
pub struct NewCredential {
    /// Which kind.
    pub kind: String,
    /// Which method; the kind's first where absent.
    pub method: Option<String>,
    /// Its name.
    pub name: Name,
    /// Its id in the caller's dialect, beside its own.
    pub alias: Option<NewAlias>,
    /// Everything else, as a change of a credential that has nothing yet.
    pub parts: CredentialChange,
}

/// An id in the caller's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewAlias {
    /// The caller's own text.
    Given {
        /// The text.
        external: String,
        /// The id that the text may be as well, as in [`CredentialRef::Alias`]; one that is in use is a clash.
        or: Option<CredentialId>,
    },
    /// The next whole number of the workspace.
    Counted,
}

/// Which versions a change may be based on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expected {
    /// The caller says nothing.
    #[default]
    Unstated,
    /// Whatever is there.
    Existing,
    /// One of these; an empty list never matches.
    OneOf(Vec<u64>),
}

/// When a change is tried against the real system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum VerifyWhen {
    /// When the value changes.
    #[default]
    ValueChanges,
    /// At every change, a new name included. The value and its version stay as they are where only other
    /// parts change.
    Always,
}

/// Whether a change is for real.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Run {
    /// It is.
    #[default]
    Real,
    /// Everything is done but saving; the attempt is audited all the same.
    Dry,
}

/// Whether a new credential shares its integration with others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IntegrationUse {
    /// It may.
    #[default]
    Shared,
    /// It must be the only one: integrations of this sort take one credential.
    Sole,
}

/// Whether stored secrets may follow a changed target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rebind {
    /// They may not.
    #[default]
    No,
    /// They shall; needs the right.
    Yes,
}

/// A request that may arrive twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Which route, with its parameters.
    pub route: String,
    /// The key the caller chose.
    pub key: String,
    /// Keyed MAC of the body: see [`crate::Service::body_mac`].
    pub body_mac: [u8; 32],
}

/// A change, and how it is to be made.
pub struct Wanted {
    /// What.
    pub change: CredentialChange,
    /// How.
    pub options: ChangeOptions,
}

/// How a change is to be made.
#[derive(Debug, Clone)]
pub struct ChangeOptions {
    /// How much it must prove.
    pub verify: VerifyRequest,
    /// When it is tried.
    pub verify_when: VerifyWhen,
    /// Which versions it may be based on.
    pub expected: Expected,
    /// Whether it is for real.
    pub run: Run,
    /// Whether stored secrets follow a changed target.
    pub rebind: Rebind,
    /// What the caller accepts of the outcome.
    pub accepting: Accepting,
    /// What to do with fields the kind does not know.
    pub fields: FieldPolicy,
    /// What the dialect means by unstated host keys; the workspace's choice wins.
    pub host_keys: SshHostKeys,
    /// What the caller's dialect promises of checks, in place of the workspace's choice; needs no right. A
    /// workspace that never checks, never does.
    pub verify_habit: Option<VerifyMode>,
    /// What to do about duplicates. Where absent, the workspace's choice for the whole identity, and nothing
    /// for its public part.
    pub duplicates: Option<DuplicateRules>,
    /// For a new one: whether its integration may have others.
    pub integration_use: IntegrationUse,
    /// How many there may be; for new ones only.
    pub quotas: Vec<Quota>,
    /// Facts that the request states and an auditor asks for; never a secret.
    pub notes: BTreeMap<String, String>,
    /// Under what the answer is remembered.
    pub idempotency: Option<Idempotency>,
}

impl Default for ChangeOptions {
    fn default() -> Self {
        Self {
            verify: VerifyRequest::default(),
            verify_when: VerifyWhen::default(),
            expected: Expected::default(),
            run: Run::default(),
            rebind: Rebind::default(),
            accepting: Accepting::default(),
            fields: FieldPolicy::Strict,
            verify_habit: None,
            duplicates: None,
            host_keys: SshHostKeys::Stated,
            integration_use: IntegrationUse::Shared,
            quotas: Vec::new(),
            notes: BTreeMap::new(),
            idempotency: None,
        }
    }
}

/// How a credential is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteOptions {
    /// What to do about unexpired holds.
    pub mode: DeleteMode,
    /// How long to wait before holds are looked at and anything is done, so that they may end first.
    pub grace: Duration,
    /// Which versions it may be.
    pub expected: Expected,
    /// The integration that it must use; to a wire format that shows it there alone it is not found otherwise.
    pub within: Option<IntegrationId>,
    /// Facts that the request states and an auditor asks for; never a secret.
    pub notes: BTreeMap<String, String>,
    /// Under what the answer is remembered.
    pub idempotency: Option<Idempotency>,
}

impl DeleteOptions {
    /// A delete that states nothing else. Which versions it may be has no default: left unsaid, a dialect
    /// without versions could delete nothing where the workspace wants them stated.
    pub const fn new(mode: DeleteMode, expected: Expected) -> Self {
        Self {
            mode,
            grace: Duration::ZERO,
            expected,
            within: None,
            notes: BTreeMap::new(),
            idempotency: None,
        }
    }
}

/// What a change did.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The credential as it is now or, after a dry run, as it would be.
    pub credential: Credential,
    /// What the real system said, where it was asked.
    pub verification: Option<Verification>,
}

/// What a list shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListRequest {
    /// Only these kinds; empty means any.
    pub kinds: Vec<String>,
    /// Only these methods, of whichever kind; empty means any.
    pub methods: Vec<String>,
    /// Only this health.
    pub health: Option<HealthStatus>,
    /// Every one of these labels.
    pub labels: Vec<(LabelKey, LabelValue)>,
    /// Beginnings of words in name, slug or description.
    pub query: Option<String>,
    /// Of this integration.
    pub integration: Option<IntegrationId>,
    /// Of this owner.
    pub owner: Option<Owner>,
    /// With this target host.
    pub target_host: Option<String>,
    /// Ending before this time.
    pub expiring_before: Option<Timestamp>,
    /// Made by this principal.
    pub created_by: Option<PrincipalId>,
    /// Most items.
    pub limit: usize,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Where it begins instead, for dialects that page so; then no cursor comes back.
    pub position: Option<Position>,
}

/// A place in a list by number. What is made or deleted between two pages moves the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// How many come before it: at most `LIST_REACH` of the limits.
    pub offset: usize,
    /// In which order.
    pub order: ListOrder,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListOrder {
    /// In the order of creation.
    #[default]
    OldestFirst,
    /// The other way round.
    NewestFirst,
}

/// A page.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// A page of at most `limit`, out of what was read, which is one more where there is more. `cursor_of` makes the
    /// cursor of the last item that is shown.
    pub(crate) fn page(mut items: Vec<T>, limit: usize, cursor_of: impl FnOnce(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(cursor_of);
        Self { items, next_cursor }
    }
}

/// A resolve.
#[derive(Debug, Clone)]
pub struct ResolveRequest {
    /// For whom.
    pub consumer: Consumer,
    /// For how long, in seconds; the workspace's choice where absent.
    pub hold_seconds: Option<u64>,
    /// The value versions the consumer has already.
    pub known: Vec<u64>,
}

/// What a resolve gives.
#[derive(Debug)]
pub struct Resolved {
    /// The public part.
    pub credential: Credential,
    /// All secrets; `None` where the consumer has this value already.
    pub secrets: Option<Secret<FieldMap>>,
    /// Until when they may be kept in memory.
    pub hold_until: Timestamp,
}

/// What a consumer saw.
#[derive(Debug, Clone)]
pub struct Report {
    /// With which value.
    pub value_version: u64,
    /// The status of the real system's answer, where it has one.
    pub status: Option<u16>,
    /// Who saw it.
    pub consumer: Consumer,
}

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The value was replaced meanwhile: resolve again.
    Superseded,
    /// The real system refuses it.
    ConfirmedRejected,
    /// The real system accepts it: look elsewhere.
    StillAccepted,
    /// Nothing definite.
    Unreachable,
}

/// The answer to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported {
    /// What came of it.
    pub verdict: Verdict,
    /// The current value's version.
    pub value_version: u64,
    /// Why, where the real system was asked and told.
    pub reason: Option<Reason>,
}

/// Sealed fields that a dialect shows redacted or, by its contract, in clear.
#[derive(Clone, Copy)]
pub struct Excerpt<'a> {
    /// The right that showing them needs.
    pub right: Action,
    /// Which ones of a credential, by the names that the kind has for them.
    pub wants: &'a (dyn Fn(&Credential) -> Vec<String> + Send + Sync),
}
