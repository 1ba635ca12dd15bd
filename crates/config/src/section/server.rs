//! `[server]`: where requests come in.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Deserializer};

use super::dialects::{DialectPlace, Dialects};
use super::parsed;
use crate::error::Fault;

/// `127.0.0.1:7625`.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7625);

/// Where requests come in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// `listen`: address and port; port 0 lets the system choose.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// `plain_http`: whether tokens and secrets may cross a network unencrypted on their way to this server.
    #[serde(deserialize_with = "plain_http")]
    pub plain_http: PlainHttp,
}

/// Who may reach the server without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Processes of the same machine.
    LoopbackOnly,
    /// Anyone the listen address lets in: something in front of the server ends TLS.
    BehindProxy,
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: DEFAULT_LISTEN, plain_http: PlainHttp::LoopbackOnly }
    }
}

impl Server {
    /// OPS-01: off loopback only where the file says that something ends TLS in front.
    pub(crate) fn refuse_clear_text(&self, dialects: &Dialects) -> Result<(), Fault> {
        let is_local = |address: SocketAddr| address.ip().to_canonical().is_loopback();
        let open = dialects
            .places()
            .into_iter()
            .find(|(_, place)| matches!(place, DialectPlace::Listen(address) if !is_local(*address)));
        if self.plain_http == PlainHttp::BehindProxy || is_local(self.listen) && open.is_none() {
            return Ok(());
        }
        if let Some((dialect, _)) = open.filter(|_| is_local(self.listen)) {
            return Err(Fault::whole(&format!(
                "write a loopback address at `listen` in [dialects.{dialect}], or `plain_http = true` in \
                 [server], where a proxy in front ends TLS and nobody else can reach that address"
            )));
        }
        Err(Fault::whole(
            "write `listen = \"127.0.0.1:7625\"` in [server], or, where a proxy in front ends TLS and nobody \
             else can reach this address, `plain_http = true`: over plain HTTP everyone on the way reads the \
             secrets",
        ))
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parsed(deserializer, "an address and a port, like \"127.0.0.1:7625\" or \"[::1]:7625\"")
}

fn plain_http<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PlainHttp, D::Error> {
    let allowed = bool::deserialize(deserializer)?;
    Ok(if allowed { PlainHttp::BehindProxy } else { PlainHttp::LoopbackOnly })
}
