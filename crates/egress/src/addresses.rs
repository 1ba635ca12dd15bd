//! The table of addresses that are not the public internet.
//!
//! Owns one row per range of the IANA special-purpose registries (IPv4 and IPv6), of the multicast and
//! unallocated space, and of the fixed addresses at which cloud platforms hand out credentials. Says
//! only *what an address is*: whether it may be reached is [`Policy`](crate::Policy)'s business. The
//! predicates of the standard library are not used, since they miss several of these ranges.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// One range and why it is special.
#[derive(Debug, PartialEq, Eq)]
pub struct SpecialRange {
    /// The addresses the row speaks of. Rows may nest; the longest prefix describes an address.
    pub network: IpNet,
    /// What the range is for, in a few words.
    pub purpose: &'static str,
    /// The document that says so.
    pub source: &'static str,
    embeds: Embeds,
}

/// Where an IPv6 address of a row carries IPv4 addresses that a host or a gateway would send to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Embeds {
    Nothing,
    /// The last 32 bits: mapped, compatible, translated and NAT64 addresses.
    Last32,
    /// The 32 bits after the prefix: 6to4 (RFC 3056).
    AfterPrefix16,
    /// Server in clear at bit 32, client inverted in the last 32 bits: Teredo (RFC 4380, section 4).
    Teredo,
}

impl SpecialRange {
    /// The row that describes `address`, the most specific one; `None` for a public address.
    pub fn of(address: IpAddr) -> Option<&'static Self> {
        TABLE.iter().filter(|row| row.network.contains(&address)).max_by_key(|row| row.network.prefix_len())
    }

    /// Whether a server that the operator runs may lie here: this machine, or a private network of any sort.
    /// Neither what leads to other addresses nor what hands out a cloud's credentials.
    pub(crate) fn may_be_chosen(&self) -> bool {
        matches!(
            self.purpose,
            "loopback" | "private use" | "shared address space of carriers" | "unique local"
        )
    }

    /// The IPv4 addresses that `address`, one of this row's, leads to.
    pub(crate) fn embedded_in(&self, address: IpAddr) -> Vec<Ipv4Addr> {
        let IpAddr::V6(address) = address else { return Vec::new() };
        let octets = address.octets();
        let four_from = |at: usize| Ipv4Addr::new(octets[at], octets[at + 1], octets[at + 2], octets[at + 3]);
        match self.embeds {
            Embeds::Nothing => Vec::new(),
            Embeds::Last32 => vec![four_from(12)],
            Embeds::AfterPrefix16 => vec![four_from(2)],
            Embeds::Teredo => vec![four_from(4), Ipv4Addr::from_bits(!four_from(12).to_bits())],
        }
    }
}

impl fmt::Display for SpecialRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.network, self.purpose, self.source)
    }
}

