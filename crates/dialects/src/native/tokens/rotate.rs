//! `POST /v1/tokens/{token}/rotate`: a new text; the old one ends with the answer, or after `overlap_seconds`.

use std::time::Duration;

use http::StatusCode;
use strongroom_web::{Answer, Call, Fields, respond};

use super::wire::TokenBody;
use crate::native::path;

/// A day, in seconds.
const LONGEST_OVERLAP: u64 = 86_400;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let id = path::parameter(&call, "token")?;
    let (document, _) = call.json().await?;
    let mut fields = Fields::of(document);
    let overlap = fields.number("overlap_seconds", 0..=LONGEST_OVERLAP).unwrap_or_default();
    fields.complete(Some(()))?;
    let overlap = Duration::from_secs(overlap);
    let (token, text) = call.service().rotate_token(call.context(), id, overlap).await?;
    respond::json(StatusCode::OK, &TokenBody::with_text(&token, Some(&text)))
}
