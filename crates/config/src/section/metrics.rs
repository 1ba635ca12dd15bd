//! `[metrics]`: who may read the numbers.

use std::net::SocketAddr;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::parsed;
use crate::error::WRITE;

/// Who may read the numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// `listen`: a loopback address of their own, where no token is asked for. Without it, `/metrics` of
    /// the server's own address answers tokens that may read metrics.
    #[serde(deserialize_with = "loopback")]
    pub listen: Option<SocketAddr>,
}

/// Authenticated or local only (LOG-11).
fn loopback<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let address: SocketAddr = parsed(deserializer, "an address and a port, like \"127.0.0.1:7626\"")?;
    if address.ip().to_canonical().is_loopback() {
        return Ok(Some(address));
    }
    Err(D::Error::custom(format_args!(
        "{WRITE}a loopback address, like \"127.0.0.1:7626\", because nothing asks for a token there; from \
         other machines read /metrics of the server's own address with a token"
    )))
}
