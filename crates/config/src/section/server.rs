//! `[server]`: where requests come in.

use std::net::{Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use strongroom_domain::web_url::WebUrl;

use super::dialects::{DialectPlace, Dialects};
use super::egress::ranges;
use super::parsed;
use crate::error::{Fault, WRITE};

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
    /// `public_url`: where people reach this server, for everything that is sent back to it. Never taken from a
    /// request (AUT-05).
    #[serde(deserialize_with = "public_url")]
    pub public_url: Option<WebUrl>,
    /// `trusted_proxies`: whose word counts about where a request comes from.
    #[serde(deserialize_with = "ranges")]
    pub trusted_proxies: Vec<IpNet>,
    /// `forwarded_header`: in which header they say it.
    pub forwarded_header: ForwardedHeader,
}

/// The header in which proxies say where a request comes from. One, because what a proxy does not write itself is
/// the caller's own word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// `Forwarded` (RFC 7239)
    #[serde(rename = "forwarded")]
    Forwarded,
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
        Self {
            listen: DEFAULT_LISTEN,
            plain_http: PlainHttp::LoopbackOnly,
            public_url: None,
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
        }
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

fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WebUrl>, D::Error> {
    const WANTED: &str = "the URL of this server as people type it, like \"https://strongroom.example.com\": \
                          https, or http on this machine; without path";
    let url: WebUrl = parsed(deserializer, WANTED)?;
    if url.origin() == url.as_str() {
        return Ok(Some(url));
    }
    Err(D::Error::custom(format_args!("{WRITE}{WANTED}")))
}
