//! The table of `/v1`: every route with what it needs, takes and leaves behind.

mod around;

use http::Method;
use strongroom_domain::access::Action;
use strongroom_domain::limits::BODY_BYTES;
use strongroom_web::body::BodyRule;
use strongroom_web::{AuditClass, Declaration, Idempotency, Manner, Operation, Route, RouteTable};

use super::{consumers, credentials, integrations, operations};

/// Where the native API is mounted.
pub const PREFIX: &str = "/v1";

/// Every route of the native API.
pub fn table() -> RouteTable {
    let mut routes = credential_routes();
    routes.extend(check_routes());
    routes.extend(resolve_routes());
    routes.extend(hold_routes());
    routes.extend(integration_routes());
    routes.extend(around::workspace_routes());
    routes.extend(around::tenant_routes());
    routes.extend(around::token_routes());
    routes.extend(around::session_routes());
    routes.extend(around::audit_routes());
    routes.extend(around::catalogue_routes());
    RouteTable::new(PREFIX, Manner::OWN, routes)
}

const CREDENTIALS: &str = "/workspaces/{workspace}/credentials";
const CREDENTIAL: &str = "/workspaces/{workspace}/credentials/{credential}";

/// Shows something.
const READ: Declaration = Declaration {
    method: Method::GET,
    path: "",
    action: None,
    body: BodyRule::None,
    query: &[],
    audit: AuditClass::None,
    idempotency: Idempotency::Refused,
    operation: Operation::UNLISTED,
};

/// Does something.
const ACT: Declaration =
    Declaration { method: Method::POST, body: BodyRule::Json(BODY_BYTES), audit: AuditClass::Record, ..READ };

fn credential_routes() -> Vec<Route> {
    let (read, create, change) = (Some(Action::ReadMetadata), Some(Action::Create), Some(Action::Change));
    let changes = Declaration {
        path: CREDENTIAL,
        action: change,
        query: &["dry_run"],
        idempotency: Idempotency::Taken,
        ..ACT
    };
    vec![
        Route::guarded(
            Declaration {
                path: CREDENTIALS,
                action: create,
                operation: operations::CREATE,
                ..changes.clone()
            },
            credentials::create::handle,
        ),
        Route::guarded(
            Declaration {
                path: CREDENTIALS,
                action: read,
                query: credentials::list::QUERY,
                operation: operations::LIST,
                ..READ
            },
            credentials::list::handle,
        ),
        Route::guarded(
            Declaration { path: CREDENTIAL, action: read, operation: operations::SHOW, ..READ },
            credentials::show::handle,
        ),
        Route::guarded(
            Declaration { method: Method::PATCH, operation: operations::PATCH, ..changes.clone() },
            credentials::patch::handle,
        ),
        Route::guarded(
            Declaration { method: Method::PUT, operation: operations::PUT, ..changes.clone() },
            credentials::put::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::DELETE,
                action: Some(Action::Delete),
                body: BodyRule::None,
                query: &["force"],
                operation: operations::DELETE,
                ..changes
            },
            credentials::delete::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/{credential}/history",
                action: read,
                query: &["limit", "cursor"],
                operation: operations::HISTORY,
                ..READ
            },
            credentials::history::handle,
        ),
    ]
}

/// Trying values against their real systems.
fn check_routes() -> Vec<Route> {
    let verify = Some(Action::Verify);
    vec![
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/{credential}/verify",
                action: verify,
                body: BodyRule::Optional(BODY_BYTES),
                operation: operations::VERIFY,
                ..ACT
            },
            credentials::verify_stored::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/verify",
                action: verify,
                operation: operations::VERIFY_DRAFT,
                ..ACT
            },
            credentials::verify_draft::handle,
        ),
    ]
}

/// Giving secrets out.
fn resolve_routes() -> Vec<Route> {
    let resolve = Some(Action::Resolve);
    vec![
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/{credential}/resolve",
                action: resolve,
                body: BodyRule::Optional(BODY_BYTES),
                operation: operations::RESOLVE,
                ..ACT
            },
            credentials::resolve::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/resolve",
                action: resolve,
                operation: operations::RESOLVE_MANY,
                ..ACT
            },
            credentials::resolve_many::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/{credential}/report",
                action: Some(Action::Report),
                operation: operations::REPORT,
                ..ACT
            },
            credentials::report::handle,
        ),
    ]
}

/// Who holds what.
fn hold_routes() -> Vec<Route> {
    vec![
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/{credential}/consumers",
                action: Some(Action::ReadMetadata),
                operation: operations::CONSUMERS,
                ..READ
            },
            credentials::consumers::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::DELETE,
                path: "/workspaces/{workspace}/credentials/{credential}/consumers/{name}/{instance}",
                action: Some(Action::Release),
                body: BodyRule::None,
                operation: operations::RELEASE,
                ..ACT
            },
            credentials::release::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/consumers/{name}/credentials",
                action: Some(Action::ReadMetadata),
                operation: operations::CONSUMER_CREDENTIALS,
                ..READ
            },
            consumers::handle,
        ),
    ]
}

const INTEGRATIONS: &str = "/workspaces/{workspace}/integrations";
const INTEGRATION: &str = "/workspaces/{workspace}/integrations/{integration}";

/// Outside applications that credentials share.
fn integration_routes() -> Vec<Route> {
    let read = Declaration { path: INTEGRATION, action: Some(Action::ReadIntegrations), ..READ };
    let manage = Declaration {
        path: INTEGRATION,
        action: Some(Action::ManageIntegrations),
        query: &["dry_run"],
        idempotency: Idempotency::Taken,
        ..ACT
    };
    let (query, operation) = (&["limit", "cursor"][..], operations::INTEGRATIONS);
    let list = Declaration { path: INTEGRATIONS, query, operation, ..read.clone() };
    let create =
        Declaration { path: INTEGRATIONS, operation: operations::CREATE_INTEGRATION, ..manage.clone() };
    let show = Declaration { operation: operations::INTEGRATION, ..read };
    let patch =
        Declaration { method: Method::PATCH, operation: operations::CHANGE_INTEGRATION, ..manage.clone() };
    let operation = operations::DELETE_INTEGRATION;
    let delete =
        Declaration { method: Method::DELETE, body: BodyRule::None, query: &[], operation, ..manage };
    vec![
        Route::guarded(list, integrations::list::handle),
        Route::guarded(create, integrations::create::handle),
        Route::guarded(show, integrations::show::handle),
        Route::guarded(patch, integrations::patch::handle),
        Route::guarded(delete, integrations::delete::handle),
    ]
}
