//! The sealed half of an integration: its candidate checked, its value sealed and opened.

use strongroom_domain::credential::Candidate;
use strongroom_domain::integration::{Integration, examine, kind_of, sealed_as};
use strongroom_domain::kind::Kind;
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::bind::target_of;
use strongroom_domain::steps::validate::validate;
use strongroom_domain::{Error, FieldMap, Secret};
use strongroom_sealing::{Envelope, OrganizationKeys, SealingError, ValueContext, target_digest};
use strongroom_store::StoredIntegration;

use crate::credentials::save::Sealed;
use crate::failure::of_sealing;
use crate::{Context, Service};

impl Service {
    /// The fields of integrations of this name.
    pub(super) fn kind_of_integration(&self, kind: &str) -> Kind {
        kind_of(kind, self.catalogue.kind(kind))
    }

    /// Its value under a fresh DEK.
    pub(super) async fn seal_integration(
        &self,
        context: &Context,
        integration: &Integration,
        candidate: &Candidate,
    ) -> Result<Sealed, Error> {
        let kind = self.kind_of_integration(&integration.kind);
        let digest = digest_of(&kind, &candidate.method, &integration.settings);
        let (holder, sealed_kind) = sealed_as(integration.id, &integration.kind);
        let (version, secrets) = (integration.value_version, &candidate.secrets);
        self.seal_as(context, (holder, &sealed_kind), version, digest, secrets).await
    }

    /// Its secrets, in memory for one act.
    pub(super) async fn unseal_integration(
        &self,
        context: &Context,
        stored: &StoredIntegration,
    ) -> Result<Secret<FieldMap>, Error> {
        let keys = self.organization_keys(context).await?;
        match open(&keys, context, stored) {
            Err(SealingError::KeyMissing { .. }) => {
                // Another epoch since these keys were opened; what was rewrapped meanwhile is read again.
                self.keys.forget(context.scope().organization());
                let found = self.load_integration(context, stored.integration.id).await?;
                let keys = self.organization_keys(context).await?;
                open(&keys, context, &found).map_err(of_sealing)
            }
            opened => opened.map_err(of_sealing),
        }
    }
}

/// Step 4: all faults at once.
pub(super) fn checked(candidate: Candidate, kind: &Kind) -> Result<Candidate, Error> {
    let candidate = validate(candidate, kind, FieldPolicy::Strict).map_err(Error::invalid)?;
    let faults = examine(&candidate.settings);
    if faults.is_empty() { Ok(candidate) } else { Err(Error::invalid(faults)) }
}

fn digest_of(kind: &Kind, method: &str, settings: &FieldMap) -> [u8; 32] {
    target_digest(target_of(kind, method, settings).into_iter())
}

fn open(
    keys: &OrganizationKeys,
    context: &Context,
    stored: &StoredIntegration,
) -> Result<Secret<FieldMap>, SealingError> {
    let (credential, kind) = sealed_as(stored.integration.id, &stored.integration.kind);
    let place = ValueContext {
        organization: context.scope().organization(),
        workspace: context.scope().workspace(),
        credential,
        value_version: stored.value.value_version,
        kind: &kind,
        target_digest: stored.value.target_digest,
    };
    keys.unseal(&place, &Envelope::from_bytes(stored.value.envelope.clone()))
}
