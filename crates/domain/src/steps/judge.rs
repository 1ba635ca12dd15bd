//! Step 8: outcome against policy (the table of API.md), and the candidate against the last accepted value.

use crate::Error;
use crate::Timestamp;
use crate::credential::Accepted;
use crate::health::Health;
use crate::kind::CheckGrade;
use crate::policy::{OnUnreachable, VerifyMode, VerifyPolicy};
use crate::scopes::ScopeGrants;
use crate::verification::{Outcome, Verification};

/// Whether a verified candidate may be saved.
///
/// # Errors
///
/// [`Error::Verification`] where the policy wants more than the attempt showed.
pub fn judge(policy: &VerifyPolicy, check: CheckGrade, verification: &Verification) -> Result<(), Error> {
    let refused = match (verification.outcome, policy.mode) {
        (_, VerifyMode::Skip) | (Outcome::Accepted, _) | (Outcome::Unsupported, VerifyMode::IfSupported) => {
            false
        }
        (Outcome::Rejected, _) => true,
        (Outcome::Unreachable, _) => {
            verification.reason.is_none_or(crate::verification::Reason::forbids_saving)
                || policy.on_unreachable == OnUnreachable::Refuse
        }
        (Outcome::Unsupported, VerifyMode::Required) => check != CheckGrade::None,
    };
    if refused { Err(Error::Verification(Box::new(verification.clone()))) } else { Ok(()) }
}

/// How the candidate stands to the last accepted value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuity {
    /// The same account with no fewer rights, or the kind cannot tell.
    Kept,
    /// Another account.
    AccountChanged,
    /// The same account with fewer rights.
    ScopeReduced,
}

/// What the request accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepting {
    /// Another account is meant.
    pub account_change: bool,
    /// Fewer rights are meant.
    pub fewer_scopes: bool,
}

impl Accepting {
    /// Whatever the outcome: for wire formats whose clients cannot say what they accept.
    pub const EVERYTHING: Self = Self { account_change: true, fewer_scopes: true };
}

/// Compares an accepted verification with the last accepted one, by what the kind says of its scopes. Whatever one
/// of the two does not tell is not held against the other.
pub fn continuity(
    last: Option<&Accepted>,
    verification: &Verification,
    scopes: &ScopeGrants,
    accepting: Accepting,
) -> Continuity {
    let Some(last) = last.filter(|_| verification.outcome == Outcome::Accepted) else {
        return Continuity::Kept;
    };
    let evidence = &verification.evidence;
    if let (Some(before), Some(after)) = (&last.account, &evidence.account)
        && before != after
        && !accepting.account_change
    {
        return Continuity::AccountChanged;
    }
    if let (Some(before), Some(after)) = (&last.scopes, &evidence.scopes)
        && !scopes.keep(before, after)
        && !accepting.fewer_scopes
    {
        return Continuity::ScopeReduced;
    }
    Continuity::Kept
}

/// What is remembered for the next comparison.
#[must_use]
pub fn accepted_after(last: Option<Accepted>, verification: &Verification) -> Option<Accepted> {
    if verification.outcome != Outcome::Accepted {
        return last;
    }
    let last = last.unwrap_or_default();
    Some(Accepted {
        account: verification.evidence.account.clone().or(last.account),
        scopes: verification.evidence.scopes.clone().or(last.scopes),
    })
}

