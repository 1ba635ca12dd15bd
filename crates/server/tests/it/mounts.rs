//! A dialect answers at its place and nowhere else.

use std::io::Write;
use std::sync::Arc;

use strongroom_connectors::Catalogue;
use strongroom_domain::Clock;
use strongroom_domain::dialect::{Dialect, DialectView, View};
use strongroom_domain::ids::NodeId;
use strongroom_egress::{Policy, Roots};
use strongroom_sealing::{RootKey, SystemRng};
use strongroom_server::{
    AuditKeeping, Composition, Listener, Mount, People, Place, Running, SystemClock, start,
};
use strongroom_service::{Limits, founding};
use strongroom_store_sqlite::SqliteStore;
use strongroom_web::body::BodyRule;
use strongroom_web::{
    Answer, AuditClass, Declaration, Idempotency, Manner, Operation, Route, RouteTable, Visit, respond,
};

use crate::http::{connect, read};

/// A dialect with one open path that says its name.
fn table(dialect: Dialect) -> RouteTable {
    let declaration = Declaration {
        method: axum::http::Method::GET,
        path: "/api/who",
        action: None,
        body: BodyRule::None,
        query: &[],
        audit: AuditClass::None,
        idempotency: Idempotency::Ignored,
        operation: Operation::UNLISTED,
    };
    let view = View::Of(DialectView { dialect, kinds: &[] });
    let answer = move |_: Visit| async move { said(dialect) };
    RouteTable::new("", Manner { view, ..Manner::NATIVE }, vec![Route::open(declaration, answer)])
}

fn said(dialect: Dialect) -> Answer {
    respond::json(axum::http::StatusCode::OK, &dialect.code())
}

async fn loopback() -> Listener {
    Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

async fn running(folder: &std::path::Path, mounts: Vec<Mount>) -> Running {
    let clock = Arc::new(SystemClock);
    let node = NodeId::make(clock.now(), &mut SystemRng);
    let store = Arc::new(SqliteStore::open(&folder.join("data"), node).unwrap());
    let key = folder.join("root.key");
    RootKey::make(&mut SystemRng).write_new_file(&key).unwrap();
    let token = founding::make_token(clock.now());
    founding::found(store.as_ref(), &RootKey::from_file(&key).unwrap(), &token, clock.now()).await.unwrap();
    let parts = Composition {
        store,
        root_key: RootKey::from_file(&key).unwrap(),
        policy: Policy::development(),
        roots: Roots::load(&[]).unwrap(),
        catalogue: Catalogue::built_in(),
        limits: Limits::default(),
        events_kept: std::time::Duration::from_hours(1),
        clock,
        listener: loopback().await,
        mounts,
        metrics: None,
        people: People::default(),
        audit: AuditKeeping::default(),
    };
    start(parts).await.unwrap()
}

/// Status and last line of what `path` gives for this host.
async fn asked(address: String, host: &'static str, path: &'static str) -> (u16, String) {
    let ask = move || {
        let mut stream = connect(&address);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let answer = read(stream);
        (answer.status, answer.text.lines().last().unwrap_or_default().to_owned())
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_dialect_answers_at_its_place_alone() {
    let folder = tempfile::tempdir().unwrap();
    let own = loopback().await;
    let own_address = format!("http://{}", own.address());
    let mounts = vec![
        Mount { table: table(Dialect::Dx), place: Place::Prefix("/below/dx".to_owned()) },
        Mount { table: table(Dialect::Flowise), place: Place::Host("flowise.example".to_owned()) },
        Mount { table: table(Dialect::Zstack), place: Place::Listener(own) },
    ];
    let running = running(folder.path(), mounts).await;
    let main = format!("http://{}", running.address());
    let port = running.address().port();
    let dialects: Vec<(&str, String)> =
        running.dialects().iter().map(|(dialect, url)| (dialect.code(), url.clone())).collect();
    let expected = [
        ("native", format!("{main}/v1")),
        ("flowise", format!("http://flowise.example:{port}")),
        ("dx", format!("{main}/below/dx")),
        ("zstack", own_address.clone()),
    ];
    assert_eq!(dialects, expected);

    let yes = |name: &str| (200, format!("\"{name}\""));
    assert_eq!(asked(main.clone(), "localhost", "/below/dx/api/who").await, yes("dx"));
    assert_eq!(asked(main.clone(), "flowise.example", "/api/who").await, yes("flowise"));
    assert_eq!(asked(own_address.clone(), "flowise.example", "/api/who").await, yes("zstack"));
    for (address, host, path) in [
        (&main, "localhost", "/api/who"),
        (&main, "flowise.example", "/below/dx/api/who"),
        (&main, "flowise.example", "/healthz"),
        (&own_address, "localhost", "/healthz"),
        (&own_address, "localhost", "/v1/limits"),
    ] {
        let (status, body) = asked(address.clone(), host, path).await;
        assert_eq!(status, 401, "{address} {host} {path}: {body}");
    }
    assert_eq!(asked(main.clone(), "localhost", "/healthz").await.0, 200);

    let (status, document) = asked(main.clone(), "localhost", "/openapi/native.json").await;
    assert!(status == 200 && document.starts_with("{\"openapi\":\"3.1.0\""), "{status} {document}");
    assert!(document.contains("\"/v1/limits\""), "{document}");
    assert_eq!(asked(main, "localhost", "/openapi/superai.json").await.0, 401, "it is not mounted");
    running.stop().await;
}
