//! Steps 3 to 5, all pure: merge, validate, bind. Turns what is there and a change into a plan.

use std::borrow::Cow;

use strongroom_connectors::Catalogue;
use strongroom_domain::access::{self, Action, Resource};
use strongroom_domain::change::CredentialChange;
use strongroom_domain::credential::{Candidate, Credential, Opened, Owner};
use strongroom_domain::error::Code;
use strongroom_domain::kind::Kind;
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::bind::carried_elsewhere;
use strongroom_domain::steps::merge::merge;
use strongroom_domain::steps::spell::{spell_change, spell_stored};
use strongroom_domain::steps::validate::accept;
use strongroom_domain::text::Labels;
use strongroom_domain::{Error, Fault, FieldMap, Secret, limits};

use crate::Context;
use crate::options::{ChangeOptions, NewCredential, Rebind};

/// A candidate that its kind allows, and what is known about how it came about.
pub(crate) struct Plan<'a> {
    /// What the credential would be.
    pub(crate) candidate: Candidate,
    /// Its kind.
    pub(crate) kind: Cow<'a, Kind>,
    /// Whether stored secrets follow a changed target, by the caller's wish and right.
    pub(crate) rebound: bool,
}

/// What a new credential starts from.
pub(crate) fn for_new<'a>(
    catalogue: &'a Catalogue,
    context: &Context,
    new: &NewCredential,
    options: &ChangeOptions,
) -> Result<Plan<'a>, Error> {
    let kind = kind_chosen(catalogue, context, &new.kind)?;
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
    let parts = spell_change(&new.parts, &kind);
    let candidate = checked(catalogue, &kind, merge(blank, &parts, Some(&kind)), options)?;
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
    let kind_before = kind_stored(catalogue, &opened.credential.kind)?;
    let kind = match &change.kind {
        Some(name) if *name != kind_before.name => kind_chosen(catalogue, context, name)?,
        _ => kind_before.clone(),
    };
    let change = &spell_change(change, &kind);
    let settings = opened.credential.settings.clone();
    let opened = match change.spelling {
        Some(spelling) => spell_stored(opened, spelling, &kind_before, &kind),
        None => opened,
    };
    // Where its secrets could go until now is a matter of the settings that it had.
    let stored = Credential { settings, ..opened.credential.clone() };
    let mut candidate = merge(at_home(opened.into(), &kind, change), change, Some(&kind));
    candidate = checked(catalogue, &kind, candidate, options)?;
    let rebound = bound(context, (&kind_before, &stored), (&kind, &candidate), change, options.rebind)?;
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

/// What is stored is planned as it stands.
pub(crate) fn for_stored(catalogue: &Catalogue, opened: Opened) -> Result<Plan<'_>, Error> {
    let kind = kind_stored(catalogue, &opened.credential.kind)?;
    Ok(Plan { candidate: opened.into(), kind, rebound: false })
}

/// A kind that is there already: known, or opaque of whichever dialect.
fn kind_stored<'a>(catalogue: &'a Catalogue, name: &str) -> Result<Cow<'a, Kind>, Error> {
    let known = catalogue.kind(name).map(Cow::Borrowed);
    known.or_else(|| Kind::opaque(name).map(Cow::Owned)).ok_or_else(unknown_kind)
}

/// A kind that the caller chooses: an opaque one only through the dialect whose word it is.
fn kind_chosen<'a>(catalogue: &'a Catalogue, context: &Context, name: &str) -> Result<Cow<'a, Kind>, Error> {
    match Kind::opaque_origin(name) {
        Some(dialect) if dialect != context.view.dialect() => Err(unknown_kind()),
        _ => kind_stored(catalogue, name),
    }
}

fn unknown_kind() -> Error {
    Error::Invalid(Code::UnknownKind, vec![Fault::new("/kind", "is not a kind of the catalogue")])
}

/// A candidate whose method the new kind has not, begins with the first one that it has.
fn at_home(mut candidate: Candidate, kind: &Kind, change: &CredentialChange) -> Candidate {
    if change.method.is_none() && candidate.kind != kind.name && kind.method(&candidate.method).is_none() {
        candidate.method.clone_from(&kind.default_method().name);
    }
    candidate
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
    let candidate = accept(candidate, kind, options.fields).map_err(Error::invalid)?;
    let connector = catalogue.connector(&kind.name).filter(|_| options.fields != FieldPolicy::AsGiven);
    let faults = connector.map(|connector| connector.examine(&candidate)).unwrap_or_default();
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
    let carried = carried_elsewhere(before, after, &change.sent());
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
