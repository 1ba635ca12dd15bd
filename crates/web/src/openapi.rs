//! A route table as an `OpenAPI` 3.1 document.
//!
//! What a declaration says is not said twice: paths, parameters, bodies and keys come from the table, and
//! the statuses of refusals from the dialect's own renderer. Owns no words of any dialect: titles, summaries
//! and the shapes of bodies are the dialect's.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value, json};
use strongroom_domain::access::{Action, Denial, Why};
use strongroom_domain::error::{Cause, Code, Conflict, Unreadable};
use strongroom_domain::ids::RequestId;
use strongroom_domain::verification::{Finding, Reason, Verification};
use strongroom_domain::{Error, Fault, Timestamp};

use crate::body::{BodyRule, Forms, Lenient};
use crate::{Authentication, Declaration, Idempotency, Manner, Refusal, Route, RouteTable, Shape, Shown};

/// What a document says beyond its routes.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The API's name.
    pub title: &'static str,
    /// What it is, in a few sentences.
    pub description: &'static str,
    /// Its version, as its own contract counts.
    pub version: &'static str,
    /// How its clients send their key; either of several.
    pub keys: &'static [KeyScheme],
    /// The shape of an error, and its media type.
    pub error: (&'static str, &'static str),
    /// The shapes of its bodies, by name: an object of JSON Schemas 2020-12 as JSON text.
    pub schemas: &'static str,
}

/// One way to send a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScheme {
    /// `Authorization: Bearer`.
    Bearer,
    /// In a header of this name.
    Header(&'static str),
    /// In a cookie of this name.
    Cookie(&'static str),
}

/// The document of a table. Routes without an operation are left out. A parameter has the shape that is called
/// `parameter.` and its name, where there is one.
///
/// # Panics
///
/// Where the shapes are no JSON object: the test of each document finds that.
pub fn document(table: &RouteTable, about: &About) -> Value {
    let shapes: Map<String, Value> =
        serde_json::from_str(about.schemas).expect("the shapes are a JSON object");
    let keys: Map<String, Value> =
        about.keys.iter().map(|key| (name_of(*key).to_owned(), scheme(*key))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {"title": about.title, "description": about.description, "version": about.version},
        "paths": paths(table, about, &shapes),
        "components": {"schemas": shapes, "securitySchemes": keys},
    })
}

type Shapes = Map<String, Value>;

fn paths(table: &RouteTable, about: &About, shapes: &Shapes) -> Map<String, Value> {
    let mut paths = Map::new();
    for route in table.routes().filter(|route| !route.declaration().operation.id.is_empty()) {
        let declaration = route.declaration();
        let path = format!("{}{}", table.prefix(), declaration.path);
        let operations = paths.entry(path).or_insert_with(|| json!({}));
        let method = declaration.method.as_str().to_lowercase();
        operations[method] = operation(route, table.manner(), about, shapes);
    }
    paths
}

fn operation(route: &Route, manner: &Manner, about: &About, shapes: &Shapes) -> Value {
    let declaration = route.declaration();
    let mut operation = json!({
        "operationId": declaration.operation.id,
        "summary": declaration.operation.summary,
        "parameters": parameters(declaration, shapes),
        "responses": responses(route, manner, about),
    });
    if let Some(body) = request_body(declaration) {
        operation["requestBody"] = body;
    }
    if route.authentication() == Authentication::Token {
        let keys: Vec<Value> = about.keys.iter().map(|key| json!({ name_of(*key): [] })).collect();
        operation["security"] = keys.into();
    }
    operation
}

fn parameters(declaration: &Declaration, shapes: &Shapes) -> Vec<Value> {
    let parameter = |place: &str, name: &str| {
        let shape = format!("parameter.{name}");
        let shape = match name {
            _ if shapes.contains_key(&shape) => reference(&shape),
            "limit" | "offset" => json!({"type": "integer"}),
            _ => json!({"type": "string"}),
        };
        json!({"name": name, "in": place, "required": place == "path", "schema": shape})
    };
    let in_path = declaration.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut found: Vec<Value> = in_path.map(|name| parameter("path", name)).collect();
    found.extend(declaration.query.iter().map(|name| parameter("query", name)));
    if declaration.idempotency == Idempotency::Taken {
        found.push(parameter("header", "Idempotency-Key"));
        let changes = declaration.action != Some(Action::Create);
        found.extend(changes.then(|| parameter("header", "If-Match")));
    }
    // What has a version of its own, and takes no key.
    if declaration.path.ends_with("/{workspace}") && declaration.method != Method::GET {
        found.push(parameter("header", "If-Match"));
    }
    found
}

