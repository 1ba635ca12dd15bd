//! Shapes of answers. Each lists what it includes; nothing else can come along.

use serde::Serialize;
use strongroom_domain::Timestamp;
use strongroom_domain::consumer::Hold;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::ids::TokenId;

use super::mapping::{self, Type};
use super::{guesses, removal};

/// The annotation that keeps the name of who made a credential.
pub(super) const CREATED_BY: &str = "createdBy";

/// A credential: nine fields, always.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CredentialBody<'a> {
    uuid: String,
    name: &'a str,
    description: &'a str,
    r#type: &'static str,
    health_status: &'static str,
    expires_at: String,
    created_by: String,
    create_date: String,
    last_op_date: String,
}

impl<'a> CredentialBody<'a> {
    /// As it is at `now`: expiry is seen when it is read.
    pub(super) fn at(now: Timestamp, credential: &'a Credential) -> Self {
        let health = credential.health.at(now, credential.expires_at).status;
        Self {
            uuid: mapping::id_text(credential.id),
            name: credential.name.as_str(),
            description: credential.description.as_ref().map_or("", |text| text.as_str()),
            r#type: Type::of(credential).wire(),
            health_status: mapping::health_word(health),
            expires_at: credential.expires_at.map(moment).unwrap_or_default(),
            created_by: created_by(credential),
            create_date: moment(credential.created_at),
            last_op_date: moment(credential.modified_at),
        }
    }
}

/// The account's name where it was made here; otherwise nobody kept one, and its id says who it was.
fn created_by(credential: &Credential) -> String {
    let noted = credential.foreign.noted(Dialect::Zstack).and_then(|noted| noted.text(CREATED_BY));
    noted.map_or_else(|| credential.created_by.to_string(), str::to_owned)
}

/// As proto3 writes a moment: no fraction where it is a whole second.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.strip_suffix(".000Z").map(|whole| format!("{whole}Z")).unwrap_or(text)
}

/// A page.
#[derive(Serialize)]
pub(super) struct ListBody<'a> {
    pub(super) items: Vec<CredentialBody<'a>>,
    /// How many match, whatever the page.
    pub(super) total: u64,
}

/// `{}`.
#[derive(Serialize)]
pub(super) struct Nothing {}

/// What a delete would come to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewBody<'a> {
    blockers: Vec<Blocker<'a>>,
    /// Nothing else is ever deleted along with a credential.
    cascade_resources: [Resource<'a>; 0],
    /// Who goes on with a value whose credential is gone.
    orphan_resources: Vec<Resource<'a>>,
    /// A delete has none: it is one commit.
    finalizers: [(); 0],
    available_policies: Vec<&'static str>,
    /// What is deleted is destroyed.
    soft_delete_recoverable: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Blocker<'a> {
    #[serde(flatten)]
    resource: Resource<'a>,
    relation: &'static str,
    suggestion: String,
    /// Whether it would stop the delete that is asked about.
    hard: bool,
}

#[derive(Serialize)]
struct Resource<'a> {
    #[serde(rename = "resourceType")]
    of: &'static str,
    /// Of the token that the consumer resolves with: together with the name it is one consumer.
    #[serde(rename = "resourceUuid")]
    token: TokenId,
    #[serde(rename = "resourceName")]
    name: ConsumerName<'a>,
}

/// Flow and worker.
struct ConsumerName<'a>(&'a Hold);

impl Serialize for ConsumerName<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/{}", self.0.consumer.name, self.0.consumer.instance))
    }
}

impl<'a> PreviewBody<'a> {
    /// By the live holds and whether the policy that is asked about minds them.
    pub(super) fn of(holds: &'a [Hold], minds: bool) -> Self {
        let orphaned = if minds { &[] } else { holds };
        Self {
            blockers: holds.iter().map(|hold| Blocker::of(hold, minds)).collect(),
            cascade_resources: [],
            orphan_resources: orphaned.iter().map(Resource::of).collect(),
            finalizers: [],
            available_policies: removal::available(),
            soft_delete_recoverable: false,
        }
    }
}

impl<'a> Blocker<'a> {
    fn of(hold: &'a Hold, hard: bool) -> Self {
        let until = moment(hold.hold_until);
        Self {
            resource: Resource::of(hold),
            relation: guesses::RELATION,
            suggestion: format!("Wait until {until}, or have the consumer release what it holds."),
            hard,
        }
    }
}

impl<'a> Resource<'a> {
    const fn of(hold: &'a Hold) -> Self {
        Self { of: guesses::CONSUMER, token: hold.token, name: ConsumerName(hold) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_a_fraction_only_where_they_need_one() {
        let at = |micros| moment(Timestamp::from_unix_micros(micros));
        assert_eq!(at(1_763_719_200_000_000), "2025-11-21T10:00:00Z");
        assert_eq!(at(1_763_719_200_120_000), "2025-11-21T10:00:00.120Z");
    }
}
