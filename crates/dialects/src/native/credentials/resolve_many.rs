//! `POST .../credentials/resolve`: many at once, each for itself.
//!
//! Items stand in the order of the request, ids before references. What cannot be given says so in its own
//! place; a foreign id, an unused one and one that this token does not reach say the same.

use http::StatusCode;
use serde::Serialize;
use strongroom_domain::consumer::Consumer;
use strongroom_domain::ids::CredentialId;
use strongroom_domain::{Error, Fault, limits};
use strongroom_service::options::{CredentialRef, Resolved};
use strongroom_web::{Answer, Call, Fields, problem, respond};

use super::resolve::ResolvedBody;
use crate::native::reference::Reference;
use crate::native::{input, path};

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let (document, _) = call.json().await?;
    let mut fields = Fields::of(document);
    let wanted = wanted(&mut fields);
    let hold_seconds = input::hold_seconds(&mut fields);
    let consumer = input::consumer(&mut fields, call.context().consumer());
    let (wanted, consumer) = fields.complete(wanted.zip(consumer))?;
    let outcomes = resolve(&call, &wanted, &consumer, hold_seconds).await?;
    let items = wanted.iter().zip(&outcomes).map(|(wanted, outcome)| item(wanted, outcome)).collect();
    respond::json(StatusCode::OK, &ManyBody { items })
}

/// One outcome for each, in their order.
async fn resolve(
    call: &Call,
    wanted: &[Wanted],
    consumer: &Consumer,
    hold_seconds: Option<u64>,
) -> Result<Vec<Result<Resolved, Error>>, Error> {
    let (service, context) = (call.service(), call.context());
    let own = within(call, wanted).await?;
    let named: Vec<CredentialRef> =
        wanted.iter().zip(&own).filter(|(_, own)| **own).map(|(wanted, _)| wanted.named()).collect();
    let mut asked = service.resolve_many(context, &named, consumer, hold_seconds).await?.into_iter();
    let outcomes = own.iter().map(|own| own.then(|| asked.next()).flatten().unwrap_or(Err(Error::NotFound)));
    let outcomes: Vec<_> = outcomes.collect();
    let failures = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    failures.for_each(|error| problem::log(error, context.request));
    Ok(outcomes)
}

/// One thing that is asked for.
enum Wanted {
    Id(CredentialId),
    Reference(Reference),
}

impl Wanted {
    fn named(&self) -> CredentialRef {
        match self {
            Self::Id(id) => CredentialRef::Id(*id),
            Self::Reference(reference) => CredentialRef::Slug(reference.slug.clone()),
        }
    }
}

fn wanted(fields: &mut Fields) -> Option<Vec<Wanted>> {
    let most = limits::IDS_PER_CALL;
    let ids = if fields.contains("ids") { fields.list("ids", most)? } else { Vec::new() };
    let references = if fields.contains("refs") { fields.list("refs", most)? } else { Vec::new() };
    if !(1..=most).contains(&(ids.len() + references.len())) {
        fields.fault_here(format!("must name from 1 to {most} credentials in `ids` and `refs` together"));
        return None;
    }
    let ids = ids.into_iter().map(Wanted::Id);
    Some(ids.chain(references.into_iter().map(Wanted::Reference)).collect())
}

/// Which of them lie in the token's own workspace, as far as their text says.
async fn within(call: &Call, wanted: &[Wanted]) -> Result<Vec<bool>, Error> {
    let mut own = Vec::with_capacity(wanted.len());
    for one in wanted {
        own.push(match one {
            Wanted::Id(_) => true,
            Wanted::Reference(reference) => {
                match call.service().enter(call.context(), &reference.workspace).await {
                    Ok(there) => there.scope() == call.context().scope(),
                    Err(Error::NotFound) => false,
                    Err(error) => return Err(error),
                }
            }
        });
    }
    Ok(own)
}

#[derive(Serialize)]
struct ManyBody<'a> {
    items: Vec<ItemBody<'a>>,
}

/// Untagged, not flattened: flattening would copy secrets on the way out.
#[derive(Serialize)]
#[serde(untagged)]
enum ItemBody<'a> {
    Given(ResolvedBody<'a>),
    Refused(RefusedBody<'a>),
}

#[derive(Serialize)]
struct RefusedBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<CredentialId>,
    error: ErrorBody,
}

#[derive(Serialize)]
struct ErrorBody {
    code: &'static str,
    detail: String,
    status: u16,
}

fn item<'a>(wanted: &'a Wanted, outcome: &'a Result<Resolved, Error>) -> ItemBody<'a> {
    match outcome {
        Ok(resolved) => given(wanted, resolved).unwrap_or_else(|| refused(wanted, &no_such_field())),
        Err(error) => refused(wanted, error),
    }
}

/// `None` where a reference names a field that the value does not have.
fn given<'a>(wanted: &'a Wanted, resolved: &'a Resolved) -> Option<ItemBody<'a>> {
    let secrets = resolved.secrets.as_ref()?;
    let body = match wanted {
        Wanted::Id(_) => ResolvedBody::whole(resolved, secrets),
        Wanted::Reference(reference) => {
            let body = match &reference.field {
                Some(field) => ResolvedBody::field(resolved, secrets, field)?,
                None => ResolvedBody::whole(resolved, secrets),
            };
            body.under(&reference.text)
        }
    };
    Some(ItemBody::Given(body))
}

fn no_such_field() -> Error {
    Error::invalid(vec![Fault::new("", "the value has no field of this name")])
}

fn refused<'a>(wanted: &'a Wanted, error: &Error) -> ItemBody<'a> {
    let (r#ref, id) = match wanted {
        Wanted::Id(id) => (None, Some(*id)),
        Wanted::Reference(reference) => (Some(reference.text.as_str()), None),
    };
    let code = error.code();
    let status = problem::status_of(code).as_u16();
    let error = ErrorBody { code: code.as_str(), detail: error.detail(), status };
    ItemBody::Refused(RefusedBody { r#ref, id, error })
}
