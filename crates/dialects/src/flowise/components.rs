//! The registry of types, and their icons.

use http::{StatusCode, header};
use strongroom_domain::policy::FlowiseMode;
use strongroom_web::{Answer, Call, Visit, respond};

use super::credentials::mode;
use super::failure::{self, Operation};
use super::registry::{self, CredentialType};
use super::{mapping, reply};

/// GET `/components-credentials`: every type. Needs no right: it tells nothing of any workspace.
pub(super) async fn list(call: Call) -> Answer {
    reply::read(&call, &registry::types())
}

/// GET `/components-credentials/{name}`: one type, or with `&` between their names several [149].
pub(super) async fn show(call: Call) -> Answer {
    let mode = mode(&call).await?;
    let asked = call.parameter("name").replace("&amp;", "&");
    let names: Vec<&str> = asked.split('&').collect();
    let mut found: Vec<&CredentialType> = Vec::new();
    for name in &names {
        match registry::find(name) {
            Some(known) => found.push(known),
            None => return unknown(mode, name),
        }
    }
    match (found.as_slice(), names.len()) {
        ([only], 1) => reply::read(&call, only),
        _ => reply::read(&call, &found),
    }
}

/// The original wraps its own message once more [150].
fn unknown(mode: FlowiseMode, name: &str) -> Answer {
    let (status, detail) = match mode {
        FlowiseMode::Exact => (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{}Credential {name} not found", Operation::Component.prefix()),
        ),
        FlowiseMode::Documented => (StatusCode::NOT_FOUND, format!("Credential {name} not found")),
    };
    failure::service(status, Operation::Component, &detail)
}

/// GET `/components-credentials-icon/{name}`: for anybody, as a page shows it with a plain image element.
pub(super) async fn icon(visit: Visit) -> Answer {
    let name = visit.parameter("name");
    let kind = registry::find(name).and_then(|known| mapping::kind_of(&known.name));
    match kind.and_then(|choice| visit.service().icon_named(&choice.kind)) {
        Some(icon) => {
            let mut response = respond::svg(icon.as_svg());
            response.headers_mut().insert(header::ETAG, reply::public_tag(icon.as_svg().as_bytes()));
            Ok(response)
        }
        None => failure::service(
            StatusCode::NOT_FOUND,
            Operation::Component,
            &format!("Credential {name} not found"),
        ),
    }
}
