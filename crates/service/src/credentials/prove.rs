//! Steps 6 to 8: look for duplicates, try the candidate against the real system, judge.

use std::borrow::Cow;
use std::time::Duration;

use strongroom_domain::Error;
use strongroom_domain::access::{Action, Resource, authorise};
use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::credential::{Accepted, Candidate, Credential};
use strongroom_domain::error::{Code, Conflict};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::policy::{
    DuplicatePolicy, DuplicateRules, FieldPolicy, HostKeyTrust, VerifyMode, VerifyPolicy,
};
use strongroom_domain::steps::duplicate::{account_of, identity_of};
use strongroom_domain::steps::judge::{Accepting, Continuity, continuity, judge};
use strongroom_domain::steps::validate::validate;
use strongroom_domain::verification::{Finding, Reason, Verification};
use strongroom_domain::{Fault, Timestamp};
use strongroom_store::Fingerprint;

use super::plan::Plan;
use crate::attempts::Attempt;
use crate::failure::of_store;
use crate::host_keys::FirstUse;
use crate::options::ChangeOptions;
use crate::permits::Subject;
use crate::workspaces::Workspace;
use crate::{Context, Service};

/// What a candidate is tried for.
pub(crate) struct Trial {
    /// The act.
    pub(crate) action: AuditAction,
    /// On what.
    pub(crate) object: AuditObject,
    /// Which value it would be, or is.
    pub(crate) value_version: u64,
}

/// What steps 6 to 8 found, all of it in order.
pub(crate) struct Proof {
    /// What the real system said; `None` where it was not asked.
    pub(crate) verification: Option<Verification>,
    /// Keyed fingerprint of the identity.
    pub(crate) fingerprint: Option<[u8; 16]>,
    /// Keyed fingerprint of its public part.
    pub(crate) account_fingerprint: Option<[u8; 16]>,
    /// Another credential with the same identity, where it may be named.
    pub(crate) duplicate_of: Option<CredentialId>,
    /// A host key that was believed at first sight: kept with the change.
    pub(crate) first_use: Option<FirstUse>,
}

/// What came of one attempt.
pub(crate) struct Attempted {
    /// What the real system said.
    pub(crate) verification: Verification,
    /// A host key that was believed at first sight.
    pub(crate) first_use: Option<FirstUse>,
}

impl From<Verification> for Attempted {
    fn from(verification: Verification) -> Self {
        Self { verification, first_use: None }
    }
}

/// What step 6 found.
#[derive(Default)]
struct Duplicates {
    fingerprint: Option<[u8; 16]>,
    account_fingerprint: Option<[u8; 16]>,
    /// One that may be named.
    visible: Option<CredentialId>,
    /// What the policy makes of it.
    refusal: Option<Conflict>,
}

/// Others with one fingerprint.
#[derive(Default)]
struct Others {
    any: bool,
    /// One that may be named.
    visible: Option<CredentialId>,
}

impl Others {
    /// What the policy makes of them.
    fn refused(
        &self,
        policy: DuplicatePolicy,
        conflict: fn(Option<CredentialId>) -> Conflict,
    ) -> Option<Conflict> {
        (policy == DuplicatePolicy::Refuse && self.any).then(|| conflict(self.visible))
    }
}

impl Duplicates {
    fn judged(self, attempted: Option<Attempted>) -> Result<Proof, Error> {
        if let Some(refusal) = self.refusal {
            return Err(Error::Conflict(refusal));
        }
        let (verification, first_use) =
            attempted.map(|attempted| (attempted.verification, attempted.first_use)).unzip();
        Ok(Proof {
            verification,
            fingerprint: self.fingerprint,
            account_fingerprint: self.account_fingerprint,
            duplicate_of: self.visible,
            first_use: first_use.flatten(),
        })
    }
}

/// What holds for one change: the request laid over the workspace's own choice.
pub(crate) struct Rules {
    /// How much must be proved.
    pub(crate) policy: VerifyPolicy,
    /// What to do about duplicates.
    duplicates: DuplicateRules,
    /// What the caller accepts of the outcome.
    accepting: Accepting,
    /// Whom to believe where no host key is stated.
    host_keys: HostKeyTrust,
}

