//! Typed ids: one macro, one alphabetical registry.
//!
//! Inside, every id is a `UUIDv7`; outside it is a prefix and 32 lower-case hex digits
//! (`cred_0192...`). An id of one type is never accepted where another is wanted.

use std::fmt;
use std::str::FromStr;

use rand_core::Rng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

/// The text given is not an id of the wanted type. Says nothing about whether such a thing exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this type")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What its text form starts with, without the underscore.
            pub const PREFIX: &str = $prefix;

            /// A new id: 48 bits of `now` in milliseconds and 74 random bits (RFC 9562, version 7).
            pub fn make(now: Timestamp, rng: &mut impl Rng) -> Self {
                Self(make_uuid(now, rng))
            }

            /// The id whose 16 bytes these are, as a store keeps them.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The id behind a bare UUID of a wire format that has no prefixes.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The 16 bytes a store keeps.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The bare UUID, for wire formats that have no prefixes.
            pub const fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(text_of($prefix, self.0, &mut [0; TEXT_LEN]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_uuid($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(text_of($prefix, self.0, &mut [0; TEXT_LEN]))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // Own words: serde's would repeat the text that was refused.
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A credential.
    CredentialId = "cred";
    /// A configured outside application that credentials share.
    IntegrationId = "int";
    /// A node: one running server over a store.
    NodeId = "node";
    /// A tenant.
    OrganizationId = "org";
    /// Who calls: a user, a service account or a workload.
    PrincipalId = "prn";
    /// One request, in answers, logs and audit records.
    RequestId = "req";
    /// An API token of ours.
    TokenId = "tok";
    /// A scope of credentials and tokens inside an organization.
    WorkspaceId = "ws";
}

fn make_uuid(now: Timestamp, rng: &mut impl Rng) -> Uuid {
    let mut random = [0_u8; 10];
    rng.fill_bytes(&mut random);
    uuid::Builder::from_unix_timestamp_millis(now.unix_millis().unsigned_abs(), &random).into_uuid()
}

/// Room for the longest text: a prefix, an underscore, 32 digits.
const TEXT_LEN: usize = 40;

/// Written by hand, because ids are in every record and answer, and formatting costs six times as much.
fn text_of<'a>(prefix: &str, uuid: Uuid, room: &'a mut [u8; TEXT_LEN]) -> &'a str {
    let digits = prefix.len() + 1;
    room[..prefix.len()].copy_from_slice(prefix.as_bytes());
    room[prefix.len()] = b'_';
    let end = digits + uuid.as_simple().encode_lower(&mut room[digits..]).len();
    std::str::from_utf8(&room[..end]).expect("a prefix and digits are ASCII")
}

/// Only the canonical spelling is accepted, so that one id has one text.
fn parse_uuid(prefix: &str, text: &str) -> Result<Uuid, NotAnId> {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(NotAnId)?;
    let canonical = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !canonical {
        return Err(NotAnId);
    }
    Uuid::try_parse(digits).map_err(|_| NotAnId)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "cred_0192a3b4c5d67e8f9011223344556677";

    #[test]
    fn text_form_round_trips() {
        let id: CredentialId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(CredentialId::from_bytes(*id.as_bytes()), id);
    }

    #[test]
    fn other_types_and_spellings_are_refused() {
        assert_eq!(TEXT.parse::<TokenId>(), Err(NotAnId));
        for text in ["", "cred_", "cred_0192A3B4C5D67E8F9011223344556677", "0192a3b4c5d67e8f9011223344556677"]
        {
            assert_eq!(text.parse::<CredentialId>(), Err(NotAnId), "{text}");
        }
    }
}
