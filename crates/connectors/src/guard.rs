//! What holds around every check, whatever its connector does.
//!
//! Owns the deadline, the net under a panic, the trail of steps, and the last look at a finding. Must never turn an outcome
//! into a better one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use async_trait::async_trait;
use serde_json::Value;
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Evidence, Finding, Outcome, Proof, Reason, StepOutcome};
use strongroom_domain::{Fault, FieldMap, Secret};
use strongroom_egress::{Egress, EgressError, Trail};
use tokio::time::{Instant, timeout_at};

use crate::outage::unreached;
use crate::reflection::Reflections;
use crate::{Account, Connector, HostKeyPlace};

/// A connector that keeps its promises.
pub(crate) struct Guarded(Box<dyn Connector>);

impl Guarded {
    pub(crate) fn new(connector: Box<dyn Connector>) -> Self {
        Self(connector)
    }
}

#[async_trait]
impl Connector for Guarded {
    fn examine(&self, candidate: &Candidate) -> Vec<Fault> {
        self.0.examine(candidate)
    }

    fn takes_work(&self, candidate: &Candidate) -> bool {
        self.0.takes_work(candidate)
    }

    async fn examine_deeply(&self, candidate: &Candidate) -> Vec<Fault> {
        self.0.examine_deeply(candidate).await
    }

    fn account(&self, candidate: &Candidate) -> Option<Account> {
        self.0.account(candidate)
    }

    fn unstated_host_key(&self, candidate: &Candidate) -> Option<HostKeyPlace> {
        self.0.unstated_host_key(candidate)
    }

    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        let egress = egress.for_one_attempt();
        let attempt = caught(self.0.check(candidate, &egress, deadline));
        let finding = match timeout_at(deadline, attempt).await {
            Err(_) => unreached(&EgressError::Timeout),
            Ok(Some(finding)) => finding,
            Ok(None) => {
                tracing::error!(kind = %candidate.kind, "a check panicked");
                Finding::unreachable(Reason::ProtocolError, BROKEN)
            }
        };
        presentable(with_trail(finding, egress.trail()), candidate)
    }
}

/// What callers learn of a panic.
pub(crate) const BROKEN: &str = "The check itself failed; this is a fault of the service.";

/// The step in which an attempt ended without being accepted is the failed one. A proof that left counts,
/// however the attempt ended: by the deadline, by a panic, by an answer that says nothing.
fn with_trail(finding: Finding, trail: &Trail) -> Finding {
    let last = if finding.outcome == Outcome::Accepted { StepOutcome::Passed } else { StepOutcome::Failed };
    let finding = Finding { steps: trail.ended(last), ..finding };
    match trail.proof() {
        Proof::Sent => finding.after_proof(),
        Proof::NotSent => finding,
    }
}

/// `None` when the future panicked. It is not polled again, so no broken state is seen.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Messages name accounts and databases, which may be long; the limit is for what remains a sentence.
const MESSAGE_CHARS: usize = 300;
/// Evidence is compared later, so what is too long is dropped rather than cut.
const EVIDENCE_BYTES: usize = 512;

/// A message is our own sentence with names in it; evidence is the system's word, which may be the secret's.
fn presentable(finding: Finding, candidate: &Candidate) -> Finding {
    let message = scrubbed(finding.message, &secrets_to_hide(candidate));
    let public = strings(&candidate.settings);
    let reflections = reflections(candidate);
    let keep = |text: &String| {
        let shows = || reflections.iter().any(|secret| secret.shows_in(text));
        text.len() <= EVIDENCE_BYTES && (public.contains(&text.as_str()) || !shows())
    };
    let Evidence { account, scopes, expires_at, facts } = finding.evidence;
    let evidence = Evidence {
        account: account.filter(keep),
        scopes: scopes.filter(|scopes| scopes.iter().all(keep)),
        expires_at,
        facts: facts.into_iter().filter(|(_, fact)| keep(fact)).collect(),
    };
    Finding { message: message.chars().take(MESSAGE_CHARS).collect(), evidence, ..finding }
}

fn scrubbed(message: String, secrets: &[Secret<String>]) -> String {
    // EXPOSE: to cut it out.
    secrets.iter().fold(message, |message, secret| message.replace(secret.expose().as_str(), "[secret]"))
}

/// Of every secret that is not public anyway, however short.
fn reflections(candidate: &Candidate) -> Vec<Reflections> {
    let public = strings(&candidate.settings);
    // EXPOSE: to notice it in what the system sent.
    strings(candidate.secrets.expose())
        .into_iter()
        .filter(|text| !text.is_empty() && !public.iter().any(|open| open.contains(text)))
        .map(Reflections::of)
        .collect()
}

/// A shorter secret may be part of our own words, and its absence there would give it away.
const SHORTEST_TO_HIDE: usize = 6;

/// The strings among the secrets, unless they are public anyway: to cut out a password that equals the
/// user's name would tell that it does.
fn secrets_to_hide(candidate: &Candidate) -> Vec<Secret<String>> {
    let public = strings(&candidate.settings);
    // EXPOSE: copied into secrets, to be hidden.
    strings(candidate.secrets.expose())
        .into_iter()
        .filter(|text| text.len() >= SHORTEST_TO_HIDE && !public.iter().any(|open| open.contains(text)))
        .map(|text| Secret::new(text.to_owned()))
        .collect()
}

fn strings(fields: &FieldMap) -> Vec<&str> {
    let mut found = Vec::new();
    for (_, value) in fields.iter() {
        strings_in(value, &mut found);
    }
    found
}

