//! Absolute URLs that an operator or an issuer's own document names: one spelling, read in one way.
//!
//! Stricter than a browser: what two parsers could read in two ways is refused (SSR-06). Without TLS only this
//! machine can be named. Whether the place may be *reached* is decided by `egress`, never here.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::host::{Host, parse_port, split_port};

/// An `https` URL, or an `http` URL of this machine. Kept as it was written, because some texts are compared
/// byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebUrl {
    text: String,
    is_tls: bool,
    host: Host,
    port: u16,
    /// Where path and query begin in the text; at its end where there are none.
    path_at: usize,
}

/// Why a text is no such URL. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a URL such as https://id.example.com or https://id.example.com/tenant: with a plain host, without \
     user, fragment or white space; `http` only for this machine"
)]
pub struct NotAWebUrl;

/// Bytes; what is longer is no address.
const LONGEST: usize = 512;

impl WebUrl {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is `https`.
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Its host, canonical.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Its port, the scheme's own where none is written.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Path and query; `/` where none is written.
    pub fn path(&self) -> &str {
        let path = &self.text[self.path_at..];
        if path.is_empty() { "/" } else { path }
    }

    /// Scheme, host and port as they are written, as a browser's `Origin` has them.
    pub fn origin(&self) -> &str {
        &self.text[..self.path_at]
    }
}

impl FromStr for WebUrl {
    type Err = NotAWebUrl;

    fn from_str(text: &str) -> Result<Self, NotAWebUrl> {
        let (is_tls, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(NotAWebUrl),
        };
        let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && !br#"#\"<>^`{|}"#.contains(&b));
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if text.len() > LONGEST || !is_plain || path.starts_with('?') || climbs(path) {
            return Err(NotAWebUrl);
        }
        let (host, port) = split_port(authority).ok_or(NotAWebUrl)?;
        let host: Host = host.parse().map_err(|_| NotAWebUrl)?;
        let port = match port {
            None if is_tls => 443,
            None => 80,
            Some(port) => parse_port(port).ok_or(NotAWebUrl)?,
        };
        if !is_tls && !is_this_machine(&host) {
            return Err(NotAWebUrl);
        }
        Ok(Self { text: text.to_owned(), is_tls, host, port, path_at: text.len() - path.len() })
    }
}

/// Dot segments, however they are spelled, and empty ones in front.
fn climbs(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    path.starts_with("//") || path.split('/').any(|segment| matches!(segment, "." | ".."))
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Address(address) => IpAddr::to_canonical(address).is_loopback(),
        Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_as_written() {
        let url: WebUrl = "https://Id.example.com:8443/tenant/a?x=1".parse().unwrap();
        assert_eq!(url.as_str(), "https://Id.example.com:8443/tenant/a?x=1");
        assert_eq!((url.host().to_string().as_str(), url.port()), ("id.example.com", 8443));
        assert_eq!((url.origin(), url.path()), ("https://Id.example.com:8443", "/tenant/a?x=1"));
        let bare: WebUrl = "http://[::1]".parse().unwrap();
        assert_eq!((bare.port(), bare.path(), bare.is_tls()), (80, "/", false));
    }

    #[test]
    fn ssr_06_what_parsers_read_differently_is_refused() {
        for text in [
            "http://id.example.com",
            "https://allowed@evil.example/",
            "https://evil.example\\@allowed",
            "https://a.example/#x",
            "https://a.example?x",
            "https://a.example/../x",
            "https://a.example/%2E%2e/x",
            "https://a.example//x",
            "https://a.example/a b",
            "https://2130706433",
            "https://a.example:0",
            "https://[a.example]",
            "https:///x",
            "HTTPS://a.example",
            "ftp://a.example",
            "",
        ] {
            assert_eq!(text.parse::<WebUrl>(), Err(NotAWebUrl), "{text}");
        }
    }
}
