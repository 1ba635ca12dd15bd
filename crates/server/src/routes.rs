//! The server's own routes: whether it lives, whether it is ready, its numbers, the documents of its APIs.
//! Everything else is a dialect's.
//!
//! To a caller without a token it must never say more than one word, or what the repository says as well: no
//! version, no path, no cause.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde_json::json;
use strongroom_domain::Timestamp;
use strongroom_domain::access::Action;
use strongroom_domain::dialect::Dialect;
use strongroom_service::Service;
use strongroom_web::body::BodyRule;
use strongroom_web::{
    Answer, AuditClass, Call, Declaration, Edge, Idempotency, Manner, Operation, Route, RouteTable, Visit,
    respond,
};

use crate::metrics::{Metrics, Numbers};

/// Whether `/metrics` answers here, to tokens, or on a listener of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetricsRoute {
    /// To tokens that may read metrics.
    WithToken,
    /// On another listener.
    Elsewhere,
}

/// Everything the main listener answers: the dialects below their prefixes, and the server's own paths. What
/// nobody knows is 404, or 401 without a token.
pub(crate) fn application(
    edge: &Arc<Edge>,
    metrics: &Arc<Metrics>,
    numbers: MetricsRoute,
    (dialects, documents): (Router, Vec<(Dialect, Bytes)>),
) -> Router {
    own(metrics, numbers, documents).router(edge).merge(dialects)
}

/// The server's own routes as they are where every dialect is spoken, for those who walk all there are.
pub fn own_routes() -> RouteTable {
    let metrics = Arc::new(Metrics::new(Timestamp::from_unix_micros(0)));
    let documents = Dialect::ALL.into_iter().map(|dialect| (dialect, Bytes::new())).collect();
    own(&metrics, MetricsRoute::WithToken, documents)
}

fn own(metrics: &Arc<Metrics>, numbers: MetricsRoute, documents: Vec<(Dialect, Bytes)>) -> RouteTable {
    let mut own = vec![
        Route::open(declaration("/healthz", None), healthz),
        Route::open(declaration("/readyz", None), readyz),
    ];
    own.extend(documents.into_iter().map(document));
    if numbers == MetricsRoute::WithToken {
        let metrics = Arc::clone(metrics);
        let route = move |call| metrics_with_token(call, Arc::clone(&metrics));
        own.push(Route::guarded(declaration("/metrics", Some(Action::ReadMetrics)), route));
    }
    table(own)
}

/// What the listener of the metrics answers.
pub(crate) fn local_metrics(edge: &Arc<Edge>, metrics: &Arc<Metrics>) -> Router {
    let metrics = Arc::clone(metrics);
    let route = move |visit| local_numbers(visit, Arc::clone(&metrics));
    table(vec![Route::open(declaration("/metrics", None), route)]).router(edge)
}

fn table(routes: Vec<Route>) -> RouteTable {
    RouteTable::new("", Manner::OWN, routes)
}

const fn declaration(path: &'static str, action: Option<Action>) -> Declaration {
    Declaration {
        method: Method::GET,
        path,
        action,
        body: BodyRule::None,
        query: &[],
        audit: AuditClass::None,
        idempotency: Idempotency::Ignored,
        operation: Operation::UNLISTED,
    }
}

/// `/openapi/{dialect}.json`: only of what is mounted.
fn document((dialect, document): (Dialect, Bytes)) -> Route {
    let path = match dialect {
        Dialect::Native => "/openapi/native.json",
        Dialect::Flowise => "/openapi/flowise.json",
        Dialect::Superai => "/openapi/superai.json",
        Dialect::Dx => "/openapi/dx.json",
        Dialect::Zstack => "/openapi/zstack.json",
    };
    let answer = move |_: Visit| {
        let mut response = Response::new(Body::from(document.clone()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        std::future::ready(Ok(response))
    };
    Route::open(declaration(path, None), answer)
}

async fn healthz(_: Visit) -> Answer {
    respond::json(StatusCode::OK, &json!({"status": "ok"}))
}

/// The keys were opened before the first connection, so what is left to ask is the store.
async fn readyz(visit: Visit) -> Answer {
    visit.service().status().await?;
    respond::json(StatusCode::OK, &json!({"status": "ready"}))
}

async fn metrics_with_token(call: Call, metrics: Arc<Metrics>) -> Answer {
    call.service().permit_metrics(call.context()).await?;
    numbers(call.service(), &metrics).await
}

async fn local_numbers(visit: Visit, metrics: Arc<Metrics>) -> Answer {
    numbers(visit.service(), &metrics).await
}

async fn numbers(service: &Service, metrics: &Metrics) -> Answer {
    let now = Numbers {
        watchers: service.watchers(),
        leaves_pending: service.audit_leaves_pending().await?,
        refused_tokens: service.refused_tokens(),
    };
    let text = metrics.render(service.status().await?, &now);
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, OPEN_METRICS);
    Ok(response)
}

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
