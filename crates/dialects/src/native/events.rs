//! `GET .../events`: what happens to credentials, as it happens. Ids and versions, never a value.

use serde::Serialize;
use strongroom_domain::Timestamp;
use strongroom_domain::event::{Event, EventKind};
use strongroom_domain::ids::CredentialId;
use strongroom_web::sse::{self, Message};
use strongroom_web::{Answer, Call};

use crate::native::path;

pub(super) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let after = call.last_event_id()?;
    let watcher = call.service().watch(call.context(), after).await?;
    Ok(sse::respond(watcher, message))
}

fn message(event: &Event) -> Message {
    Message::json(event.kind.name(), &EventBody::from(event))
}

#[derive(Serialize)]
struct EventBody {
    r#type: EventKind,
    credential_id: CredentialId,
    version: u64,
    value_version: u64,
    at: Timestamp,
}

impl From<&Event> for EventBody {
    fn from(event: &Event) -> Self {
        Self {
            r#type: event.kind,
            credential_id: event.credential,
            version: event.version,
            value_version: event.value_version,
            at: event.at,
        }
    }
}
