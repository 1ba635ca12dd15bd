//! Which host keys a server may show.
//!
//! The only place that reads `settings.host_key`. A line of `known_hosts` counts where it names the credential's
//! host and port; a key or fingerprint alone is stated for it, whatever it is called elsewhere. Must never
//! read a line halfway: what is not understood is a fault.

use std::collections::BTreeMap;
use std::fmt;

use russh::keys::ssh_key::{self, Fingerprint};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PublicKey, parse_public_key_base64};

use strongroom_egress::Target;

use super::known_hosts;
use crate::connector::{FINGERPRINT, KEY_TYPE};

/// The stated keys. None at all permits none.
#[derive(Debug, Clone, Default)]
pub(super) struct Stated(Vec<Entry>);

#[derive(Debug, Clone)]
enum Entry {
    /// With its type where that stands before it, as we say fingerprints ourselves.
    Fingerprint(Fingerprint, Option<Algorithm>),
    Key(ssh_key::public::KeyData),
}

/// What a server showed, in words that may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostKey {
    /// OpenSSH's spelling: `SHA256:` and base64 without padding.
    pub(super) fingerprint: String,
    /// The name of RFC 4253, 5656 or 8709: `ssh-ed25519`.
    pub(super) key_type: &'static str,
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key_type, self.fingerprint)
    }
}

/// Why a key is not good enough to tell a server by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WeakKey {
    #[error("an RSA key outside 2,048 to 8,192 bits")]
    RsaSize,
    #[error("a key of a type other than Ed25519, ECDSA (P-256, P-384, P-521) and RSA")]
    Type,
}

impl HostKey {
    pub(super) fn of(key: &PublicKey) -> Result<Self, WeakKey> {
        let key_type = sound_type(key)?;
        Ok(Self { fingerprint: key.fingerprint(HashAlg::Sha256).to_string(), key_type })
    }

    /// For the evidence of a finding.
    pub(super) fn facts(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (FINGERPRINT.to_owned(), self.fingerprint.clone()),
            (KEY_TYPE.to_owned(), self.key_type.to_owned()),
        ])
    }
}

/// The types that a host key may have. Security keys and certificates are none of them.
fn sound_type(key: &PublicKey) -> Result<&'static str, WeakKey> {
    if let Some(rsa) = key.key_data().rsa() {
        return if RSA_BITS.contains(&rsa.key_size()) { Ok("ssh-rsa") } else { Err(WeakKey::RsaSize) };
    }
    match key.algorithm() {
        Algorithm::Ed25519 => Ok("ssh-ed25519"),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 } => Ok("ecdsa-sha2-nistp256"),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 } => Ok("ecdsa-sha2-nistp384"),
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 } => Ok("ecdsa-sha2-nistp521"),
        _ => Err(WeakKey::Type),
    }
}

/// Below is weak (NIST SP 800-131A), above costs more than it protects and the library refuses it.
pub(super) const RSA_BITS: std::ops::RangeInclusive<u32> = 2_048..=8_192;

impl Stated {
    /// One entry a line; empty lines and lines that begin with `#` say nothing. Lines of `known_hosts` for
    /// other hosts than the target are left out; without a target, which is a fault of its own, none is.
    pub(super) fn parse(text: &str, target: Option<&Target>) -> Result<Self, StatedFault> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines = lines.take(MOST_LINES + 1).map(parse_line).collect::<Result<Vec<_>, _>>()?;
        match lines.len() {
            0 if !text.trim().is_empty() => return Err(StatedFault::NoKey),
            0..=MOST_LINES => {}
            _ => return Err(StatedFault::TooMany),
        }
        let is_empty = lines.is_empty();
        let counts = |names: Option<&str>| match (names, target) {
            (Some(names), Some(target)) => known_hosts::speak_of(names, target),
            _ => true,
        };
        let entries: Vec<_> =
            lines.into_iter().filter(|(names, _)| counts(*names)).map(|(_, entry)| entry).collect();
        if entries.is_empty() && !is_empty {
            return Err(StatedFault::OtherHosts);
        }
        Ok(Self(entries))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn permits(&self, key: &PublicKey) -> bool {
        self.0.iter().any(|entry| match entry {
            Entry::Fingerprint(fingerprint, _) => *fingerprint == key.fingerprint(HashAlg::Sha256),
            Entry::Key(known) => known == key.key_data(),
        })
    }

