//! Keys made by `ssh-keygen`. Must never make one that a program of ours made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A type of host key, or of a user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKey {
    /// Ed25519.
    Ed25519,
    /// ECDSA on P-256.
    EcdsaP256,
    /// RSA of this many bits.
    Rsa {
        /// At least 1,024.
        bits: u32,
    },
}

impl HostKey {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa",
            Self::Rsa { .. } => "rsa",
        }
    }
}

/// One line: type, base64, comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(pub String);

/// A key pair of a user's: the private half as `ssh-keygen` writes it, the public one as servers want it.
pub fn make_key(key: HostKey, passphrase: &str) -> (String, PublicKey) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("key");
    generate(&file, key, passphrase);
    let read = |file: &Path| fs::read_to_string(file).expect("ssh-keygen wrote it");
    (read(&file), PublicKey(read(&file.with_extension("pub"))))
}

pub(super) fn generate(file: &Path, key: HostKey, passphrase: &str) {
    let mut command = ssh_keygen();
    command.args(["-q", "-N", passphrase, "-C", "test", "-t", key.name(), "-f"]).arg(file);
    if let HostKey::Rsa { bits } = key {
        command.args(["-b", &bits.to_string()]);
    }
    assert!(command.status().expect("ssh-keygen runs").success(), "ssh-keygen makes a key");
}

/// A certificate for a host key, valid for ever: the file that it is in.
pub(super) fn certify(authority: &Path, host_key: &Path, principals: &str) -> PathBuf {
    let public = host_key.with_extension("pub");
    let mut command = ssh_keygen();
    command.arg("-q").arg("-s").arg(authority).args(["-I", "test", "-h", "-n", principals]).arg(&public);
    assert!(command.status().expect("ssh-keygen runs").success(), "ssh-keygen signs a host key");
    PathBuf::from(format!("{}-cert.pub", host_key.display()))
}

pub(super) fn fingerprint(file: &Path) -> String {
    let output = ssh_keygen().args(["-l", "-E", "sha256", "-f"]).arg(file).output().expect("ssh-keygen runs");
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    line.split(' ').nth(1).expect("size, fingerprint, comment, type").to_owned()
}

fn ssh_keygen() -> Command {
    let mut command = Command::new("ssh-keygen");
    command.stdin(Stdio::null());
    command
}
