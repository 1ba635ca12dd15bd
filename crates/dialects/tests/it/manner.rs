//! A dialect's manner holds from the first byte to the last: no error escapes its renderer.

use axum::response::Response;
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::dialect::{Dialect, DialectView, View};
use strongroom_domain::error::Code;
use strongroom_domain::ids::RequestId;
use strongroom_domain::principal::Role;
use strongroom_web::body::{BodyRule, Forms, Lenient, OtherTypes, Scalars};
use strongroom_web::{
    Answer, AuditClass, Call, Declaration, Document, Idempotency, Manner, Operation, Order, Queries, Refusal,
    Route, RouteTable, Shape, Slashes, Visit, keys, respond,
};

use crate::client::{Answer as Answered, Client, JSON};
use crate::house::House;

const MANNER: Manner = Manner {
    view: View::Of(DialectView { dialect: Dialect::Dx, kinds: &[] }),
    render,
    key: keys::bearer,
    other_key: keys::x_api_key,
    queries: Queries::Lenient,
    slashes: Slashes::Either,
    dress,
    ..Manner::NATIVE
};

fn render(refusal: &Refusal<'_>) -> Response {
    let body = json!({"odd": refusal.error.code().as_str(), "at": refusal.operation});
    respond::json(StatusCode::IM_A_TEAPOT, &body).unwrap()
}

fn dress(response: &mut Response, request: RequestId) {
    response.headers_mut().insert("x-odd", HeaderValue::try_from(request.to_string()).unwrap());
}

fn declared(method: Method, path: &'static str, id: &'static str) -> Declaration {
    let body =
        Lenient { limit: 64, forms: Forms::Taken, others: OtherTypes::Refused, scalars: Scalars::Taken };
    Declaration {
        method,
        path,
        action: Some(Action::ReadMetadata),
        body: BodyRule::Lenient(body),
        query: &[],
        audit: AuditClass::None,
        idempotency: Idempotency::Refused,
        operation: Operation { id, summary: "", body: Shape::Nothing, answers: &[] },
    }
}

/// Says what it read.
async fn echo(mut call: Call) -> Answer {
    let seen: Vec<String> = call.query().all("q").map(str::to_owned).collect();
    let body = call.body().await?.map(Document::into_value);
    let dialect = call.context().view.dialect().code();
    respond::json(StatusCode::OK, &json!({"q": seen, "body": body, "dialect": dialect}))
}

async fn panics(_: Call) -> Answer {
    panic!("cnry-panic")
}

async fn busy(_: Call) -> Answer {
    Err(Error::NotNow(Code::Busy, None))
}

async fn away(_: Call) -> Answer {
    Err(Error::NotNow(Code::Unavailable, None))
}

/// Another table over the same house, below `/odd`.
fn odd(house: &House) -> axum::Router {
    let ignored = Declaration { body: BodyRule::Ignored, ..declared(Method::DELETE, "/echo", "gone") };
    let routes = vec![
        Route::guarded(declared(Method::POST, "/echo", "echo"), echo),
        Route::guarded(ignored, echo),
        Route::guarded(declared(Method::GET, "/panics", "panics"), panics),
        Route::guarded(declared(Method::GET, "/busy", "busy"), busy),
        Route::guarded(declared(Method::GET, "/away", "away"), away),
    ];
    RouteTable::new("/elsewhere", MANNER, routes).mounted_at("/odd").router(&house.edge())
}

#[track_caller]
fn assert_odd(answer: &Answered, code: &str, at: &str) {
    assert_eq!((answer.status, answer.json()), (418, json!({"odd": code, "at": at})), "{}", answer.text());
    assert_eq!(answer.header("x-odd"), answer.header("x-request-id"));
}

#[tokio::test]
async fn every_error_speaks_the_dialect() {
    let house = House::open().await;
    let router = odd(&house);
    let token = house.text_of_token(Role::Admin).await;
    let (client, nobody) = (Client::new(&router, Some(&token)), Client::new(&router, None));
    let post = async |headers: &[(&str, &str)], body: &[u8]| {
        client.send("POST", "/odd/echo", headers, Some(body)).await
    };
    assert_odd(&nobody.get("/odd/echo").await, "unauthenticated", "");
    assert_odd(&nobody.post("/odd/echo", &json!({})).await, "unauthenticated", "echo");
    assert_odd(&nobody.get("/odd/nothing").await, "unauthenticated", "");
    assert_odd(&client.get("/odd/nothing/at/all").await, "not_found", "");
    assert_odd(&client.get("/odd").await, "not_found", "");
    let other = client.get("/odd/echo").await;
    assert_odd(&other, "method_not_allowed", "");
    assert_eq!(other.header("allow"), "DELETE, POST");
    assert_odd(&post(JSON, b"{").await, "invalid_json", "echo");
    assert_odd(&post(JSON, &[b' '; 65]).await, "payload_too_large", "echo");
    assert_odd(&post(&[("content-type", "text/plain")], b"{}").await, "unsupported_media_type", "echo");
    assert_odd(&post(&[], b"{}").await, "unsupported_media_type", "echo");
    let keyed = [JSON, &[("idempotency-key", "k")]].concat();
    assert_odd(&post(&keyed, b"{}").await, "validation_failed", "echo");
    let panicked = client.get("/odd/panics").await;
    assert_odd(&panicked, "internal", "panics");
    assert!(!panicked.text().contains("cnry"));
}

