//! `aws` and `aws_ses`: whose access key it is, and how much mail it may send.
//!
//! Owns the one attempt: who am I, and for SES one more question. Speaks AWS's query protocol with our own
//! signature. Must never ask a host that is not in its table (SSR-18), nor an action that changes anything.

mod answer;
mod document;
mod failure;
mod fields;
mod keys;
mod question;
mod regions;
mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Evidence, Finding, Reason, Step};
use strongroom_domain::{Clock, Fault};
use strongroom_egress::Egress;
use tokio::time::Instant;

use crate::{Account, Connector};
use answer::{Identity, Quota};
use failure::Failure;
pub(crate) use fields::{kind, ses_kind};
use keys::Keys;
use question::Question;
use regions::Service;

/// The check of both kinds. Signatures hold the time, so it has a clock.
pub(crate) struct Aws {
    clock: Arc<dyn Clock>,
    service: Service,
    port: u16,
}

/// Where AWS listens.
const PORT: u16 = 443;

impl Aws {
    /// For `aws`.
    pub(crate) fn identity(clock: Arc<dyn Clock>) -> Self {
        Self { clock, service: Service::Sts, port: PORT }
    }

    /// For `aws_ses`.
    pub(crate) fn mail(clock: Arc<dyn Clock>) -> Self {
        Self { clock, service: Service::Ses, port: PORT }
    }

    /// At the same hosts, on another port.
    #[cfg(feature = "contract")]
    pub(crate) fn at_port(self, port: u16) -> Self {
        Self { port, ..self }
    }
}

#[async_trait]
impl Connector for Aws {
    fn examine(&self, candidate: &Candidate) -> Vec<Fault> {
        Keys::of(candidate, self.service).err().unwrap_or_default()
    }

    /// By key id alone: the account behind it is known only once the key is good.
    fn account(&self, candidate: &Candidate) -> Option<Account> {
        let keys = Keys::of(candidate, self.service).ok()?;
        Some(Account::of_key(keys.region.partition.name(), &keys.id))
    }

    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        let Ok(keys) = Keys::of(candidate, self.service) else {
            return Finding::unreachable(
                Reason::MisconfiguredTarget,
                "The fields do not say which key and region are meant.",
            );
        };
        self.attempt(&keys, egress, deadline).await.unwrap_or_else(Failure::into_finding)
    }
}

impl Aws {
    async fn attempt(&self, keys: &Keys, egress: &Egress, deadline: Instant) -> Result<Finding, Failure> {
        let now = self.clock.now();
        let ask = |question: Question| question.ask(keys, now, self.port, egress, deadline);
        let document = ask(Question::CallerIdentity).await?;
        let identity = Identity::read(&document, keys.region).ok_or(Failure::Protocol)?;
        let quota = match self.service {
            Service::Sts => None,
            Service::Ses => {
                egress.trail().step(Step::Authorise);
                let document = ask(Question::SendQuota).await?;
                Some(Quota::read(&document).ok_or(Failure::Protocol)?)
            }
        };
        Ok(accepted(identity, quota, keys))
    }
}

fn accepted(identity: Identity, quota: Option<Quota>, keys: &Keys) -> Finding {
    let Identity { arn, account_id, session } = identity;
    let message = match quota {
        None => format!("The key is that of {arn}."),
        Some(_) => format!("The key is that of {arn} and may read the sending quota; no mail was sent."),
    };
    let mut facts = BTreeMap::from([
        ("account_id".to_owned(), account_id),
        ("region".to_owned(), keys.region.name.to_owned()),
    ]);
    facts.extend(session.map(|session| ("session".to_owned(), session)));
    facts.extend(quota.into_iter().flat_map(Quota::facts));
    Finding::accepted(message, Evidence { account: Some(arn), facts, ..Evidence::default() })
}
