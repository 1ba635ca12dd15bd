//! Operation 5, `PATCH /integrations/credentials/{credential_id}` (and PUT): the data as a whole is replaced,
//! if the real system does not refuse it.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::change::CredentialChange;
use strongroom_web::{Answer, Call};

use super::super::annotation::Notes;
use super::super::failure::{self, Failure};
use super::super::{input, mapping, reply};
use super::{named, options, replacing};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let request = call.context().request;
    failure::answered(request, update(&mut call).await)
}

/// The stored credential is read for its provider alone, which no change of it can alter here.
async fn update(call: &mut Call) -> Result<Response, Failure> {
    let named = named(call)?;
    let input::Update { name, given } = input::update(call).await?;
    let stored = call.service().credential_to_change(call.context(), &named).await?;
    let provider = mapping::provider_of(&stored);
    input::assert_pem(provider, &given)?;
    let choice = mapping::choose(provider, given.credential_type, &given.credentials.0);
    let notes = Notes::of(provider, &given);
    let (change, taken) = replacing(call, &choice, given).await?;
    let annotations = notes.edits(taken.spelt, &call.context().principal);
    let (kind, method) = (Some(choice.kind), Some(choice.method));
    let change = CredentialChange { name, kind, method, annotations, ..change };
    let changed = call.service().change(call.context(), &named, change, options(call)).await?;
    Ok(reply::one(StatusCode::OK, &changed.credential)?)
}
