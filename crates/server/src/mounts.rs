//! Where dialects are spoken: below a prefix, at a host name, or at an address of their own.
//!
//! Must never choose a dialect by anything but path, `Host` and address: what a request holds says nothing
//! about whom it was meant for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::HOST;
use strongroom_dialects::native;
use strongroom_domain::dialect::Dialect;
use strongroom_web::{Edge, RouteTable, openapi};
use tower::ServiceExt as _;

use crate::Listener;

/// A dialect and its place.
pub struct Mount {
    /// Its routes; the prefix they were made with does not count.
    pub table: RouteTable,
    /// Where they answer.
    pub place: Place,
}

/// Where a dialect answers.
#[derive(Debug)]
pub enum Place {
    /// Below this path of the main address.
    Prefix(String),
    /// At the root of the main address, for this host name in lower case.
    Host(String),
    /// At the root of an address of its own.
    Listener(Listener),
}

impl Mount {
    fn dialect(&self) -> Dialect {
        self.table.manner().view.dialect()
    }

    /// Its address, where it has one of its own.
    pub(crate) const fn own_address(&self) -> Option<SocketAddr> {
        match &self.place {
            Place::Listener(listener) => Some(listener.address()),
            Place::Prefix(_) | Place::Host(_) => None,
        }
    }

    /// Its base URL for clients of this machine.
    fn url(&self, main: SocketAddr) -> String {
        match &self.place {
            Place::Prefix(prefix) => format!("http://{main}{prefix}"),
            Place::Host(host) => format!("http://{host}:{}", main.port()),
            Place::Listener(listener) => format!("http://{}", listener.address()),
        }
    }
}

/// What is mounted, by dialect, with base URLs.
pub(crate) fn urls(mounts: &[Mount], main: SocketAddr) -> BTreeMap<Dialect, String> {
    let native = (Dialect::Native, format!("http://{main}{}", native::PREFIX));
    mounts.iter().map(|mount| (mount.dialect(), mount.url(main))).chain([native]).collect()
}

/// Routers by the place where they answer.
pub(crate) struct Mounted {
    /// What the main address answers beside the server's own paths.
    pub(crate) prefixes: Router,
    /// What it answers to the requests for a host name.
    pub(crate) hosts: BTreeMap<String, Router>,
    /// Further addresses.
    pub(crate) listeners: Vec<(Listener, Router)>,
    /// The `OpenAPI` document of each, where it has one.
    pub(crate) documents: Vec<(Dialect, Bytes)>,
}

impl Mounted {
    pub(crate) fn new(mounts: Vec<Mount>, edge: &Arc<Edge>) -> Self {
        let native = native::table();
        let mut mounted = Self {
            documents: document_of(&native).into_iter().collect(),
            prefixes: native.router(edge),
            hosts: BTreeMap::new(),
            listeners: Vec::new(),
        };
        for Mount { table, place } in mounts {
            let prefix = if let Place::Prefix(prefix) = &place { prefix.as_str() } else { "" };
            let table = table.mounted_at(prefix);
            mounted.documents.extend(document_of(&table));
            let router = table.router(edge);
            match place {
                Place::Prefix(_) => mounted.prefixes = mounted.prefixes.merge(router),
                Place::Host(host) => drop(mounted.hosts.insert(host, router)),
                Place::Listener(listener) => mounted.listeners.push((listener, router)),
            }
        }
        mounted
    }
}

fn document_of(table: &RouteTable) -> Option<(Dialect, Bytes)> {
    let dialect = table.manner().view.dialect();
    let about = strongroom_dialects::about(dialect)?;
    Some((dialect, openapi::document(table, about).to_string().into()))
}

/// A router that answers each host name by its own, and every other request by `main`.
pub(crate) fn by_host(main: Router, hosts: BTreeMap<String, Router>) -> Router {
    if hosts.is_empty() {
        return main;
    }
    let hosts = Arc::new(hosts);
    Router::new().fallback(move |request: Request| {
        let router = host_of(&request).and_then(|host| hosts.get(&host)).unwrap_or(&main).clone();
        router.oneshot(request)
    })
}

/// The host that a request is for (RFC 9112 section 3.2), without its port, in lower case.
fn host_of(request: &Request) -> Option<String> {
    let authority = match request.uri().authority() {
        Some(authority) => authority.clone(),
        None => request.headers().get(HOST)?.to_str().ok()?.parse().ok()?,
    };
    Some(authority.host().trim_end_matches('.').to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;

    use super::*;

    async fn answered(uri: &str, host: Option<&str>) -> String {
        let main = Router::new().fallback(get(async || "main"));
        let hosts = [("a.example".to_owned(), Router::new().fallback(get(async || "a")))];
        let mut request = Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = by_host(main, hosts.into()).oneshot(request).await.unwrap();
        let bytes = axum::body::to_bytes(response.into_body(), 99).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_host_name_is_told_by_the_request_and_nothing_else() {
        for host in ["a.example", "A.Example:7625", "a.example."] {
            assert_eq!(answered("/x", Some(host)).await, "a", "{host}");
        }
        for host in [None, Some("b.example"), Some("x.a.example"), Some("a.example.evil"), Some("a b")] {
            assert_eq!(answered("/x", host).await, "main", "{host:?}");
        }
        assert_eq!(answered("http://a.example/x", Some("b.example")).await, "a", "the target goes first");
    }
}
