//! `GET /credentials/{uuid}`: one, never its value.

use strongroom_web::{Answer, Call};

use super::{named, one};

pub(in super::super) async fn handle(call: Call) -> Answer {
    let credential = call.service().credential(call.context(), &named(&call)?).await?;
    one(&call, &credential)
}