/// The rules for this request, if the caller has the rights that they need.
pub(crate) fn rules_for(
    context: &Context,
    resource: Resource<'_>,
    workspace: &Workspace,
    options: &ChangeOptions,
) -> Result<Rules, Error> {
    let policy = options.verify.over(&workspace.settings.verify_default().with_habit(options.verify_habit));
    for right in &policy.needs {
        authorise(&context.principal, *right, resource)?;
    }
    if policy.reason_missing {
        return Err(Error::invalid(vec![Fault::new(
            "/verify/reason",
            "is required to save what was not verified",
        )]));
    }
    let ours = DuplicateRules { secrets: workspace.settings.duplicates, settings: DuplicatePolicy::Off };
    let duplicates = options.duplicates.unwrap_or(ours);
    let host_keys = workspace.settings.host_keys(options.host_keys);
    Ok(Rules { policy, duplicates, accepting: options.accepting, host_keys })
}

impl Service {
    /// Steps 6 to 8 for a plan. `base` is what is there, for a change.
    pub(crate) async fn prove(
        &self,
        context: &Context,
        trial: &Trial,
        plan: &Plan<'_>,
        base: Option<&Credential>,
        rules: &Rules,
    ) -> Result<Proof, Error> {
        let duplicates = self.duplicates(context, plan, base, rules.duplicates).await?;
        if rules.policy.mode == VerifyMode::Skip {
            return duplicates.judged(None);
        }
        let attempted = self.attempt(context, trial, &plan.candidate, rules.host_keys).await?;
        judge(&rules.policy, plan.kind.check, &attempted.verification)?;
        if let Some(base) = base {
            self.hold_against_last(context, plan, base, &attempted.verification, rules.accepting).await?;
        }
        // Only now: an answer before the check would let stored passwords be guessed past its limit (PRP-12).
        duplicates.judged(Some(attempted))
    }

    /// The rest of step 4: faults that take work to find. What a dialect keeps as it was given has none.
    pub(crate) async fn examine_deeply(
        &self,
        context: &Context,
        plan: &Plan<'_>,
        fields: FieldPolicy,
    ) -> Result<(), Error> {
        let connector = self.catalogue.connector(&plan.kind.name).filter(|_| fields != FieldPolicy::AsGiven);
        let connector = connector.filter(|connector| connector.takes_work(&plan.candidate));
        let Some(connector) = connector else { return Ok(()) };
        let _turn = self.permits.enter(Subject::Work(context.scope().organization())).await?;
        let work = connector.examine_deeply(&plan.candidate);
        let faults = tokio::time::timeout(self.limits.permit, work).await;
        let faults = faults.map_err(|_| Error::NotNow(Code::Busy, None))?;
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }

    /// Step 6. The fingerprints are kept even where nobody looks at them today, so that a later policy can.
    async fn duplicates(
        &self,
        context: &Context,
        plan: &Plan<'_>,
        base: Option<&Credential>,
        rules: DuplicateRules,
    ) -> Result<Duplicates, Error> {
        let (whole, account) =
            (identity_of(&plan.kind, &plan.candidate), account_of(&plan.kind, &plan.candidate));
        if whole.is_none() && account.is_none() {
            return Ok(Duplicates::default());
        }
        let keys = self.organization_keys(context).await?;
        let name = sort_of(plan);
        let print = |label: &str, identity: &[_]| *keys.fingerprint(label, identity).as_bytes();
        let fingerprint = whole.map(|identity| print(&name, &identity));
        // No kind has such a name: the two never meet.
        let account_fingerprint = account.map(|account| print(&format!("{name}#account"), &account));
        let except = base.map(|credential| credential.id);
        let same = self.same(context, fingerprint.map(Fingerprint::Whole), except, rules.secrets).await?;
        let alike =
            self.same(context, account_fingerprint.map(Fingerprint::Account), except, rules.settings).await?;
        let refusal = same
            .refused(rules.secrets, Conflict::DuplicateSecrets)
            .or_else(|| alike.refused(rules.settings, Conflict::DuplicateSettings));
        Ok(Duplicates { fingerprint, account_fingerprint, visible: same.visible.or(alike.visible), refusal })
    }

    /// Who else has this fingerprint, where the policy wants to know.
    async fn same(
        &self,
        context: &Context,
        fingerprint: Option<Fingerprint>,
        except: Option<CredentialId>,
        policy: DuplicatePolicy,
    ) -> Result<Others, Error> {
        let Some(fingerprint) = fingerprint.filter(|_| policy != DuplicatePolicy::Off) else {
            return Ok(Others::default());
        };
        let found = self.store.credentials_with_fingerprint(context.scope(), fingerprint, except);
        let others = found.await.map_err(of_store)?;
        // Only what the caller may read is named: otherwise the hint would be a guessing oracle (PRP-12).
        for id in &others {
            if self.admit(context, Action::ReadMetadata, *id).await.is_ok() {
                return Ok(Others { any: true, visible: Some(*id) });
            }
        }
        Ok(Others { any: !others.is_empty(), visible: None })
    }

