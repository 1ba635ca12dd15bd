//! `PATCH .../integrations/{integration}`: what is named changes, for the credentials that use it too.

use http::StatusCode;
use strongroom_service::options::{ChangeOptions, Run};
use strongroom_web::{Answer, Call, respond};

use super::input;
use super::wire::IntegrationBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = super::named(&mut call).await?;
    let run = if call.query().flag("dry_run") { Run::Dry } else { Run::Real };
    call.query().finish()?;
    let (document, idempotency) = call.json().await?;
    let (change, options) = input::change(document)?;
    let options = ChangeOptions { run, idempotency, expected: call.expected(), ..options };
    let integration = call.service().change_integration(call.context(), &named, change, options).await?;
    let body = IntegrationBody::from(&integration);
    match run {
        // Nothing was saved, so no version is there to be named.
        Run::Dry => respond::json(StatusCode::OK, &body),
        Run::Real => respond::versioned(StatusCode::OK, integration.version, &body),
    }
}
