//! Where a server is, as a person writes it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use strongroom_domain::host::Host;
use strongroom_egress::http::Scheme;
use strongroom_egress::{Target, TlsVerification};

/// Scheme, host and port; over TLS always with the whole verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    is_tls: bool,
    pub(crate) target: Target,
}

impl Address {
    pub(crate) const fn scheme(&self) -> Scheme {
        if self.is_tls { Scheme::Https(TlsVerification::Full) } else { Scheme::Http }
    }

    /// Whether a token would cross a network that others may read.
    pub(crate) fn is_readable_on_the_way(&self) -> bool {
        let is_here = match &self.target.host {
            Host::Address(address) => address.to_canonical().is_loopback(),
            Host::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        };
        !self.is_tls && !is_here
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, port) = if self.is_tls { ("https", ":443") } else { ("http", ":80") };
        let place = self.target.to_string();
        write!(f, "{scheme}://{}", place.strip_suffix(port).unwrap_or(&place))
    }
}

/// Says what to write; never what was written, which may hold a password.
impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (is_tls, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err("an address begins with http:// or https://".to_owned()),
        };
        let place = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(place).ok_or("a port is a number from 1 to 65535")?;
        let port = port.unwrap_or(if is_tls { 443 } else { 80 });
        let host = host.parse().map_err(|fault| format!("the host {fault}"))?;
        Ok(Self { is_tls, target: Target { host, port } })
    }
}

fn split_port(place: &str) -> Option<(&str, Option<u16>)> {
    if let Some((host, rest)) = place.strip_prefix('[').and_then(|place| place.split_once(']')) {
        let is_v6 = host.parse().is_ok_and(|address: IpAddr| address.is_ipv6());
        return match rest.strip_prefix(':') {
            _ if !is_v6 => Some((place, None)),
            Some(port) => Some((host, Some(number(port)?))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match place.split_once(':') {
        Some((host, port)) => Some((host, Some(number(port)?))),
        None => Some((place, None)),
    }
}

fn number(port: &str) -> Option<u16> {
    port.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_spelling() {
        for (given, shown) in [
            ("http://127.0.0.1:7625", "http://127.0.0.1:7625"),
            ("https://Strong.Example/", "https://strong.example"),
            ("https://strong.example:443", "https://strong.example"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://[::1]:8443", "https://[::1]:8443"),
        ] {
            assert_eq!(given.parse::<Address>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_not_repeated() {
        for text in [
            "cnry",
            "ftp://cnry",
            "http://user:cnry@host",
            "http://cnry/path",
            "http://h:0",
            "http://h:x",
            "http://",
        ] {
            let fault = text.parse::<Address>().unwrap_err();
            assert!(!fault.contains("cnry"), "{fault}");
        }
    }

    #[test]
    fn clear_text_is_for_this_machine() {
        let readable = |text: &str| text.parse::<Address>().unwrap().is_readable_on_the_way();
        assert!(readable("http://strong.example") && readable("http://10.0.0.1"));
        assert!(
            !readable("https://strong.example")
                && !readable("http://localhost:1")
                && !readable("http://[::1]:1")
        );
    }
}
