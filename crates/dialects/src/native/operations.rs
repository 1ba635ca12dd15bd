//! What each route is called and gives, for `openapi/native.json`. The shapes are in `schemas.json`.

use strongroom_web::openapi::{About, KeyScheme};
use strongroom_web::{Operation, Shape};

/// What the document says beyond its routes.
pub(super) const ABOUT: About = About {
    title: "Strongroom",
    description: "Change a credential without breaking what uses it: every change is tried against the real \
                  system before it is saved, and in force at once.",
    version: "1",
    keys: &[KeyScheme::Bearer],
    error: ("Problem", "application/problem+json"),
    schemas: include_str!("schemas.json"),
};

const fn operation(
    id: &'static str,
    summary: &'static str,
    body: Shape,
    answers: &'static [(u16, Shape)],
) -> Operation {
    Operation { id, summary, body, answers }
}

use Shape::{Json, Nothing, Other, Refusal};

macro_rules! operations {
    ($($name:ident = $id:literal, $summary:literal, $body:expr, [$($status:literal $shape:expr),+];)*) => {
        $(pub(super) const $name: Operation = operation($id, $summary, $body, &[$(($status, $shape)),+]);)*
    };
}

operations! {
    CREATE = "createCredential", "Make a credential, tried before it is saved", Json("NewCredential"),
        [201 Json("Credential"), 200 Json("Credential")];
    LIST = "listCredentials", "A page of the credentials that match", Nothing, [200 Json("CredentialList")];
    SHOW = "showCredential", "One credential, never with secrets", Nothing, [200 Json("Credential"), 304 Nothing];
    PATCH = "changeCredential", "What is named changes, the rest stays", Json("CredentialChange"),
        [200 Json("Credential")];
    PUT = "replaceCredential", "The same with settings replaced as a whole", Json("CredentialChange"),
        [200 Json("Credential")];
    DELETE = "deleteCredential", "Gone for good", Nothing, [204 Nothing];
    HISTORY = "listHistory", "Changes without values, newest first", Nothing, [200 Json("History")];
    VERIFY = "verifyCredential", "Try what is stored", Json("Empty"), [200 Json("Verification")];
    VERIFY_DRAFT = "verifyDraft", "Try a draft, saving nothing", Json("NewCredential"), [200 Json("Verification")];
    RESOLVE = "resolveCredential", "The secrets, and a hold on them", Json("ResolveRequest"),
        [200 Json("Resolved"), 304 Nothing];
    RESOLVE_MANY = "resolveCredentials", "Many at once, each for itself", Json("ResolveManyRequest"),
        [200 Json("ResolvedMany")];
    REPORT = "reportCredential", "A consumer saw a refusal", Json("Report"), [200 Json("Reported")];
    CONSUMERS = "listConsumers", "Who holds which value until when", Nothing, [200 Json("Consumers")];
    RELEASE = "releaseConsumer", "A consumer gives back what it has", Nothing, [204 Nothing];
    CONSUMER_CREDENTIALS = "listConsumerCredentials", "What a consumer uses", Nothing, [200 Json("Used")];
    CREATE_INTEGRATION = "createIntegration", "An application that credentials share", Json("NewIntegration"),
        [201 Json("Integration"), 200 Json("Integration")];
    INTEGRATIONS = "listIntegrations", "A page of them, oldest first", Nothing, [200 Json("IntegrationList")];
    INTEGRATION = "showIntegration", "One, never with secrets", Nothing, [200 Json("Integration"), 304 Nothing];
    CHANGE_INTEGRATION = "changeIntegration", "Tried for every credential that takes it over",
        Json("IntegrationChange"), [200 Json("Integration")];
    DELETE_INTEGRATION = "deleteIntegration", "Gone for good, where nothing uses it", Nothing, [204 Nothing];
    WORKSPACE = "showWorkspace", "The workspace and its settings", Nothing, [200 Json("Workspace")];
    CHANGE_WORKSPACE = "changeWorkspace", "Name and settings", Json("WorkspaceChange"), [200 Json("Workspace")];
    HOST_KEYS = "listHostKeys", "Pinned SSH host keys", Nothing, [200 Json("HostKeys")];
    FORGET_HOST_KEY = "forgetHostKey", "The next use pins anew", Nothing, [204 Nothing];
    EVENTS = "watchEvents", "What happens to credentials, as it happens", Nothing, [200 Other("text/event-stream"), 410 Refusal];
    ORGANIZATIONS = "listOrganizations", "Organizations that this token may know", Nothing, [200 Json("OrganizationList")];
    CREATE_ORGANIZATION = "createOrganization", "A tenant, its first workspace and its first owner's token", Json("NewOrganization"), [201 Json("Founded")];
    ORGANIZATION = "getOrganization", "One organization", Nothing, [200 Json("Organization")];
    CHANGE_ORGANIZATION = "changeOrganization", "Another name", Json("OrganizationChange"), [200 Json("Organization")];
    DELETE_ORGANIZATION = "deleteOrganization", "All that it had is destroyed", Nothing, [204 Nothing];
    WORKSPACES = "listWorkspaces", "Workspaces that this token may enter", Nothing, [200 Json("WorkspaceList")];
    CREATE_WORKSPACE = "createWorkspace", "A workspace of the token's organization", Json("NewWorkspace"), [201 Json("Workspace")];
    DELETE_WORKSPACE = "deleteWorkspace", "All that it had is destroyed", Nothing, [204 Nothing];
    ISSUE_TOKEN = "issueToken", "A token, shown once", Json("NewToken"), [201 Json("Token")];
    TOKENS = "listTokens", "Tokens without their texts", Nothing, [200 Json("TokenList")];
    EXCHANGE_TOKEN = "exchangeToken", "A token for one run, made without a write", Json("NewRun"), [200 Json("Run")];
    ROTATE_TOKEN = "rotateToken", "The same token under a new text", Json("Rotation"), [200 Json("Token")];
    REVOKE_TOKEN = "revokeToken", "Counts no more, at once", Nothing, [204 Nothing];
    SIGN_IN = "showSignIn", "By which issuers people can sign in, and a nonce for asking one", Nothing,
        [200 Json("SignIn"), 429 Refusal];
    BEGIN_SESSION = "beginSession", "A session for an ID token with our nonce, shown once", Json("NewSession"),
        [201 Json("Session"), 401 Refusal, 429 Refusal];
    END_SESSION = "endSession", "The session that is sent ends", Nothing, [204 Nothing, 404 Refusal];
    WHOAMI = "whoami", "Who the caller is, and what it may do", Nothing, [200 Json("Whoami")];
    AUDIT = "listAudit", "What was done, each record in its place in the log", Nothing, [200 Json("AuditList")];
    AUDIT_CHECKPOINT = "showCheckpoint", "The signed head of the organization's log", Nothing,
        [200 Json("Checkpoint")];
    AUDIT_PROOF = "proveAudit", "That a record is in the log, or that the log only grew", Nothing,
        [200 Json("AuditProof")];
    KINDS = "listKinds", "The catalogue", Nothing, [200 Json("KindList")];
    KIND = "showKind", "One kind with its field schema", Nothing, [200 Json("Kind")];
    KIND_ICON = "showKindIcon", "The icon of a kind", Nothing, [200 Other("image/svg+xml")];
    LIMITS = "showLimits", "The numbers that the checks themselves use", Nothing, [200 Json("Limits")];
}
