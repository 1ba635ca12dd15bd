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

use crate::body::BodyRule;
use crate::dispatch::Dispatch;
use crate::{Call, Edge, Manner, Slashes, Visit};

/// What a handler gives.
pub type Answer = Result<Response, Error>;

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
    /// Its path below the table's prefix, parameters in braces. One that ends in `{*rest}` answers every
    /// method, and on the paths below it those that they have no route for.
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
    /// What it is called and what it gives, for the document of its dialect.
    pub operation: Operation,
}

/// What a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// There is none.
    Nothing,
    /// JSON of the shape that the dialect's document has under this name.
    Json(&'static str),
    /// Text or bytes of this media type.
    Other(&'static str),
    /// What the dialect's errors look like.
    Refusal,
}

/// What a route is called and what it gives. Refusals are not listed here, as they follow from the declaration,
/// but for those that only this route knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Unique in its dialect; empty for what no document lists.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What it takes.
    pub body: Shape,
    /// What it gives, by status.
    pub answers: &'static [(u16, Shape)],
}

impl Operation {
    /// Of a route that no document lists.
    pub const UNLISTED: Self = Self { id: "", summary: "", body: Shape::Nothing, answers: &[] };
}

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
    prefix: String,
    manner: Manner,
    routes: Vec<Arc<Route>>,
}

impl RouteTable {
    /// A table; `prefix` is empty or begins with a slash and does not end with one.
    pub fn new(prefix: &str, manner: Manner, routes: Vec<Route>) -> Self {
        Self { prefix: prefix.to_owned(), manner, routes: routes.into_iter().map(Arc::new).collect() }
    }

    /// The same below another prefix, in the same form.
    #[must_use]
    pub fn mounted_at(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// How its dialect behaves.
    pub const fn manner(&self) -> &Manner {
        &self.manner
    }

    /// Every route, for tests and metrics.
    pub fn routes(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter().map(AsRef::as_ref)
    }

    /// Where the table is mounted.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The routes as a router. It answers for every path below its prefix: what the table does not know
    /// is 404 for those who hold a token and 401 for everybody else.
    pub fn router(self, edge: &Arc<Edge>) -> Router {
        let prefix = self.prefix;
        let mut paths: BTreeMap<String, Vec<Arc<Route>>> = BTreeMap::new();
        for rest in ["", "/", "/{*rest}"] {
            paths.insert(format!("{prefix}{rest}"), Vec::new());
        }
        let (wide, routes): (Vec<_>, Vec<_>) =
            self.routes.into_iter().partition(|route| route.declaration.path.ends_with(REST));
        for route in &wide {
            paths.entry(format!("{prefix}{}", route.declaration.path)).or_default();
        }
        for route in routes {
            for path in spellings(route.declaration.path, &self.manner) {
                paths.entry(format!("{prefix}{path}")).or_default().push(Arc::clone(&route));
            }
        }
        let mount = |router: Router, (path, routes): (String, Vec<Arc<Route>>)| {
            if path.is_empty() {
                return router;
            }
            let fallback = nearest_of(&wide, path.strip_prefix(&prefix).unwrap_or_default());
            let dispatch = Arc::new(Dispatch::new(Arc::clone(edge), self.manner, &path, routes, fallback));
            let answer = move |request: Request| {
                let dispatch = Arc::clone(&dispatch);
                async move { dispatch.answer(request).await }
            };
            router.route(&path, any(answer))
        };
        paths.into_iter().fold(Router::new(), mount)
    }
}

/// Every way to write a declared path that the dialect takes.
fn spellings(path: &str, manner: &Manner) -> Vec<String> {
    let short = path.strip_prefix(manner.stem).filter(|_| !manner.stem.is_empty());
    let mut all: Vec<String> = [path].into_iter().chain(short).map(str::to_owned).collect();
    if manner.slashes == Slashes::Either {
        let open: Vec<String> = all.iter().filter(|path| !path.ends_with('/')).cloned().collect();
        all.extend(open.into_iter().map(|path| path + "/"));
    }
    all
}

/// How a path ends whose route answers for everything below it.
const REST: &str = "{*rest}";

/// The nearest of the routes that answer for everything below a path.
fn nearest_of(wide: &[Arc<Route>], path: &str) -> Option<Arc<Route>> {
    let above = |route: &&Arc<Route>| {
        let stem = route.declaration.path.trim_end_matches(REST);
        path.starts_with(stem) || path == stem.trim_end_matches('/')
    };
    wide.iter().filter(above).max_by_key(|route| route.declaration.path.len()).cloned()
}
