//! The catalogue of kinds, as dialects may show it.

use std::borrow::Cow;

use strongroom_connectors::{Icon, schema};
use strongroom_domain::Error;
use strongroom_domain::access::{Action, Level, Resource, authorise};
use strongroom_domain::kind::{CheckGrade, Kind};

use crate::{Context, Service};

/// One kind.
#[derive(Debug, Clone)]
pub struct KindView {
    /// Its name on the wire.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// The vendor's page.
    pub documentation: Option<String>,
    /// Names of its methods; the first is the default.
    pub methods: Vec<String>,
    /// How far its check has been tried.
    pub check: CheckGrade,
    /// Its fields as JSON Schema 2020-12.
    pub schema: serde_json::Value,
}

impl Service {
    /// Whether the caller holds this right where it counts: for what every role may read, and leaves no record.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub fn may(&self, context: &Context, action: Action) -> Result<(), Error> {
        let resource = match action.level() {
            Level::Workspace => Resource::Workspace(*context.scope()),
            Level::Organization => Resource::Organization(context.scope().organization()),
            Level::Installation => Resource::Installation,
        };
        authorise(&context.principal, action, resource)
    }

    /// The kind of a credential: known, or opaque of whichever dialect. A fact of the product and of no tenant.
    pub fn kind_named(&self, name: &str) -> Option<Cow<'_, Kind>> {
        let known = self.catalogue.kind(name).map(Cow::Borrowed);
        known.or_else(|| Kind::opaque(name).map(Cow::Owned))
    }

    /// Every kind, by name.
    ///
    /// # Errors
    ///
    /// `forbidden`.
    pub fn kinds(&self, context: &Context) -> Result<Vec<KindView>, Error> {
        self.may(context, Action::ReadCatalogue)?;
        Ok(self.catalogue.kinds().map(view).collect())
    }

    /// One kind.
    ///
    /// # Errors
    ///
    /// `forbidden`, `not_found`.
    pub fn kind(&self, context: &Context, name: &str) -> Result<KindView, Error> {
        self.may(context, Action::ReadCatalogue)?;
        let listed = self.catalogue.kinds().find(|kind| kind.name == name);
        listed.map(view).ok_or(Error::NotFound)
    }
}

impl Service {
    /// The picture of any kind, opaque ones included, for pages that show it to anybody.
    pub fn icon_named(&self, name: &str) -> Option<&Icon> {
        self.catalogue.icon(name)
    }

    /// The picture of a kind, as SVG.
    ///
    /// # Errors
    ///
    /// `forbidden`, `not_found`.
    pub fn kind_icon(&self, context: &Context, name: &str) -> Result<&Icon, Error> {
        self.may(context, Action::ReadCatalogue)?;
        self.catalogue.icon(name).ok_or(Error::NotFound)
    }
}

fn view(kind: &Kind) -> KindView {
    KindView {
        name: kind.name.clone(),
        title: kind.title.clone(),
        description: kind.description.clone(),
        documentation: kind.documentation.clone(),
        methods: kind.methods.iter().map(|method| method.name.clone()).collect(),
        check: kind.check,
        schema: schema::of(kind),
    }
}
