//! Which records a reader asked for.

use std::time::Duration;

use strongroom_domain::Timestamp;
use strongroom_domain::audit::{Actor, AuditAction, AuditObject, AuditOutcome, AuditRecord};
use strongroom_domain::text::Name;
use strongroom_store::LeafOrder;

/// Records stand in the order of their commits and not of their times: an act may take minutes, and a clock may be set.
/// Only this far beyond the time asked for a list ends before the log does.
const SLACK: Duration = Duration::from_hours(24);

/// All parts must match; what is absent matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// One of these acts, where there are any.
    pub actions: Vec<AuditAction>,
    /// The id of a principal, or of the token it came by; `system` for the server itself, `unknown` for one who did not show who they are.
    pub actor: Option<String>,
    /// The id of what it was done to.
    pub object: Option<String>,
    /// How it went.
    pub outcome: Option<AuditOutcome>,
    /// On behalf of the consumer of this name.
    pub consumer: Option<Name>,
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is in the list.
    Matches,
    /// It is not.
    Other,
    /// It is not, and none that follows can be.
    Past,
}

impl AuditFilter {
    /// A record that does not decode matches where nothing is asked for: it must not vanish from the list.
    pub(super) fn judge(&self, order: LeafOrder, record: Option<&AuditRecord>) -> Verdict {
        let Some(record) = record else {
            return if *self == Self::default() { Verdict::Matches } else { Verdict::Other };
        };
        let is_past = match order {
            LeafOrder::NewestFirst => self.since.is_some_and(|since| record.at < since.minus(SLACK)),
            LeafOrder::OldestFirst => self.until.is_some_and(|until| record.at >= until.plus(SLACK)),
        };
        match (is_past, self.matches(record)) {
            (true, _) => Verdict::Past,
            (false, true) => Verdict::Matches,
            (false, false) => Verdict::Other,
        }
    }

    fn matches(&self, record: &AuditRecord) -> bool {
        (self.actions.is_empty() || self.actions.contains(&record.action))
            && self.actor.as_ref().is_none_or(|actor| is_by(actor, &record.actor))
            && self.object.as_ref().is_none_or(|object| id_of(&record.object).as_ref() == Some(object))
            && self.outcome.is_none_or(|outcome| outcome == record.outcome)
            && self.consumer.as_ref().is_none_or(|name| {
                record.on_behalf_of.as_ref().is_some_and(|consumer| consumer.name == *name)
            })
            && self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at < until)
    }
}

fn is_by(wanted: &str, actor: &Actor) -> bool {
    match actor {
        Actor::Principal { id, token, .. } => id.to_string() == wanted || token.to_string() == wanted,
        Actor::System => wanted == "system",
        Actor::Unknown => wanted == "unknown",
    }
}

/// As the record has it.
fn id_of(object: &AuditObject) -> Option<String> {
    let object = serde_json::to_value(object).ok()?;
    object.get("id")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use strongroom_domain::ids::{CredentialId, RequestId};

    use super::*;

    fn record(at: i64) -> AuditRecord {
        serde_json::from_value(serde_json::json!({
            "at": Timestamp::from_unix_micros(at), "actor": {"type": "system"},
            "on_behalf_of": {"name": "flow", "instance": "one"},
            "request": RequestId::from_bytes([1; 16]), "action": "credential.resolve",
            "object": {"type": "credential", "id": CredentialId::from_bytes([2; 16])}, "outcome": "denied",
        }))
        .unwrap()
    }

    fn judged(filter: &AuditFilter, order: LeafOrder, at: i64) -> Verdict {
        filter.judge(order, Some(&record(at)))
    }

    #[test]
    fn every_part_narrows() {
        let id = CredentialId::from_bytes([2; 16]).to_string();
        let any = AuditFilter::default();
        let matching = [
            AuditFilter { actions: vec![AuditAction::Delete, AuditAction::Resolve], ..any.clone() },
            AuditFilter { actor: Some("system".to_owned()), ..any.clone() },
            AuditFilter { object: Some(id), ..any.clone() },
            AuditFilter { outcome: Some(AuditOutcome::Denied), ..any.clone() },
            AuditFilter { consumer: Some("flow".parse().unwrap()), ..any.clone() },
            AuditFilter { since: Some(Timestamp::from_unix_micros(5_000)), ..any.clone() },
            AuditFilter { until: Some(Timestamp::from_unix_micros(6_000)), ..any.clone() },
            any.clone(),
        ];
        let other = [
            AuditFilter { actions: vec![AuditAction::Delete], ..any.clone() },
            AuditFilter { actor: Some("prn_1".to_owned()), ..any.clone() },
            AuditFilter { object: Some(CredentialId::from_bytes([3; 16]).to_string()), ..any.clone() },
            AuditFilter { outcome: Some(AuditOutcome::Failed), ..any.clone() },
            AuditFilter { consumer: Some("other".parse().unwrap()), ..any.clone() },
            AuditFilter { since: Some(Timestamp::from_unix_micros(6_000)), ..any.clone() },
            AuditFilter { until: Some(Timestamp::from_unix_micros(5_000)), ..any.clone() },
        ];
        for order in [LeafOrder::OldestFirst, LeafOrder::NewestFirst] {
            assert!(matching.iter().all(|filter| judged(filter, order, 5_000) == Verdict::Matches));
            assert!(other.iter().all(|filter| judged(filter, order, 5_000) == Verdict::Other));
        }
        // What does not decode is in the whole list, and matches no question.
        assert_eq!(any.judge(LeafOrder::OldestFirst, None), Verdict::Matches);
        assert_eq!(other[0].judge(LeafOrder::OldestFirst, None), Verdict::Other);
    }

    #[test]
    fn a_list_ends_only_far_beyond_the_time_asked_for() {
        let day = i64::try_from(SLACK.as_micros()).unwrap();
        let since =
            AuditFilter { since: Some(Timestamp::from_unix_micros(2 * day)), ..AuditFilter::default() };
        assert_eq!(judged(&since, LeafOrder::NewestFirst, day), Verdict::Other);
        assert_eq!(judged(&since, LeafOrder::NewestFirst, day - 1_000), Verdict::Past);
        assert_eq!(judged(&since, LeafOrder::OldestFirst, 0), Verdict::Other);
        let until = AuditFilter { until: Some(Timestamp::from_unix_micros(day)), ..AuditFilter::default() };
        assert_eq!(judged(&until, LeafOrder::OldestFirst, 2 * day - 1_000), Verdict::Other);
        assert_eq!(judged(&until, LeafOrder::OldestFirst, 2 * day), Verdict::Past);
        assert_eq!(judged(&until, LeafOrder::NewestFirst, 3 * day), Verdict::Other);
    }
}
