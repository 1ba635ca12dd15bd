//! GET `/credentials/{id}`: one, its secrets redacted.

use serde_json::Value;
use strongroom_domain::access::Action;
use strongroom_domain::credential::Credential;
use strongroom_domain::{Error, FieldMap};
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Operation};
use super::super::fields::Stored;
use super::super::redaction::{PLACEHOLDER, redacted};
use super::super::reply::{self, Item, One};
use super::{excerpt, mode, permitted};

pub(in super::super) async fn handle(call: Call) -> Answer {
    permitted(&call, Action::Change).await?;
    match one(&call).await {
        Ok((credential, one)) => reply::read_one(&call, &credential, &one),
        Err(error) => {
            let mode = mode(&call).await?;
            failure::of(&error, Operation::Show, mode, call.parameter("id"), call.context().request)
        }
    }
}

/// Fields that are neither public nor a password (a URL, a setting of an odd form) are opened to be shown.
async fn one(call: &Call) -> Result<(Credential, One), Error> {
    let (credential, fields, opened) = excerpt(call, Stored::is_shown).await?;
    // EXPOSE: shown in their redacted form only.
    let opened = opened.expose();
    let shown = fields
        .into_iter()
        .map(|field| {
            let value = shown(&field, &credential, opened);
            (field.theirs, value)
        })
        .collect();
    let one = One { item: Item::of(&credential), plain_data_obj: shown };
    Ok((credential, one))
}

/// What the type does not know may be anything, so it is not shown.
pub(super) fn shown(field: &Stored, credential: &Credential, opened: &FieldMap) -> Value {
    let Some(holds) = field.holds.filter(|_| field.is_shown()) else { return PLACEHOLDER.into() };
    match (field.public(credential), field.sealed(opened)) {
        (Some(public), _) => public.clone(),
        (None, Some(sealed)) => redacted(holds, sealed),
        (None, None) => PLACEHOLDER.into(),
    }
}
