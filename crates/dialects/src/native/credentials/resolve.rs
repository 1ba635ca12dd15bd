//! `POST .../credentials/{credential}/resolve`: the secrets and a hold on them.
//!
//! With its sibling for many the only place where a secret leaves; only the current value ever does.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use strongroom_domain::ids::CredentialId;
use strongroom_domain::{FieldMap, Secret, Timestamp};
use strongroom_service::options::{ResolveRequest, Resolved};
use strongroom_web::{Answer, Call, Fields, respond};

use crate::native::{input, path};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let named = path::credential(&mut call).await?;
    let (document, _) = call.json().await?;
    let request = request(&call, Fields::of(document))?;
    let resolved = call.service().resolve(call.context(), &named, &request).await?;
    let value_version = resolved.credential.value_version;
    match &resolved.secrets {
        None => Ok(respond::not_modified(value_version)),
        Some(secrets) => {
            let body = ResolvedBody::whole(&resolved, secrets);
            respond::versioned(StatusCode::OK, value_version, &body)
        }
    }
}

fn request(call: &Call, mut fields: Fields) -> Result<ResolveRequest, strongroom_domain::Error> {
    let hold_seconds = input::hold_seconds(&mut fields);
    let consumer = input::consumer(&mut fields, call.context().consumer());
    let request = consumer.map(|consumer| ResolveRequest { consumer, hold_seconds, known: call.known() });
    fields.complete(request)
}

/// What a consumer is given: a whole value, or one field of it where a reference names one.
#[derive(Serialize)]
pub(super) struct ResolvedBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<&'a str>,
    id: CredentialId,
    kind: &'a str,
    version: u64,
    value_version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a Value>,
    expires_at: Option<Timestamp>,
    hold_until: Timestamp,
}

impl<'a> ResolvedBody<'a> {
    /// Settings and secrets.
    pub(super) fn whole(resolved: &'a Resolved, secrets: &'a Secret<FieldMap>) -> Self {
        // EXPOSE: the answer to an authorised and recorded resolve.
        let secrets = Some(secrets.expose().as_json());
        Self { settings: Some(resolved.credential.settings.as_json()), secrets, ..Self::bare(resolved) }
    }

    /// One field; `None` where the value has none of this name.
    pub(super) fn field(resolved: &'a Resolved, secrets: &'a Secret<FieldMap>, name: &str) -> Option<Self> {
        // EXPOSE: one field of the answer to an authorised and recorded resolve.
        let value = secrets.expose().value(name).or_else(|| resolved.credential.settings.value(name))?;
        Some(Self { value: Some(value), ..Self::bare(resolved) })
    }

    /// The same under the reference that was asked for.
    pub(super) fn under(self, reference: &'a str) -> Self {
        Self { r#ref: Some(reference), ..self }
    }

    fn bare(resolved: &'a Resolved) -> Self {
        let credential = &resolved.credential;
        Self {
            r#ref: None,
            id: credential.id,
            kind: &credential.kind,
            version: credential.version,
            value_version: credential.value_version,
            settings: None,
            secrets: None,
            value: None,
            expires_at: credential.expires_at,
            hold_until: resolved.hold_until,
        }
    }
}
