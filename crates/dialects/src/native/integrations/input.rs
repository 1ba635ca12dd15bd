//! From a body to what the service takes. All faults at once; none holds a value.

use strongroom_domain::Error;
use strongroom_domain::change::CredentialChange;
use strongroom_service::integrations::NewIntegration;
use strongroom_service::options::ChangeOptions;
use strongroom_web::{Document, Fields};

use crate::native::input::{Rule, field_edits, options};

pub(super) fn creation(document: Document) -> Result<NewIntegration, Error> {
    let mut fields = Fields::of(document);
    fields.require("kind");
    fields.require("name");
    let (kind, name) = (fields.text("kind"), fields.parsed("name"));
    let parts = parts(&mut fields);
    let new = kind.zip(name).map(|(kind, name)| NewIntegration { kind, name, parts });
    fields.complete(new)
}

/// `verify` and what goes with it hold for the credentials that are carried along.
pub(super) fn change(document: Document) -> Result<(CredentialChange, ChangeOptions), Error> {
    let mut fields = Fields::of(document);
    let options = options(&mut fields);
    let mut change = parts(&mut fields);
    change.name = fields.parsed("name");
    fields.complete(Some((change, options)))
}

fn parts(fields: &mut Fields) -> CredentialChange {
    CredentialChange {
        settings: field_edits(fields, "settings", Rule::Merge),
        secrets: field_edits(fields, "secrets", Rule::Merge).into(),
        ..CredentialChange::default()
    }
}
