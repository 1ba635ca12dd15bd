//! Routes as declarations: what each needs, takes and leaves behind stands beside its handler.
//!
//! A handler is reached through a [`RouteTable`] alone, so a route without a declaration cannot exist,
//! and tests walk the table instead of a list that someone keeps up.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use http::Method;
use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::ids::RequestId;

use crate::body::BodyRule;
use crate::dispatch::Dispatch;
use crate::{Call, Edge, Visit};

/// What a handler gives.
pub type Answer = Result<Response, Error>;

/// How a dialect shows an error.
pub type Render = fn(&Error, RequestId) -> Response;

/// Who may send a request at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Anybody.
    Anonymous,
    /// The holder of a live token.
    Token,
}

/// What a request leaves in the audit log when it succeeds; a refused one always leaves a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditClass {
    /// Nothing: it reads what is no secret.
    None,
    /// A record, durable before the answer.
    Record,
}

/// What an `Idempotency-Key` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// The answer is remembered under it.
    Taken,
    /// A 400: the caller believes in a safety that this route does not give.
    Refused,
    /// Nothing: the dialect's contract does not know the header.
    Ignored,
}

/// What a route needs, takes and leaves behind.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// Its method; GET answers HEAD too.
    pub method: Method,
    /// Its path below the table's prefix, parameters in braces.
    pub path: &'static str,
    /// The right that its use case asks for, where there is one.
    pub action: Option<Action>,
    /// Which body it takes.
    pub body: BodyRule,
    /// Which query parameters it takes.
    pub query: &'static [&'static str],
    /// What it leaves in the audit log.
    pub audit: AuditClass,
    /// What an `Idempotency-Key` means.
    pub idempotency: Idempotency,
}

/// The template of the route that answered, in the extensions of every response: for metrics, whose
/// labels must be few.
#[derive(Debug, Clone)]
pub struct RouteLabel(pub Arc<str>);

pub(crate) type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Whether a route is open follows from its handler's type: a guarded one cannot be called without a
/// caller.
pub(crate) enum Handler {
    Open(Box<dyn Fn(Visit) -> Answering + Send + Sync>),
    Guarded(Box<dyn Fn(Call) -> Answering + Send + Sync>),
}

/// A declaration and its handler.
pub struct Route {
    declaration: Declaration,
    pub(crate) handler: Handler,
}

impl Route {
    /// A route for the holders of tokens.
    pub fn guarded<F, Fut>(declaration: Declaration, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self { declaration, handler: Handler::Guarded(Box::new(move |call| Box::pin(handler(call)))) }
    }

    /// A route for anybody.
    pub fn open<F, Fut>(declaration: Declaration, handler: F) -> Self
    where
        F: Fn(Visit) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self { declaration, handler: Handler::Open(Box::new(move |visit| Box::pin(handler(visit)))) }
    }

    /// What it needs, takes and leaves behind.
    pub const fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// Who may send it.
    pub const fn authentication(&self) -> Authentication {
        match self.handler {
            Handler::Open(_) => Authentication::Anonymous,
            Handler::Guarded(_) => Authentication::Token,
        }
    }
}

/// The routes of one dialect below one prefix.
pub struct RouteTable {
    prefix: &'static str,
    render: Render,
    routes: Vec<Arc<Route>>,
}

impl RouteTable {
    /// A table; `prefix` is empty or begins with a slash and does not end with one.
    pub fn new(prefix: &'static str, render: Render, routes: Vec<Route>) -> Self {
        Self { prefix, render, routes: routes.into_iter().map(Arc::new).collect() }
    }

    /// Every route, for tests and metrics.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().map(AsRef::as_ref)
    }

    /// Where the table is mounted.
    pub const fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// The routes as a router. It answers for every path below its prefix: what the table does not know
    /// is 404 for those who hold a token and 401 for everybody else.
    pub fn router(self, edge: &Arc<Edge>) -> Router {
        let prefix = self.prefix;
        let mut paths: BTreeMap<String, Vec<Arc<Route>>> = BTreeMap::new();
        for rest in ["", "/", "/{*rest}"] {
            paths.insert(format!("{prefix}{rest}"), Vec::new());
        }
        for route in self.routes {
            paths.entry(format!("{prefix}{}", route.declaration.path)).or_default().push(route);
        }
        let mount = |router: Router, (path, routes): (String, Vec<Arc<Route>>)| {
            if path.is_empty() {
                return router;
            }
            let dispatch = Arc::new(Dispatch::new(Arc::clone(edge), self.render, &path, routes));
            let answer = move |request: Request| {
                let dispatch = Arc::clone(&dispatch);
                async move { dispatch.answer(request).await }
            };
            router.route(&path, any(answer))
        };
        paths.into_iter().fold(Router::new(), mount)
    }
}
