//! How a delete is to be made: the options of the contract, from a query or a body, and what they mean here.

use std::time::Duration;

use strongroom_domain::Error;
use strongroom_domain::access::Action;
use strongroom_domain::policy::DeleteMode;
use strongroom_domain::text::Name;
use strongroom_service::options::{DeleteOptions, Expected};
use strongroom_web::{Answer, Call, Document, Fields, Query};

use super::failure::{self, PERMISSION, UNSUPPORTED};
use super::guesses::GRACE_SECONDS_MOST;
use super::input::drop_blank;

/// What is to become of those who use what is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    /// Refuse while there are any.
    Restrict,
    /// Delete all the same. Nothing of ours depends on a credential that could go first, later, or stay.
    Regardless,
    /// Delete so that it can be undone.
    Soft,
}

const POLICIES: [(&str, Policy); 5] = [
    ("Restrict", Policy::Restrict),
    ("Foreground", Policy::Regardless),
    ("Background", Policy::Regardless),
    ("Orphan", Policy::Regardless),
    ("SoftDelete", Policy::Soft),
];

/// The policies that a delete may have.
pub(super) fn available() -> Vec<&'static str> {
    POLICIES.iter().filter(|(_, policy)| *policy != Policy::Soft).map(|(word, _)| *word).collect()
}

/// The query parameters of a delete.
pub(super) const QUERY: &[&str] = &["operator", POLICY, FORCE, GRACE, REVOKE];

const POLICY: &str = "options.propagationPolicy";
const FORCE: &str = "options.force";
const GRACE: &str = "options.gracePeriodSeconds";
const REVOKE: &str = "options.revokeRemoteCredentials";

/// A delete as it is asked for.
pub(super) struct Removal {
    operator: Option<Name>,
    policy: Option<&'static (&'static str, Policy)>,
    force: bool,
    grace: Duration,
    /// There is nothing on the remote side that we could revoke, so this is ignored, and on record.
    revoke_remote: bool,
}

impl Removal {
    /// From a query. All faults at once.
    pub(super) fn of_query(query: &mut Query) -> Result<Self, Error> {
        let word = query.text(POLICY).unwrap_or_default().to_owned();
        let policy = POLICIES.iter().find(|(known, _)| *known == word);
        if policy.is_none() && !word.is_empty() {
            query.fault(POLICY, &one_of());
        }
        let has_operator = query.text("operator").is_some_and(|text| !text.is_empty());
        let wanted = "must be one line of at most 255 bytes";
        let removal = Self {
            operator: if has_operator { query.parsed("operator", wanted) } else { None },
            policy,
            force: query.flag(FORCE),
            grace: seconds(query.number(GRACE, 0..=GRACE_SECONDS_MOST).unwrap_or(0) as u64),
            revoke_remote: query.flag(REVOKE),
        };
        query.finish().map(|()| removal)
    }

    /// From the body of a preview.
    pub(super) fn of_body(document: Document) -> Result<Self, Error> {
        let mut fields = Fields::of(document);
        drop_blank(&mut fields, &["options"]);
        let options = if fields.contains("options") {
            fields.object("options", |options| Some(Self::of_options(options)))
        } else {
            Some(Self::of_options(&mut Fields::of(Document::from(serde_json::json!({})))))
        };
        fields.ignore_rest();
        fields.complete(options)
    }

    fn of_options(options: &mut Fields) -> Self {
        drop_blank(options, &["propagationPolicy", "force", "gracePeriodSeconds", "revokeRemoteCredentials"]);
        let words: Vec<_> = POLICIES.iter().map(|row| (row.0, row)).collect();
        let removal = Self {
            operator: None,
            policy: options.choice("propagationPolicy", &words),
            force: options.boolean("force").unwrap_or_default(),
            grace: seconds(options.number("gracePeriodSeconds", 0..=GRACE_SECONDS_MOST as u64).unwrap_or(0)),
            revoke_remote: options.boolean("revokeRemoteCredentials").unwrap_or_default(),
        };
        options.ignore_rest();
        removal
    }

    /// Whether unexpired holds stand against it.
    pub(super) fn minds_holds(&self) -> bool {
        self.policy.is_some_and(|(_, policy)| *policy == Policy::Restrict)
    }

    /// The contract's refusals of options that nobody has, before anything is looked up.
    pub(super) async fn refusal(&self, call: &Call) -> Option<Answer> {
        if self.force {
            // The contract: currently always denied, whoever asks.
            call.service().deny(call.context(), Action::DeleteHeld).await;
            return Some(failure::answer(
                PERMISSION,
                "PermissionDenied: options.force. Leave it out. Nothing was changed.",
            ));
        }
        let is_soft = self.policy.is_some_and(|(_, policy)| *policy == Policy::Soft);
        is_soft.then(|| failure::answer(UNSUPPORTED, NO_SOFT_DELETE))
    }

    /// What the service is to do.
    pub(super) fn options(self, expected: Expected) -> DeleteOptions {
        let mode = if self.minds_holds() { DeleteMode::UnlessHeld } else { DeleteMode::Regardless };
        let said = [
            ("operator", self.operator.map(|name| name.to_string())),
            ("propagation_policy", self.policy.map(|(word, _)| (*word).to_owned())),
            ("revoke_remote_credentials", self.revoke_remote.then(|| "ignored".to_owned())),
        ];
        let notes = said.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect();
        DeleteOptions { grace: self.grace, notes, ..DeleteOptions::new(mode, expected) }
    }
}

/// Whoever wants a way back must not lose what they delete.
const NO_SOFT_DELETE: &str = "options.propagationPolicy: SoftDelete: what is deleted here is destroyed and \
    cannot be brought back. Choose another policy if that is meant. Nothing was changed.";

fn one_of() -> String {
    format!("must be one of: {}", POLICIES.map(|(word, _)| word).join(", "))
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
