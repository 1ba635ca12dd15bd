//! Steps 3 to 5, all pure: merge, validate, bind. Turns what is there and a change into a plan.

use strongroom_connectors::Catalogue;
use strongroom_domain::access::{self, Action, Resource};
use strongroom_domain::change::CredentialChange;
use strongroom_domain::credential::{Candidate, Credential, Opened, Owner};
use strongroom_domain::error::Code;
use strongroom_domain::kind::Kind;
use strongroom_domain::steps::bind::carried_elsewhere;
use strongroom_domain::steps::merge::merge;
use strongroom_domain::steps::validate::validate;
use strongroom_domain::text::Labels;
use strongroom_domain::{Error, Fault, FieldMap, Secret, limits};

use crate::Context;
use crate::options::{ChangeOptions, NewCredential, Rebind};

/// A candidate that its kind allows, and what is known about how it came about.
pub(crate) struct Plan<'a> {
    /// What the credential would be.
    pub(crate) candidate: Candidate,
    /// Its kind.
    pub(crate) kind: &'a Kind,
    /// Whether stored secrets follow a changed target, by the caller's wish and right.
    pub(crate) rebound: bool,
}

/// What a new credential starts from.
pub(crate) fn for_new<'a>(
    catalogue: &'a Catalogue,
    new: &NewCredential,
    options: &ChangeOptions,
) -> Result<Plan<'a>, Error> {
    let kind = kind_named(catalogue, &new.kind)?;
    let blank = Candidate {
        name: new.name.clone(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: kind.name.clone(),
        method: new.method.clone().unwrap_or_else(|| kind.default_method().name.clone()),
        settings: FieldMap::new(),
        secrets: Secret::new(FieldMap::new()),
    };
    let candidate = checked(catalogue, kind, merge(blank, &new.parts, Some(kind)), options)?;
    Ok(Plan { candidate, kind, rebound: false })
}

/// What a change of the value would make of a credential.
pub(crate) fn for_change<'a>(
    catalogue: &'a Catalogue,
    context: &Context,
    opened: Opened,
    change: &CredentialChange,
    options: &ChangeOptions,
) -> Result<Plan<'a>, Error> {
    let kind_before = kind_named(catalogue, &opened.credential.kind)?;
    let kind = change.kind.as_deref().map_or(Ok(kind_before), |name| kind_named(catalogue, name))?;
    let stored = opened.credential.clone();
    let candidate = checked(catalogue, kind, merge(opened.into(), change, Some(kind)), options)?;
    let rebound = bound(context, (kind_before, &stored), (kind, &candidate), change, options.rebind)?;
    Ok(Plan { candidate, kind, rebound })
}

/// What a change of metadata alone makes of a credential: settings and secrets are not looked at.
pub(crate) fn for_metadata(credential: &Credential, change: &CredentialChange) -> Result<Candidate, Error> {
    let opened = Opened { credential: credential.clone(), secrets: Secret::new(FieldMap::new()) };
    let candidate = merge(opened.into(), change, None);
    if candidate.labels.len() > limits::LABELS {
        return Err(Error::invalid(vec![Fault::new(
            "/labels",
            format!("at most {} labels", limits::LABELS),
        )]));
    }
    Ok(candidate)
}

fn kind_named<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a Kind, Error> {
    let unknown =
        || Error::Invalid(Code::UnknownKind, vec![Fault::new("/kind", "is not a kind of the catalogue")]);
    catalogue.kind(name).ok_or_else(unknown)
}

/// Step 4: the schema's rules and the connector's own, all faults at once.
fn checked(
    catalogue: &Catalogue,
    kind: &Kind,
    candidate: Candidate,
    options: &ChangeOptions,
) -> Result<Candidate, Error> {
    // No integrations exist yet, so no reference to one can be good (TEN-05).
    if candidate.integration.is_some() {
        return Err(Error::invalid(vec![Fault::new("/integration_id", "reference not found")]));
    }
    let candidate = validate(candidate, kind, options.fields).map_err(Error::invalid)?;
    let faults =
        catalogue.connector(&kind.name).map(|connector| connector.examine(&candidate)).unwrap_or_default();
    if faults.is_empty() { Ok(candidate) } else { Err(Error::invalid(faults)) }
}

/// Step 5: whether secrets follow a changed target; an error where they would without the right to it.
fn bound(
    context: &Context,
    before: (&Kind, &Credential),
    after: (&Kind, &Candidate),
    change: &CredentialChange,
    rebind: Rebind,
) -> Result<bool, Error> {
    // EXPOSE: names of the secrets that came with the change; a name is public.
    let carried = carried_elsewhere(before, after, &change.secrets.expose().set_keys());
    if carried.is_empty() {
        return Ok(false);
    }
    match rebind {
        Rebind::No => Err(Error::Invalid(Code::SecretsRequired, carried)),
        Rebind::Yes => {
            let resource = Resource::Credential(*context.scope(), before.1.id);
            access::authorise(&context.principal, Action::Rebind, resource).map(|()| true)
        }
    }
}
