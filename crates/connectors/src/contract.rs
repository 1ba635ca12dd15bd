//! What every connector must show, against real systems and hostile ones.
//!
//! A suite for tests: it panics with what is wrong. Run it on a connector out of a
//! [`Catalogue`], so with its guard.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Finding, Outcome, Reason, Step, StepOutcome, StepTaken};
use strongroom_egress::Egress;
use tokio::time::{Instant, timeout};

use crate::aws::{self, Aws};
use crate::clock::SystemClock;
use crate::guard::BROKEN;
use crate::{Catalogue, Connector};

/// Candidates for one connector, and what must come of them.
#[derive(Debug)]
pub struct Cases {
    /// The system lets it in.
    pub good: Candidate,
    /// The system knows the account and refuses the secret.
    pub bad: Candidate,
    /// `good` in other spellings of where it goes and as whom, which its system would count together. None
    /// only where nothing is counted.
    pub otherwise_spelt: Vec<Candidate>,
    /// Nothing listens at its target.
    pub unreachable: Candidate,
    /// Its target accepts connections and says nothing.
    pub slow: Candidate,
    /// Their targets break the protocol, each in its way.
    pub hostile: Vec<Candidate>,
    /// What hostile targets say and nobody may hear.
    pub remote_text: String,
    /// What the kind can tell of whose credential it is.
    pub tells: Tells,
}

/// What a kind can tell of whose credential it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// The candidate names an account that refused attempts are counted under, and the system names one too.
    Both,
    /// The system names one; the candidate is nothing but a secret, which nobody can be locked out of.
    Evidence,
    /// The candidate names one; the system does not.
    Count,
    /// Neither does.
    Nothing,
}

/// More than a real system on the same machine needs, and little enough to wait for.
const PATIENCE: Duration = Duration::from_secs(10);
/// For targets that never answer.
const SHORT: Duration = Duration::from_millis(300);

/// Holds a connector to the contract.
///
/// # Panics
///
/// Where it does not hold.
pub async fn upholds(connector: &dyn Connector, cases: &Cases, egress: &Egress) {
    counts_every_spelling_together(connector, cases);
    accepts_the_good(connector, cases, egress).await;
    rejects_the_bad(connector, cases, egress).await;
    blames_no_key_for_an_outage(connector, cases, egress).await;
    ends_by_the_deadline(connector, cases, egress).await;
    withstands_the_hostile(connector, cases, egress).await;
}

/// Or the few attempts that a system allows could be multiplied (CON-18).
fn counts_every_spelling_together(connector: &dyn Connector, cases: &Cases) {
    let account = connector.account(&cases.good);
    assert_eq!(
        cases.otherwise_spelt.is_empty(),
        account.is_none(),
        "counted, so it can be spelt: {account:?}"
    );
    for spelt in &cases.otherwise_spelt {
        assert_eq!(connector.account(spelt), account, "{:?}", spelt.settings);
    }
}

async fn accepts_the_good(connector: &dyn Connector, cases: &Cases, egress: &Egress) {
    assert_eq!(connector.examine(&cases.good), [], "the good candidate has no faults");
    assert_eq!(connector.examine_deeply(&cases.good).await, [], "nor any that take work to find");
    let account = connector.account(&cases.good);
    assert_eq!(connector.account(&cases.bad), account, "another secret, the same account");
    assert_eq!(account.is_some(), matches!(cases.tells, Tells::Both | Tells::Count), "counted: {account:?}");
    if let Some(account) = &account {
        assert_hides_secrets(&cases.good, account.as_str());
    }
    let finding = check(connector, &cases.good, egress, PATIENCE).await;
    assert_eq!((finding.outcome, finding.reason), (Outcome::Accepted, None), "{finding:?}");
    let names_account = matches!(cases.tells, Tells::Both | Tells::Evidence);
    assert_eq!(finding.evidence.account.is_some(), names_account, "{finding:?}");
    assert!(has_passed(&finding, Step::Authenticate), "who it is was tried: {finding:?}");
    assert!(finding.steps.iter().all(|step| step.outcome == StepOutcome::Passed), "{finding:?}");
    let again = check(connector, &cases.good, egress, PATIENCE).await;
    assert_eq!(untimed(again), untimed(finding), "the same candidate shows the same evidence and steps");
}

