//! `GET .../credentials`: a page of those that match.

use http::StatusCode;
use strongroom_domain::credential::Owner;
use strongroom_domain::health::HealthStatus;
use strongroom_domain::host::Host;
use strongroom_domain::limits;
use strongroom_domain::text::{LabelKey, LabelValue};
use strongroom_service::options::ListRequest;
use strongroom_web::{Answer, Call, Query, respond};

use crate::native::path;
use crate::native::wire::{CredentialBody, ListBody};

/// The filters; there is none on a secret (PRP-10).
pub(crate) const QUERY: &[&str] = &[
    "kind",
    "health",
    "label",
    "q",
    "integration",
    "owner",
    "target_host",
    "expiring_before",
    "limit",
    "cursor",
];

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let request = request(call.query());
    call.query().finish()?;
    let listed = call.service().list(call.context(), &request).await?;
    let now = call.now();
    let items = listed.items.iter().map(|credential| CredentialBody::at(now, credential)).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: listed.next_cursor })
}

fn request(query: &mut Query) -> ListRequest {
    ListRequest {
        kinds: query.text("kind").map(str::to_owned).into_iter().collect(),
        health: health(query),
        labels: labels(query),
        query: query.text("q").map(str::to_owned),
        integration: query.parsed("integration", "must be the id of an integration"),
        owner: owner(query),
        target_host: query
            .parsed::<Host>("target_host", "must be a host name or address in canonical spelling")
            .map(|host| host.to_string()),
        expiring_before: query.parsed("expiring_before", "must be a date and time in RFC 3339 form"),
        limit: query.number("limit", 1..=limits::PAGE).unwrap_or(limits::PAGE_DEFAULT),
        cursor: query.text("cursor").map(str::to_owned),
        ..ListRequest::default()
    }
}

const HEALTH: [(&str, HealthStatus); 5] = [
    ("unknown", HealthStatus::Unknown),
    ("healthy", HealthStatus::Healthy),
    ("expiring", HealthStatus::Expiring),
    ("expired", HealthStatus::Expired),
    ("failing", HealthStatus::Failing),
];

fn health(query: &mut Query) -> Option<HealthStatus> {
    let text = query.text("health")?;
    let found = HEALTH.iter().find(|(word, _)| *word == text).map(|(_, status)| *status);
    if found.is_none() {
        query.fault("health", "must be one of: unknown, healthy, expiring, expired, failing");
    }
    found
}

fn labels(query: &mut Query) -> Vec<(LabelKey, LabelValue)> {
    let read: Option<Vec<_>> = query.all("label").map(label).collect();
    if read.is_none() {
        query.fault("label", "must be a key, a colon and a value");
    }
    read.unwrap_or_default()
}

fn label(text: &str) -> Option<(LabelKey, LabelValue)> {
    let (key, value) = text.split_once(':')?;
    Some((key.parse().ok()?, value.parse().ok()?))
}

fn owner(query: &mut Query) -> Option<Owner> {
    let text = query.text("owner")?;
    let found = match text.split_once(':') {
        None if text == "workspace" => Some(Owner::Workspace),
        Some(("end_user", id)) => id.parse().ok().map(|id| Owner::EndUser { id }),
        _ => None,
    };
    if found.is_none() {
        query.fault("owner", "must be `workspace`, or `end_user:` and an id");
    }
    found
}
