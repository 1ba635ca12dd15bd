//! Candidates and the way out, as the tests need them.

use std::path::PathBuf;
use std::time::Duration;

use strongroom_connectors::Catalogue;
use strongroom_domain::credential::{Candidate, Owner};
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::validate::validate;
use strongroom_domain::text::Labels;
use strongroom_domain::verification::{Finding, Outcome, Reason};
use strongroom_domain::{FieldMap, Secret};
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_testkit::postgres::Account;
use tokio::time::Instant;

/// Loopback may be reached; `ca_files` are trusted.
pub(crate) fn egress(ca_files: &[PathBuf]) -> Egress {
    Egress::new(Policy::development(), &Roots::load(ca_files).unwrap(), Resolver::System)
}

/// A role on 127.0.0.1, by method `password`.
pub(crate) fn candidate(port: u16, account: &Account, password: &str, sslmode: &str) -> Candidate {
    let settings = serde_json::json!({
        "host": "127.0.0.1", "port": port, "database": account.database, "username": account.role, "sslmode": sslmode,
    });
    make("password", settings, serde_json::json!({"password": password}))
}

/// A connection string as it stands.
pub(crate) fn string_candidate(text: &str) -> Candidate {
    make("connection_string", serde_json::json!({}), serde_json::json!({"connection_string": text}))
}

/// The same to another host.
pub(crate) fn at(mut candidate: Candidate, host: &str) -> Candidate {
    candidate.settings.set("host", host);
    candidate
}

pub(crate) fn account(role: &str, database: &str) -> Account {
    Account { role: role.to_owned(), database: database.to_owned() }
}

fn make(method: &str, settings: serde_json::Value, secrets: serde_json::Value) -> Candidate {
    let candidate = Candidate {
        name: "test".parse().unwrap(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: "postgresql".to_owned(),
        method: method.to_owned(),
        settings: fields(settings),
        secrets: Secret::new(fields(secrets)),
    };
    let catalogue = Catalogue::built_in();
    validate(candidate, catalogue.kind("postgresql").unwrap(), FieldPolicy::Strict).unwrap()
}

fn fields(json: serde_json::Value) -> FieldMap {
    serde_json::from_value(json).unwrap()
}

/// One check by the catalogue, with time enough.
pub(crate) async fn check(candidate: &Candidate, egress: &Egress) -> Finding {
    let deadline = Instant::now() + Duration::from_secs(10);
    Catalogue::built_in().check(candidate, egress, deadline).await
}

/// Outcome and reason, for comparing.
pub(crate) const fn verdict(finding: &Finding) -> (Outcome, Option<Reason>) {
    (finding.outcome, finding.reason)
}

pub(crate) const ACCEPTED: (Outcome, Option<Reason>) = (Outcome::Accepted, None);
pub(crate) const AUTH_FAILED: (Outcome, Option<Reason>) = (Outcome::Rejected, Some(Reason::AuthFailed));

pub(crate) const fn unreachable(reason: Reason) -> (Outcome, Option<Reason>) {
    (Outcome::Unreachable, Some(reason))
}