async fn rejects_the_bad(connector: &dyn Connector, cases: &Cases, egress: &Egress) {
    let finding = check(connector, &cases.bad, egress, PATIENCE).await;
    assert_eq!(
        (finding.outcome, finding.reason),
        (Outcome::Rejected, Some(Reason::AuthFailed)),
        "{finding:?}"
    );
    assert_eq!(failed_step(&finding), Some(Step::Authenticate), "{finding:?}");
}

async fn blames_no_key_for_an_outage(connector: &dyn Connector, cases: &Cases, egress: &Egress) {
    let finding = check(connector, &cases.unreachable, egress, PATIENCE).await;
    assert_eq!(finding.outcome, Outcome::Unreachable, "{finding:?}");
    assert_eq!(finding.reason, Some(Reason::ConnectionRefused), "{finding:?}");
    assert_eq!(failed_step(&finding), Some(Step::Connect), "{finding:?}");
    assert!(has_passed(&finding, Step::Resolve) && !finding.counts(), "{finding:?}");
}

async fn ends_by_the_deadline(connector: &dyn Connector, cases: &Cases, egress: &Egress) {
    let finding = check(connector, &cases.slow, egress, SHORT).await;
    assert_eq!(
        (finding.outcome, finding.reason),
        (Outcome::Unreachable, Some(Reason::Timeout)),
        "{finding:?}"
    );
    assert!(failed_step(&finding).is_some(), "it says where the time went: {finding:?}");
}

async fn withstands_the_hostile(connector: &dyn Connector, cases: &Cases, egress: &Egress) {
    for candidate in &cases.hostile {
        let finding = check(connector, candidate, egress, SHORT).await;
        assert_eq!(finding.outcome, Outcome::Unreachable, "{finding:?}");
        assert!(failed_step(&finding).is_some(), "{finding:?}");
        assert_ne!(finding.message, BROKEN, "a hostile system must not make the check panic");
        assert!(!format!("{finding:?}").contains(&cases.remote_text), "{finding:?}");
    }
}

fn has_passed(finding: &Finding, step: Step) -> bool {
    finding.steps.iter().any(|taken| taken.name == step && taken.outcome == StepOutcome::Passed)
}

/// The last one, where it failed: no step before it may have.
fn failed_step(finding: &Finding) -> Option<Step> {
    let (last, before) = finding.steps.split_last()?;
    assert!(before.iter().all(|step| step.outcome == StepOutcome::Passed), "{finding:?}");
    (last.outcome == StepOutcome::Failed).then_some(last.name)
}

fn untimed(finding: Finding) -> Finding {
    let steps = finding.steps.iter().map(|step| StepTaken { duration_ms: 0, ..*step }).collect();
    Finding { steps, ..finding }
}

async fn check(
    connector: &dyn Connector,
    candidate: &Candidate,
    egress: &Egress,
    within: Duration,
) -> Finding {
    let attempt = connector.check(candidate, egress, Instant::now() + within);
    // The margin is for a busy machine.
    let finding = timeout(within + PATIENCE, attempt).await.expect("a check ends by its deadline");
    assert_hides_secrets(candidate, &format!("{finding:?}"));
    finding
}

fn assert_hides_secrets(candidate: &Candidate, text: &str) {
    // EXPOSE: looked for in what everyone may read.
    for (name, value) in candidate.secrets.expose().iter() {
        if let Value::String(secret) = value {
            assert!(!text.contains(secret.as_str()), "the secret `{name}` shows: {text}");
        }
    }
}

/// The AWS kinds with every endpoint on this port: a test cannot listen on port 443. Hosts stay those of the
/// compiled table, so a test has to answer for their names and show a certificate for them.
pub fn aws_at_port(port: u16) -> Catalogue {
    let (identity, mail) = (Aws::identity(Arc::new(SystemClock)), Aws::mail(Arc::new(SystemClock)));
    let connectors: [Box<dyn Connector>; 2] =
        [Box::new(identity.at_port(port)), Box::new(mail.at_port(port))];
    Catalogue::new([aws::kind(), aws::ses_kind()].into_iter().zip(connectors.map(Some)))
}
