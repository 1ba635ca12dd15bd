//! The credential as everyone may see it: all of it but the secrets.

use serde::{Deserialize, Serialize};

use crate::dialect::Foreign;
use crate::fields::FieldMap;
use crate::health::Health;
use crate::ids::{CredentialId, IntegrationId, PrincipalId, WorkspaceId};
use crate::text::{Description, Labels, Name, Slug};
use crate::verification::Verification;
use crate::{Secret, Timestamp};

/// Whose credential it is, inside the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Owner {
    /// The workspace's own.
    #[default]
    Workspace,
    /// A customer of the platform.
    EndUser {
        /// The platform's name for that customer.
        id: Name,
    },
}

/// What the last accepted verification showed: later ones are held against it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The account, where the kind can tell.
    pub account: Option<String>,
    /// The scopes, where the kind can tell.
    pub scopes: Option<Vec<String>>,
}

/// A credential without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its id.
    pub id: CredentialId,
    /// Where it lives.
    pub workspace: WorkspaceId,
    /// Which kind.
    pub kind: String,
    /// Which of the kind's methods.
    pub method: String,
    /// Free text, not unique.
    pub name: Name,
    /// Unique in the workspace.
    pub slug: Option<Slug>,
    /// Free text.
    pub description: Option<Description>,
    /// Public fields.
    pub settings: FieldMap,
    /// Names of the sealed fields.
    pub secret_fields: Vec<String>,
    /// Labels.
    pub labels: Labels,
    /// Whose it is.
    pub owner: Owner,
    /// The outside application it belongs to.
    pub integration: Option<IntegrationId>,
    /// When the platform expects it to stop working.
    pub expires_at: Option<Timestamp>,
    /// Counts every change.
    pub version: u64,
    /// Counts changes of the value.
    pub value_version: u64,
    /// What verifications and reports add up to.
    pub health: Health,
    /// The last verification of the current value.
    pub verification: Option<Verification>,
    /// What the last accepted verification showed.
    pub accepted: Option<Accepted>,
    /// Who made it.
    pub created_by: PrincipalId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who changed it last.
    pub modified_by: PrincipalId,
    /// When it was changed last.
    pub modified_at: Timestamp,
    /// What it keeps on behalf of dialects.
    #[serde(default)]
    pub foreign: Foreign,
}

/// A credential with its secrets opened, in memory for one act.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The public part.
    pub credential: Credential,
    /// All secrets of its current value.
    pub secrets: Secret<FieldMap>,
}

/// What a change would make of a credential: merged, not yet judged, never stored as such.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Free text, not unique.
    pub name: Name,
    /// Unique in the workspace.
    pub slug: Option<Slug>,
    /// Free text.
    pub description: Option<Description>,
    /// Labels.
    pub labels: Labels,
    /// Whose it is.
    pub owner: Owner,
    /// The outside application it belongs to.
    pub integration: Option<IntegrationId>,
    /// When the platform expects it to stop working.
    pub expires_at: Option<Timestamp>,
    /// Which kind.
    pub kind: String,
    /// Which of the kind's methods.
    pub method: String,
    /// Public fields.
    pub settings: FieldMap,
    /// All secrets.
    pub secrets: Secret<FieldMap>,
}

impl Candidate {
    /// The names of its secrets, in order.
    pub fn secret_fields(&self) -> Vec<String> {
        // EXPOSE: names only, they are public.
        self.secrets.expose().names().map(str::to_owned).collect()
    }
}

impl From<Opened> for Candidate {
    fn from(opened: Opened) -> Self {
        let credential = opened.credential;
        Self {
            name: credential.name,
            slug: credential.slug,
            description: credential.description,
            labels: credential.labels,
            owner: credential.owner,
            integration: credential.integration,
            expires_at: credential.expires_at,
            kind: credential.kind,
            method: credential.method,
            settings: credential.settings,
            secrets: opened.secrets,
        }
    }
}
