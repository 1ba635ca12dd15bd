//! The table of `/v1`: every route with what it needs, takes and leaves behind.

use http::Method;
use strongroom_domain::access::Action;
use strongroom_domain::limits::BODY_BYTES;
use strongroom_web::body::BodyRule;
use strongroom_web::{AuditClass, Declaration, Idempotency, Manner, Operation, Route, RouteTable};

use super::{
    audit, consumers, credentials, events, host_keys, integrations, kinds, limits, operations, organizations,
    sessions, tokens, workspaces,
};

/// Where the native API is mounted.
pub const PREFIX: &str = "/v1";

/// Every route of the native API.
pub fn table() -> RouteTable {
    let mut routes = credential_routes();
    routes.extend(check_routes());
    routes.extend(resolve_routes());
    routes.extend(hold_routes());
    routes.extend(integration_routes());
    routes.extend(workspace_routes());
    routes.extend(tenant_routes());
    routes.extend(token_routes());
    routes.extend(session_routes());
    routes.extend(audit_routes());
    routes.extend(catalogue_routes());
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

fn workspace_routes() -> Vec<Route> {
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
fn tenant_routes() -> Vec<Route> {
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
    let (path, action) = ("/workspaces", Some(Action::ReadWorkspace));
    let workspaces = Declaration { path, action, operation: operations::WORKSPACES, ..READ };
    let operation = operations::CREATE_WORKSPACE;
    let create_workspace = Declaration { path, action: manage, operation, ..ACT };
    let (path, operation) = ("/workspaces/{workspace}", operations::DELETE_WORKSPACE);
    let delete_workspace = Declaration { path, action: manage, query: &["force"], operation, ..gone };
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

fn token_routes() -> Vec<Route> {
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
                query: &["limit", "cursor"],
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
fn session_routes() -> Vec<Route> {
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
fn audit_routes() -> Vec<Route> {
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

fn catalogue_routes() -> Vec<Route> {
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
