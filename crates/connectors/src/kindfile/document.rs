//! The file as written: names and types of its keys, and nothing else.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) documentation: String,
    pub(super) icon: String,
    pub(super) check: Grade,
    pub(super) methods: Vec<MethodText>,
    pub(super) fields: Vec<FieldText>,
    pub(super) probe: ProbeText,
    #[serde(default)]
    pub(super) evidence: EvidenceText,
    #[serde(default)]
    pub(super) scopes: ScopesText,
}

/// How far the check has been tried. `none` would need no file of this sort.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Grade {
    LiveTested,
    Documented,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MethodText {
    pub(super) name: String,
    pub(super) title: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldText {
    pub(super) name: String,
    pub(super) title: String,
    /// Text of one line, or one of `choices`, where it is left out.
    #[serde(rename = "type")]
    pub(super) kind: Option<TypeName>,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    #[serde(default)]
    pub(super) choices: Vec<String>,
    #[serde(default)]
    pub(super) marks: Vec<MarkName>,
    /// The only method that has it; every method where it is left out.
    pub(super) method: Option<String>,
    pub(super) pattern: Option<String>,
    pub(super) help: Option<String>,
    pub(super) placeholder: Option<String>,
    pub(super) default: Option<toml::Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TypeName {
    String,
    Text,
    Integer,
    Boolean,
    Host,
    Port,
    Url,
    Pem,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MarkName {
    Required,
    Secret,
    Target,
    Identity,
    Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbeText {
    pub(super) method: String,
    pub(super) base: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) basic: Option<BasicText>,
    pub(super) json: Option<toml::Table>,
    /// A query as it stands, instead of `json`.
    pub(super) graphql: Option<String>,
    /// Why a POST changes nothing.
    pub(super) read_only: Option<String>,
    /// Why a secret has to stand in the URL.
    pub(super) secret_in_url: Option<String>,
    #[serde(default)]
    pub(super) allow_http: bool,
    /// What is asked once more after an answer that accepts.
    pub(super) control: Option<ControlName>,
    pub(super) answers: Vec<AnswerText>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ControlName {
    WithoutSecrets,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BasicText {
    pub(super) user: String,
    pub(super) password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerText {
    /// A list of numbers, or the field with the caller's own.
    pub(super) status: toml::Value,
    #[serde(default)]
    pub(super) has: Vec<String>,
    #[serde(default)]
    pub(super) equals: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub(super) contains: BTreeMap<String, toml::Value>,
    pub(super) html: Option<bool>,
    pub(super) means: MeaningName,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MeaningName {
    Accepted,
    AcceptedRestricted,
    AuthFailed,
    InsufficientScope,
    Expired,
    Revoked,
    RateLimited,
    ConnectionRefused,
    MisconfiguredTarget,
    ProtocolError,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceText {
    #[serde(default)]
    pub(super) account: Vec<String>,
    pub(super) scopes: Option<String>,
    pub(super) expires_at: Option<String>,
    #[serde(default)]
    pub(super) facts: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScopesText {
    /// By scope, those that the vendor documents as part of it.
    #[serde(default)]
    pub(super) implies: BTreeMap<String, Vec<String>>,
}
