//! A candidate understood: where to go, as whom, with what, and whom to believe there.
//!
//! The only place that reads fields. Must never repeat any part of a secret.

use std::sync::Arc;

use russh::keys::PrivateKey;
use strongroom_domain::credential::Candidate;
use strongroom_domain::host::Host;
use strongroom_domain::{Fault, Secret};
use strongroom_egress::Target;

use super::host_key::Stated;
use super::private_key::{KeyFault, KeyFile};

/// What one attempt needs.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) target: Target,
    pub(super) user: String,
    pub(super) host_keys: Stated,
    pub(super) path: Option<String>,
    pub(super) proof: Proof,
}

/// What the user logs in with, as it was given.
#[derive(Debug, Clone)]
pub(super) enum Proof {
    Password(Secret<String>),
    Key { file: Arc<KeyFile>, passphrase: Option<Secret<String>> },
}

/// The same, ready for use.
#[derive(Debug)]
pub(super) enum Opened {
    Password(Secret<String>),
    Key(Arc<PrivateKey>),
}

impl Login {
    /// All faults at once, but for those that only show when a key is decrypted: [`Proof::open`].
    pub(super) fn of(candidate: &Candidate) -> Result<Self, Vec<Fault>> {
        let target = target(candidate);
        let host_keys = host_keys(candidate, target.as_ref().ok());
        match (target, user(candidate), host_keys, Proof::of(candidate)) {
            (Ok(target), Ok(user), Ok(host_keys), Ok(proof)) => {
                let path = candidate.settings.text("path").filter(|path| !path.is_empty());
                Ok(Self { target, user, host_keys, path: path.map(str::to_owned), proof })
            }
            (target, user, host_keys, proof) => {
                Err([target.err(), user.err(), host_keys.err(), proof.err()].into_iter().flatten().collect())
            }
        }
    }
}

fn target(candidate: &Candidate) -> Result<Target, Fault> {
    let host = setting(candidate, "host")?.parse::<Host>();
    let port = candidate.settings.integer("port").map_or(Ok(DEFAULT_PORT), u16::try_from);
    Ok(Target {
        host: host.map_err(|fault| Fault::new("/settings/host", fault))?,
        port: port.map_err(|_| Fault::new("/settings/port", "is not a port"))?,
    })
}

const DEFAULT_PORT: u16 = 22;

fn user(candidate: &Candidate) -> Result<String, Fault> {
    setting(candidate, "username").map(str::to_owned)
}

fn setting<'a>(candidate: &'a Candidate, name: &str) -> Result<&'a str, Fault> {
    candidate.settings.text(name).ok_or_else(|| Fault::new(format!("/settings/{name}"), "is required"))
}

fn host_keys(candidate: &Candidate, target: Option<&Target>) -> Result<Stated, Fault> {
    let text = candidate.settings.text("host_key").unwrap_or_default();
    Stated::parse(text, target).map_err(|fault| Fault::new("/settings/host_key", fault))
}

impl Proof {
    fn of(candidate: &Candidate) -> Result<Self, Fault> {
        if candidate.method != "key" {
            let missing = || Fault::new("/secrets/password", "is required");
            return secret(candidate, "password").map(Self::Password).ok_or_else(missing);
        }
        let text = secret(candidate, "private_key").unwrap_or_else(|| Secret::new(String::new()));
        let file = KeyFile::read(&text).map_err(KeyFault::at_its_field)?;
        Ok(Self::Key { file: Arc::new(file), passphrase: secret(candidate, "passphrase") })
    }

    /// Decrypts the key: work, bounded by what [`KeyFile::read`] lets through.
    pub(super) fn open(&self) -> Result<Opened, Fault> {
        match self {
            Self::Password(password) => Ok(Opened::Password(password.clone())),
            Self::Key { file, passphrase } => {
                let key = file.open(passphrase.as_ref()).map_err(KeyFault::at_its_field)?;
                Ok(Opened::Key(Arc::new(key)))
            }
        }
    }

    /// Whether there is anything to decrypt.
    pub(super) fn takes_work(&self) -> bool {
        match self {
            Self::Password(_) => false,
            Self::Key { file, .. } => !matches!(**file, KeyFile::Plain(_)),
        }
    }
}

/// An empty one counts as none: forms send those.
fn secret(candidate: &Candidate, name: &str) -> Option<Secret<String>> {
    // EXPOSE: it goes on as a secret.
    let text = candidate.secrets.expose().text(name).filter(|text| !text.is_empty());
    text.map(|text| Secret::new(text.to_owned()))
}