fn request_body(declaration: &Declaration) -> Option<Value> {
    let (required, forms) = match declaration.body {
        BodyRule::None | BodyRule::Ignored => return None,
        BodyRule::Json(_) => (true, Forms::Refused),
        BodyRule::Optional(_) => (false, Forms::Refused),
        // It is read, and nothing in it means anything.
        BodyRule::Lenient(_) if matches!(declaration.operation.body, Shape::Nothing) => return None,
        BodyRule::Lenient(Lenient { forms, .. }) => (false, forms),
    };
    let schema = match declaration.operation.body {
        Shape::Json(name) => reference(name),
        Shape::Nothing | Shape::Other(_) | Shape::Refusal => json!({}),
    };
    let mut content = json!({"application/json": {"schema": schema}});
    if forms == Forms::Taken {
        content["application/x-www-form-urlencoded"] = json!({"schema": schema});
    }
    Some(json!({"required": required, "content": content}))
}

fn responses(route: &Route, manner: &Manner, about: &About) -> Map<String, Value> {
    let (error, error_type) = about.error;
    let content = |shape: Shape| match shape {
        Shape::Nothing => None,
        Shape::Json(name) => Some(json!({"application/json": {"schema": reference(name)}})),
        Shape::Other(media_type) => Some(json!({ media_type: {} })),
        Shape::Refusal => Some(json!({ error_type: {"schema": reference(error)} })),
    };
    let said = route.declaration().operation.answers.iter().copied();
    let followed = refusals(route, manner).into_iter().map(|status| (status, Shape::Refusal));
    let mut responses = Map::new();
    for (status, shape) in said.chain(followed) {
        responses.entry(status.to_string()).or_insert_with(|| answer(status, content(shape)));
    }
    responses
}

fn answer(status: u16, content: Option<Value>) -> Value {
    let known = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let mut answer = json!({"description": known.unwrap_or("Other")});
    if let Some(content) = content {
        answer["content"] = content;
    }
    answer
}

/// The statuses of every error that the route can come to, by the dialect's own renderer.
fn refusals(route: &Route, manner: &Manner) -> BTreeSet<u16> {
    let request = RequestId::from_bytes([0; 16]);
    let operation = route.declaration().operation.id;
    let status = |error: Error| {
        let shown = Shown::Token;
        (manner.render)(&Refusal { error: &error, request, operation, shown }).status().as_u16()
    };
    errors_of(route).into_iter().map(status).collect()
}

fn errors_of(route: &Route) -> Vec<Error> {
    let declaration = route.declaration();
    let cause = || Cause::new(std::io::Error::other("an example"));
    let mut errors = vec![
        Error::Internal(cause()),
        Error::Integrity(cause()),
        Error::NotNow(Code::Unavailable, None),
        Error::NotNow(Code::Busy, None),
        invalid(),
    ];
    if route.authentication() == Authentication::Token {
        errors.push(Error::Unauthenticated);
        errors.push(Error::Limited(Code::RateLimited, ""));
    }
    errors.extend(declaration.action.map(|action| Error::Forbidden(Denial { action, why: Why::Contract })));
    if declaration.path.contains('{') {
        errors.push(Error::NotFound);
    }
    if !matches!(declaration.body, BodyRule::None | BodyRule::Ignored) {
        let unreadable =
            [Unreadable::Json(""), Unreadable::DuplicateKey, Unreadable::TooLarge, Unreadable::MediaType];
        errors.extend(unreadable.map(Error::Unreadable));
    }
    if declaration.idempotency == Idempotency::Refused {
        errors.push(Error::Unreadable(Unreadable::IdempotencyKey));
    }
    if declaration.method != Method::GET {
        errors.extend(errors_of_change());
    }
    errors
}

/// What a rule of a change says no with.
fn errors_of_change() -> Vec<Error> {
    let tried = |finding| {
        let now = Timestamp::from_unix_micros(0);
        Error::Verification(Box::new(Verification::of(finding, std::time::Duration::ZERO, now)))
    };
    vec![
        Error::Conflict(Conflict::LostRace),
        Error::Precondition { current: Some(1) },
        Error::Precondition { current: None },
        Error::Limited(Code::QuotaExceeded, ""),
        Error::Invalid(Code::UnknownKind, Vec::new()),
        tried(Finding::rejected(Reason::AuthFailed, "")),
        tried(Finding::unreachable(Reason::Timeout, "")),
    ]
}

fn invalid() -> Error {
    Error::invalid(vec![Fault::new("", "an example")])
}

fn reference(shape: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{shape}")})
}

const fn name_of(key: KeyScheme) -> &'static str {
    match key {
        KeyScheme::Bearer => "bearer",
        KeyScheme::Header(_) => "header",
        KeyScheme::Cookie(_) => "cookie",
    }
}

fn scheme(key: KeyScheme) -> Value {
    match key {
        KeyScheme::Bearer => json!({"type": "http", "scheme": "bearer"}),
        KeyScheme::Header(name) => json!({"type": "apiKey", "in": "header", "name": name}),
        KeyScheme::Cookie(name) => json!({"type": "apiKey", "in": "cookie", "name": name}),
    }
}
