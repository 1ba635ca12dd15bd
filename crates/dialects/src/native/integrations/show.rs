//! `GET .../integrations/{integration}`: one, never with secrets.

use http::StatusCode;
use strongroom_web::{Answer, Call, respond};

use super::wire::IntegrationBody;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = super::named(&mut call).await?;
    let integration = call.service().integration(call.context(), &named).await?;
    if call.known().contains(&integration.version) {
        return Ok(respond::not_modified(integration.version));
    }
    respond::versioned(StatusCode::OK, integration.version, &IntegrationBody::from(&integration))
}
