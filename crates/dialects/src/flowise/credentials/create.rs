//! POST `/credentials`: a new one, or in exact mode the overwriting of one's own under a given id.

use http::StatusCode;
use serde_json::Value;
use strongroom_domain::access::Action;
use strongroom_domain::change::{CredentialChange, Edit, Edits, FieldEdits};
use strongroom_domain::credential::Credential;
use strongroom_domain::error::Conflict;
use strongroom_domain::policy::FlowiseMode;
use strongroom_domain::{Error, Fault, Secret};
use strongroom_service::options::{CredentialRef, NewAlias, NewCredential};
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Operation};
use super::super::input::{self, Body, Part};
use super::super::javascript::stored_text;
use super::super::mapping::{self, Choice, SPELLING};
use super::super::reply::{self, Birth, Echo};
use super::super::schema::{self, Given};
use super::super::{annotation, guesses};
use super::{options, own_id, permitted, settings};

const OPERATION: Operation = Operation::Create;

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let settings = settings(&call).await?;
    let mode = settings.flowise_mode;
    permitted(&call, Action::Create).await?;
    let body = match (input::read(&mut call).await?, mode) {
        (None, FlowiseMode::Documented) => {
            return failure::controller(StatusCode::PRECONDITION_FAILED, OPERATION, guesses::NO_BODY);
        }
        (body, _) => body.unwrap_or_default(),
    };
    let request = match wanted(body, mode) {
        Ok(request) => request,
        Err(column) => return failure::not_null(mode, OPERATION, column),
    };
    let given = request.id.clone().unwrap_or_default();
    let type_name = stored_text(&request.echo.credential_name);
    let checked = schema::check(settings.flowise_schema, &type_name, &request.fields, Given::Whole);
    let saved = async { Ok((checked?, save(&call, &request, mode).await?)) };
    match saved.await {
        Ok((misfits, (credential, birth))) => {
            misfits.told(reply::created(call.service(), &credential, request.echo, birth))
        }
        Err(error) => failure::of(&error, OPERATION, mode, &given, call.context().request),
    }
}

/// A body that has all that is needed.
struct Wanted {
    id: Option<String>,
    echo: Echo,
    fields: Secret<FieldEdits>,
}

/// The name of the first column that would stay empty, in the order in which the original's database looks.
fn wanted(body: Body, mode: FlowiseMode) -> Result<Wanted, &'static str> {
    let name = given(body.name, mode).ok_or("name")?;
    let credential_name = given(body.credential_name, mode).ok_or("credentialName")?;
    let fields = body.fields.stored(mode).ok_or("encryptedData")?;
    let id = body.id.as_ref().map(stored_text);
    Ok(Wanted { id, echo: Echo { name, credential_name }, fields })
}

/// Any JSON in exact mode; a text otherwise.
fn given(part: Part, mode: FlowiseMode) -> Option<Value> {
    match (part, mode) {
        (Part::Given(value), FlowiseMode::Exact) => Some(value),
        (Part::Given(value), FlowiseMode::Documented) => Some(value).filter(Value::is_string),
        (Part::Absent | Part::Null, _) => None,
    }
}

async fn save(call: &Call, wanted: &Wanted, mode: FlowiseMode) -> Result<(Credential, Birth), Error> {
    let birth = if wanted.id.is_some() { Birth::GivenId } else { Birth::OurId };
    match call.service().create(call.context(), new_credential(wanted)?, options()).await {
        Ok(changed) => Ok((changed.credential, birth)),
        Err(Error::Conflict(Conflict::AliasTaken)) if mode == FlowiseMode::Exact => {
            Ok((overwrite(call, wanted).await?, Birth::Overwritten))
        }
        Err(error) => Err(error),
    }
}

fn new_credential(wanted: &Wanted) -> Result<NewCredential, Error> {
    let Choice { kind, method } = choice(&stored_text(&wanted.echo.credential_name))?;
    let named = annotation::named(&stored_text(&wanted.echo.name))?;
    let external = wanted.id.clone();
    Ok(NewCredential {
        kind,
        method: method.map(str::to_owned),
        name: named.name,
        alias: external.map(|external| NewAlias::Given { or: own_id(&external), external }),
        parts: CredentialChange {
            fields: wanted.fields.clone(),
            spelling: Some(SPELLING),
            annotations: named.annotations,
            ..CredentialChange::default()
        },
    })
}

/// The original's upsert, inside the caller's workspace only: nothing of what was there stays but the id.
async fn overwrite(call: &Call, wanted: &Wanted) -> Result<Credential, Error> {
    let new = new_credential(wanted)?;
    let external = wanted.id.clone().unwrap_or_default();
    let named = CredentialRef::Alias { or: own_id(&external), external };
    let change = CredentialChange {
        name: Some(new.name),
        method: Some(super::update::method_or_first(call, &new.kind, new.method)),
        kind: Some(new.kind),
        fields: Secret::new(replacing(&wanted.fields)),
        ..new.parts
    };
    Ok(call.service().change(call.context(), &named, change, options()).await?.credential)
}

fn replacing(edits: &Secret<FieldEdits>) -> FieldEdits {
    // EXPOSE: the same edits, as all that there is afterwards.
    match edits.expose() {
        Edits::Keep => Edits::Replace(Vec::new()),
        Edits::Merge(edits) => Edits::Replace(edits.iter().filter_map(set).collect()),
        Edits::Replace(pairs) => Edits::Replace(pairs.clone()),
    }
}

fn set((name, edit): &(String, Edit<Value>)) -> Option<(String, Value)> {
    match edit {
        Edit::Set(value) => Some((name.clone(), value.clone())),
        Edit::Remove => None,
    }
}

/// The kind for a type.
pub(super) fn choice(type_name: &str) -> Result<Choice, Error> {
    let too_long = || Error::invalid(vec![Fault::new("/credentialName", "is too long")]);
    mapping::kind_of(type_name).ok_or_else(too_long)
}
