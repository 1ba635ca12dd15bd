//! The table of the Flowise API: every route with what it needs, takes and leaves behind.

use axum::response::Response;
use http::{HeaderValue, Method, header};
use strongroom_domain::access::Action;
use strongroom_domain::dialect::{Dialect, DialectView, View};
use strongroom_domain::ids::RequestId;
use strongroom_domain::limits::BODY_BYTES;
use strongroom_service::sessions::Door;
use strongroom_web::body::{BodyRule, Forms, Lenient, OtherTypes, Scalars};
use strongroom_web::{
    AuditClass, Declaration, Idempotency, Manner, Operation, Order, Queries, Route, RouteTable, Slashes,
};

use super::{
    caller, components, credentials, elsewhere, failure, mapping, oauth2, operations, screen, sign_in,
};

/// Where the dialect is mounted unless the configuration says otherwise.
pub(super) const PREFIX: &str = "/flowise";

const MANNER: Manner = Manner {
    view: View::Of(DialectView { dialect: Dialect::Flowise, kinds: mapping::KINDS }),
    render: failure::render,
    key: caller::bearer_or_bare,
    other_key: |_| None,
    session: caller::page,
    door: Door::Page,
    order: Order::BodyFirst,
    screen_of_bodies: screen::of_bodies,
    screen: screen::of_urls,
    queries: Queries::Lenient,
    slashes: Slashes::Either,
    stem: "",
    dress,
};

/// The headers of every answer.
fn dress(response: &mut Response, _: RequestId) {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    let policy = HeaderValue::from_static("frame-ancestors 'self'");
    // A picture has a stricter one already.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
}

/// Every route of the dialect.
pub fn table() -> RouteTable {
    let mut routes = credential_routes();
    routes.extend(component_routes());
    routes.extend(oauth2_routes());
    routes.extend(sign_in_routes());
    routes.extend(elsewhere_routes());
    RouteTable::new(PREFIX, MANNER, routes)
}

const CREDENTIALS: &str = "/api/v1/credentials";
const CREDENTIAL: &str = "/api/v1/credentials/{id}";

/// JSON, a form, or anything else, which is as good as none. The original parses the body of every request before
/// it looks at anything else, so a broken one is 400 on every path and with every method [060, 061].
const BODY: Lenient = Lenient {
    limit: BODY_BYTES,
    forms: Forms::Taken,
    others: OtherTypes::Ignored,
    scalars: Scalars::Refused,
};

/// Shows something.
const READ: Declaration = Declaration {
    method: Method::GET,
    path: "",
    action: None,
    body: BodyRule::Lenient(BODY),
    query: &[],
    audit: AuditClass::None,
    idempotency: Idempotency::Ignored,
    operation: Operation::UNLISTED,
};

/// Does something.
const ACT: Declaration = Declaration { method: Method::POST, audit: AuditClass::Record, ..READ };

fn credential_routes() -> Vec<Route> {
    let change = Some(Action::Change);
    let put = Declaration { method: Method::PUT, path: CREDENTIAL, action: change, ..ACT };
    let delete =
        Declaration { method: Method::DELETE, path: CREDENTIAL, action: Some(Action::Delete), ..ACT };
    vec![
        Route::guarded(
            Declaration {
                path: CREDENTIALS,
                action: Some(Action::Create),
                operation: operations::CREATE,
                ..ACT
            },
            credentials::create::handle,
        ),
        Route::guarded(
            Declaration {
                path: CREDENTIALS,
                action: Some(Action::ReadMetadata),
                query: &["credentialName"],
                operation: operations::LIST,
                ..READ
            },
            credentials::list::handle,
        ),
        Route::guarded(
            Declaration { path: CREDENTIAL, action: change, operation: operations::SHOW, ..READ },
            credentials::show::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/api/v1/credentials/{id}/reveal",
                action: change,
                audit: AuditClass::Record,
                operation: operations::REVEAL,
                ..READ
            },
            credentials::reveal::handle,
        ),
        Route::guarded(
            Declaration { operation: operations::UPDATE, ..put.clone() },
            credentials::update::handle,
        ),
        Route::guarded(
            Declaration { path: CREDENTIALS, operation: operations::UPDATE_WITHOUT_ID, ..put },
            credentials::update::without_id,
        ),
        Route::guarded(
            Declaration { operation: operations::DELETE, ..delete.clone() },
            credentials::delete::handle,
        ),
        Route::guarded(
            Declaration { path: CREDENTIALS, operation: operations::DELETE_WITHOUT_ID, ..delete },
            credentials::delete::without_id,
        ),
    ]
}

fn component_routes() -> Vec<Route> {
    vec![
        Route::guarded(
            Declaration { path: "/api/v1/components-credentials", operation: operations::TYPES, ..READ },
            components::list,
        ),
        Route::guarded(
            Declaration {
                path: "/api/v1/components-credentials/{name}",
                operation: operations::TYPE,
                ..READ
            },
            components::show,
        ),
        Route::open(
            Declaration {
                path: "/api/v1/components-credentials-icon/{name}",
                operation: operations::ICON,
                ..READ
            },
            components::icon,
        ),
    ]
}

fn oauth2_routes() -> Vec<Route> {
    let act = Declaration { audit: AuditClass::None, ..ACT };
    vec![
        Route::guarded(
            Declaration {
                path: "/api/v1/oauth2-credential/authorize/{id}",
                action: Some(Action::ReadMetadata),
                operation: operations::AUTHORIZE,
                ..act.clone()
            },
            oauth2::authorize,
        ),
        Route::guarded(
            Declaration {
                path: "/api/v1/oauth2-credential/refresh/{id}",
                action: Some(Action::Change),
                operation: operations::REFRESH,
                ..act
            },
            oauth2::refresh,
        ),
        Route::open(
            Declaration {
                path: "/api/v1/oauth2-credential/callback",
                operation: operations::CALLBACK,
                ..READ
            },
            oauth2::callback,
        ),
    ]
}

/// Most bytes of a sign-in: a token and an e-mail address.
const SIGN_IN_BYTES: usize = 4 * 1024;

/// What the stock UI needs before it shows its credentials page. No document lists them: they are its own.
fn sign_in_routes() -> Vec<Route> {
    let read = |path| Declaration { path, ..READ };
    let act = |path| Declaration { path, audit: AuditClass::None, ..ACT };
    let login = Declaration {
        body: BodyRule::Lenient(Lenient { limit: SIGN_IN_BYTES, forms: Forms::Refused, ..BODY }),
        audit: AuditClass::Record,
        ..act("/api/v1/auth/login")
    };
    vec![
        Route::open(read("/api/v1/version"), sign_in::version),
        Route::open(read("/api/v1/settings"), sign_in::settings),
        Route::open(read("/api/v1/loginmethod/default"), sign_in::login_method),
        Route::open(act("/api/v1/auth/resolve"), sign_in::resolve),
        Route::open(login, sign_in::login),
        Route::open(act("/api/v1/auth/refreshToken"), sign_in::refresh),
        Route::open(act("/api/v1/account/logout"), sign_in::logout),
    ]
}

fn elsewhere_routes() -> Vec<Route> {
    vec![
        Route::guarded(Declaration { path: "/api/v1/{*rest}", ..READ }, elsewhere::below_the_api),
        Route::open(Declaration { path: "/{*rest}", ..READ }, elsewhere::outside_the_api),
    ]
}
