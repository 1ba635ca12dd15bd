//! One request as a handler sees it: who, where, and the parts that its route declared.
//!
//! A handler cannot read more of a request than this, so no header or query parameter that a route did
//! not declare can change what it does.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http::StatusCode;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use strongroom_domain::dialect::View;
use strongroom_domain::error::Unreadable;
use strongroom_domain::ids::RequestId;
use strongroom_domain::trace::TraceId;
use strongroom_domain::{Clock, Error, Timestamp};
use strongroom_service::options::{Expected, Idempotency};
use strongroom_service::{Context, Service};
use zeroize::Zeroizing;

use crate::body::{BodyRule, Collected, Scalars};
use crate::{Document, Proxies, Query, body, conditional, form, json, keys};

/// What every route stands on.
pub struct Edge {
    /// The use cases.
    pub service: Arc<Service>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where the id of a request comes from; an id that a caller sends is never used.
    pub make_request_id: Box<dyn Fn(Timestamp) -> RequestId + Send + Sync>,
    /// Whose word counts about where a request comes from.
    pub proxies: Proxies,
    /// Counts and times every answer.
    pub observe: Box<dyn Fn(&Observed) + Send + Sync>,
}

/// One answer, as the metrics see it. Every label is from a closed set: a client may invent methods and
/// paths.
#[derive(Debug)]
pub struct Observed {
    /// The template of the route that answered, never the path; `unknown` where there was none.
    pub route: Arc<str>,
    /// The method, or `other`.
    pub method: &'static str,
    /// The answer's.
    pub status: StatusCode,
    /// From the request's head to the answer's.
    pub took: Duration,
}

/// A request of anybody.
pub struct Visit {
    pub(crate) edge: Arc<Edge>,
    pub(crate) request: RequestId,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) parts: Parts,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) query: Query,
    /// Never locked: a body is not `Sync`, and a handler's future must be able to share the rest.
    pub(crate) body: Mutex<Body>,
    pub(crate) read: ReadAhead,
    pub(crate) view: View,
    pub(crate) rule: BodyRule,
    /// As declared, with the names of its parameters.
    pub(crate) path: &'static str,
}

impl Visit {
    /// The use cases.
    pub fn service(&self) -> &Arc<Service> {
        &self.edge.service
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.edge.clock.now()
    }

    /// This request's id.
    pub const fn request(&self) -> RequestId {
        self.request
    }

    /// Where it comes from: the other end of the connection, or what a trusted proxy says.
    pub const fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// A parameter of the path, decoded; empty where the route has none of this name.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// The query parameters that the route declared.
    pub const fn query(&mut self) -> &mut Query {
        &mut self.query
    }

    /// What its dialect shows.
    pub const fn view(&self) -> View {
        self.view
    }

    /// The trace that the caller says it is in.
    pub fn trace(&self) -> Option<TraceId> {
        keys::trace(&self.parts.headers)
    }

    /// The headers, for routes that sign in and out.
    pub const fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The body, as the route's rule has it read; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`], in words of ours.
    pub async fn body(&mut self) -> Result<Option<Document>, Error> {
        if let ReadAhead::Read(document) = std::mem::take(&mut self.read) {
            return Ok(document);
        }
        let body = std::mem::take(self.body.get_mut().unwrap_or_else(PoisonError::into_inner));
        read(&self.parts, body, self.rule).await
    }

    async fn bytes(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let body = std::mem::take(self.body.get_mut().unwrap_or_else(PoisonError::into_inner));
        body::collect(&self.parts, body, self.rule).await
    }
}

/// A body, read by its rule.
pub(crate) async fn read(parts: &Parts, body: Body, rule: BodyRule) -> Result<Option<Document>, Error> {
    let rule = match rule {
        BodyRule::Lenient(rule) => rule,
        BodyRule::None | BodyRule::Ignored => return Ok(None),
        BodyRule::Optional(_) | BodyRule::Json(_) => {
            let bytes = body::collect(parts, body, rule).await?;
            return bytes.map(|bytes| json::parse(&bytes).map_err(Error::Unreadable)).transpose();
        }
    };
    let document = match body::collect_leniently(parts, body, rule).await? {
        Collected::Nothing => return Ok(None),
        Collected::Json(bytes) => json::parse_leniently(&bytes),
        Collected::Form(bytes) => form::parse(&bytes),
    };
    let document = document.map_err(Error::Unreadable)?;
    let is_composite = document.value().is_object() || document.value().is_array();
    if rule.scalars == Scalars::Taken || is_composite {
        Ok(Some(document))
    } else {
        Err(Error::Unreadable(NEITHER))
    }
}