    /// The types of the stated keys, as far as they are said.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        let algorithm = |entry: &Entry| match entry {
            Entry::Fingerprint(_, algorithm) => algorithm.clone(),
            Entry::Key(key) => Some(key.algorithm()),
        };
        self.0.iter().filter_map(algorithm).collect()
    }
}

const MOST_LINES: usize = 64;

/// An entry, and the names before it that say which hosts it is for.
fn parse_line(line: &str) -> Result<(Option<&str>, Entry), StatedFault> {
    let words: Vec<&str> = line.split_whitespace().collect();
    if line.starts_with('@') {
        return Err(StatedFault::Marker);
    }
    // `ssh-keygen -l` puts the size before the fingerprint, our own sentences the type.
    if let Some(at) = words.iter().take(2).position(|word| word.starts_with("SHA256:")) {
        return parse_fingerprint(words[at], words[..at].first().copied()).map(|entry| (None, entry));
    }
    if words.iter().take(2).any(|word| word.starts_with("MD5:") || is_bare_md5(word)) {
        return Err(StatedFault::Md5);
    }
    // A public key begins with its type; a line of known_hosts has host names before it.
    let Some(at) = words.iter().take(2).position(|word| is_key_type(word)) else {
        return Err(StatedFault::Form);
    };
    let entry = parse_key(words[at], words.get(at + 1).copied().unwrap_or_default())?;
    Ok((words[..at].first().copied(), entry))
}

fn parse_fingerprint(word: &str, before: Option<&str>) -> Result<Entry, StatedFault> {
    let fingerprint = word.trim_end_matches('=').parse().map_err(|_| StatedFault::Fingerprint)?;
    let algorithm = before.filter(|word| is_key_type(word)).map(algorithm_named).transpose()?;
    Ok(Entry::Fingerprint(fingerprint, algorithm))
}

fn algorithm_named(key_type: &str) -> Result<Algorithm, StatedFault> {
    let ecdsa = |curve| Algorithm::Ecdsa { curve };
    match key_type {
        "ssh-ed25519" => Ok(Algorithm::Ed25519),
        "ssh-rsa" => Ok(Algorithm::Rsa { hash: None }),
        "ecdsa-sha2-nistp256" => Ok(ecdsa(EcdsaCurve::NistP256)),
        "ecdsa-sha2-nistp384" => Ok(ecdsa(EcdsaCurve::NistP384)),
        "ecdsa-sha2-nistp521" => Ok(ecdsa(EcdsaCurve::NistP521)),
        _ => Err(WeakKey::Type.into()),
    }
}

/// `parse_public_key_base64` bounds how deep certificates may nest before it follows them.
fn parse_key(key_type: &str, base64: &str) -> Result<Entry, StatedFault> {
    let key = parse_public_key_base64(base64).map_err(|_| StatedFault::Key)?;
    if sound_type(&key)? != key_type {
        return Err(StatedFault::Key);
    }
    Ok(Entry::Key(key.key_data().clone()))
}

/// Whole names: a host may be called `ssh-gw.example`.
fn is_key_type(word: &str) -> bool {
    const PLAIN: [&str; 6] = [
        "ssh-ed25519",
        "ssh-rsa",
        "ssh-dss",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
    ];
    // Security keys and certificates have names under a domain: they are known, and refused as keys.
    PLAIN.contains(&word) || word.ends_with("@openssh.com")
}

fn is_bare_md5(word: &str) -> bool {
    word.len() == 47 && word.split(':').count() == 16
}