fn strings_in<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings_in(item, found)),
        Value::Object(map) => map.values().for_each(|item| strings_in(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use strongroom_domain::credential::Owner;
    use strongroom_domain::verification::Step;
    use strongroom_egress::{Policy, Resolver, Roots};

    use super::*;

    enum Misbehaving {
        Panics,
        Hangs,
        HangsAfterProof,
        Says(&'static str),
    }

    #[async_trait]
    impl Connector for Misbehaving {
        fn account(&self, _candidate: &Candidate) -> Option<Account> {
            None
        }

        async fn check(&self, _candidate: &Candidate, egress: &Egress, _deadline: Instant) -> Finding {
            egress.trail().step(Step::Connect);
            match self {
                Self::Panics => panic!("on purpose"),
                Self::Hangs => std::future::pending().await,
                Self::HangsAfterProof => {
                    egress.trail().step(Step::Authenticate);
                    egress.trail().proof_leaves();
                    std::future::pending().await
                }
                Self::Says(text) => {
                    let evidence = Evidence {
                        account: Some(format!("a {text}")),
                        facts: [("fact".to_owned(), (*text).to_owned())].into(),
                        ..Evidence::default()
                    };
                    Finding::accepted(*text, evidence)
                }
            }
        }
    }

    fn candidate() -> Candidate {
        Candidate {
            name: "n".parse().unwrap(),
            slug: None,
            description: None,
            labels: strongroom_domain::text::Labels::new(),
            owner: Owner::Workspace,
            integration: None,
            expires_at: None,
            kind: "k".to_owned(),
            method: "m".to_owned(),
            settings: [("user", "postgres")].into_iter().collect(),
            secrets: Secret::new(
                [
                    ("password", Value::from("cnry-guard")),
                    ("nested", serde_json::json!({"a": ["cnry-nested"]})),
                    ("same", "postgres".into()),
                    ("short", "in".into()),
                ]
                .into_iter()
                .collect(),
            ),
        }
    }

    async fn finding(connector: Misbehaving) -> Finding {
        let egress = Egress::new(Policy::development(), &Roots::load(&[]).unwrap(), Resolver::System);
        let deadline = Instant::now() + Duration::from_millis(50);
        let (guarded, candidate) = (Guarded::new(Box::new(connector)), candidate());
        let check = guarded.check(&candidate, &egress, deadline);
        tokio::time::timeout(Duration::from_secs(10), check).await.unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_a_finding() {
        let finding = finding(Misbehaving::Panics).await;
        assert_eq!((finding.outcome, finding.reason), (Outcome::Unreachable, Some(Reason::ProtocolError)));
        assert_eq!(finding.message, BROKEN);
    }

    #[tokio::test]
    async fn a_check_that_hangs_ends_at_the_deadline() {
        let finding = finding(Misbehaving::Hangs).await;
        assert_eq!((finding.outcome, finding.reason), (Outcome::Unreachable, Some(Reason::Timeout)));
        assert_eq!(shown(&finding), [(Step::Connect, StepOutcome::Failed)]);
        assert!(!finding.counts(), "nothing was there to judge the secret by");
    }

    #[tokio::test]
    async fn an_attempt_cut_short_after_a_proof_counts() {
        let finding = finding(Misbehaving::HangsAfterProof).await;
        assert_eq!(finding.reason, Some(Reason::Timeout));
        assert!(finding.counts());
        assert_eq!(
            shown(&finding),
            [(Step::Connect, StepOutcome::Passed), (Step::Authenticate, StepOutcome::Failed)]
        );
    }

    #[tokio::test]
    async fn each_attempt_has_steps_of_its_own_and_an_accepted_one_passed_them_all() {
        for _ in 0..2 {
            let finding = finding(Misbehaving::Says("fine")).await;
            assert_eq!(shown(&finding), [(Step::Connect, StepOutcome::Passed)]);
        }
    }

    fn shown(finding: &Finding) -> Vec<(Step, StepOutcome)> {
        finding.steps.iter().map(|step| (step.name, step.outcome)).collect()
    }

    #[tokio::test]
    async fn secrets_of_the_candidate_are_cut_out() {
        for text in ["no cnry-guard here", "nor cnry-nested"] {
            let finding = finding(Misbehaving::Says(text)).await;
            assert!(!format!("{finding:?}").contains("cnry"), "{finding:?}");
            assert!(finding.message.contains("[secret]"));
        }
    }

    #[tokio::test]
    async fn con_13_evidence_keeps_no_form_of_a_secret() {
        for text in ["CNRY-GUARD", "Y25yeS1ndWFyZA==", "636e72792d6775617264", "cnry-gua"] {
            let finding = finding(Misbehaving::Says(text)).await;
            assert_eq!(finding.evidence, Evidence::default(), "{text}");
        }
        let finding = finding(Misbehaving::Says("in")).await;
        assert!(finding.evidence.facts.is_empty() && finding.evidence.account.is_some(), "{finding:?}");
    }

    #[tokio::test]
    async fn what_is_public_anyway_or_too_short_to_tell_stays() {
        let finding = finding(Misbehaving::Says("Logged in as postgres.")).await;
        assert_eq!(finding.message, "Logged in as postgres.");
        assert_eq!(finding.evidence.account.as_deref(), Some("a Logged in as postgres."));
    }

    #[tokio::test]
    async fn con_13_findings_are_short() {
        static LONG: [u8; 1_000_000] = [b'x'; 1_000_000];
        let finding = finding(Misbehaving::Says(std::str::from_utf8(&LONG).unwrap())).await;
        assert_eq!(finding.message.len(), MESSAGE_CHARS);
        assert_eq!(finding.evidence, Evidence::default());
    }
}
