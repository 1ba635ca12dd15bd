//! `POST /v1/tokens/{token}/rotate`: a new text; the old one ends with the answer.

use http::StatusCode;
use strongroom_web::{Answer, Call, Fields, respond};

use super::wire::TokenBody;
use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let id = path::parameter(&call, "token")?;
    let (document, _) = call.json().await?;
    Fields::of(document).complete(Some(()))?;
    let (token, text) = call.service().rotate_token(call.context(), id).await?;
    respond::json(StatusCode::OK, &TokenBody::with_text(&token, &text))
}
