//! The committed documents are those of the routes, and what they say is so.

mod dx;
mod flowise;
pub(crate) mod shape;
mod zstack;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use strongroom_dialects::{about, foreign, native};
use strongroom_web::openapi::document;

use crate::client::Answer;
use crate::house::House;
use crate::samples::Sample;

/// Every dialect that has a document, with the one that its routes make.
fn documents() -> Vec<(&'static str, Value)> {
    let tables = foreign().into_iter().chain([native::table()]);
    let made = |table: strongroom_web::RouteTable| {
        let dialect = table.manner().view.dialect();
        Some((dialect.code(), document(&table, about(dialect)?)))
    };
    tables.filter_map(made).collect()
}

#[test]
fn the_committed_documents_are_those_of_the_routes() {
    for (dialect, made) in documents() {
        let made = format!("{made:#}\n");
        let file = format!("{dialect}.json");
        let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&file);
        std::fs::write(&fresh, &made).unwrap();
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi").join(&file);
        let found = std::fs::read_to_string(&committed).unwrap_or_default();
        assert!(found == made, "openapi/{file} is not of these routes: cp {} openapi/", fresh.display());
    }
}

#[test]
fn every_document_names_each_operation_once_and_every_shape_it_uses() {
    for (dialect, document) in documents() {
        let operations = document["paths"].as_object().unwrap().values();
        let operations: Vec<&Value> =
            operations.flat_map(|methods| methods.as_object().unwrap().values()).collect();
        let ids: BTreeSet<&str> =
            operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), operations.len(), "{dialect}");
        let text = document.to_string();
        let shapes = document["components"]["schemas"].as_object().unwrap();
        for used in text.split("#/components/schemas/").skip(1) {
            let name = used.split('"').next().unwrap();
            assert!(shapes.contains_key(name), "{dialect}: {name}");
        }
    }
}

/// Counts what is written to the log.
#[derive(Default)]
struct Counter(AtomicU64);

impl tracing::Subscriber for Counter {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

/// A renderer that logs would say at every start that requests failed which nobody made, and log each failure
/// of a request twice.
#[test]
fn making_the_documents_logs_nothing() {
    let counter = Arc::new(Counter::default());
    tracing::subscriber::with_default(Arc::clone(&counter), || {
        assert!(documents().len() > 1);
        assert_eq!(counter.0.load(Ordering::Relaxed), 0);
        tracing::info!("it does count");
    });
    assert_eq!(counter.0.load(Ordering::Relaxed), 1);
}

/// Nothing that a client can call is missing from the native document.
#[test]
fn every_native_route_is_in_the_document() {
    let unlisted: Vec<&str> = native::table()
        .routes()
        .filter(|route| route.declaration().operation.id.is_empty())
        .map(|route| route.declaration().path)
        .collect();
    assert_eq!(unlisted, [""; 0]);
}

/// What is written down of an answer is what a client gets, and nothing else comes along.
#[tokio::test]
async fn every_native_answer_has_the_shape_of_the_document() {
    let house = House::open().await;
    let document = document(&native::table(), native::ABOUT);
    for route in native::table().routes() {
        let sample = Sample::of(&house, route).await;
        let path = format!("{}{}", native::PREFIX, route.declaration().path);
        let operation = &document["paths"][path][sample.method.to_lowercase()];
        assert_fits(&document, operation, &sample.send(&house.admin().await).await);
        assert_fits(&document, operation, &sample.send(&house.anonymous()).await);
    }
}

/// Path below the dialect's base, method, and what a client got.
type Answered = (&'static str, &'static str, Answer);

/// Each answer fits what its operation says, and each operation of the document has one.
#[track_caller]
fn assert_all_fit(document: &Value, base: &str, answers: &[Answered]) {
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
    let mut missing: Vec<&str> =
        operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    for (path, method, answer) in answers {
        let operation = &document["paths"][format!("{base}{path}")][method];
        assert_fits(document, operation, answer);
        missing.retain(|id| operation["operationId"] != *id);
    }
    assert_eq!(missing, [""; 0], "no answer of theirs was looked at");
}

#[track_caller]
fn assert_fits(document: &Value, operation: &Value, answer: &Answer) {
    let what = format!("{} {}: {}", operation["operationId"], answer.status, answer.text());
    let said = &operation["responses"][answer.status.to_string()];
    assert!(said.is_object(), "{what}");
    let Some(content) = said.get("content") else { return assert!(answer.bytes.is_empty(), "{what}") };
    let media_type = answer.header("content-type").split(';').next().unwrap();
    let said = &content[media_type];
    assert!(said.is_object(), "{}: {what}", answer.header("content-type"));
    if let Some(shape) = said.get("schema") {
        assert_eq!(shape::misfit(document, shape, &answer.json()), None, "{what}");
    }
}
