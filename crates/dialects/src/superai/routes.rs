//! The table of the SuperAI Flows API: every route with what it needs, takes and leaves behind.

use axum::response::Response;
use http::{HeaderName, HeaderValue, Method};
use strongroom_domain::access::Action;
use strongroom_domain::dialect::{Dialect, DialectView, View};
use strongroom_domain::ids::RequestId;
use strongroom_domain::limits::BODY_BYTES;
use strongroom_web::body::{BodyRule, Forms, Lenient, OtherTypes, Scalars};
use strongroom_web::{
    AuditClass, Declaration, Idempotency, Manner, Operation, Queries, Route, RouteTable, Slashes, keys,
};

use super::{catalog, connection, credentials, failure, guesses, mapping, oauth, operations, ulid};

/// Where the dialect is mounted unless the configuration says otherwise.
pub(super) const PREFIX: &str = "/superai";

/// Both ways to send a key, paths with and without `/api`, and as forgiving as the original's framework.
const MANNER: Manner = Manner {
    view: View::Of(DialectView { dialect: Dialect::Superai, kinds: mapping::KINDS }),
    render: failure::render,
    key: keys::bearer,
    other_key: keys::x_api_key,
    queries: Queries::Lenient,
    slashes: Slashes::Either,
    stem: "/api",
    dress,
    ..Manner::NATIVE
};

/// The id of the request as its body spells it.
fn dress(response: &mut Response, request: RequestId) {
    if let Ok(id) = HeaderValue::try_from(ulid::of(request)) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
}

/// Every route of the dialect.
pub fn table() -> RouteTable {
    let mut routes = list_routes();
    routes.extend(credential_routes());
    routes.extend(connection_routes());
    routes.extend(oauth_routes());
    RouteTable::new(PREFIX, MANNER, routes)
}

const CREDENTIALS: &str = "/api/integrations/credentials";
const CREDENTIAL: &str = "/api/integrations/credentials/{credential_id}";

/// Shows something. Nobody promises anything of bodies and idempotency keys here.
const READ: Declaration = Declaration {
    method: Method::GET,
    path: "",
    action: Some(Action::ReadMetadata),
    body: BodyRule::Ignored,
    query: &[],
    audit: AuditClass::None,
    idempotency: Idempotency::Ignored,
    operation: Operation::UNLISTED,
};

/// Does something with a JSON body.
const ACT: Declaration = Declaration {
    method: Method::POST,
    body: BodyRule::Lenient(Lenient {
        limit: BODY_BYTES,
        forms: Forms::Refused,
        others: OtherTypes::Refused,
        scalars: Scalars::Taken,
    }),
    audit: AuditClass::Record,
    ..READ
};

fn list_routes() -> Vec<Route> {
    vec![
        Route::guarded(
            Declaration { path: CREDENTIALS, operation: operations::LIST, ..READ },
            credentials::list::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/api/integrations/credentials/provider/{provider}",
                operation: operations::BY_PROVIDER,
                ..READ
            },
            credentials::by_provider::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/api/integrations/catalog",
                action: Some(Action::ReadCatalogue),
                operation: operations::CATALOG,
                ..READ
            },
            catalog::handle,
        ),
    ]
}

fn credential_routes() -> Vec<Route> {
    let change = Declaration { path: CREDENTIAL, action: Some(Action::Change), ..ACT };
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
            Declaration { path: CREDENTIAL, operation: operations::SHOW, ..READ },
            credentials::show::handle,
        ),
        Route::guarded(
            Declaration { method: Method::PATCH, operation: operations::PATCH, ..change.clone() },
            credentials::update::handle,
        ),
        Route::guarded(
            Declaration { method: Method::PUT, operation: operations::PUT, ..change.clone() },
            credentials::update::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::DELETE,
                action: Some(Action::Delete),
                body: BodyRule::Ignored,
                operation: operations::DELETE,
                ..change
            },
            credentials::delete::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/api/integrations/credentials/{credential_id}/credentials",
                action: Some(Action::Resolve),
                audit: AuditClass::Record,
                operation: operations::SECRETS,
                ..READ
            },
            credentials::secrets::handle,
        ),
    ]
}

fn connection_routes() -> Vec<Route> {
    let test = Declaration { action: Some(Action::Verify), ..ACT };
    vec![
        Route::guarded(
            Declaration {
                path: "/api/integrations/sftp/test-connection",
                operation: operations::TEST_SFTP,
                ..test.clone()
            },
            connection::sftp::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/api/integrations/postgres/test-connection",
                operation: operations::TEST_POSTGRES,
                ..test.clone()
            },
            connection::postgres::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/api/integrations/postgres/test-connection/{credential_id}",
                body: BodyRule::Ignored,
                operation: operations::TEST_STORED,
                ..test.clone()
            },
            connection::stored::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/api/integrations/plugins/postgres/test-connection",
                operation: operations::TEST_PLUGIN,
                ..test
            },
            connection::plugin::handle,
        ),
    ]
}

/// The callbacks are open, because a browser comes back without a key.
fn oauth_routes() -> Vec<Route> {
    let read = |path, operation| Declaration { path, action: Some(Action::Create), operation, ..READ };
    let callback = |path, operation| Declaration { path, action: None, query: CALLBACK, operation, ..READ };
    let act = |path, operation| Declaration {
        path,
        action: Some(Action::Create),
        audit: AuditClass::None,
        operation,
        ..ACT
    };
    vec![
        Route::guarded(
            act("/api/integrations/plugins/{plugin_name}/oauth/authorize", operations::AUTHORIZE_LEGACY),
            oauth::authorize_legacy,
        ),
        Route::open(
            callback("/api/integrations/plugins/{plugin_name}/oauth/callback", operations::CALLBACK_LEGACY),
            oauth::came_back,
        ),
        Route::guarded(
            act("/api/plugins/{plugin_name}/oauth/authorize", operations::AUTHORIZE),
            oauth::authorize,
        ),
        Route::open(
            callback("/api/plugins/{plugin_name}/{provider_name}/oauth/callback", operations::CALLBACK),
            oauth::came_back,
        ),
        Route::guarded(
            read(guesses::AUTHORIZE_BY_GET[0], operations::AUTHORIZE_GOOGLE),
            oauth::authorize_by_get,
        ),
        Route::guarded(
            read(guesses::AUTHORIZE_BY_GET[1], operations::AUTHORIZE_SHAREPOINT),
            oauth::authorize_by_get,
        ),
    ]
}

const CALLBACK: &[&str] = &["code", "state", "error"];
