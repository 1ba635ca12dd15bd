//! Who calls.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::Scope;
use crate::ids::{CredentialId, PrincipalId, TokenId};
use crate::text::Name;

/// What sort of caller; each has its own token prefix, and one is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A service account: a platform's back end.
    Service,
    /// A worker that uses credentials.
    Workload,
}

/// What a principal may do; the table is [`crate::access`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads metadata.
    Viewer,
    /// Changes credentials.
    Editor,
    /// Everything in the workspace.
    Admin,
    /// Uses credentials.
    Runner,
}

/// An authenticated caller. Built in one place, from a token that was looked up and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub id: PrincipalId,
    /// By which token.
    pub token: TokenId,
    /// What sort of caller.
    pub kind: PrincipalKind,
    /// The name the token was issued under.
    pub name: Name,
    /// What it may do.
    pub role: Role,
    /// Where it may do it.
    pub scope: Scope,
    /// The only credentials it may see, where it is that narrow.
    pub credentials: Option<Vec<CredentialId>>,
}

impl Principal {
    /// Whether a narrow token reaches this credential.
    pub fn reaches(&self, credential: CredentialId) -> bool {
        self.credentials.as_ref().is_none_or(|only| only.contains(&credential))
    }
}

/// Whether a token limited to `networks` may be used from `peer`; no list means from anywhere.
pub fn network_allows(networks: &[IpNet], peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    networks.is_empty() || networks.iter().any(|network| network.contains(&peer))
}
