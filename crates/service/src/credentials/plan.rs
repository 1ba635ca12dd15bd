//! Steps 3 to 5, all pure: merge, validate, bind. Turns what is there and a change into a plan.

use std::borrow::Cow;

use strongroom_connectors::Catalogue;
use strongroom_domain::access::{self, Action, Resource};
use strongroom_domain::change::CredentialChange;
use strongroom_domain::credential::{Candidate, Credential, Opened, Owner};
use strongroom_domain::error::Code;
use strongroom_domain::integration::{Shared, effective, inherited};
use strongroom_domain::kind::Kind;
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::principal::Facts;
use strongroom_domain::steps::bind::{Before, carried_elsewhere};
use strongroom_domain::steps::merge::merge;
use strongroom_domain::steps::spell::{spell_change, spell_stored};
use strongroom_domain::steps::validate::accept;
use strongroom_domain::text::Labels;
use strongroom_domain::{Error, Fault, FieldMap, Secret, limits};

use strongroom_store::StoredCredential;

use crate::Context;
use crate::options::{ChangeOptions, NewCredential, Rebind};

/// A candidate that its kind allows, and what is known about how it came about.
pub(crate) struct Plan<'a> {
    /// What the credential would be, with all settings in force.
    pub(crate) candidate: Candidate,
    /// Names of the settings that are its integration's, or its kind's where it has one: they are in force
    /// and not stored with it.
    pub(crate) inherited: Vec<String>,
    /// What those came from.
    pub(crate) shared: Option<Shared>,
    /// Its kind.
    pub(crate) kind: Cow<'a, Kind>,
    /// Whether stored secrets follow a changed target, by the caller's wish and right.
    pub(crate) rebound: bool,
}

impl Plan<'_> {
    /// The settings that are stored with the credential.
    pub(crate) fn own_settings(&self) -> FieldMap {
        let is_own = |name: &str| !self.inherited.iter().any(|inherited| inherited == name);
        let settings = self.candidate.settings.iter().filter(|(name, _)| is_own(name));
        settings.map(|(name, value)| (name, value.clone())).collect()
    }
}

/// What a new credential starts from. `shared` is what the integration that it names has to give.
pub(crate) fn for_new<'a>(
    catalogue: &'a Catalogue,
    context: &Context,
    new: &NewCredential,
    shared: Option<Shared>,
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
    let merged = merge(blank, &spell_change(&new.parts, &kind), Some(&kind));
    let (candidate, inherited) = checked(catalogue, &kind, merged, shared.as_ref(), options)?;
    Ok(Plan { candidate, inherited, shared, kind, rebound: false })
}

/// What a change of the value would make of a credential. `shared` is what the integration that it names
/// afterwards has to give.
pub(crate) fn for_change<'a>(
    catalogue: &'a Catalogue,
    context: &Context,
    (stored, opened): (&StoredCredential, Opened),
    change: &CredentialChange,
    shared: Option<Shared>,
    options: &ChangeOptions,
) -> Result<Plan<'a>, Error> {
    let kind_before = kind_stored(catalogue, &opened.credential.kind)?;
    let kind = match &change.kind {
        Some(name) if *name != kind_before.name => kind_chosen(catalogue, context, name)?,
        _ => kind_before.clone(),
    };
    let change = &spell_change(change, &kind);
    let opened = match change.spelling {
        Some(spelling) => spell_stored(opened, spelling, &kind_before, &kind),
        None => opened,
    };
    let secret_fields = opened.credential.secret_fields.clone();
    let merged = merge(at_home(opened.into(), &kind, change), change, Some(&kind));
    let (candidate, inherited) = checked(catalogue, &kind, merged, shared.as_ref(), options)?;
    // Where its secrets could go until now is a matter of the settings that were in force.
    let before = Before {
        kind: &kind_before,
        method: &stored.credential.method,
        settings: &settings_in_force(catalogue, stored),
        secret_fields: &secret_fields,
    };
    let resource = Resource::Credential(*context.scope(), Facts::of(&stored.credential));
    let rebound = bound((context, resource), before, (&kind, &candidate), change, options.rebind)?;
    Ok(Plan { candidate, inherited, shared, kind, rebound })
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
pub(crate) fn for_stored<'a>(
    catalogue: &'a Catalogue,
    stored: &StoredCredential,
    opened: Opened,
) -> Result<Plan<'a>, Error> {
    for_stored_under(catalogue, opened, stored.shared.clone())
}

/// The same as it would be with this in place of what its integration gives now.
pub(crate) fn for_stored_under(
    catalogue: &Catalogue,
    opened: Opened,
    shared: Option<Shared>,
) -> Result<Plan<'_>, Error> {
    let kind = kind_stored(catalogue, &opened.credential.kind)?;
    let mut candidate = Candidate::from(opened);
    let inherited = lay_under(&mut candidate, &kind, shared.as_ref());
    Ok(Plan { candidate, inherited, shared, kind, rebound: false })
}

/// What a stored credential has in all: its integration's settings, then its own.
pub(crate) fn settings_in_force<'a>(
    catalogue: &Catalogue,
    stored: &'a StoredCredential,
) -> Cow<'a, FieldMap> {
    let credential = &stored.credential;
    let kind = stored.shared.as_ref().and_then(|_| kind_stored(catalogue, &credential.kind).ok());
    let (Some(shared), Some(kind)) = (&stored.shared, kind) else {
        return Cow::Borrowed(&credential.settings);
    };
    let under = inherited(&kind, &credential.method, &credential.settings, &shared.settings);
    Cow::Owned(effective(&under, &credential.settings))
}

/// Puts what its integration gives under a candidate's own settings; the names of what came so.
fn lay_under(candidate: &mut Candidate, kind: &Kind, shared: Option<&Shared>) -> Vec<String> {
    let Some(shared) = shared else { return Vec::new() };
    let under = inherited(kind, &candidate.method, &candidate.settings, &shared.settings);
    candidate.settings = effective(&under, &candidate.settings);
    under.names().map(str::to_owned).collect()
}

/// A kind that is there already: known, or opaque of whichever dialect.
pub(crate) fn kind_stored<'a>(catalogue: &'a Catalogue, name: &str) -> Result<Cow<'a, Kind>, Error> {
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

/// Step 4: the schema's rules and the connector's own, all faults at once. With the names of what came from
/// the integration.
fn checked(
    catalogue: &Catalogue,
    kind: &Kind,
    mut candidate: Candidate,
    shared: Option<&Shared>,
    options: &ChangeOptions,
) -> Result<(Candidate, Vec<String>), Error> {
    // Whatever the reason: who may not know the integration learns nothing of it (TEN-05).
    if candidate.integration.is_some() && shared.is_none() {
        return Err(Error::invalid(vec![Fault::new("/integration_id", "reference not found")]));
    }
    let inherited = lay_under(&mut candidate, kind, shared);
    let candidate = accept(candidate, kind, options.fields).map_err(Error::invalid)?;
    let connector = catalogue.connector(&kind.name).filter(|_| options.fields != FieldPolicy::AsGiven);
    let faults = connector.map(|connector| connector.examine(&candidate)).unwrap_or_default();
    if faults.is_empty() { Ok((candidate, inherited)) } else { Err(Error::invalid(faults)) }
}

/// Step 5: whether secrets follow a changed target; an error where they would without the right to it.
pub(crate) fn bound(
    (context, resource): (&Context, Resource<'_>),
    before: Before<'_>,
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
        Rebind::Yes => access::authorise(&context.principal, Action::Rebind, resource).map(|()| true),
    }
}