const NEITHER: Unreadable = Unreadable::Json("The body must be a JSON object or array. Nothing was changed.");

/// Whether the body was read before the caller was known.
#[derive(Default)]
pub(crate) enum ReadAhead {
    #[default]
    NotYet,
    /// What it held; `None` where there was none.
    Read(Option<Document>),
}

/// A request of an authenticated caller.
pub struct Call {
    pub(crate) visit: Visit,
    pub(crate) context: Context,
    /// The `Idempotency-Key`, where the route takes one.
    pub(crate) key: Option<String>,
}

impl Call {
    /// The use cases.
    pub fn service(&self) -> &Arc<Service> {
        self.visit.service()
    }

    /// Who acts, in which request.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Goes on in the workspace that the path names.
    pub fn go_on_in(&mut self, context: Context) {
        self.context = context;
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.visit.now()
    }

    /// A parameter of the path, decoded; empty where the route has none of this name.
    pub fn parameter(&self, name: &str) -> &str {
        self.visit.parameter(name)
    }

    /// The query parameters that the route declared.
    pub const fn query(&mut self) -> &mut Query {
        self.visit.query()
    }

    /// Which versions a change may be based on.
    pub fn expected(&self) -> Expected {
        conditional::expected(&self.visit.parts.headers)
    }

    /// The tags that a change may be based on, for dialects whose tags are no versions; `None` for any.
    pub fn expected_tags(&self) -> Option<Vec<&str>> {
        conditional::expected_tags(&self.visit.parts.headers)
    }

    /// Which versions the caller has already.
    pub fn known(&self) -> Vec<u64> {
        conditional::known(&self.visit.parts.headers)
    }

    /// Whether the caller has a representation with this weak tag already.
    pub fn has(&self, tag: &HeaderValue) -> bool {
        conditional::has(&self.visit.parts.headers, tag)
    }

    /// The headers, for routes that end what the caller came by.
    pub const fn headers(&self) -> &HeaderMap {
        self.visit.headers()
    }

    /// The body, as the route's rule has it read; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`], in words of ours.
    pub async fn body(&mut self) -> Result<Option<Document>, Error> {
        self.visit.body().await
    }

    /// Whether what is sent is a form: all its values are texts, also where JSON has other types.
    pub fn sends_a_form(&self) -> bool {
        body::is_form(&self.visit.parts.headers)
    }

    /// `Last-Event-ID`: after which event a stream goes on.
    ///
    /// # Errors
    ///
    /// `validation_failed` where it is not an id of ours.
    pub fn last_event_id(&self) -> Result<Option<u64>, Error> {
        conditional::last_event_id(&self.visit.parts.headers).map_err(|fault| Error::invalid(vec![fault]))
    }

    /// The body as JSON, and under what the answer is to be remembered. An optional body that is absent
    /// is an empty object.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`], in words of ours.
    pub async fn json(&mut self) -> Result<(Document, Option<Idempotency>), Error> {
        let bytes = self.visit.bytes().await?;
        let text = bytes.as_ref().map_or(&b"{}"[..], |bytes| bytes.as_slice());
        let idempotency = self.idempotency(bytes.as_ref().map_or(&[], |bytes| bytes.as_slice()));
        let document = json::parse(text).map_err(Error::Unreadable)?;
        Ok((document, idempotency))
    }

    /// Under what the answer to a request without a body is to be remembered.
    pub fn idempotency_without_body(&mut self) -> Option<Idempotency> {
        self.idempotency(&[])
    }

    /// The declared path and its decoded parameters: not the text of the path, which has many spellings. The
    /// workspace is always the token's own.
    fn route(&self) -> String {
        let own = self.visit.parameters.iter().filter(|(name, _)| name != "workspace");
        let named: Vec<String> = own.map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {} {}", self.visit.parts.method, self.visit.path, named.join("&"))
    }

    /// The query counts as part of the body: `force=true` is another request.
    fn idempotency(&mut self, body: &[u8]) -> Option<Idempotency> {
        let key = self.key.take()?;
        let query = self.visit.parts.uri.query().unwrap_or_default();
        let told = Zeroizing::new([query.as_bytes(), b"\0", body].concat());
        let route = self.route();
        Some(Idempotency { route, key, body_mac: self.service().body_mac(&told) })
    }
}
