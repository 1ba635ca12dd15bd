//! `GET .../credentials/{credential}/history`: changes without values, newest first.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::audit::{Actor, AuditAction, AuditVerification};
use strongroom_domain::ids::PrincipalId;
use strongroom_domain::principal::PrincipalKind;
use strongroom_domain::text::Name;
use strongroom_domain::verification::Reason;
use strongroom_domain::{Timestamp, limits};
use strongroom_service::credentials::HistoryEntry;
use strongroom_web::{Answer, Call, respond};

use crate::native::{path, wire::ListBody};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = path::credential(&mut call).await?;
    let limit = call.query().number("limit", 1..=limits::PAGE).unwrap_or(limits::PAGE_DEFAULT);
    let cursor = call.query().text("cursor").map(str::to_owned);
    call.query().finish()?;
    let listed = call.service().history(call.context(), &named, limit, cursor.as_deref()).await?;
    let items = listed.items.iter().map(EntryBody::from).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: listed.next_cursor })
}

#[derive(Serialize)]
struct EntryBody<'a> {
    version: Option<u64>,
    value_version: Option<u64>,
    action: AuditAction,
    at: Timestamp,
    actor: ActorBody<'a>,
    fields: &'a [String],
    verification: Option<AttemptBody<'a>>,
}

impl<'a> From<&'a HistoryEntry> for EntryBody<'a> {
    fn from(entry: &'a HistoryEntry) -> Self {
        Self {
            version: entry.version,
            value_version: entry.value_version,
            action: entry.action,
            at: entry.at,
            actor: (&entry.actor).into(),
            fields: &entry.fields,
            verification: entry.verification.as_ref().map(AttemptBody::from),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ActorBody<'a> {
    Principal { id: PrincipalId, kind: PrincipalKind, name: &'a Name },
    System,
}

impl<'a> From<&'a Actor> for ActorBody<'a> {
    fn from(actor: &'a Actor) -> Self {
        match actor {
            Actor::Principal { id, kind, name, .. } => Self::Principal { id: *id, kind: *kind, name },
            // A change has one who made it.
            Actor::System | Actor::Unknown => Self::System,
        }
    }
}

#[derive(Serialize)]
struct AttemptBody<'a> {
    outcome: &'static str,
    reason: Option<&'static str>,
    account: Option<&'a str>,
    duration_ms: u64,
}

impl<'a> From<&'a AuditVerification> for AttemptBody<'a> {
    fn from(attempt: &'a AuditVerification) -> Self {
        Self {
            outcome: attempt.outcome.code(),
            reason: attempt.reason.map(Reason::code),
            account: attempt.account.as_deref(),
            duration_ms: attempt.duration_ms,
        }
    }
}
