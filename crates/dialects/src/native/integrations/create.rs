//! `POST .../integrations`: a new outside application.

use http::{HeaderValue, StatusCode, header};
use strongroom_service::options::{ChangeOptions, Run};
use strongroom_web::{Answer, Call, respond};

use super::input;
use super::wire::IntegrationBody;
use crate::native::path;
use crate::native::routes::PREFIX;

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let run = if call.query().flag("dry_run") { Run::Dry } else { Run::Real };
    call.query().finish()?;
    let (document, idempotency) = call.json().await?;
    let new = input::creation(document)?;
    let options = ChangeOptions { run, idempotency, ..ChangeOptions::default() };
    let integration = call.service().create_integration(call.context(), new, options).await?;
    let body = IntegrationBody::from(&integration);
    if run == Run::Dry {
        return respond::json(StatusCode::OK, &body);
    }
    let mut response = respond::versioned(StatusCode::CREATED, integration.version, &body)?;
    let workspace = call.context().scope().workspace();
    let location = format!("{PREFIX}/workspaces/{workspace}/integrations/{}", integration.id);
    let location = HeaderValue::try_from(location).expect("ids are letters, digits and underscores");
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}