    /// Step 7: one attempt. Its record is durable before the first byte leaves, and no lock or transaction
    /// is open while it lasts.
    pub(crate) async fn attempt(
        &self,
        context: &Context,
        trial: &Trial,
        candidate: &Candidate,
        host_keys: HostKeyTrust,
    ) -> Result<Attempted, Error> {
        let unsupported =
            |why| Ok(Verification::of(Finding::unsupported(why), Duration::ZERO, self.now()).into());
        let Some(connector) = self.catalogue.connector(&candidate.kind) else {
            return unsupported("There is no check for this kind.");
        };
        if !self.is_whole(candidate) || !connector.examine(candidate).is_empty() {
            return unsupported("Fields are missing or have another form than this kind's check can use.");
        }
        let unstated = self.unstated_host_key(context, connector, candidate, host_keys).await?;
        let account = connector.account(candidate);
        // The account first: who waits for one account keeps no place that attempts on others could use.
        let slot = match &account {
            None => None,
            Some(account) => match self.slot(account.as_str()).await? {
                None => return Ok(cooling_down(self.now()).into()),
                slot => slot,
            },
        };
        let _place = self.permits.enter(Subject::Outbound(context.scope().organization())).await?;
        let record = AuditRecord {
            value_version: Some(trial.value_version),
            ..context.record(self.now(), trial.action, trial.object, AuditOutcome::Attempted)
        };
        self.store.commit(context.scope(), context.commit(record)).await.map_err(of_store)?;
        let started = self.now();
        let deadline = tokio::time::Instant::now() + self.limits.check;
        let (finding, first_use) = self.check(candidate, unstated.as_ref(), deadline).await;
        let ended = self.now();
        if let Some(slot) = slot.filter(|_| finding.counts()) {
            slot.refused(ended);
        }
        let verification = Verification::of(finding, ended.since(started), ended);
        Ok(Attempted { verification, first_use })
    }

    /// Whether a candidate is what its kind describes: some dialects keep what is not.
    fn is_whole(&self, candidate: &Candidate) -> bool {
        let kind = self.catalogue.kind(&candidate.kind);
        kind.is_some_and(|kind| validate(candidate.clone(), kind, FieldPolicy::StoreUnknownSealed).is_ok())
    }

    /// A slot for an attempt on this account; `None` while it cools down. Waiting has an end.
    async fn slot(&self, account: &str) -> Result<Option<Attempt>, Error> {
        let waiting = self.attempts.begin(account, self.now());
        let slot = tokio::time::timeout(self.limits.permit, waiting).await;
        slot.map_err(|_| Error::NotNow(Code::Busy, None))
    }

    /// The second half of step 8: the same account with no fewer rights, unless the request accepts it.
    async fn hold_against_last(
        &self,
        context: &Context,
        plan: &Plan<'_>,
        base: &Credential,
        verification: &Verification,
        accepting: Accepting,
    ) -> Result<(), Error> {
        let conflict = match continuity(base.accepted.as_ref(), verification, &plan.kind.scopes, accepting) {
            Continuity::Kept => return Ok(()),
            Continuity::AccountChanged => Conflict::AccountChanged,
            Continuity::ScopeReduced => Conflict::ScopeReduced,
        };
        let holds = self.store.holds(context.scope(), base.id, self.now()).await.map_err(of_store)?;
        Err(Error::Conflict(conflict(holds)))
    }
}

/// Among which credentials another is looked for: those of the same kind, used for the same sort of application.
/// One token may serve two applications (repositories and boards of one organization) side by side.
fn sort_of<'a>(plan: &'a Plan<'_>) -> Cow<'a, str> {
    let kind = &plan.kind.name;
    match plan.shared.as_ref().map(|shared| &shared.kind).filter(|application| *application != kind) {
        Some(application) => format!("{kind}@{application}").into(),
        None => kind.into(),
    }
}

/// Nothing was sent, because too many attempts on this account were refused lately.
fn cooling_down(now: Timestamp) -> Verification {
    let finding = Finding::unreachable(
        Reason::CoolingDown,
        "Three attempts on this account were refused within 15 minutes, so none is sent now: try again later.",
    );
    Verification::of(finding, Duration::ZERO, now)
}

/// What the last accepted verification showed, after this proof.
pub(crate) fn accepted_after(base: Option<&Credential>, proof: &Proof) -> Option<Accepted> {
    let last = base.and_then(|credential| credential.accepted.clone());
    match &proof.verification {
        Some(verification) => strongroom_domain::steps::judge::accepted_after(last, verification),
        None => last,
    }
}
