//! `POST .../credentials/{credential}/verify`: try what is stored, where it is bound to.

use http::StatusCode;
use strongroom_domain::policy::SshHostKeys;
use strongroom_web::problem::VerificationBody;
use strongroom_web::{Answer, Call, Fields, respond};

use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = path::credential(&mut call).await?;
    let (document, _) = call.json().await?;
    // Whatever stands here would be an override, and a stored secret goes nowhere else (TEN-06).
    Fields::of(document).complete(Some(()))?;
    let verification = call.service().verify_stored(call.context(), &named, SshHostKeys::Stated).await?;
    respond::json(StatusCode::OK, &VerificationBody::from(&verification))
}