/// When to come back is the same whoever words the refusal.
#[tokio::test]
async fn what_passes_by_itself_says_when_in_every_dialect() {
    let house = House::open().await;
    let client = Client::new(&odd(&house), Some(&house.text_of_token(Role::Admin).await));
    for (path, code, seconds) in [("busy", "busy", "1"), ("away", "unavailable", "5")] {
        let answer = client.get(&format!("/odd/{path}")).await;
        assert_odd(&answer, code, path);
        assert_eq!(answer.header("retry-after"), seconds);
    }
}

#[tokio::test]
async fn what_the_dialect_forgives_is_forgiven() {
    let house = House::open().await;
    let router = odd(&house);
    let token = house.text_of_token(Role::Admin).await;
    let client = Client::new(&router, Some(&token));
    let seen = async |path: &str, headers: &[(&str, &str)], body: Option<&[u8]>| {
        client.send("POST", path, headers, body).await.expect(200).json()
    };
    let twice = br#"{"b":1,"a":2,"b":3}"#.as_slice();
    let expected = json!({"q": ["1", "2"], "body": {"b": 3, "a": 2}, "dialect": "dx"});
    assert_eq!(seen("/odd/echo/?q=1&other=%zz&q=2", JSON, Some(twice)).await, expected);
    let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let read = seen("/odd/echo", &form, Some(b"id=4&secrets[token]=x")).await;
    assert_eq!(read["body"], json!({"id": "4", "secrets": {"token": "x"}}));
    assert_eq!(seen("/odd/echo", &[], None).await["body"], json!(null));
    assert_eq!(seen("/odd/echo", JSON, Some(b"")).await["body"], json!(null));
    let gone = client.send("DELETE", "/odd/echo", JSON, Some(b"not read")).await.expect(200);
    assert_eq!(gone.json()["body"], json!(null));
}

#[tokio::test]
async fn a_key_comes_the_way_the_dialect_says() {
    let house = House::open().await;
    let router = odd(&house);
    let token = house.text_of_token(Role::Admin).await;
    let nobody = Client::new(&router, None);
    let key = [("x-api-key", token.as_str())];
    nobody.send("POST", "/odd/echo", &key, None).await.expect(200);
    let native = house.anonymous();
    native.send("GET", "/v1/limits", &key, None).await.expect(401);
}

#[tokio::test]
async fn a_path_may_leave_out_what_the_dialect_says() {
    let house = House::open().await;
    let echoing = vec![Route::guarded(declared(Method::POST, "/api/echo", "echo"), echo)];
    let manner = Manner { stem: "/api", ..MANNER };
    let router = RouteTable::new("/short", manner, echoing).router(&house.edge());
    let token = house.text_of_token(Role::Admin).await;
    let client = Client::new(&router, Some(&token));
    for path in ["/short/api/echo", "/short/echo", "/short/api/echo/", "/short/echo/?q=1"] {
        client.post(path, &json!({})).await.expect(200);
    }
    assert_odd(&client.post("/short/api/api/echo", &json!({})).await, "not_found", "");
    assert_odd(&client.post("/short/apiecho", &json!({})).await, "not_found", "");
}

async fn anything(_: Call) -> Answer {
    Ok(respond::empty(StatusCode::ACCEPTED))
}

async fn anywhere(visit: Visit) -> Answer {
    respond::json(StatusCode::OK, &json!({"rest": visit.parameter("rest")}))
}

/// A table that answers for all paths, and looks at bodies first.
fn wide(house: &House) -> axum::Router {
    let ignored = |path| Declaration { body: BodyRule::Ignored, ..declared(Method::GET, path, "") };
    let routes = vec![
        Route::guarded(declared(Method::POST, "/api/echo/{id}", "echo"), echo),
        Route::guarded(ignored("/api/{*rest}"), anything),
        Route::open(ignored("/{*rest}"), anywhere),
    ];
    let screen = |parts: &http::request::Parts| {
        parts.uri.path().contains("screened").then(|| respond::empty(StatusCode::GONE))
    };
    let manner = Manner { order: Order::BodyFirst, screen, ..MANNER };
    RouteTable::new("/wide", manner, routes).router(&house.edge())
}

#[tokio::test]
async fn a_wide_path_answers_every_method_that_nothing_nearer_knows() {
    let house = House::open().await;
    let router = wide(&house);
    let token = house.text_of_token(Role::Admin).await;
    let (client, nobody) = (Client::new(&router, Some(&token)), Client::new(&router, None));
    for (method, path) in
        [("GET", "/wide/api/x/y"), ("PATCH", "/wide/api/echo/1"), ("GET", "/wide/api/echo/1/")]
    {
        assert_eq!(client.send(method, path, &[], None).await.status, 202, "{method} {path}");
        assert_odd(&nobody.send(method, path, &[], None).await, "unauthenticated", "");
    }
    assert_eq!(client.post("/wide/api/echo/1/", &json!({})).await.expect(200).json()["body"], json!({}));
    let page = nobody.send("PUT", "/wide/some/page", &[], None).await.expect(200);
    assert_eq!(page.json()["rest"], "some/page");
}

#[tokio::test]
async fn inp_04_a_dialect_may_look_at_the_body_first_and_at_no_more_of_it_than_the_route_takes() {
    let house = House::open().await;
    let router = wide(&house);
    let nobody = Client::new(&router, None);
    let post = async |body: &[u8]| nobody.send("POST", "/wide/api/echo/1", JSON, Some(body)).await;
    assert_odd(&post(b"{").await, "invalid_json", "echo");
    assert_odd(&post(&[b' '; 65]).await, "payload_too_large", "echo");
    assert_odd(&post(b"{}").await, "unauthenticated", "echo");
    assert_eq!(nobody.get("/wide/screened").await.status, 410);
}
