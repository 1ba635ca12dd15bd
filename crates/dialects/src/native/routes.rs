//! The table of `/v1`: every route with what it needs, takes and leaves behind.

use http::Method;
use strongroom_domain::access::Action;
use strongroom_domain::limits::BODY_BYTES;
use strongroom_web::body::BodyRule;
use strongroom_web::{AuditClass, Declaration, Idempotency, Manner, Operation, Route, RouteTable};

use super::{consumers, credentials, events, host_keys, kinds, limits, tokens, workspaces};

/// Where the native API is mounted.
pub const PREFIX: &str = "/v1";

/// Every route of the native API.
pub fn table() -> RouteTable {
    let mut routes = credential_routes();
    routes.extend(check_routes());
    routes.extend(resolve_routes());
    routes.extend(hold_routes());
    routes.extend(workspace_routes());
    routes.extend(token_routes());
    routes.extend(catalogue_routes());
    RouteTable::new(PREFIX, Manner::NATIVE, routes)
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
            Declaration { path: CREDENTIALS, action: create, ..changes.clone() },
            credentials::create::handle,
        ),
        Route::guarded(
            Declaration { path: CREDENTIALS, action: read, query: credentials::list::QUERY, ..READ },
            credentials::list::handle,
        ),
        Route::guarded(Declaration { path: CREDENTIAL, action: read, ..READ }, credentials::show::handle),
        Route::guarded(Declaration { method: Method::PATCH, ..changes.clone() }, credentials::patch::handle),
        Route::guarded(Declaration { method: Method::PUT, ..changes.clone() }, credentials::put::handle),
        Route::guarded(
            Declaration {
                method: Method::DELETE,
                action: Some(Action::Delete),
                body: BodyRule::None,
                query: &["force"],
                ..changes
            },
            credentials::delete::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/{credential}/history",
                action: read,
                query: &["limit", "cursor"],
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
                ..ACT
            },
            credentials::verify_stored::handle,
        ),
        Route::guarded(
            Declaration { path: "/workspaces/{workspace}/credentials/verify", action: verify, ..ACT },
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
                ..ACT
            },
            credentials::resolve::handle,
        ),
        Route::guarded(
            Declaration { path: "/workspaces/{workspace}/credentials/resolve", action: resolve, ..ACT },
            credentials::resolve_many::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/credentials/{credential}/report",
                action: Some(Action::Report),
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
                ..ACT
            },
            credentials::release::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/consumers/{name}/credentials",
                action: Some(Action::ReadMetadata),
                ..READ
            },
            consumers::handle,
        ),
    ]
}

fn workspace_routes() -> Vec<Route> {
    let path = "/workspaces/{workspace}";
    vec![
        Route::guarded(
            Declaration { path, action: Some(Action::ReadWorkspace), ..READ },
            workspaces::show::handle,
        ),
        Route::guarded(
            Declaration { method: Method::PATCH, path, action: Some(Action::ChangeWorkspace), ..ACT },
            workspaces::patch::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/host-keys",
                action: Some(Action::ChangeWorkspace),
                query: &["limit", "cursor"],
                ..READ
            },
            host_keys::list::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::DELETE,
                path: "/workspaces/{workspace}/host-keys/{endpoint}",
                action: Some(Action::ChangeWorkspace),
                body: BodyRule::None,
                ..ACT
            },
            host_keys::forget::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/events",
                action: Some(Action::ReadMetadata),
                ..READ
            },
            events::handle,
        ),
    ]
}

fn token_routes() -> Vec<Route> {
    let action = Some(Action::ManageTokens);
    vec![
        Route::guarded(Declaration { path: "/tokens", action, ..ACT }, tokens::issue::handle),
        Route::guarded(
            Declaration { path: "/tokens", action, query: &["limit", "cursor"], ..READ },
            tokens::list::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/tokens/{token}/rotate",
                action,
                body: BodyRule::Optional(BODY_BYTES),
                ..ACT
            },
            tokens::rotate::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::DELETE,
                path: "/tokens/{token}",
                action,
                body: BodyRule::None,
                ..ACT
            },
            tokens::revoke::handle,
        ),
    ]
}

fn catalogue_routes() -> Vec<Route> {
    let action = Some(Action::ReadCatalogue);
    vec![
        Route::guarded(Declaration { path: "/kinds", action, ..READ }, kinds::list::handle),
        Route::guarded(Declaration { path: "/kinds/{kind}", action, ..READ }, kinds::show::handle),
        Route::guarded(Declaration { path: "/kinds/{kind}/icon", action, ..READ }, kinds::icon::handle),
        Route::guarded(Declaration { path: "/limits", action, ..READ }, limits::handle),
    ]
}
