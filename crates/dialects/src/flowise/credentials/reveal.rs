//! GET `/credentials/{id}/reveal`: the fields that hold a URL, in clear; everything else as placeholder.
//!
//! A URL may have a password in it. In exact mode whoever may change the credential sees it, as in the
//! original; in documented mode only whoever may resolve it does, and others get the bullets.

use serde_json::Value;
use strongroom_domain::access::{Action, Resource, may};
use strongroom_domain::policy::FlowiseMode;
use strongroom_domain::{Error, FieldMap};
use strongroom_web::{Answer, Call};

use super::super::failure::{self, Operation};
use super::super::fields::Stored;
use super::super::redaction::{PLACEHOLDER, redacted};
use super::super::registry::Holds;
use super::super::reply::{self, Revealed};
use super::{excerpt, mode, permitted};

pub(in super::super) async fn handle(call: Call) -> Answer {
    let mode = mode(&call).await?;
    permitted(&call, Action::Change).await?;
    let form = if mode == FlowiseMode::Exact || may_resolve(&call) { Form::Clear } else { Form::Redacted };
    match revealed(&call, form).await {
        Ok(revealed) => reply::read(&call, &revealed),
        Err(error) => {
            failure::of(&error, Operation::Reveal, mode, call.parameter("id"), call.context().request)
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Clear,
    Redacted,
}

/// No denial: whoever may not is shown less.
fn may_resolve(call: &Call) -> bool {
    let context = call.context();
    may(&context.principal, Action::Resolve, Resource::Workspace(*context.scope()))
}

async fn revealed(call: &Call, form: Form) -> Result<Revealed, Error> {
    let (_, fields, opened) = excerpt(call, is_url).await?;
    // EXPOSE: URLs in clear are what this route is for; the excerpt is recorded.
    let opened = opened.expose();
    let shown = fields.into_iter().map(|field| {
        let value = value(&field, opened, form);
        (field.theirs, value)
    });
    Ok(Revealed { plain_data_obj: shown.collect() })
}

fn is_url(field: &Stored) -> bool {
    field.holds == Some(Holds::Url)
}

fn value(field: &Stored, opened: &FieldMap, form: Form) -> Value {
    match field.sealed(opened).filter(|_| is_url(field)) {
        Some(url) if form == Form::Clear => url.clone(),
        Some(url) => redacted(Holds::Url, url),
        None => PLACEHOLDER.into(),
    }
}
