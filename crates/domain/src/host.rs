//! Host names and addresses as people write them, in one canonical spelling only.
//!
//! Resolvers accept `2130706433`, `0177.0.0.1` and `127.1` as 127.0.0.1. We do not: a host is a
//! dotted-quad IPv4 address, an IPv6 address, or a DNS name. Whether it may be *reached* is decided by
//! `egress` after resolution, never here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A host in canonical form: names in lower case, addresses as the standard library writes them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A DNS name, without a trailing dot.
    Name(String),
    /// An address literal, without brackets or zone.
    Address(IpAddr),
}

/// Why a text is not a host. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostFault {
    /// Empty.
    #[error("must not be empty")]
    Empty,
    /// Numeric, but not four decimal parts without leading zeros.
    #[error("looks like a number: write an IPv4 address as four decimal parts, such as 192.0.2.1")]
    Numeric,
    /// A path, a list, user information, a port, a zone, white space or a control character.
    #[error("must be one host name or address alone, without port, path, user or list")]
    NotAlone,
    /// A label that DNS does not allow, or too long.
    #[error("is not a valid host name: labels of 1 to 63 letters, digits and hyphens, 253 characters in all")]
    Label,
}

impl FromStr for Host {
    type Err = HostFault;

    fn from_str(text: &str) -> Result<Self, HostFault> {
        if text.is_empty() {
            return Err(HostFault::Empty);
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        if text.contains(':') {
            return text
                .parse::<Ipv6Addr>()
                .map(|a| Self::Address(a.into()))
                .map_err(|_| HostFault::NotAlone);
        }
        parse_name(text)
    }
}

fn parse_name(text: &str) -> Result<Host, HostFault> {
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')) {
        return Err(HostFault::NotAlone);
    }
    if looks_numeric(text) {
        return Err(HostFault::Numeric);
    }
    let labels_fit = text.len() <= 253 && text.split('.').all(label_is_valid);
    if labels_fit { Ok(Host::Name(text.to_ascii_lowercase())) } else { Err(HostFault::Label) }
}

/// A last label of digits, or of `0x` and hex digits, is read as a number by resolvers (WHATWG URL, "ends in a number").
fn looks_numeric(text: &str) -> bool {
    let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn label_is_valid(label: &str) -> bool {
    let hyphen_at_edge = label.starts_with('-') || label.ends_with('-');
    (1..=63).contains(&label.len()) && !hyphen_at_edge
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// The host and, where there is one, the text of the port of an authority (RFC 3986 section 3.2). An IPv6 address
/// stands in brackets; nothing else does.
pub fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let Some(rest) = authority.strip_prefix('[') else {
        return Some(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))));
    };
    let (host, after) = rest.split_once(']').filter(|(host, _)| host.contains(':'))?;
    match after {
        "" => Some((host, None)),
        _ => after.strip_prefix(':').map(|port| (host, Some(port))),
    }
}

/// A port in plain digits, without a sign and without leading zeros.
pub fn parse_port(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssr_05_only_canonical_spellings_are_hosts() {
        for text in [
            "127.0.0.1",
            "::1",
            "::ffff:10.0.0.1",
            "db.example.com",
            "DB.Example.com",
            "localhost",
            "my_db.example",
        ] {
            assert!(text.parse::<Host>().is_ok(), "{text}");
        }
        for text in [
            "",
            "2130706433",
            "0177.0.0.1",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "0",
            "1.2.3.4.5",
            "127.0.0.1.",
            "a,b",
            "a b",
            "/var/run/postgresql",
            "@abstract",
            "%2Ftmp",
            "db:5432",
            "fe80::1%eth0",
            "[::1]",
            "user@db",
            "a..b",
            "-a.b",
            "db.example.com.",
            "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
            "db\n",
            "db\0",
        ] {
            assert!(text.parse::<Host>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_fold_to_lower_case() {
        assert_eq!("DB.Example.com".parse::<Host>().unwrap().to_string(), "db.example.com");
    }
}
