//! The `sftp` kind against a real OpenSSH server and servers that lie.

pub(crate) mod contract;
mod host_key;
mod hostile;
mod key_files;
mod login;
mod path;

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_domain::credential::{Candidate, Owner};
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::validate::validate;
use strongroom_domain::text::Labels;
use strongroom_domain::verification::{Finding, Outcome, Reason};
use strongroom_domain::{Fault, FieldMap, Secret};
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_testkit::OpenSsh;
use strongroom_testkit::openssh::HostKey;
use tokio::time::Instant;

const ACCEPTED: (Outcome, Option<Reason>) = (Outcome::Accepted, None);

const fn rejected(reason: Reason) -> (Outcome, Option<Reason>) {
    (Outcome::Rejected, Some(reason))
}

const fn unreachable(reason: Reason) -> (Outcome, Option<Reason>) {
    (Outcome::Unreachable, Some(reason))
}

const fn verdict(finding: &Finding) -> (Outcome, Option<Reason>) {
    (finding.outcome, finding.reason)
}

/// Loopback may be reached.
fn egress() -> Egress {
    Egress::new(Policy::development(), &Roots::load(&[]).unwrap(), Resolver::System)
}

/// A user with a password, at a server whose key is stated.
fn by_password(server: &OpenSsh, user: &str, password: &str) -> Candidate {
    stating(by_password_at(server.port(), user, password), &server.fingerprint(HostKey::Ed25519))
}

/// A user with a key, at a server whose key is stated.
fn by_key(server: &OpenSsh, user: &str, private_key: &str, passphrase: Option<&str>) -> Candidate {
    let candidate = by_key_at(server.port(), user, private_key, passphrase);
    stating(candidate, &server.fingerprint(HostKey::Ed25519))
}

fn by_password_at(port: u16, user: &str, password: &str) -> Candidate {
    make("password", port, user, json!({"password": password}))
}

fn by_key_at(port: u16, user: &str, private_key: &str, passphrase: Option<&str>) -> Candidate {
    let mut secrets = json!({"private_key": private_key});
    if let Some(passphrase) = passphrase {
        secrets["passphrase"] = passphrase.into();
    }
    make("key", port, user, secrets)
}

fn stating(candidate: Candidate, host_key: &str) -> Candidate {
    with(candidate, "host_key", host_key)
}

fn with(mut candidate: Candidate, setting: &str, value: &str) -> Candidate {
    candidate.settings.set(setting, value);
    validated(candidate)
}

fn make(method: &str, port: u16, user: &str, secrets: Value) -> Candidate {
    let settings = json!({"host": "127.0.0.1", "port": port, "username": user});
    validated(Candidate {
        name: "test".parse().unwrap(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: "sftp".to_owned(),
        method: method.to_owned(),
        settings: fields(settings),
        secrets: Secret::new(fields(secrets)),
    })
}

fn validated(candidate: Candidate) -> Candidate {
    validate(candidate, Catalogue::built_in().kind("sftp").unwrap(), FieldPolicy::Strict).unwrap()
}

fn fields(json: Value) -> FieldMap {
    serde_json::from_value(json).unwrap()
}

/// One check by the catalogue, with time enough for a server in no hurry.
async fn check(candidate: &Candidate) -> Finding {
    let deadline = Instant::now() + Duration::from_secs(30);
    Catalogue::built_in().check(candidate, &egress(), deadline).await
}

/// All there are, those that take work to find among them.
fn faults(candidate: &Candidate) -> Vec<Fault> {
    let catalogue = Catalogue::built_in();
    let sftp = catalogue.connector("sftp").unwrap();
    let quick = sftp.examine(candidate);
    if !quick.is_empty() {
        return quick;
    }
    // Some tests have a runtime of their own, which would not let them wait here.
    std::thread::scope(|scope| {
        let deep = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(sftp.examine_deeply(candidate))
        });
        deep.join().unwrap()
    })
}
