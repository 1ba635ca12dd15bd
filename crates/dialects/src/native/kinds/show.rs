//! `GET /v1/kinds/{kind}`: one kind with its fields as JSON Schema.

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use strongroom_service::kinds::KindView;
use strongroom_web::{Answer, Call, respond};

use crate::native::routes::PREFIX;

pub(crate) async fn handle(call: Call) -> Answer {
    let kind = call.service().kind(call.context(), call.parameter("kind"))?;
    respond::json(StatusCode::OK, &KindBody::from(&kind))
}

#[derive(Serialize)]
pub(super) struct KindBody<'a> {
    name: &'a str,
    title: &'a str,
    description: &'a str,
    documentation: Option<&'a str>,
    methods: &'a [String],
    check: String,
    /// Where its picture is, on this server.
    icon: String,
    schema: &'a Value,
}

impl<'a> From<&'a KindView> for KindBody<'a> {
    fn from(kind: &'a KindView) -> Self {
        Self {
            name: &kind.name,
            title: &kind.title,
            description: &kind.description,
            documentation: kind.documentation.as_deref(),
            methods: &kind.methods,
            check: kind.check.to_string(),
            icon: format!("{PREFIX}/kinds/{}/icon", kind.name),
            schema: &kind.schema,
        }
    }
}
