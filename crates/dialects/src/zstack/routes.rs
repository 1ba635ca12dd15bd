//! The table of the ZStack API: every route with what it needs, takes and leaves behind.

use http::Method;
use strongroom_domain::access::Action;
use strongroom_domain::dialect::{Dialect, DialectView, View};
use strongroom_domain::limits::BODY_BYTES;
use strongroom_web::body::BodyRule;
use strongroom_web::{AuditClass, Declaration, Idempotency, Manner, Operation, Route, RouteTable};

use super::{credentials, failure, mapping, operations, removal};

/// Where the dialect is mounted unless the configuration says otherwise.
const PREFIX: &str = "/zstack";

/// Bodies and queries are read as strictly as our own. `X-Tenant-ID` is not read: the tenant is the token's.
const MANNER: Manner = Manner {
    view: View::Of(DialectView { dialect: Dialect::Zstack, kinds: mapping::KINDS }),
    render: failure::render,
    ..Manner::NATIVE
};

/// Every route of the dialect.
pub fn table() -> RouteTable {
    let mut routes = reads();
    routes.extend(acts());
    RouteTable::new(PREFIX, MANNER, routes)
}

const CREDENTIALS: &str = "/api/v1/credentials";
const CREDENTIAL: &str = "/api/v1/credentials/{uuid}";

/// Shows something.
const READ: Declaration = Declaration {
    method: Method::GET,
    path: CREDENTIAL,
    action: Some(Action::ReadMetadata),
    body: BodyRule::None,
    query: &[],
    audit: AuditClass::None,
    idempotency: Idempotency::Ignored,
    operation: Operation::UNLISTED,
};

/// Does something.
const ACT: Declaration =
    Declaration { body: BodyRule::Optional(BODY_BYTES), audit: AuditClass::Record, ..READ };

fn reads() -> Vec<Route> {
    vec![
        Route::guarded(Declaration { operation: operations::SHOW, ..READ }, credentials::show::handle),
        Route::guarded(
            Declaration {
                path: CREDENTIALS,
                query: credentials::list::QUERY,
                operation: operations::LIST,
                ..READ
            },
            credentials::list::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::POST,
                path: "/api/v1/credentials/{uuid}/previewDelete",
                body: BodyRule::Optional(BODY_BYTES),
                operation: operations::PREVIEW,
                ..READ
            },
            credentials::preview::handle,
        ),
    ]
}

fn acts() -> Vec<Route> {
    vec![
        Route::guarded(
            Declaration {
                method: Method::POST,
                path: CREDENTIALS,
                action: Some(Action::Create),
                operation: operations::CREATE,
                ..ACT
            },
            credentials::create::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::PUT,
                action: Some(Action::Change),
                operation: operations::UPDATE,
                ..ACT
            },
            credentials::update::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::DELETE,
                action: Some(Action::Delete),
                body: BodyRule::None,
                query: removal::QUERY,
                operation: operations::DELETE,
                ..ACT
            },
            credentials::delete::handle,
        ),
    ]
}
