//! Who acts, in which request, from where: what every use case and every audit record starts from.

use std::collections::BTreeMap;
use std::net::IpAddr;

use strongroom_domain::access::{Action, Denial, Why};
use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::consumer::Consumer;
use strongroom_domain::dialect::{Dialect, View};
use strongroom_domain::ids::RequestId;
use strongroom_domain::principal::Principal;
use strongroom_domain::text::Name;
use strongroom_domain::trace::TraceId;
use strongroom_domain::{Error, Scope, Timestamp};
use strongroom_store::{Commit, Expectation};

/// One authenticated request.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who.
    pub principal: Principal,
    /// In which request.
    pub request: RequestId,
    /// In which trace, as the caller says.
    pub trace: Option<TraceId>,
    /// From which address.
    pub source: Option<IpAddr>,
    /// What its dialect shows: every use case keeps to it.
    pub view: View,
}

impl Context {
    /// The scope of everything this request does: the token's own, whatever the path says.
    pub const fn scope(&self) -> &Scope {
        &self.principal.scope
    }

    /// A commit of this request: refused where its token was revoked since it was looked at (TEN-12).
    pub(crate) fn commit(&self, record: AuditRecord) -> Commit {
        Commit::new(record).expect(Expectation::TokenLive(self.principal.token))
    }

    /// The consumer of a request that names none: the run, or the token itself.
    pub fn consumer(&self) -> Consumer {
        let by_name = || Consumer { name: self.principal.name.clone(), instance: unnamed() };
        self.principal.run.clone().unwrap_or_else(by_name)
    }

    /// A run's token speaks for that run alone: its holds are told apart from those of other runs by nothing else.
    ///
    /// # Errors
    ///
    /// `forbidden` for another consumer.
    pub(crate) fn assert_speaks_for(&self, consumer: &Consumer, action: Action) -> Result<(), Error> {
        if self.principal.run.as_ref().is_none_or(|run| run == consumer) {
            return Ok(());
        }
        Err(Error::Forbidden(Denial { action, why: Why::Run }))
    }

    /// A record of this request, to be completed.
    pub(crate) fn record(
        &self,
        at: Timestamp,
        action: AuditAction,
        object: AuditObject,
        outcome: AuditOutcome,
    ) -> AuditRecord {
        let principal = &self.principal;
        AuditRecord {
            at,
            actor: Actor::Principal {
                id: principal.id,
                token: principal.token,
                kind: principal.kind,
                name: principal.name.clone(),
            },
            on_behalf_of: principal.run.clone(),
            source: self.source,
            request: self.request,
            trace: self.trace,
            action,
            object,
            outcome,
            version: None,
            value_version: None,
            fields: Vec::new(),
            code: None,
            verification: None,
            notes: self.spoken(),
        }
    }

    /// The dialect is worth a note where it is not our own.
    pub(crate) fn spoken(&self) -> BTreeMap<String, String> {
        let foreign = Some(self.view.dialect()).filter(|dialect| *dialect != Dialect::Native);
        foreign.map(|dialect| ("dialect".to_owned(), dialect.code().to_owned())).into_iter().collect()
    }

    /// The same on behalf of a consumer. Proven where the token was made for that run; otherwise it is the
    /// caller's word, and the record says so.
    pub(crate) fn record_for(
        &self,
        consumer: &Consumer,
        at: Timestamp,
        action: AuditAction,
        object: AuditObject,
        outcome: AuditOutcome,
    ) -> AuditRecord {
        let mut record = self.record(at, action, object, outcome);
        let proof = if self.principal.run.as_ref() == Some(consumer) { "proven" } else { "claimed" };
        record.notes.insert("consumer".to_owned(), proof.to_owned());
        AuditRecord { on_behalf_of: Some(consumer.clone()), ..record }
    }
}

/// The instance of a consumer that names none.
fn unnamed() -> Name {
    "default".parse().expect("the word is a valid name")
}
