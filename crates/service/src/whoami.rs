//! Who a caller is, as it may know itself.

use strongroom_domain::identity::Identity;
use strongroom_domain::principal::Principal;
use strongroom_domain::text::Slug;
use strongroom_domain::{Error, Timestamp};

use crate::failure::of_store;
use crate::{Context, Service};

/// A caller, and the names of where it is.
#[derive(Debug, Clone)]
pub struct Whoami {
    /// Who, as what.
    pub principal: Principal,
    /// The name of its organization.
    pub organization: Slug,
    /// The name of its workspace.
    pub workspace: Slug,
    /// Whose statements prove it, where they do.
    pub identity: Option<Identity>,
    /// When it has to prove anew who it is: the end of its session, its statement or its token, whichever comes
    /// first.
    pub expires_at: Option<Timestamp>,
}

impl Service {
    /// Whoever has got in may know who they are: it needs no right.
    ///
    /// # Errors
    ///
    /// `unauthenticated` where its token has gone meanwhile; those of the store.
    pub async fn whoami(&self, context: &Context) -> Result<Whoami, Error> {
        let principal = context.principal.clone();
        let row = self.store.token(principal.token).await.map_err(of_store)?.ok_or(Error::Unauthenticated)?;
        let workspace = self.store.workspace(&principal.scope).await.map_err(of_store)?;
        let workspace = workspace.ok_or(Error::Unauthenticated)?.slug;
        let organization = self.store.organization(principal.scope.organization()).await.map_err(of_store)?;
        let organization = organization.ok_or(Error::Unauthenticated)?.slug;
        let expires_at = [principal.standing.ends(), row.expires_at].into_iter().flatten().min();
        Ok(Whoami { principal, organization, workspace, identity: row.identity, expires_at })
    }
}
