//! Where a request comes from: the other end of the connection, or what a proxy that the operator trusts says.
//!
//! The only reader of `X-Forwarded-For` and `Forwarded`, and only of the one of them that the operator's proxies
//! write (AUT-03). An address decides about networks of tokens, about limits and what the audit log says; it is
//! never authentication.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

/// The proxies in front of the server. The default: none, and the headers are not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// Their addresses.
    pub trusted: Vec<IpNet>,
    /// In which header they say where a request comes from.
    pub header: Forwarding,
}

/// A header of proxies. One: what they do not write themselves is the caller's own word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Forwarding {
    /// `X-Forwarded-For`
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239)
    Forwarded,
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Proxies {
    /// The address of the caller: the rightmost one that is no proxy of the operator's. `None` where there is no
    /// connection, or where a trusted proxy says what is no address: then it is nobody's.
    pub(crate) fn source(&self, parts: &Parts) -> Option<IpAddr> {
        let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        let peer = peer.ip().to_canonical();
        if !self.trusts(peer) {
            return Some(peer);
        }
        let mut source = peer;
        for hop in self.hops(&parts.headers)?.iter().rev() {
            source = address(hop)?;
            if !self.trusts(source) {
                return Some(source);
            }
        }
        Some(source)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|range| range.contains(&address))
    }

    /// Every hop as it is written, from the caller on; `None` where it is not text.
    fn hops(&self, headers: &HeaderMap) -> Option<Vec<String>> {
        let name = match self.header {
            Forwarding::XForwardedFor => X_FORWARDED_FOR,
            Forwarding::Forwarded => header::FORWARDED,
        };
        let mut hops = Vec::new();
        for line in headers.get_all(name) {
            for element in line.to_str().ok()?.split(',') {
                match self.header {
                    Forwarding::XForwardedFor => hops.push(element.trim().to_owned()),
                    Forwarding::Forwarded => hops.push(named_for(element)?.to_owned()),
                }
            }
        }
        Some(hops)
    }
}

/// The `for` of one element of `Forwarded`; there must be exactly one.
fn named_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let mut named = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value);
    let value = named.next().filter(|_| named.next().is_none())?;
    Some(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
}

/// With or without a port; IPv6 in brackets where there is one.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    plain.or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn source(header: Forwarding, peer: &str, lines: &[(&'static str, &'static str)]) -> Option<String> {
        let proxies = Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap()], header };
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        for (name, value) in lines {
            parts.headers.append(*name, HeaderValue::from_static(value));
        }
        proxies.source(&parts).map(|address| address.to_string())
    }

    #[test]
    fn aut_03_only_a_trusted_proxy_is_believed() {
        let spoofed = [
            ("x-forwarded-for", "192.0.2.9"),
            ("forwarded", "for=192.0.2.9"),
            ("x-real-ip", "192.0.2.9"),
            ("x-internal", "true"),
        ];
        for header in [Forwarding::XForwardedFor, Forwarding::Forwarded] {
            assert_eq!(source(header, "203.0.113.1", &spoofed).unwrap(), "203.0.113.1");
        }
        // The other header is the caller's own word.
        let other = [("forwarded", "for=192.0.2.9")];
        assert_eq!(source(Forwarding::XForwardedFor, "10.0.0.1", &other).unwrap(), "10.0.0.1");
    }

    #[test]
    fn aut_09_the_rightmost_untrusted_hop_counts() {
        let xff = |value| source(Forwarding::XForwardedFor, "::ffff:10.0.0.1", &[("x-forwarded-for", value)]);
        assert_eq!(xff("192.0.2.9, 198.51.100.7").unwrap(), "198.51.100.7");
        assert_eq!(xff("192.0.2.9, 198.51.100.7, 10.0.0.2").unwrap(), "198.51.100.7");
        assert_eq!(xff("198.51.100.7:4711").unwrap(), "198.51.100.7");
        assert_eq!(xff("[2001:db8::1]:4711").unwrap(), "2001:db8::1");
        assert_eq!(xff("::ffff:198.51.100.7").unwrap(), "198.51.100.7");
        assert_eq!(xff("10.0.0.3").unwrap(), "10.0.0.3");
        for nobody in ["unknown", "", "198.51.100.7, x", "198.51.100.7,", "0x7f.1"] {
            assert_eq!(xff(nobody), None, "{nobody}");
        }
        let two = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-for", "198.51.100.8")];
        assert_eq!(source(Forwarding::XForwardedFor, "10.0.0.1", &two).unwrap(), "198.51.100.8");
    }

    #[test]
    fn aut_09_forwarded_is_read_as_the_specification_has_it() {
        let forwarded = |value| source(Forwarding::Forwarded, "10.0.0.1", &[("forwarded", value)]);
        assert_eq!(
            forwarded("for=192.0.2.9, for=198.51.100.7;proto=https;by=10.0.0.1").unwrap(),
            "198.51.100.7"
        );
        assert_eq!(forwarded("For=\"[2001:db8::1]:4711\"").unwrap(), "2001:db8::1");
        for nobody in
            ["for=unknown", "for=_hidden", "by=10.0.0.1", "for=1.1.1.1;for=2.2.2.2", "for=\"1.1.1.1"]
        {
            assert_eq!(forwarded(nobody), None, "{nobody}");
        }
    }
}
