//! `GET /v1/kinds`: every kind.

use http::StatusCode;
use serde::Serialize;
use strongroom_web::{Answer, Call, respond};

use super::show::KindBody;

#[derive(Serialize)]
struct KindsBody<'a> {
    items: Vec<KindBody<'a>>,
}

pub(crate) async fn handle(call: Call) -> Answer {
    let kinds = call.service().kinds(call.context())?;
    respond::json(StatusCode::OK, &KindsBody { items: kinds.iter().map(KindBody::from).collect() })
}
