//! From a request on a known path to its answer: who first, then what, then the handler.
//!
//! The order is the point: nothing of a body is read before the caller is known (INP-04). Must never log
//! a body, a query, a header or the text of a panic.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::response::Response;
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, header};
use strongroom_domain::error::{Cause, Unreadable};
use strongroom_domain::ids::RequestId;
use strongroom_domain::{Error, Fault};
use strongroom_service::Context;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use crate::body::BodyRule;
use crate::route::{
    Answer, Answering, AuditClass, Authentication, Declaration, Handler, Idempotency, Route, RouteLabel,
};
use crate::{Call, Edge, Manner, Queries, Query, Refusal, Visit, conditional, keys, problem};

/// All routes of one path; none on paths that the table does not know.
pub(crate) struct Dispatch {
    edge: Arc<Edge>,
    manner: Manner,
    label: RouteLabel,
    routes: Vec<Arc<Route>>,
    allow: Option<HeaderValue>,
}

impl Dispatch {
    pub(crate) fn new(edge: Arc<Edge>, manner: Manner, path: &str, routes: Vec<Arc<Route>>) -> Self {
        let allow = allow_of(&routes);
        let path = if routes.is_empty() { "unknown" } else { path };
        Self { edge, manner, label: RouteLabel(path.into()), routes, allow }
    }

    /// Never fails: an error is an answer, and so is a panic.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let started = Instant::now();
        let id = (self.edge.make_request_id)(self.edge.clock.now());
        let span = self.span(request.method(), id);
        let operation = self.route_for(request.method()).map_or("", |route| route.declaration().operation.id);
        let handled =
            AssertUnwindSafe(self.handle(request, id)).catch_unwind().instrument(span.clone()).await;
        let answer = handled.unwrap_or_else(|_| Err(Error::Internal(Cause::new(Panicked))));
        let _entered = span.enter();
        let mut response =
            answer.unwrap_or_else(|error| self.refuse(&Refusal { error: &error, request: id, operation }));
        self.dress(&mut response, id);
        span.record("status", response.status().as_u16());
        span.record("duration_us", u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
        tracing::info!("answered");
        response
    }

    async fn handle(&self, request: Request, id: RequestId) -> Answer {
        let (parts, body) = request.into_parts();
        let route = self.route_for(&parts.method);
        let is_open = match route {
            Some(route) => route.authentication() == Authentication::Anonymous,
            None => self.routes.iter().any(|route| route.authentication() == Authentication::Anonymous),
        };
        let context = if is_open { None } else { Some(self.authenticate(&parts, id).await?) };
        let Some(route) = route else { return Err(self.no_route()) };
        let declaration = route.declaration();
        let visit = self.visit(parts, body, declaration, id).await?;
        match (&route.handler, context) {
            (Handler::Open(handler), _) => handler(visit).await,
            (Handler::Guarded(handler), Some(context)) => guarded(handler, visit, context, declaration).await,
            (Handler::Guarded(_), None) => Err(Error::Unauthenticated),
        }
    }

    async fn visit(
        &self,
        mut parts: Parts,
        body: Body,
        declaration: &Declaration,
        request: RequestId,
    ) -> Result<Visit, Error> {
        let text = parts.uri.query().unwrap_or_default();
        let mut query = match self.manner.queries {
            Queries::Strict => Query::parse(text, declaration.query),
            Queries::Lenient => Query::parse_leniently(text),
        };
        query.finish()?;
        if declaration.body == BodyRule::None && !body.is_end_stream() {
            return Err(Error::invalid(vec![Fault::new("", "this request takes no body")]));
        }
        Ok(Visit {
            edge: Arc::clone(&self.edge),
            request,
            peer: keys::peer(&parts),
            parameters: parameters(&mut parts).await?,
            query,
            parts,
            body: Mutex::new(body),
            rule: declaration.body,
            path: declaration.path,
        })
    }