/// Every row. A tuple of the const functions below keeps address, prefix, purpose and source on one line.
pub const TABLE: &[SpecialRange] = &[
    v4([0, 0, 0, 0], 8, "this network", "RFC 791"),
    v4([10, 0, 0, 0], 8, "private use", "RFC 1918"),
    v4([100, 64, 0, 0], 10, "shared address space of carriers", "RFC 6598"),
    v4([100, 100, 100, 200], 32, "cloud metadata", "Alibaba Cloud, instance metadata"),
    v4([127, 0, 0, 0], 8, "loopback", "RFC 1122"),
    v4([168, 63, 129, 16], 32, "cloud platform services", "Microsoft Azure, virtual public IP"),
    v4([169, 254, 0, 0], 16, "link-local", "RFC 3927"),
    v4([169, 254, 169, 254], 32, "cloud metadata", "AWS, Azure, Google Cloud and others, instance metadata"),
    v4([169, 254, 170, 2], 32, "cloud metadata", "AWS, task credentials"),
    v4([169, 254, 170, 23], 32, "cloud metadata", "AWS, pod credentials"),
    v4([172, 16, 0, 0], 12, "private use", "RFC 1918"),
    v4([192, 0, 0, 0], 24, "IETF protocol assignments", "RFC 6890"),
    v4([192, 0, 0, 192], 32, "cloud metadata", "Oracle Cloud Classic, instance metadata"),
    v4([192, 0, 2, 0], 24, "documentation", "RFC 5737"),
    v4([192, 31, 196, 0], 24, "AS112 name servers", "RFC 7535"),
    v4([192, 52, 193, 0], 24, "automatic multicast tunnelling", "RFC 7450"),
    v4([192, 88, 99, 0], 24, "6to4 relays, withdrawn", "RFC 7526"),
    v4([192, 168, 0, 0], 16, "private use", "RFC 1918"),
    v4([192, 175, 48, 0], 24, "AS112 name servers", "RFC 7534"),
    v4([198, 18, 0, 0], 15, "benchmarking", "RFC 2544"),
    v4([198, 51, 100, 0], 24, "documentation", "RFC 5737"),
    v4([203, 0, 113, 0], 24, "documentation", "RFC 5737"),
    v4([224, 0, 0, 0], 4, "multicast", "RFC 5771"),
    v4([240, 0, 0, 0], 4, "reserved", "RFC 1112"),
    v4([255, 255, 255, 255], 32, "limited broadcast", "RFC 919"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 3, "outside global unicast space", "RFC 4291"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified", "RFC 4291"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback", "RFC 4291"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, "IPv4-compatible", "RFC 4291").embedding(Embeds::Last32),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped", "RFC 4291").embedding(Embeds::Last32),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, "IPv4-translated", "RFC 2765").embedding(Embeds::Last32),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "NAT64", "RFC 6052").embedding(Embeds::Last32),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "NAT64 of a local network", "RFC 8215"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard only", "RFC 6666"),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy prefix", "RFC 9780"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "IETF protocol assignments", "RFC 2928"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo", "RFC 4380").embedding(Embeds::Teredo),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation", "RFC 3849"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4", "RFC 3056").embedding(Embeds::AfterPrefix16),
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "AS112 name servers", "RFC 7534"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation", "RFC 9637"),
    v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2, "outside global unicast space", "RFC 4291"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing identifiers", "RFC 9602"),
    v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1, "outside global unicast space", "RFC 4291"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local", "RFC 4193"),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, "cloud metadata", "AWS, instance metadata"),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], 128, "cloud metadata", "AWS, pod credentials"),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, "cloud metadata", "Google Cloud, instance metadata"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local", "RFC 4291"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local, withdrawn", "RFC 3879"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast", "RFC 4291"),
];

const fn v4(octets: [u8; 4], prefix: u8, purpose: &'static str, source: &'static str) -> SpecialRange {
    let network = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), prefix));
    SpecialRange { network, purpose, source, embeds: Embeds::Nothing }
}

const fn v6(groups: [u16; 8], prefix: u8, purpose: &'static str, source: &'static str) -> SpecialRange {
    let network = IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::from_segments(groups), prefix));
    SpecialRange { network, purpose, source, embeds: Embeds::Nothing }
}

impl SpecialRange {
    const fn embedding(mut self, embeds: Embeds) -> Self {
        self.embeds = embeds;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_whole_network_and_named_once() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.network, row.network.trunc(), "{row}");
            assert!(TABLE.iter().skip(index + 1).all(|other| other.network != row.network), "{row}");
        }
    }

    #[test]
    fn the_most_specific_row_describes_an_address() {
        let purpose = |text: &str| SpecialRange::of(text.parse().unwrap()).map(|row| row.purpose);
        assert_eq!(purpose("::1"), Some("loopback"));
        assert_eq!(purpose("::7f00:1"), Some("IPv4-compatible"));
        assert_eq!(purpose("169.254.169.254"), Some("cloud metadata"));
        assert_eq!(purpose("fd00:ec2::254"), Some("cloud metadata"));
        assert_eq!(purpose("fd00:ec2::255"), Some("unique local"));
        assert_eq!(purpose("192.0.9.1"), None);
    }

    #[test]
    fn embedded_ipv4_addresses_are_found() {
        let embedded = |text: &str| {
            let address = text.parse().unwrap();
            SpecialRange::of(address).unwrap().embedded_in(address)
        };
        assert_eq!(embedded("::ffff:10.1.2.3"), [Ipv4Addr::new(10, 1, 2, 3)]);
        assert_eq!(embedded("64:ff9b::a9fe:a9fe"), [Ipv4Addr::new(169, 254, 169, 254)]);
        assert_eq!(embedded("2002:7f00:1::"), [Ipv4Addr::LOCALHOST]);
        assert_eq!(
            embedded("2001:0:4136:e378:8000:63bf:3fff:fdd2"),
            [Ipv4Addr::new(65, 54, 227, 120), Ipv4Addr::new(192, 0, 2, 45)]
        );
        assert!(embedded("::1").is_empty());
    }
}
