//! The table of `/console`: every route with what it needs, takes and leaves behind.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderName, HeaderValue, Method, header};
use strongroom_domain::dialect::View;
use strongroom_domain::ids::RequestId;
use strongroom_service::sessions::Door;
use strongroom_web::body::{BodyRule, Forms, Lenient, OtherTypes, Scalars};
use strongroom_web::{
    AuditClass, Declaration, Idempotency, Manner, Operation, Order, Queries, Route, RouteTable, Slashes,
};

use crate::{Settings, caller, failure, home, page, sign_in};

/// Where the pages are.
pub const PREFIX: &str = "/console";

/// Every page, and what it sends.
pub fn table(settings: Settings) -> RouteTable {
    let manner = if settings.is_tls() { SECURE } else { PLAIN };
    let settings = Arc::new(settings);
    let [to_page, to_text, to_ask, to_answer, to_end] = std::array::from_fn(|_| Arc::clone(&settings));
    let routes = vec![
        Route::guarded(READ, home::page),
        Route::open(Declaration { path: "/style.css", ..READ }, |_| std::future::ready(Ok(style()))),
        Route::open(Declaration { path: "/login", query: &["once"], ..READ }, move |visit| {
            sign_in::page(visit, &to_page)
        }),
        Route::open(
            Declaration {
                method: Method::POST,
                path: "/login",
                body: FORM,
                audit: AuditClass::Record,
                ..READ
            },
            move |visit| sign_in::by_text(visit, Arc::clone(&to_text)),
        ),
        Route::open(Declaration { path: "/login/oidc", query: &["issuer"], ..READ }, move |visit| {
            sign_in::ask(visit, Arc::clone(&to_ask))
        }),
        Route::open(
            Declaration {
                path: "/callback",
                query: &["code", "state", "iss"],
                audit: AuditClass::Record,
                ..READ
            },
            move |visit| sign_in::answered(visit, Arc::clone(&to_answer)),
        ),
        Route::open(
            Declaration {
                method: Method::POST,
                path: "/logout",
                body: BodyRule::Ignored,
                audit: AuditClass::Record,
                ..READ
            },
            move |visit| home::sign_out(visit, Arc::clone(&to_end)),
        ),
    ];
    RouteTable::new(PREFIX, manner, routes)
}

const READ: Declaration = Declaration {
    method: Method::GET,
    path: "",
    action: None,
    body: BodyRule::None,
    query: &[],
    audit: AuditClass::None,
    idempotency: Idempotency::Ignored,
    operation: Operation::UNLISTED,
};

/// A token is short, and so is a link's text.
const FORM: BodyRule = BodyRule::Lenient(Lenient {
    limit: 4 * 1024,
    forms: Forms::Taken,
    others: OtherTypes::Refused,
    scalars: Scalars::Refused,
});

const PLAIN: Manner = Manner {
    view: View::All,
    render: failure::render,
    key: |_| None,
    other_key: |_| None,
    session: caller::plain_session,
    door: Door::Console,
    order: Order::CallerFirst,
    screen_of_bodies: |_| None,
    screen: caller::screen,
    // Issuers send back more than anybody here asks for.
    queries: Queries::Lenient,
    slashes: Slashes::Either,
    stem: "",
    dress,
};

const SECURE: Manner = Manner { session: caller::secure_session, dress: dress_for_tls, ..PLAIN };

fn style() -> Response {
    let mut response = page::bytes("text/css; charset=utf-8", page::STYLE.as_bytes().to_vec());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

/// WEB-03, WEB-04: nothing runs, nothing is loaded but the one sheet, nothing is framed.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), clipboard-read=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

fn dress(response: &mut Response, _: RequestId) {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

fn dress_for_tls(response: &mut Response, request: RequestId) {
    dress(response, request);
    let year = HeaderValue::from_static("max-age=31536000");
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
}
