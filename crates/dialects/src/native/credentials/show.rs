//! `GET .../credentials/{credential}`: one, never with secrets.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use crate::native::{path, wire::CredentialBody};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = path::credential(&mut call).await?;
    let credential = call.service().credential(call.context(), &named).await?;
    if call.known().contains(&credential.version) {
        return Ok(respond::not_modified(credential.version));
    }
    respond::versioned(StatusCode::OK, credential.version, &CredentialBody::at(call.now(), &credential))
}