/// Health of a value that is new: what was known of the old one does not carry over (CCR-06).
pub fn health_of_new_value(verification: Option<&Verification>, now: Timestamp) -> Health {
    verification.map_or(Health::unknown(now), |verification| Health::unknown(now).after(verification))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::verification::{Evidence, Finding, Reason};

    fn policy(mode: VerifyMode, on_unreachable: OnUnreachable) -> VerifyPolicy {
        VerifyPolicy { mode, on_unreachable, needs: Vec::new(), reason_missing: false }
    }

    fn verification(finding: Finding) -> Verification {
        Verification::of(finding, Duration::ZERO, Timestamp::from_unix_micros(0))
    }

    /// API.md's table, row by row: s = saved, r = refused, under required/refuse, required/save,
    /// `if_supported`, never.
    #[test]
    fn the_policy_table() {
        use OnUnreachable::{Refuse, SaveUnverified};
        use VerifyMode::{IfSupported, Required, Skip};
        let columns = [
            (Required, Refuse),
            (Required, SaveUnverified),
            (IfSupported, SaveUnverified),
            (Skip, SaveUnverified),
        ];
        let rows = [
            (Finding::accepted("", Evidence::default()), "ssss"),
            (Finding::rejected(Reason::AuthFailed, ""), "rrrs"),
            (Finding::unreachable(Reason::Timeout, ""), "rsss"),
            (Finding::unreachable(Reason::TlsFailed, ""), "rrrs"),
            (Finding::unreachable(Reason::TargetNotAllowed, ""), "rrrs"),
            (Finding::unsupported(""), "rrss"),
        ];
        for (finding, expected) in rows {
            let verification = verification(finding);
            let row: String = columns
                .map(|(mode, on)| {
                    if judge(&policy(mode, on), CheckGrade::LiveTested, &verification).is_ok() {
                        's'
                    } else {
                        'r'
                    }
                })
                .iter()
                .collect();
            assert_eq!(row, expected, "{:?}", verification.reason);
        }
        assert!(
            judge(&policy(Required, Refuse), CheckGrade::None, &verification(Finding::unsupported("")))
                .is_ok()
        );
    }

    fn accepted(account: &str, scopes: &[&str]) -> Evidence {
        Evidence {
            account: Some(account.to_owned()),
            scopes: Some(scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            ..Evidence::default()
        }
    }

    /// A vendor that stops telling takes nothing away: what it told last is what the next one is held against.
    #[test]
    fn evidence_that_is_kept_back_is_remembered() {
        let told = accepted_after(None, &verification(Finding::accepted("", accepted("a", &["r", "w"]))));
        let silent = verification(Finding::accepted("", Evidence::default()));
        assert_eq!(
            continuity(told.as_ref(), &silent, &ScopeGrants::default(), Accepting::default()),
            Continuity::Kept
        );
        let after = accepted_after(told.clone(), &silent);
        assert_eq!(after, told);
        let other = verification(Finding::accepted("", accepted("b", &["r", "w"])));
        assert_eq!(
            continuity(after.as_ref(), &other, &ScopeGrants::default(), Accepting::default()),
            Continuity::AccountChanged
        );
        let refused = verification(Finding::rejected(Reason::AuthFailed, ""));
        assert_eq!(accepted_after(told.clone(), &refused), told, "a refusal tells nothing of the account");
    }

    #[test]
    fn another_account_or_fewer_rights_are_noticed() {
        let last =
            accepted_after(None, &verification(Finding::accepted("", accepted("a", &["r", "w"])))).unwrap();
        let grants = ScopeGrants::new([("all".to_owned(), vec!["r".to_owned(), "w".to_owned()])].into());
        let judge = |evidence, accepting| {
            continuity(Some(&last), &verification(Finding::accepted("", evidence)), &grants, accepting)
        };
        let nothing = Accepting::default();
        assert_eq!(judge(accepted("a", &["w", "r", "x"]), nothing), Continuity::Kept);
        assert_eq!(judge(accepted("a", &["all"]), nothing), Continuity::Kept, "rights grew");
        assert_eq!(judge(accepted("b", &["r", "w"]), nothing), Continuity::AccountChanged);
        assert_eq!(judge(accepted("a", &["r"]), nothing), Continuity::ScopeReduced);
        assert_eq!(
            judge(accepted("b", &["r"]), Accepting { account_change: true, fewer_scopes: true }),
            Continuity::Kept
        );
        assert_eq!(
            judge(Evidence::default(), nothing),
            Continuity::Kept,
            "what is not told is not held against it"
        );
    }
}
