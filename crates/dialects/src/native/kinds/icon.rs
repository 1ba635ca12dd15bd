//! `GET /v1/kinds/{kind}/icon`: the picture of a kind.

use strongroom_web::{Answer, Call, respond};

pub(crate) async fn handle(call: Call) -> Answer {
    let icon = call.service().kind_icon(call.context(), call.parameter("kind"))?;
    Ok(respond::svg(icon.as_svg()))
}