/// What is wrong with the stated host keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum StatedFault {
    #[error(
        "must hold one SHA-256 fingerprint (SHA256:...), public key or known_hosts line in each line of text"
    )]
    Form,
    #[error(
        "has no line for this host and port: known_hosts writes [host]:port for a port other than 22; a key or \
         fingerprint alone needs no host"
    )]
    OtherHosts,
    #[error("has only comments: state at least one key")]
    NoKey,
    #[error("has more than 64 keys")]
    TooMany,
    #[error("has a fingerprint that is not 32 bytes in base64 after `SHA256:`")]
    Fingerprint,
    #[error("has an MD5 fingerprint: state the SHA-256 one, from `ssh-keygen -lf`")]
    Md5,
    #[error("has a line with @cert-authority or @revoked: state the server's own key")]
    Marker,
    #[error("has a public key that cannot be read or is not of the type named before it")]
    Key,
    #[error("has {0}")]
    Weak(#[from] WeakKey),
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";

    fn key() -> PublicKey {
        PublicKey::from_openssh(KEY).unwrap()
    }

    fn parsed(text: &str) -> Result<Stated, StatedFault> {
        Stated::parse(text, Some(&Target { host: "sftp.example.com".parse().unwrap(), port: 2222 }))
    }

    #[test]
    fn con_05_a_line_for_another_host_or_port_does_not_count() {
        let other = format!("SHA256:{}", "A".repeat(43));
        for names in
            ["other.example", "[sftp.example.com]:9999", "sftp.example.com", "![sftp.example.com]:2222"]
        {
            assert_eq!(parsed(&format!("{names} {KEY}")).unwrap_err(), StatedFault::OtherHosts, "{names}");
            assert!(!parsed(&format!("{names} {KEY}\n{other}")).unwrap().permits(&key()), "{names}");
        }
        let gateway = Target { host: "ssh-gw.example".parse().unwrap(), port: 22 };
        let stated = Stated::parse(&format!("ssh-gw.example {KEY}"), Some(&gateway)).unwrap();
        assert!(stated.permits(&key()), "a name that looks like a type of key");
    }

    #[test]
    fn con_05_every_spelling_of_a_key_is_understood() {
        let fingerprint = HostKey::of(&key()).unwrap().fingerprint;
        for text in [
            KEY.to_owned(),
            format!("{KEY} root@host"),
            format!("# a comment\r\n\r\n[sftp.example.com]:2222,192.0.2.1 {KEY}\r\n"),
            format!("[sftp.example.com]:2222 {KEY}"),
            format!("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|eJDskyKJiZkxEff6mFOb5G/cml8= {KEY}"),
            fingerprint.clone(),
            format!("{fingerprint}="),
            format!("ssh-ed25519 {fingerprint}"),
            format!("256 {fingerprint} root@host (ED25519)"),
            format!("SHA256:{}\n{fingerprint}", "A".repeat(43)),
        ] {
            assert!(parsed(&text).unwrap().permits(&key()), "{text}");
        }
        let told = |text: &str| parsed(text).unwrap().algorithms();
        assert_eq!(told(&format!("ssh-rsa {fingerprint}")), [Algorithm::Rsa { hash: None }]);
        assert_eq!(told(&format!("256 {fingerprint}")), []);
        let other = parsed(&format!("SHA256:{}", "A".repeat(43))).unwrap();
        assert!(!other.permits(&key()) && !other.is_empty());
        assert!(!parsed(" \n").unwrap().permits(&key()));
    }

    #[test]
    fn con_05_what_is_not_understood_is_a_fault() {
        let (key_type, base64) = KEY.split_once(' ').unwrap();
        for (text, fault) in [
            ("# nothing else".to_owned(), StatedFault::NoKey),
            ("SHA256:short".to_owned(), StatedFault::Fingerprint),
            ("MD5:00:11".to_owned(), StatedFault::Md5),
            (format!("256 {}00 host", "00:".repeat(15)), StatedFault::Md5),
            (format!("@revoked * {KEY}"), StatedFault::Marker),
            (format!("@cert-authority * {KEY}"), StatedFault::Marker),
            (format!("{key_type} {}", &base64[..40]), StatedFault::Key),
            (format!("ecdsa-sha2-nistp256 {base64}"), StatedFault::Key),
            (key_type.to_owned(), StatedFault::Key),
            (format!("ssh-dss SHA256:{}", "A".repeat(43)), WeakKey::Type.into()),
            ("sftp.example.com".to_owned(), StatedFault::Form),
            (format!("{KEY}\nwhatever"), StatedFault::Form),
            (format!("{KEY}\n").repeat(65), StatedFault::TooMany),
        ] {
            assert_eq!(parsed(&text).unwrap_err(), fault, "{text}");
        }
    }
}
