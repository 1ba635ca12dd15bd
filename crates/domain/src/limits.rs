//! The limits of `GET /v1/limits`: one place, so that the answer and the checks cannot differ.

/// Most bytes of one field value, as JSON text.
pub const FIELD_BYTES: usize = 64 * 1024;
/// Most bytes of settings and secrets together, as JSON text.
pub const CREDENTIAL_BYTES: usize = 128 * 1024;
/// Most fields of a credential, settings and secrets together.
pub const FIELDS: usize = 64;
/// Most bytes of a field's name.
pub const FIELD_NAME_BYTES: usize = 128;
/// Most bytes of a name, in UTF-8 after normalisation.
pub const NAME_BYTES: usize = 255;
/// Most bytes of a description.
pub const DESCRIPTION_BYTES: usize = 4 * 1024;
/// Most bytes that one dialect keeps beside the fields of a credential, as JSON text.
pub const ANNOTATION_BYTES: usize = 16 * 1024;
/// Most labels of a credential.
pub const LABELS: usize = 64;
/// Most bytes of a label's key or value.
pub const LABEL_BYTES: usize = 255;
/// Most ids and references of one call.
pub const IDS_PER_CALL: usize = 100;
/// Most items of a list page.
pub const PAGE: usize = 200;
/// Most items of a list page for dialects whose contracts have larger ones.
pub const PAGE_FOREIGN: usize = 1_000;
/// Furthest position a list may begin at, for dialects that page by offset.
pub const LIST_REACH: usize = 10_000;
/// Most bytes of an id that a caller gives.
pub const ALIAS_BYTES: usize = 255;
/// Items of a list page when the caller does not say.
pub const PAGE_DEFAULT: usize = 50;
/// Most watchers of one node.
pub const WATCHERS_PER_NODE: usize = 1_000;
/// Most credentials of an organization, by default.
pub const CREDENTIALS_PER_ORGANIZATION: u64 = 100_000;
/// Most integrations of a workspace.
pub const INTEGRATIONS_PER_WORKSPACE: u64 = 1_000;
/// Most credentials that one change of an integration carries along: each is tried first.
pub const CARRIED_AT_ONCE: usize = 100;
/// Most tokens of an organization, by default.
pub const TOKENS_PER_ORGANIZATION: u64 = 1_000;
/// Longest hold a resolve may ask for, in seconds: seven days.
pub const HOLD_SECONDS: u64 = 7 * 24 * 3_600;
/// Most bytes of a request body: a credential at its limit, escaped, and what stands around it.
pub const BODY_BYTES: usize = 256 * 1024;
/// Deepest nesting of a JSON body.
pub const JSON_DEPTH: usize = 32;

/// Workspaces of an organization.
pub const WORKSPACES_PER_ORGANIZATION: u64 = 1_000;
