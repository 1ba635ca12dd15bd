//! `[dialects]`: where each foreign API is spoken.
//!
//! Must never let two of them, or one of them and the server itself, answer at the same place.

use std::net::SocketAddr;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use strongroom_domain::dialect::Dialect;
use strongroom_domain::host::Host;

use super::parsed;
use crate::error::{Fault, WRITE};

/// Where each foreign API is spoken; all of them below a prefix of the server's address unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dialects {
    /// `[dialects.flowise]`
    #[serde(deserialize_with = "place")]
    pub flowise: DialectPlace,
    /// `[dialects.superai]`
    #[serde(deserialize_with = "place")]
    pub superai: DialectPlace,
    /// `[dialects.dx]`
    #[serde(deserialize_with = "place")]
    pub dx: DialectPlace,
    /// `[dialects.zstack]`
    #[serde(deserialize_with = "place")]
    pub zstack: DialectPlace,
}

/// Where a foreign API is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialectPlace {
    /// `prefix`: below this path of the server's address. Begins with a slash and does not end with one.
    Prefix(String),
    /// `host`: at the root of the server's address, for requests to this host name; in lower case.
    Host(String),
    /// `listen`: at the root of an address of its own.
    Listen(SocketAddr),
    /// `off = true`: nowhere.
    Off,
}

impl Default for Dialects {
    fn default() -> Self {
        let below = |dialect: Dialect| DialectPlace::Prefix(format!("/{}", dialect.code()));
        Self {
            flowise: below(Dialect::Flowise),
            superai: below(Dialect::Superai),
            dx: below(Dialect::Dx),
            zstack: below(Dialect::Zstack),
        }
    }
}

impl Dialects {
    /// Each dialect with its place.
    pub fn places(&self) -> [(Dialect, &DialectPlace); 4] {
        [
            (Dialect::Flowise, &self.flowise),
            (Dialect::Superai, &self.superai),
            (Dialect::Dx, &self.dx),
            (Dialect::Zstack, &self.zstack),
        ]
    }

    /// One place, one dialect: Flowise and `ZStack` have the very same paths, and which of the others might
    /// fit together is nothing to rely on. `taken` are the addresses of the server itself, by their sections.
    pub(crate) fn refuse_collisions(&self, taken: &[(&str, SocketAddr)]) -> Result<(), Fault> {
        let places = self.places();
        for (dialect, place) in &places {
            let is_same = |(_, own): &&(&str, SocketAddr)| place.meets(&DialectPlace::Listen(*own));
            if let Some((section, _)) = taken.iter().find(is_same) {
                return Err(Fault::whole(&format!(
                    "{WRITE}another address at `listen` in [dialects.{dialect}] than in [{section}], or a \
                     `prefix` or a `host` in its place: what listens there answers for every path"
                )));
            }
        }
        for (at, (dialect, place)) in places.iter().enumerate() {
            let other = places[..at].iter().find(|(_, earlier)| place.meets(earlier));
            if let Some((other, _)) = other {
                let why = if (*other, *dialect) == (Dialect::Flowise, Dialect::Zstack) {
                    "they have the same methods and paths, and nothing in a request tells them apart"
                } else {
                    "each answers for every path of its place"
                };
                return Err(Fault::whole(&format!(
                    "{WRITE}different places in [dialects.{other}] and [dialects.{dialect}]: a prefix, a \
                     host or a listen address of its own for each, because {why}"
                )));
            }
        }
        Ok(())
    }
}

impl DialectPlace {
    /// Whether both would answer the same request.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Prefix(one), Self::Prefix(two)) => is_below(one, two) || is_below(two, one),
            (Self::Listen(one), Self::Listen(two)) => one == two && one.port() != 0,
            (Self::Host(one), Self::Host(two)) => one == two,
            _ => false,
        }
    }
}

/// Whether it is this path, or one below it.
fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One of the four settings of a dialect's section.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default, deserialize_with = "prefix")]
    prefix: Option<DialectPlace>,
    #[serde(default, deserialize_with = "host")]
    host: Option<DialectPlace>,
    #[serde(default, deserialize_with = "listen")]
    listen: Option<DialectPlace>,
    #[serde(default)]
    off: bool,
}

fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DialectPlace, D::Error> {
    let Settings { prefix, host, listen, off } = Settings::deserialize(deserializer)?;
    let mut given = [prefix, host, listen, off.then_some(DialectPlace::Off)].into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(place), None) => Ok(place),
        _ => Err(D::Error::custom(format_args!(
            "{WRITE}one of `prefix = \"/name\"`, `host = \"name.example\"`, `listen = \"127.0.0.1:7630\"` \
             and `off = true` here"
        ))),
    }
}

/// The first parts of the server's own paths, those to come included.
const RESERVED: [&str; 8] = ["v1", "healthz", "readyz", "metrics", "openapi", "docs", "console", "connect"];

fn prefix<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DialectPlace>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parts: Vec<&str> = text.strip_prefix('/').map(|rest| rest.split('/').collect()).unwrap_or_default();
    let is_plain = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let is_free = parts.first().is_some_and(|first| !RESERVED.contains(first));
    if is_free && parts.iter().all(is_plain) {
        return Ok(Some(DialectPlace::Prefix(text)));
    }
    Err(D::Error::custom(format_args!(
        "{WRITE}a path of letters, digits, `-` and `_`, like \"/flowise\", which does not begin with one of \
         the server's own ({})",
        RESERVED.map(|first| format!("/{first}")).join(", ")
    )))
}

fn host<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DialectPlace>, D::Error> {
    let host: Host = parsed(deserializer, "a host name without a port, like \"flowise.example\"")?;
    Ok(Some(DialectPlace::Host(host.to_string())))
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DialectPlace>, D::Error> {
    let address = parsed(deserializer, "an address and a port, like \"127.0.0.1:7630\"")?;
    Ok(Some(DialectPlace::Listen(address)))
}
