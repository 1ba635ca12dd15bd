//! `POST /credentials`: a new one, 200.

use strongroom_web::{Answer, Call};

use super::super::input;
use super::{one, options};

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let (document, _) = call.json().await?;
    let new = input::creation(document, &call.context().principal.name)?;
    let credential = call.service().create(call.context(), new, options(None)).await?.credential;
    one(&call, &credential)
}
