//! From a request on a known path to its answer: who first, then what, then the handler.
//!
//! The order is the point: nothing of a body is read before the caller is known (INP-04), unless a dialect's
//! contract has it the other way round. Must never log a body, a query, a header or the text of a panic.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll};

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::response::Response;
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header};
use strongroom_domain::access::Action;
use strongroom_domain::dialect::View;
use strongroom_domain::error::{Cause, Unreadable};
use strongroom_domain::ids::RequestId;
use strongroom_domain::principal::Principal;
use strongroom_domain::{Error, Fault};
use strongroom_service::Context;
use strongroom_service::sessions::Arrival;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use crate::body::{BodyRule, Watch};
use crate::call::{self, ReadAhead};
use crate::route::{Answer, Answering, AuditClass, Authentication, Declaration, Handler, Idempotency, Route};
use crate::{
    Call, Edge, Manner, Observed, Order, Queries, Query, Refusal, Shown, Visit, conditional, problem,
};

/// All routes of one path; none on paths that the table does not know.
pub(crate) struct Dispatch {
    edge: Arc<Edge>,
    manner: Manner,
    /// The template of the path.
    label: Arc<str>,
    routes: Vec<Arc<Route>>,
    /// What answers every other method.
    fallback: Option<Arc<Route>>,
    allow: Option<HeaderValue>,
}

impl Dispatch {
    pub(crate) fn new(
        edge: Arc<Edge>,
        manner: Manner,
        path: &str,
        routes: Vec<Arc<Route>>,
        fallback: Option<Arc<Route>>,
    ) -> Self {
        let allow = allow_of(&routes);
        let path = if routes.is_empty() { "unknown" } else { path };
        Self { edge, manner, label: path.into(), routes, fallback, allow }
    }

    /// Never fails: an error is an answer, and so is a panic.
    pub(crate) async fn answer(&self, mut request: Request) -> Response {
        let started = Instant::now();
        let method = word_of(request.method());
        let id = (self.edge.make_request_id)(self.edge.clock.now());
        let operation = self.route_for(request.method()).map_or("", |route| route.declaration().operation.id);
        let shown = self.shown(request.headers());
        let span = self.span(method, id);
        let (version, watch) = (request.version(), Watch::begin(&mut request));
        let handled =
            AssertUnwindSafe(self.handle(request, id)).catch_unwind().instrument(span.clone()).await;
        let answer = handled.unwrap_or_else(|_| Err(Error::Internal(Cause::new(Panicked))));
        let _entered = span.enter();
        let mut response = answer
            .unwrap_or_else(|error| self.refuse(&Refusal { error: &error, request: id, operation, shown }));
        self.dress(&mut response, id);
        if version == Version::HTTP_11 && watch.is_some_and(|watch| !watch.is_at_the_end()) {
            // Nobody reads the rest, so nothing can follow on this connection: said, not only done.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        span.record("status", response.status().as_u16());
        let took = started.elapsed();
        span.record("duration_us", u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        tracing::info!("answered");
        let (route, status) = (Arc::clone(&self.label), response.status());
        (self.edge.observe)(&Observed { route, method, status, took });
        response
    }

    async fn handle(&self, request: Request, id: RequestId) -> Answer {
        let (parts, mut body) = request.into_parts();
        let route = self.route_for(&parts.method);
        let mut read = ReadAhead::NotYet;
        if self.manner.order == Order::BodyFirst {
            if let Some(answer) = (self.manner.screen_of_bodies)(&parts).filter(|_| !body.is_end_stream()) {
                return Ok(answer);
            }
            let rule = route.map_or(BodyRule::Ignored, |route| route.declaration().body);
            read = ReadAhead::Read(call::read(&parts, std::mem::take(&mut body), rule).await?);
        }
        if let Some(answer) = (self.manner.screen)(&parts) {
            return Ok(answer);
        }
        let context = if self.is_open(route) { None } else { Some(self.authenticate(&parts, id).await?) };
        let Some(route) = route else { return Err(self.no_route()) };
        let visit = self.visit(parts, body, route.declaration(), id).await?;
        handled(route, Visit { read, ..visit }, context).await
    }

    /// Whether anybody is answered here; what no route is for is as open as what has one.
    fn is_open(&self, route: Option<&Route>) -> bool {
        let is_open = |route: &Route| route.authentication() == Authentication::Anonymous;
        route.map_or_else(|| self.routes.iter().any(|route| is_open(route)), is_open)
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
            peer: self.edge.proxies.source(&parts),
            parameters: parameters(&mut parts).await?,
            query,
            parts,
            body: Mutex::new(body),
            read: ReadAhead::NotYet,
            view: self.manner.view,
            rule: declaration.body,
            path: declaration.path,
        })
    }

