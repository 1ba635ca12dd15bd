//! Operation 2, `POST /integrations/credentials`: a new one, of a user's.

use axum::response::Response;
use http::StatusCode;
use strongroom_domain::access::Action;
use strongroom_domain::change::CredentialChange;
use strongroom_service::options::{ChangeOptions, Expected, NewCredential, Quota, QuotaOf};
use strongroom_web::{Answer, Call};

use super::super::annotation::Notes;
use super::super::failure::{self, Failure};
use super::super::words::Provider;
use super::super::{caller, guesses, input, mapping, reply};
use super::{options, replacing};

pub(crate) async fn handle(mut call: Call) -> Answer {
    let request = call.context().request;
    failure::answered(request, create(&mut call).await)
}

async fn create(call: &mut Call) -> Result<Response, Failure> {
    caller::must_be_user(call, Action::Create).await?;
    let input::Creation { name, provider, given } = input::creation(call).await?;
    let choice = mapping::choose(provider, given.credential_type, &given.credentials.0);
    let notes = Notes::of(provider, &given);
    let (change, taken) = replacing(call, &choice, given).await?;
    let annotations = notes.edits(taken.spelt, &call.context().principal);
    let new = NewCredential {
        kind: choice.kind,
        method: Some(choice.method),
        name,
        alias: None,
        parts: CredentialChange { annotations, ..change },
    };
    let options = ChangeOptions { quotas: quotas(provider), expected: Expected::Unstated, ..options(call) };
    let made = call.service().create(call.context(), new, options).await?;
    Ok(reply::one(StatusCode::CREATED, &made.credential)?)
}

/// The contract's limits (1.7).
fn quotas(provider: Provider) -> Vec<Quota> {
    vec![
        Quota { of: QuotaOf::Caller, kinds: Vec::new(), most: guesses::PER_USER },
        Quota { of: QuotaOf::Workspace, kinds: mapping::kinds_of(provider), most: guesses::PER_PROVIDER },
    ]
}
