//! `[identity]`: whose signed statements name people and workloads.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use strongroom_domain::Secret;
use strongroom_domain::identity::{Algorithm, IssuerUrl};
use strongroom_domain::ids::OrganizationId;

use super::parsed;
use crate::error::WRITE;

/// Whose signed statements name people and workloads. The default: nobody's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySection {
    /// `[[identity.issuers]]`
    #[serde(deserialize_with = "issuers")]
    pub issuers: Vec<Issuer>,
}

/// One issuer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Section")]
pub struct Issuer {
    /// `url`: byte for byte as the issuer writes itself.
    pub url: IssuerUrl,
    /// `client_id`, where people sign in by it.
    pub client_id: Option<String>,
    /// `cli_client_id`: the public client of the command line, where it is another one.
    pub cli_client_id: Option<String>,
    /// `client_secret` or `client_secret_file`.
    pub client_secret: Option<ClientSecret>,
    /// `audiences`: for whom the statements of workloads must be.
    pub audiences: Vec<String>,
    /// `algorithms`
    pub algorithms: Vec<Algorithm>,
    /// `jwks_file`: its keys, where they are not to be fetched.
    pub jwks_file: Option<PathBuf>,
    /// `leeway_seconds`: how far its clock may differ.
    pub leeway: Duration,
    /// `organizations`: those whose people and workloads it names; none stands for all of them.
    pub organizations: Vec<OrganizationId>,
}

/// Where the secret of a client is.
#[derive(Debug, Clone)]
pub enum ClientSecret {
    /// In the file itself.
    Value(Secret<String>),
    /// In a file of its own, one line.
    File(PathBuf),
}

/// For tests that compare whole configurations; nobody compares secrets with what a caller sent.
impl PartialEq for ClientSecret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // EXPOSE: compared with another reading of the same file
            (Self::Value(one), Self::Value(two)) => one.expose() == two.expose(),
            (Self::File(one), Self::File(two)) => one == two,
            _ => false,
        }
    }
}

impl Eq for ClientSecret {}

/// For whom an issuer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    People,
    Workloads,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    #[serde(deserialize_with = "issuer_url")]
    url: IssuerUrl,
    kinds: Vec<Kind>,
    client_id: Option<String>,
    cli_client_id: Option<String>,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default = "usual", deserialize_with = "algorithms")]
    algorithms: Vec<Algorithm>,
    jwks_file: Option<PathBuf>,
    #[serde(default = "leeway", rename = "leeway_seconds", deserialize_with = "seconds")]
    leeway: Duration,
    #[serde(default, deserialize_with = "organizations")]
    organizations: Vec<OrganizationId>,
}

const KINDS: &str = "write `kinds = [\"people\"]`, `kinds = [\"workloads\"]` or both in [[identity.issuers]]";
const CLIENT: &str = "write `client_id` in an issuer of people: its ID tokens are for that client alone; and \
                      write neither it nor a secret in one of workloads alone";
const AUDIENCES: &str = "write `audiences = [\"...\"]` in an issuer of workloads: the name that their tokens are \
                         made for, and which no other service takes; and write none in one of people alone";
const ONE_SECRET: &str =
    "write one of `client_secret_file = \"/path\"` and `client_secret = \"...\"`, and not both";

impl TryFrom<Section> for Issuer {
    type Error = &'static str;

    fn try_from(section: Section) -> Result<Self, &'static str> {
        let (people, workloads) =
            (section.kinds.contains(&Kind::People), section.kinds.contains(&Kind::Workloads));
        if !people && !workloads {
            return Err(KINDS);
        }
        let names_client =
            section.client_id.is_some() || section.cli_client_id.is_some() || section.client_secret.is_some();
        let is_named = section.client_id.as_ref().is_some_and(|id| !id.is_empty());
        if people != is_named || !people && (names_client || section.client_secret_file.is_some()) {
            return Err(CLIENT);
        }
        let has_audience = section.audiences.iter().any(|name| !name.is_empty());
        if workloads != has_audience || section.audiences.iter().any(String::is_empty) {
            return Err(AUDIENCES);
        }
        let client_secret = match (section.client_secret, section.client_secret_file) {
            (None, None) => None,
            (Some(text), None) => Some(ClientSecret::Value(Secret::new(text))),
            (None, Some(path)) => Some(ClientSecret::File(path)),
            (Some(_), Some(_)) => return Err(ONE_SECRET),
        };
        Ok(Self {
            url: section.url,
            client_id: section.client_id,
            cli_client_id: section.cli_client_id,
            client_secret,
            audiences: section.audiences,
            algorithms: section.algorithms,
            jwks_file: section.jwks_file,
            leeway: section.leeway,
            organizations: section.organizations,
        })
    }
}

/// Two with one URL would be two rules for the same statement.
fn issuers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Issuer>, D::Error> {
    let issuers = Vec::<Issuer>::deserialize(deserializer)?;
    let is_twice = |(at, issuer): (usize, &Issuer)| issuers[..at].iter().any(|other| other.url == issuer.url);
    if issuers.iter().enumerate().any(is_twice) {
        return Err(D::Error::custom(format_args!("{WRITE}each issuer once in [[identity.issuers]]")));
    }
    Ok(issuers)
}

fn issuer_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IssuerUrl, D::Error> {
    parsed(
        deserializer,
        "the issuer's URL exactly as it writes itself, like \"https://id.example.com\": https, or http on \
         this machine; without query",
    )
}

fn usual() -> Vec<Algorithm> {
    Algorithm::USUAL.to_vec()
}

fn algorithms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Algorithm>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let known: Option<Vec<_>> = names.iter().map(|name| Algorithm::named(name)).collect();
    known.filter(|known| !known.is_empty()).ok_or_else(|| {
        D::Error::custom(format_args!(
            "{WRITE}one or more of \"RS256\", \"RS384\", \"RS512\", \"PS256\", \"PS384\", \"PS512\", \"ES256\", \
             \"ES384\" and \"EdDSA\": others prove nothing"
        ))
    })
}

/// An empty list would be nobody's to one reader and everybody's to another.
fn organizations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<OrganizationId>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let ids: Option<Vec<_>> = texts.iter().map(|text| text.parse().ok()).collect();
    ids.filter(|ids| !ids.is_empty()).ok_or_else(|| {
        D::Error::custom(format_args!(
            "{WRITE}the ids of organizations (`strongroom organization list`), like \
             [\"org_...\"], or leave `organizations` away for all of them"
        ))
    })
}

const fn leeway() -> Duration {
    Duration::from_secs(30)
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match i64::deserialize(deserializer)? {
        seconds @ 0..=300 => Ok(Duration::from_secs(seconds.unsigned_abs())),
        _ => Err(D::Error::custom(format_args!("{WRITE}a whole number of seconds from 0 to 300"))),
    }
}
