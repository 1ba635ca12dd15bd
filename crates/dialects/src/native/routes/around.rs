//! The routes around credentials: tenants, tokens, sessions, the log, the catalogue.

use http::Method;
use strongroom_domain::access::Action;
use strongroom_domain::limits::BODY_BYTES;
use strongroom_web::body::BodyRule;
use strongroom_web::{AuditClass, Declaration, Route};

use super::{ACT, READ};
use crate::native::{
    audit, events, host_keys, kinds, limits, operations, organizations, sessions, tokens, workspaces,
};

pub(super) fn workspace_routes() -> Vec<Route> {
    let path = "/workspaces/{workspace}";
    vec![
        Route::guarded(
            Declaration {
                path,
                action: Some(Action::ReadWorkspace),
                operation: operations::WORKSPACE,
                ..READ
            },
            workspaces::show::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::PATCH,
                path,
                action: Some(Action::ChangeWorkspace),
                operation: operations::CHANGE_WORKSPACE,
                ..ACT
            },
            workspaces::patch::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/host-keys",
                action: Some(Action::ChangeWorkspace),
                query: &["limit", "cursor"],
                operation: operations::HOST_KEYS,
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
                operation: operations::FORGET_HOST_KEY,
                ..ACT
            },
            host_keys::forget::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/events",
                action: Some(Action::ReadMetadata),
                operation: operations::EVENTS,
                ..READ
            },
            events::handle,
        ),
    ]
}

/// Organizations and their workspaces.
pub(super) fn tenant_routes() -> Vec<Route> {
    let (read, manage) = (Some(Action::ReadOrganization), Some(Action::ManageOrganization));
    let operate = Some(Action::ManageInstallation);
    let many = Declaration { path: "/organizations", ..READ };
    let one = Declaration { path: "/organizations/{organization}", ..READ };
    let (query, operation) = (&["limit", "cursor"][..], operations::ORGANIZATIONS);
    let list = Declaration { action: read, query, operation, ..many.clone() };
    let show = Declaration { action: read, operation: operations::ORGANIZATION, ..one.clone() };
    let operation = operations::CREATE_ORGANIZATION;
    let create = Declaration { path: many.path, action: operate, operation, ..ACT };
    let operation = operations::CHANGE_ORGANIZATION;
    let patch = Declaration { method: Method::PATCH, path: one.path, action: manage, operation, ..ACT };
    let operation = operations::DELETE_ORGANIZATION;
    let gone = Declaration { method: Method::DELETE, body: BodyRule::None, ..ACT };
    let delete = Declaration { path: one.path, action: operate, operation, ..gone.clone() };
    let (all, enter) = ("/workspaces", Some(Action::ReadWorkspace));
    let operation = operations::WORKSPACES;
    let workspaces = Declaration { path: all, action: enter, query, operation, ..READ };
    let operation = operations::CREATE_WORKSPACE;
    let create_workspace = Declaration { path: all, action: manage, operation, ..ACT };
    let operation = operations::DELETE_WORKSPACE;
    let named = "/workspaces/{workspace}";
    let delete_workspace = Declaration { path: named, action: manage, query: &["force"], operation, ..gone };
    vec![
        Route::guarded(list, organizations::list::handle),
        Route::guarded(create, organizations::create::handle),
        Route::guarded(show, organizations::show::handle),
        Route::guarded(patch, organizations::patch::handle),
        Route::guarded(delete, organizations::delete::handle),
        Route::guarded(workspaces, workspaces::list::handle),
        Route::guarded(create_workspace, workspaces::create::handle),
        Route::guarded(delete_workspace, workspaces::delete::handle),
    ]
}

pub(super) fn token_routes() -> Vec<Route> {
    let action = Some(Action::ManageTokens);
    vec![
        Route::guarded(
            Declaration { path: "/tokens", action, operation: operations::ISSUE_TOKEN, ..ACT },
            tokens::issue::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/tokens",
                action,
                query: &["limit", "cursor", "workspace"],
                operation: operations::TOKENS,
                ..READ
            },
            tokens::list::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/tokens/exchange",
                action: Some(Action::ExchangeToken),
                // What its token does is on record; see `service::runs`.
                audit: AuditClass::None,
                operation: operations::EXCHANGE_TOKEN,
                ..ACT
            },
            tokens::exchange::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/tokens/{token}/rotate",
                action,
                body: BodyRule::Optional(BODY_BYTES),
                operation: operations::ROTATE_TOKEN,
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
                operation: operations::REVOKE_TOKEN,
                ..ACT
            },
            tokens::revoke::handle,
        ),
    ]
}

/// Most bytes of an ID token with its frame.
const ID_TOKEN_BYTES: usize = 20 * 1024;

/// People who sign in by an issuer, and who one is. The first two are for anybody: nobody is known yet.
pub(super) fn session_routes() -> Vec<Route> {
    vec![
        Route::open(
            Declaration { path: "/sign-in", operation: operations::SIGN_IN, ..READ },
            sessions::sign_in::handle,
        ),
        Route::open(
            Declaration {
                path: "/sessions",
                body: BodyRule::Json(ID_TOKEN_BYTES),
                operation: operations::BEGIN_SESSION,
                ..ACT
            },
            sessions::begin::handle,
        ),
        Route::guarded(
            Declaration {
                method: Method::DELETE,
                path: "/sessions",
                body: BodyRule::None,
                operation: operations::END_SESSION,
                ..ACT
            },
            sessions::end::handle,
        ),
        Route::guarded(
            Declaration { path: "/whoami", operation: operations::WHOAMI, ..READ },
            sessions::whoami::handle,
        ),
    ]
}

/// What was done, and the proofs of it.
pub(super) fn audit_routes() -> Vec<Route> {
    let read = Declaration { action: Some(Action::ReadAudit), ..READ };
    vec![
        Route::guarded(
            Declaration {
                path: "/workspaces/{workspace}/audit",
                query: audit::list::QUERY,
                operation: operations::AUDIT,
                ..read.clone()
            },
            audit::list::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/audit/checkpoint",
                operation: operations::AUDIT_CHECKPOINT,
                ..read.clone()
            },
            audit::checkpoint::handle,
        ),
        Route::guarded(
            Declaration {
                path: "/audit/proof",
                query: audit::proof::QUERY,
                operation: operations::AUDIT_PROOF,
                ..read
            },
            audit::proof::handle,
        ),
    ]
}

pub(super) fn catalogue_routes() -> Vec<Route> {
    let action = Some(Action::ReadCatalogue);
    vec![
        Route::guarded(
            Declaration { path: "/kinds", action, operation: operations::KINDS, ..READ },
            kinds::list::handle,
        ),
        Route::guarded(
            Declaration { path: "/kinds/{kind}", action, operation: operations::KIND, ..READ },
            kinds::show::handle,
        ),
        Route::guarded(
            Declaration { path: "/kinds/{kind}/icon", action, operation: operations::KIND_ICON, ..READ },
            kinds::icon::handle,
        ),
        Route::guarded(
            Declaration { path: "/limits", action, operation: operations::LIMITS, ..READ },
            limits::handle,
        ),
    ]
}
