//! `POST .../credentials/verify`: try a draft and save nothing.

use http::StatusCode;
use strongroom_domain::policy::{FieldPolicy, SshHostKeys};
use strongroom_web::problem::VerificationBody;
use strongroom_web::{Answer, Call, respond};

use crate::native::{input, path};

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let (document, _) = call.json().await?;
    let draft = input::draft(document)?;
    let verification =
        call.service().verify_draft(call.context(), draft, FieldPolicy::Strict, SshHostKeys::Stated).await?;
    respond::json(StatusCode::OK, &VerificationBody::from(&verification))
}
