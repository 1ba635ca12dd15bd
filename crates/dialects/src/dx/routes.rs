//! The table of the Data Cloud API: its seven methods.

use http::Method;
use strongroom_domain::access::Action;
use strongroom_domain::dialect::{Dialect, DialectView, View};
use strongroom_web::body::BodyRule;
use strongroom_web::{
    AuditClass, Declaration, Idempotency, Manner, Operation, Queries, Route, RouteTable, keys,
};

use super::guesses as g;
use super::{connections, credentials, errors, operations};

/// Where it is mounted by default.
const PREFIX: &str = "/dx";

/// A credential is shown by its number, and every one with an integration has one; so no kind is shown for
/// itself.
const MANNER: Manner = Manner {
    view: View::Of(DialectView { dialect: Dialect::Dx, kinds: &[] }),
    render: errors::render,
    key: keys::bearer,
    queries: Queries::Lenient,
    ..Manner::NATIVE
};

/// Every method of the API.
pub fn table() -> RouteTable {
    let connections = Declaration { action: Some(Action::ReadIntegrations), ..READ };
    let shows = |path, operation, of: &Declaration| Declaration { path, operation, ..of.clone() };
    let routes = vec![
        Route::guarded(
            shows("/api/connections.list", operations::CONNECTIONS, &connections),
            connections::list,
        ),
        Route::guarded(
            shows("/api/connections.info/{id}", operations::CONNECTION, &connections),
            connections::info,
        ),
        Route::guarded(
            shows("/api/connections/{connection_id}/credentials.list", operations::LIST, &READ),
            credentials::list::handle,
        ),
        Route::guarded(
            shows("/api/connections/{connection_id}/credentials.info/{id}", operations::INFO, &READ),
            credentials::info::handle,
        ),
        Route::guarded(
            acts(Action::Create, "/api/connections/{connection_id}/credentials.create", operations::CREATE),
            credentials::create::handle,
        ),
        Route::guarded(
            acts(Action::Change, "/api/connections/{connection_id}/credentials.update", operations::UPDATE),
            credentials::update::handle,
        ),
        Route::guarded(
            acts(Action::Delete, "/api/connections/{connection_id}/credentials.delete", operations::DELETE),
            credentials::delete::handle,
        ),
    ];
    RouteTable::new(PREFIX, MANNER, routes)
}

/// Shows something. A body of a GET is not looked at.
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

/// Does something.
fn acts(action: Action, path: &'static str, operation: Operation) -> Declaration {
    let (method, action, audit) = (Method::POST, Some(action), AuditClass::Record);
    Declaration { method, path, action, body: BodyRule::Lenient(g::BODY), audit, operation, ..READ }
}
