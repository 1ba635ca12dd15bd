//! PUT `/credentials/{id}`: what is given is laid over what is there, the rest stays.

use http::StatusCode;
use strongroom_domain::Error;
use strongroom_domain::Secret;
use strongroom_domain::access::{Action, Resource, may};
use strongroom_domain::change::{CredentialChange, FieldEdits};
use strongroom_domain::credential::Credential;
use strongroom_domain::policy::{FlowiseMode, FlowiseSchema};
use strongroom_domain::principal::Facts;
use strongroom_service::options::{ChangeOptions, Rebind, Wanted};
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Operation};
use super::super::input::{self, Part};
use super::super::javascript::stored_text;
use super::super::mapping::{self, Choice, SPELLING, type_of};
use super::super::reply::{self, Echo};
use super::super::schema::{self, Given, Misfits};
use super::super::{annotation, guesses};
use super::create::choice;
use super::{named, options, permitted, settings};

const OPERATION: Operation = Operation::Update;

/// PUT without an id [056, 057].
pub(in super::super) async fn without_id(call: Call) -> Answer {
    permitted(&call, Action::Change).await?;
    failure::controller(StatusCode::PRECONDITION_FAILED, OPERATION, "id not provided!")
}

pub(in super::super) async fn handle(mut call: Call) -> Answer {
    let settings = settings(&call).await?;
    let mode = settings.flowise_mode;
    permitted(&call, Action::Change).await?;
    let body = match (input::read(&mut call).await?, mode) {
        (None, FlowiseMode::Documented) => {
            return failure::controller(StatusCode::PRECONDITION_FAILED, OPERATION, guesses::NO_BODY);
        }
        (body, _) => body.unwrap_or_default(),
    };
    let refused = |column| failure::not_null(mode, OPERATION, column);
    let Some(fields) = body.fields.changed(mode, body.removed) else { return refused("plainDataObj") };
    for (part, column) in [(&body.name, "name"), (&body.credential_name, "credentialName")] {
        if !is_taken(part, mode) {
            return refused(column);
        }
    }
    let asked = Asked { name: body.name, credential_name: body.credential_name, fields };
    match save(&call, asked, settings.flowise_schema).await {
        Ok((misfits, credential, echo)) => misfits.told(reply::updated(call.service(), &credential, echo)),
        Err(error) => failure::of(&error, OPERATION, mode, call.parameter("id"), call.context().request),
    }
}

/// Null never is; what is no text only in exact mode.
fn is_taken(part: &Part, mode: FlowiseMode) -> bool {
    match part {
        Part::Absent => true,
        Part::Null => false,
        Part::Given(value) => mode == FlowiseMode::Exact || value.is_string(),
    }
}

/// What the body asks for.
struct Asked {
    name: Part,
    credential_name: Part,
    fields: Secret<FieldEdits>,
}

impl Asked {
    /// The type that is asked for, or the one that is there.
    fn type_name(&self, stored: &Credential) -> String {
        self.named_type().unwrap_or_else(|| type_of(stored))
    }

    fn named_type(&self) -> Option<String> {
        match &self.credential_name {
            Part::Given(credential_name) => Some(stored_text(credential_name)),
            Part::Absent | Part::Null => None,
        }
    }
}

async fn save(call: &Call, asked: Asked, how: FlowiseSchema) -> Result<(Misfits, Credential, Echo), Error> {
    let wish = |stored: &Credential| {
        schema::check(how, &asked.type_name(stored), &asked.fields, Given::Part)?;
        let change = change_of(call, stored, &asked)?;
        let (rebind, expected) = (rebind(call, stored, &change), reply::expected(call, stored));
        Ok(Wanted { change, options: ChangeOptions { rebind, expected, ..options() } })
    };
    let credential = call.service().change_by(call.context(), &named(call), &wish).await?.credential;
    let misfits = schema::misfits(how, &asked.type_name(&credential), &asked.fields, Given::Part);
    let mut echo = Echo::of(&credential);
    if let Part::Given(name) = asked.name {
        echo.name = name;
    }
    if let Part::Given(credential_name) = asked.credential_name {
        echo.credential_name = credential_name;
    }
    Ok((misfits, credential, echo))
}

/// What is stored says whether the type changes: which fields the edits are for is settled when they are merged.
fn change_of(call: &Call, stored: &Credential, asked: &Asked) -> Result<CredentialChange, Error> {
    let mut change = CredentialChange {
        fields: asked.fields.clone(),
        spelling: Some(SPELLING),
        ..CredentialChange::default()
    };
    if let Part::Given(name) = &asked.name {
        let named = annotation::named(&stored_text(name))?;
        change.name = Some(named.name);
        change.annotations = named.annotations;
    }
    if let Some(given) = asked.named_type().filter(|given| *given != type_of(stored)) {
        let Choice { kind, method } = choice(&given)?;
        change.method = Some(method_or_first(call, &kind, method.map(str::to_owned)));
        change.kind = Some(kind);
    } else if mapping::names_any(stored, &asked.fields) {
        // Made natively with another method: who fills in the type's own field chooses the type's method.
        change.method = mapping::method_of(stored).map(str::to_owned);
    }
    Ok(change)
}

/// The method of a type, or the first one of its kind.
pub(super) fn method_or_first(call: &Call, kind: &str, method: Option<String>) -> String {
    let first = || call.service().kind_named(kind).map(|kind| kind.default_method().name.clone());
    method.or_else(first).unwrap_or_default()
}

/// A new type may have another place to go, and clients have no way to say that stored secrets shall follow:
/// for those who may rebind, they do.
fn rebind(call: &Call, stored: &Credential, change: &CredentialChange) -> Rebind {
    let context = call.context();
    let resource = Resource::Credential(*context.scope(), Facts::of(stored));
    if change.kind.is_some() && may(&context.principal, Action::Rebind, resource) {
        Rebind::Yes
    } else {
        Rebind::No
    }
}
