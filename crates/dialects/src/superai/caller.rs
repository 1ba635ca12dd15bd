//! The contract's two kinds of callers, and what each of them may not do whatever its role.

use strongroom_domain::access::Action;
use strongroom_domain::principal::PrincipalKind;
use strongroom_web::Call;

use super::failure::{Failure, Said};

/// Whether the caller is a user. Everybody else is a service account here: workers, too, use secrets.
fn is_user(call: &Call) -> bool {
    call.context().principal.kind == PrincipalKind::User
}

/// Only users make credentials. The refusal is on record.
pub(super) async fn must_be_user(call: &Call, action: Action) -> Result<(), Failure> {
    if is_user(call) { Ok(()) } else { Err(turned_away(call, action, "User account required").await) }
}

/// Only service accounts are given secrets. The refusal is on record.
pub(super) async fn must_be_service_account(call: &Call, action: Action) -> Result<(), Failure> {
    if is_user(call) { Err(turned_away(call, action, "Service account required").await) } else { Ok(()) }
}

async fn turned_away(call: &Call, action: Action, rule: &str) -> Failure {
    // What it gives is the core's refusal; the contract has words of its own for this one.
    drop(call.service().deny(call.context(), action).await);
    Said::forbidden(rule).into()
}

/// Whether the caller's role has this right, for operations that reach no use case yet.
pub(super) async fn must_hold(call: &Call, action: Action) -> Result<(), Failure> {
    match call.service().may(call.context(), action) {
        Ok(()) => Ok(()),
        Err(_) => Err(call.service().deny(call.context(), action).await.into()),
    }
}
