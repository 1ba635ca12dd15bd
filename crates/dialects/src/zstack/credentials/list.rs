//! `GET /credentials`: those that match, a stretch of them, and how many there are.

use http::StatusCode;
use strongroom_domain::health::HealthStatus;
use strongroom_service::options::{ListOrder, ListRequest, Position};
use strongroom_web::{Answer, Call, Query, respond};

use super::super::guesses::{LIMIT_DEFAULT, LIMIT_MOST, NUMBER_MOST};
use super::super::mapping::{self, Type};
use super::super::wire::{CredentialBody, ListBody};

pub(in super::super) const QUERY: &[&str] = &["type", "healthStatus", "limit", "offset", "componentUuid"];

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let request = request(call.query());
    call.query().finish()?;
    let Some(request) = request else {
        return respond::json(StatusCode::OK, &ListBody { items: Vec::new(), total: 0 });
    };
    let total = call.service().count(call.context(), &request).await?;
    let listed = call.service().list(call.context(), &request).await?;
    let now = call.now();
    let items = listed.items.iter().map(|credential| CredentialBody::at(now, credential)).collect();
    respond::json(StatusCode::OK, &ListBody { items, total })
}

/// `None` where a component is named that nobody has: nothing belongs to it.
fn request(query: &mut Query) -> Option<ListRequest> {
    let (kinds, methods) = of_type(query).map(Type::kinds_and_methods).unwrap_or_default();
    let limit = match query.number("limit", 0..=NUMBER_MOST) {
        None | Some(0) => LIMIT_DEFAULT,
        Some(limit) => limit.min(LIMIT_MOST),
    };
    let offset = query.number("offset", 0..=NUMBER_MOST).unwrap_or(0);
    let request = ListRequest {
        kinds,
        methods,
        health: health(query),
        limit,
        position: Some(Position { offset, order: ListOrder::OldestFirst }),
        ..ListRequest::default()
    };
    match query.text("componentUuid").filter(|text| !text.is_empty()) {
        None => Some(request),
        Some(text) => mapping::component_of(text).map(|id| ListRequest { integration: Some(id), ..request }),
    }
}

/// The zero of the enumeration is no filter.
fn of_type(query: &mut Query) -> Option<Type> {
    let text = query.text("type").filter(|text| !text.is_empty())?;
    let found = Type::parse(text);
    if found.is_none() {
        query.fault("type", &format!("must be one of: {}", Type::words_of_all().join(", ")));
    }
    found.filter(|of| *of != Type::Unspecified)
}

/// The same.
fn health(query: &mut Query) -> Option<HealthStatus> {
    let text = query.text("healthStatus").filter(|text| !text.is_empty())?;
    let found = mapping::health_of(text);
    if found.is_none() {
        query.fault("healthStatus", &format!("must be one of: {}", mapping::health_words().join(", ")));
    }
    found.filter(|status| *status != HealthStatus::Unknown)
}
