//! `POST .../credentials`: a new credential, tried before it is saved.

use http::{HeaderValue, StatusCode, header};
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::WorkspaceId;
use strongroom_service::options::{ChangeOptions, Run};
use strongroom_web::{Answer, Call, respond};

use crate::native::routes::PREFIX;
use crate::native::{input, path, wire::CredentialBody};

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let run = if call.query().flag("dry_run") { Run::Dry } else { Run::Real };
    call.query().finish()?;
    let (document, idempotency) = call.json().await?;
    let (new, options) = input::creation(document)?;
    let options = ChangeOptions { run, idempotency, ..options };
    let credential = call.service().create(call.context(), new, options).await?.credential;
    let body = CredentialBody::at(call.now(), &credential);
    if run == Run::Dry {
        return respond::json(StatusCode::OK, &body);
    }
    let mut response = respond::versioned(StatusCode::CREATED, credential.version, &body)?;
    response
        .headers_mut()
        .insert(header::LOCATION, location(call.context().scope().workspace(), &credential));
    Ok(response)
}

fn location(workspace: WorkspaceId, credential: &Credential) -> HeaderValue {
    let path = format!("{PREFIX}/workspaces/{workspace}/credentials/{}", credential.id);
    HeaderValue::try_from(path).expect("ids are letters, digits and underscores")
}
