//! The check of every kind that a kind file describes: one request, one answer, one verdict. Where a file asks for a
//! control, an accepting answer is held against the one that anybody gets.
//!
//! Owns the engine and knows no vendor. Must never show a secret twice, follow a redirect, evaluate a
//! value, or let the text of an answer become part of a sentence.

mod answer;
mod evidence;
mod request;
mod strict_json;
mod verdict;

use std::time::Duration;

use async_trait::async_trait;
use strongroom_domain::Fault;
use strongroom_domain::credential::Candidate;
use strongroom_domain::kind::Mark;
use strongroom_domain::verification::{Finding, Outcome, Reason, Step};
use strongroom_egress::Egress;
use strongroom_egress::http::Limits;
use tokio::time::Instant;

use crate::kindfile::{Control, KindFile, Stated};
use crate::outage::unreached;
use crate::{Account, Connector};

/// The check of one kind.
pub(crate) struct HttpProbe(KindFile);

impl HttpProbe {
    pub(crate) const fn new(file: KindFile) -> Self {
        Self(file)
    }
}

#[async_trait]
impl Connector for HttpProbe {
    fn examine(&self, candidate: &Candidate) -> Vec<Fault> {
        request::compose(&self.0, candidate).err().unwrap_or_default()
    }

    /// Host and public identity. A key without either is its own account: nobody can be locked out by
    /// guessing at it, and to count under the secret would be to keep something of it.
    fn account(&self, candidate: &Candidate) -> Option<Account> {
        let base = request::base(&self.0, candidate).ok()?;
        let identity = public_identity(&self.0, candidate);
        if identity.is_empty() {
            return None;
        }
        Some(Account::of(&self.0.kind.name, &base.target, &identity.join("/")))
    }

    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        let (Ok(base), Ok(request)) =
            (request::base(&self.0, candidate), request::compose(&self.0, candidate))
        else {
            return Finding::unreachable(
                Reason::MisconfiguredTarget,
                "The fields do not make a request that can be sent.",
            );
        };
        match egress.fetch(request, &limits_until(deadline)).await {
            Ok(response) => {
                let finding = verdict::of(&self.0, candidate, &base.target, response);
                if knows_the_candidate(&finding) {
                    egress.trail().step(Step::Authorise);
                }
                self.controlled(finding, candidate, egress, deadline).await
            }
            Err(error) => unreached(&error),
        }
    }
}

impl HttpProbe {
    /// An accepted finding, once it is seen that the same request without the secret is not accepted too. Asked
    /// only then, so a refused candidate costs one request, and a secret is shown once either way.
    async fn controlled(
        &self,
        finding: Finding,
        candidate: &Candidate,
        egress: &Egress,
        deadline: Instant,
    ) -> Finding {
        if finding.outcome != Outcome::Accepted || self.0.probe.control == Control::None {
            return finding;
        }
        let Ok(request) = request::compose_without_secrets(&self.0, candidate) else { return finding };
        match egress.fetch(request, &limits_until(deadline)).await {
            Ok(response) => verdict::against_control(&self.0, candidate, finding, response),
            Err(error) => unreached(&error),
        }
    }
}

/// One answer says both who it is and what that one may do.
fn knows_the_candidate(finding: &Finding) -> bool {
    finding.outcome == Outcome::Accepted || finding.reason == Some(Reason::InsufficientScope)
}

/// The settings that say whose credential it is, beside where it belongs.
fn public_identity<'a>(file: &KindFile, candidate: &'a Candidate) -> Vec<&'a str> {
    let base = match &file.probe.base {
        Stated::InSetting(name) => Some(name.as_str()),
        Stated::InFile(_) => None,
    };
    file.kind
        .fields_of(&candidate.method)
        .filter(|field| field.is(Mark::Identity) && !field.is(Mark::Secret))
        .filter(|field| base != Some(&field.name))
        .filter_map(|field| candidate.settings.text(&field.name))
        .filter(|text| !text.is_empty())
        .collect()
}

fn limits_until(deadline: Instant) -> Limits {
    let left: Duration = deadline.saturating_duration_since(Instant::now());
    let limits = Limits::default();
    Limits { total: limits.total.min(left), ..limits }
}
