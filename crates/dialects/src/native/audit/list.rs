//! `GET .../audit`: records of the workspace. Each item is the leaf of its record, so that whoever has the list can
//! hash it and hold it against a checkpoint.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use strongroom_domain::limits;
use strongroom_service::audit::{AuditFilter, AuditOrder, AuditQuestion, Others};
use strongroom_web::{Answer, Call, Query, respond};

use super::wire::item;
use crate::native::path;
use crate::native::wire::ListBody;

/// The filters, and which part of what they leave.
pub(crate) const QUERY: &[&str] = &[
    "action", "actor", "object", "outcome", "consumer", "since", "until", "order", "after", "hashes",
    "limit", "cursor",
];

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let question = question(call.query());
    call.query().finish()?;
    let listed = call.service().audit_records(call.context(), &question).await?;
    let items = listed.items.iter().map(item).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: listed.next_cursor })
}

fn question(query: &mut Query) -> AuditQuestion {
    let others = if query.flag("hashes") { Others::AsHashes } else { Others::LeftOut };
    let question = AuditQuestion {
        filter: filter(query),
        order: order(query),
        others,
        limit: query.number("limit", 1..=limits::PAGE).unwrap_or(limits::PAGE_DEFAULT),
        cursor: query.text("cursor").map(str::to_owned),
    };
    if others == Others::AsHashes && question.filter != AuditFilter::default() {
        query.fault("hashes", "goes with no filter: a part of the log has no root");
    }
    question
}

fn filter(query: &mut Query) -> AuditFilter {
    const TIME: &str = "must be a date and time in RFC 3339 form";
    let actions: Option<Vec<_>> = query.all("action").map(word).collect();
    if actions.is_none() {
        query.fault("action", "must be the name of an act, like credential.resolve");
    }
    let outcome = query.text("outcome").map(word);
    if outcome == Some(None) {
        query.fault("outcome", "must be one of: attempted, succeeded, refused, denied, failed");
    }
    AuditFilter {
        actions: actions.unwrap_or_default(),
        actor: query.text("actor").map(str::to_owned),
        object: query.text("object").map(str::to_owned),
        outcome: outcome.flatten(),
        consumer: query.parsed("consumer", "must be the name of a consumer"),
        since: query.parsed("since", TIME),
        until: query.parsed("until", TIME),
    }
}

/// `after` alone says which way.
fn order(query: &mut Query) -> AuditOrder {
    let after = query.parsed("after", "must be the position of a record");
    match query.text("order") {
        Some("oldest") => AuditOrder::OldestFirst { after },
        None if after.is_some() => AuditOrder::OldestFirst { after },
        None | Some("newest") if after.is_none() => AuditOrder::NewestFirst,
        Some("newest") => {
            query.fault("after", "goes with order=oldest");
            AuditOrder::NewestFirst
        }
        _ => {
            query.fault("order", "must be newest or oldest");
            AuditOrder::NewestFirst
        }
    }
}

/// A word of a closed list, as records have it.
fn word<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(Value::String(text.to_owned())).ok()
}