    async fn authenticate(&self, parts: &Parts, request: RequestId) -> Result<Context, Error> {
        let source = keys::peer(parts);
        let token = (self.manner.key)(&parts.headers).ok_or(Error::Unauthenticated)?;
        let principal = self.edge.service.authenticate(token, source).await?;
        let span = Span::current();
        span.record("token_id", field::display(principal.token));
        span.record("workspace_id", field::display(principal.scope.workspace()));
        Ok(Context { principal, request, source, view: self.manner.view })
    }

    /// HEAD is GET without the body (RFC 9110 section 9.3.2), which the server leaves away.
    fn route_for(&self, method: &Method) -> Option<&Route> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.routes.iter().find(|route| route.declaration().method == *method).map(AsRef::as_ref)
    }

    fn no_route(&self) -> Error {
        if self.routes.is_empty() { Error::NotFound } else { Error::Unreadable(Unreadable::Method) }
    }

    /// The one place where an error becomes an answer, and its cause a line of the log.
    fn refuse(&self, refusal: &Refusal<'_>) -> Response {
        problem::log(refusal.error, refusal.request);
        let mut response = (self.manner.render)(refusal);
        if let (Error::Unreadable(Unreadable::Method), Some(allow)) = (refusal.error, &self.allow) {
            response.headers_mut().insert(header::ALLOW, allow.clone());
        }
        response
    }

    fn dress(&self, response: &mut Response, id: RequestId) {
        let headers = response.headers_mut();
        // Only what is the same for everyone says otherwise.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(id) = HeaderValue::try_from(id.to_string()) {
            headers.insert(REQUEST_ID, id);
        }
        response.extensions_mut().insert(self.label.clone());
        (self.manner.dress)(response, id);
    }

    fn span(&self, method: &Method, id: RequestId) -> Span {
        tracing::info_span!(
            "request",
            method = word_of(method),
            route = &*self.label.0,
            request_id = %id,
            token_id = field::Empty,
            workspace_id = field::Empty,
            status = field::Empty,
            duration_us = field::Empty,
        )
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is caught says nothing about its text: that may hold anything.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked; the panic's place is in the log")]
struct Panicked;

async fn guarded(
    handler: &(impl Fn(Call) -> Answering + ?Sized),
    visit: Visit,
    context: Context,
    declaration: &Declaration,
) -> Answer {
    let headers = &visit.parts.headers;
    let key = match declaration.idempotency {
        Idempotency::Taken => {
            conditional::idempotency_key(headers).map_err(|fault| Error::invalid(vec![fault]))?
        }
        Idempotency::Refused if headers.contains_key(conditional::IDEMPOTENCY_KEY) => {
            return Err(Error::Unreadable(Unreadable::IdempotencyKey));
        }
        Idempotency::Refused | Idempotency::Ignored => None,
    };
    let answering = handler(Call { visit, context, key });
    match declaration.audit {
        AuditClass::None => answering.await,
        AuditClass::Record => to_its_end(answering).await,
    }
}

/// An act that has begun is finished, whether or not its caller still waits: what it publishes after its
/// commit (a revoked token, new settings) must not hang on a connection.
async fn to_its_end(answering: Answering) -> Answer {
    tokio::spawn(answering.in_current_span())
        .await
        .unwrap_or_else(|_| Err(Error::Internal(Cause::new(Panicked))))
}

/// What does not decode names nothing.
async fn parameters(parts: &mut Parts) -> Result<Vec<(String, String)>, Error> {
    let raw = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::NotFound)?;
    Ok(raw.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn allow_of(routes: &[Arc<Route>]) -> Option<HeaderValue> {
    let mut words: Vec<&str> = routes.iter().map(|route| word_of(&route.declaration().method)).collect();
    if words.contains(&"GET") {
        words.push("HEAD");
    }
    words.sort_unstable();
    HeaderValue::try_from(words.join(", ")).ok().filter(|_| !routes.is_empty())
}

/// A method as a log or header may show it: a caller may send any word.
fn word_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
