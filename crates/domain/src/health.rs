//! What verifications, reports and expiry add up to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::verification::{Outcome, Reason, Verification};

/// How long before its expiry a credential counts as *expiring*: seven days.
pub const EXPIRING_WITHIN: Duration = Duration::from_hours(168);

/// What a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Never verified, or not since its last change.
    Unknown,
    /// The last verification was accepted.
    Healthy,
    /// Healthy or unknown, and `expires_at` is less than [`EXPIRING_WITHIN`] away.
    Expiring,
    /// `expires_at` has passed.
    Expired,
    /// The real system refused it.
    Failing,
}

/// What is kept: the part of health that does not depend on the time of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `Unknown`, `Healthy` or `Failing`; the other two come from the clock.
    pub status: HealthStatus,
    /// Why it fails or is unknown, where a verification told.
    pub reason: Option<Reason>,
    /// Since when.
    pub since: Timestamp,
}

impl Health {
    /// Not verified.
    pub const fn unknown(since: Timestamp) -> Self {
        Self { status: HealthStatus::Unknown, reason: None, since }
    }

    /// Health after a verification of the current value. A transient failure never overwrites what is
    /// known (CON-18): only accepted and rejected change the status.
    #[must_use]
    pub fn after(self, verification: &Verification) -> Self {
        let (status, reason) = match verification.outcome {
            Outcome::Accepted => (HealthStatus::Healthy, None),
            Outcome::Rejected => (HealthStatus::Failing, verification.reason),
            Outcome::Unreachable | Outcome::Unsupported => return self,
        };
        let since = if status == self.status { self.since } else { verification.checked_at };
        Self { status, reason, since }
    }

    /// What a reader sees at `now`.
    #[must_use]
    pub fn at(self, now: Timestamp, expires_at: Option<Timestamp>) -> Self {
        match expires_at {
            Some(end) if end <= now => Self { status: HealthStatus::Expired, reason: None, since: end },
            Some(end) if end <= now.plus(EXPIRING_WITHIN) && self.status != HealthStatus::Failing => {
                Self { status: HealthStatus::Expiring, reason: None, since: end.minus(EXPIRING_WITHIN) }
            }
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verification::Finding;

    const START: Timestamp = Timestamp::from_unix_micros(1_000_000_000);

    fn verified(finding: Finding) -> Health {
        let later = START.plus(Duration::from_secs(1));
        let healthy = Health { status: HealthStatus::Healthy, reason: None, since: START };
        healthy.after(&Verification::of(finding, Duration::ZERO, later))
    }

    #[test]
    fn con_18_an_outage_does_not_overwrite_health() {
        assert_eq!(verified(Finding::unreachable(Reason::Timeout, "")).status, HealthStatus::Healthy);
        assert_eq!(verified(Finding::rejected(Reason::AuthFailed, "")).status, HealthStatus::Failing);
    }

    #[test]
    fn expiry_comes_from_the_clock() {
        let health = Health::unknown(START);
        let day = Duration::from_hours(24);
        assert_eq!(health.at(START, Some(START)).status, HealthStatus::Expired);
        assert_eq!(health.at(START, Some(START.plus(day))).status, HealthStatus::Expiring);
        assert_eq!(health.at(START, Some(START.plus(day * 8))).status, HealthStatus::Unknown);
    }
}
