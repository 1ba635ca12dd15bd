//! `GET .../consumers/{name}/credentials`: what a flow uses.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::Timestamp;
use strongroom_domain::consumer::Hold;
use strongroom_domain::credential::Credential;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::text::{Name, Slug};
use strongroom_web::{Answer, Call, respond};

use super::{path, wire::ListBody};

#[derive(Serialize)]
struct UsedBody<'a> {
    id: CredentialId,
    kind: &'a str,
    name: &'a Name,
    slug: Option<&'a Slug>,
    instance: &'a Name,
    value_version: u64,
    stale: bool,
    granted_at: Timestamp,
    hold_until: Timestamp,
}

pub(super) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let name = path::parameter(&call, "name")?;
    let used = call.service().consumer_credentials(call.context(), &name).await?;
    let items = used.iter().map(|(credential, hold)| body(credential, hold)).collect();
    respond::json(StatusCode::OK, &ListBody { items, next_cursor: None })
}

fn body<'a>(credential: &'a Credential, hold: &'a Hold) -> UsedBody<'a> {
    UsedBody {
        id: credential.id,
        kind: &credential.kind,
        name: &credential.name,
        slug: credential.slug.as_ref(),
        instance: &hold.consumer.instance,
        value_version: hold.value_version,
        stale: hold.value_version != credential.value_version,
        granted_at: hold.granted_at,
        hold_until: hold.hold_until,
    }
}