    async fn authenticate(&self, parts: &Parts, request: RequestId) -> Result<Context, Error> {
        let (source, trace) = (self.edge.proxies.source(parts), crate::keys::trace(&parts.headers));
        let service = &self.edge.service;
        let principal = if let Some(session) = (self.manner.session)(&parts.headers) {
            service.authenticate_session(session, source, self.manner.door).await?
        } else {
            let arrival = Arrival { request, trace, source, view: self.manner.view, door: self.manner.door };
            self.by_key(&parts.headers, arrival).await?
        };
        let span = Span::current();
        span.record("token_id", field::display(principal.token));
        span.record("workspace_id", field::display(principal.scope.workspace()));
        let context = Context { principal, request, trace, source, view: self.manner.view };
        // A wire format without workspaces cannot say which of several is meant.
        if self.manner.view != View::All && context.principal.spans_workspaces() {
            return Err(service.deny(&context, Action::ReadWorkspace).await);
        }
        Ok(context)
    }

    /// Where there are two ways to send a key, one that counts is enough; the first way is tried first.
    async fn by_key(&self, headers: &HeaderMap, arrival: Arrival) -> Result<Principal, Error> {
        let service = &self.edge.service;
        let keys = [(self.manner.key)(headers), (self.manner.other_key)(headers)];
        for key in keys.into_iter().flatten() {
            match service.authenticate(key, arrival.source).await {
                Err(Error::Unauthenticated) => service.note_refused_token(key, arrival),
                known => return known,
            }
        }
        Err(Error::Unauthenticated)
    }

    fn shown(&self, headers: &HeaderMap) -> Shown {
        if (self.manner.session)(headers).is_some() {
            return Shown::Session;
        }
        let key = (self.manner.key)(headers).or_else(|| (self.manner.other_key)(headers));
        if key.is_some() { Shown::Token } else { Shown::Nothing }
    }

    /// HEAD is GET without the body (RFC 9110 section 9.3.2), which the server leaves away.
    fn route_for(&self, method: &Method) -> Option<&Route> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let exact = self.routes.iter().find(|route| route.declaration().method == *method);
        exact.or(self.fallback.as_ref()).map(AsRef::as_ref)
    }

    fn no_route(&self) -> Error {
        if self.routes.is_empty() { Error::NotFound } else { Error::Unreadable(Unreadable::Method) }
    }

    /// The one place where an error becomes an answer, and its cause a line of the log.
    fn refuse(&self, refusal: &Refusal<'_>) -> Response {
        problem::log(refusal.error, refusal.request);
        let mut response = (self.manner.render)(refusal);
        problem::say_when(&mut response, refusal.error);
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
        (self.manner.dress)(response, id);
    }

    fn span(&self, method: &'static str, id: RequestId) -> Span {
        tracing::info_span!(
            "request",
            method,
            route = &*self.label,
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

async fn handled(route: &Route, visit: Visit, context: Option<Context>) -> Answer {
    match (&route.handler, context) {
        (Handler::Open(handler), _) => handler(visit).await,
        (Handler::Guarded(handler), Some(context)) => {
            guarded(handler, visit, context, route.declaration()).await
        }
        (Handler::Guarded(_), None) => Err(Error::Unauthenticated),
    }
}

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
        AuditClass::Record => ToItsEnd(Some(answering)).await,
    }
}

/// An act that has begun is finished, whether or not its caller still waits: what it publishes after its
/// commit (a revoked token, new settings) must not hang on a connection. While the caller waits it is part of
/// the request; when the caller is gone, what is left becomes a task of its own.
struct ToItsEnd(Option<Answering>);

impl Future for ToItsEnd {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Answer> {
        // Not in its place while it runs: one that panicked must never run again.
        let mut answering = self.0.take().expect("it is not polled after its end");
        let answer = answering.as_mut().poll(context);
        if answer.is_pending() {
            self.0 = Some(answering);
        }
        answer
    }
}

impl Drop for ToItsEnd {
    fn drop(&mut self) {
        if let (Some(rest), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(rest.in_current_span());
        }
    }
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

/// A method as a log, a header or a label may show it: a caller may send any word.
fn word_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_11_invented_methods_share_one_word() {
        assert_eq!(word_of(&Method::from_bytes(b"CNRY-0123").unwrap()), "other");
        assert_eq!(word_of(&Method::PATCH), "PATCH");
    }

    /// Says so when it has come to its end, after one turn of waiting.
    fn act(done: &Arc<Mutex<bool>>) -> Answering {
        let done = Arc::clone(done);
        Box::pin(async move {
            tokio::task::yield_now().await;
            *done.lock().unwrap() = true;
            Err(Error::NotFound)
        })
    }

    #[tokio::test]
    async fn an_act_ends_with_and_without_its_caller() {
        let done = Arc::default();
        assert!(matches!(ToItsEnd(Some(act(&done))).await, Err(Error::NotFound)));
        assert!(*done.lock().unwrap());

        let done = Arc::default();
        let mut left = ToItsEnd(Some(act(&done)));
        assert!(futures_util::poll!(&mut left).is_pending());
        drop(left);
        assert!(!*done.lock().unwrap());
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        assert!(*done.lock().unwrap());
    }

    #[tokio::test]
    async fn an_act_that_panicked_does_not_run_again() {
        let act = ToItsEnd(Some(Box::pin(async { panic!("cnry") })));
        assert!(AssertUnwindSafe(act).catch_unwind().await.is_err());
    }
}
