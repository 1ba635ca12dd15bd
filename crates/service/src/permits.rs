//! First come, first served: one change of a credential at a time on this node, and so many checks of
//! one tenant.
//!
//! In memory only. Across nodes, compare-and-set on the version decides; a permit merely saves checks
//! that would be lost. Resolves never take one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use strongroom_domain::Error;
use strongroom_domain::error::Code;
use strongroom_domain::ids::{CredentialId, IntegrationId, OrganizationId};
use strongroom_store::IdempotencyKey;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a permit is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// Changes and deletes of one credential.
    Change(CredentialId),
    /// Changes and deletes of one integration.
    Integration(IntegrationId),
    /// Checks of one stored credential.
    Check(CredentialId),
    /// Requests under one idempotency key.
    Request(IdempotencyKey),
    /// What of one tenant keeps our own processor busy: one after the other, so that tenants take turns.
    Work(OrganizationId),
    /// Everything of one tenant that waits for somebody else's server: a slow one must not hold up the
    /// other tenants (DOS-05).
    Outbound(OrganizationId),
}

/// Checks that one tenant may have under way.
const OUTBOUND_PLACES: usize = 32;

impl Subject {
    const fn places(&self) -> usize {
        match self {
            Self::Change(_) | Self::Integration(_) | Self::Check(_) | Self::Request(_) | Self::Work(_) => 1,
            Self::Outbound(_) => OUTBOUND_PLACES,
        }
    }
}

/// The permits of this node.
pub(crate) struct Permits {
    wait: Duration,
    gates: Arc<Mutex<HashMap<Subject, Arc<Semaphore>>>>,
}

/// Held for as long as the work takes; dropping it lets the next one in.
pub(crate) struct Permit {
    subject: Subject,
    gates: Arc<Mutex<HashMap<Subject, Arc<Semaphore>>>>,
    held: Option<OwnedSemaphorePermit>,
}

impl Permits {
    /// Permits that are waited for this long at most.
    pub(crate) fn new(wait: Duration) -> Self {
        Self { wait, gates: Arc::default() }
    }

    /// Waits its turn. `busy` after the time limit.
    pub(crate) async fn enter(&self, subject: Subject) -> Result<Permit, Error> {
        let gate = {
            let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                gates.entry(subject.clone()).or_insert_with(|| Arc::new(Semaphore::new(subject.places()))),
            )
        };
        // Built before the wait, so that a caller who gives up cleans up as well.
        let mut permit = Permit { subject, gates: Arc::clone(&self.gates), held: None };
        match tokio::time::timeout(self.wait, gate.acquire_owned()).await {
            Ok(Ok(held)) => permit.held = Some(held),
            Ok(Err(_)) | Err(_) => return Err(Error::NotNow(Code::Busy, None)),
        }
        Ok(permit)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        self.held = None;
        // The map's own reference is the last one: nobody holds it and nobody waits.
        if gates.get(&self.subject).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            gates.remove(&self.subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject::Change(CredentialId::from_bytes([1; 16]))
    }

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_then_busy_and_nothing_is_left_behind() {
        let permits = Permits::new(Duration::from_secs(10));
        let first = permits.enter(subject()).await.unwrap();
        let second = permits.enter(subject()).await;
        assert!(matches!(second, Err(Error::NotNow(Code::Busy, _))));
        drop(first);
        drop(permits.enter(subject()).await.unwrap());
        assert!(permits.gates.lock().unwrap().is_empty());
    }
}
