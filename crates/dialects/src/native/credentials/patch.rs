//! `PATCH .../credentials/{credential}`: what is named changes, the rest stays.

use http::StatusCode;
use strongroom_service::options::{ChangeOptions, Run};
use strongroom_web::{Answer, Call, respond};

use crate::native::input::{self, Rule};
use crate::native::{path, wire::CredentialBody};

pub(crate) async fn handle(call: Call) -> Answer {
    change(call, Rule::Merge).await
}

/// PATCH and PUT differ in one rule.
pub(super) async fn change(mut call: Call, rule: Rule) -> Answer {
    let named = path::credential(&mut call).await?;
    let run = if call.query().flag("dry_run") { Run::Dry } else { Run::Real };
    call.query().finish()?;
    let (document, idempotency) = call.json().await?;
    let (change, options) = input::change(document, rule)?;
    let options = ChangeOptions { run, idempotency, expected: call.expected(), ..options };
    let credential = call.service().change(call.context(), &named, change, options).await?.credential;
    let body = CredentialBody::at(call.now(), &credential);
    match run {
        // Nothing was saved, so no version is there to be named.
        Run::Dry => respond::json(StatusCode::OK, &body),
        Run::Real => respond::versioned(StatusCode::OK, credential.version, &body),
    }
}
