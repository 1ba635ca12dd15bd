//! What credentials look like on this wire: keys in the original's order, whole seconds, an `ETag`.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::error::Cause;
use strongroom_domain::fields::FieldMap;
use strongroom_domain::{Error, Timestamp};
use strongroom_service::Service;
use strongroom_service::options::Expected;
use strongroom_web::{Answer, Call, respond};

use super::annotation::shown_name;
use super::mapping::type_of;

/// The media type of every JSON answer.
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// One of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    id: String,
    name: String,
    pub(super) credential_name: String,
    created_date: String,
    updated_date: String,
    workspace_id: String,
}

/// One, with its fields redacted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct One {
    #[serde(flatten)]
    pub(super) item: Item,
    pub(super) plain_data_obj: FieldMap,
}

/// The fields of one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Revealed {
    pub(super) plain_data_obj: FieldMap,
}

/// Name and type as the caller sent them, of whatever shape; they are stored as text.
pub(super) struct Echo {
    pub(super) name: Value,
    pub(super) credential_name: Value,
}

/// How a credential came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Birth {
    /// Under an id of ours.
    OurId,
    /// Under the caller's.
    GivenId,
    /// It was there, and was overwritten [013].
    Overwritten,
}

/// The key stands first where the caller gave it, and last but the dates where we did [001, 012].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewOne {
    #[serde(rename = "id", skip_serializing_if = "Option::is_none")]
    given_id: Option<String>,
    name: Value,
    credential_name: Value,
    encrypted_data: String,
    workspace_id: String,
    #[serde(rename = "id", skip_serializing_if = "Option::is_none")]
    our_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_date: Option<String>,
    updated_date: String,
}

/// The seven keys of the documentation [041].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedOne {
    id: String,
    name: Value,
    credential_name: Value,
    encrypted_data: String,
    created_date: String,
    updated_date: String,
    workspace_id: String,
}

impl Item {
    pub(super) fn of(credential: &Credential) -> Self {
        Self {
            id: id_of(credential),
            name: shown_name(credential).to_owned(),
            credential_name: type_of(credential),
            created_date: date(credential.created_at),
            updated_date: date(credential.modified_at),
            workspace_id: credential.workspace.uuid().to_string(),
        }
    }
}

impl Echo {
    /// What is stored, where the caller sent nothing.
    pub(super) fn of(credential: &Credential) -> Self {
        Self { name: shown_name(credential).into(), credential_name: type_of(credential).into() }
    }
}

/// The answer to a POST.
pub(super) fn created(service: &Service, credential: &Credential, echo: Echo, birth: Birth) -> Answer {
    let id = id_of(credential);
    let (given_id, our_id) = if birth == Birth::OurId { (None, Some(id)) } else { (Some(id), None) };
    let body = NewOne {
        given_id,
        name: echo.name,
        credential_name: echo.credential_name,
        encrypted_data: opaque(service, credential),
        workspace_id: credential.workspace.uuid().to_string(),
        our_id,
        created_date: (birth != Birth::Overwritten).then(|| date(credential.created_at)),
        updated_date: date(credential.modified_at),
    };
    json_of(service, credential, &body)
}

/// The answer to a PUT.
pub(super) fn updated(service: &Service, credential: &Credential, echo: Echo) -> Answer {
    let body = ChangedOne {
        id: id_of(credential),
        name: echo.name,
        credential_name: echo.credential_name,
        encrypted_data: opaque(service, credential),
        created_date: date(credential.created_at),
        updated_date: date(credential.modified_at),
        workspace_id: credential.workspace.uuid().to_string(),
    };
    json_of(service, credential, &body)
}

/// An answer of 200 with its tag.
pub(super) fn json(service: &Service, body: &impl Serialize) -> Answer {
    let bytes = written(body)?;
    let hash = body_mac(service, &bytes);
    Ok(tagged(bytes, &hash))
}

/// The same for one credential: its tag says which version is shown, whatever of it.
fn json_of(service: &Service, credential: &Credential, body: &impl Serialize) -> Answer {
    let bytes = written(body)?;
    let hash =
        [version_mac(service, credential).as_slice(), &body_mac(service, &bytes)[VERSION_BYTES..]].concat();
    Ok(tagged(bytes, &hash))
}

fn written(body: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(body).map_err(|error| Error::Internal(Cause::new(error)))
}

fn tagged(body: Vec<u8>, hash: &[u8]) -> Response {
    let tag = weak_tag(&body, hash);
    let mut response = respond::bytes(StatusCode::OK, JSON, body);
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// An answer to a read: 304 where the caller has it already [106].
pub(super) fn read(call: &Call, body: &impl Serialize) -> Answer {
    Ok(or_unchanged(call, json(call.service(), body)?))
}

/// The same for one credential.
pub(super) fn read_one(call: &Call, credential: &Credential, body: &impl Serialize) -> Answer {
    Ok(or_unchanged(call, json_of(call.service(), credential, body)?))
}

/// What `If-Match` says of a change of this credential: on a version that a tag of ours names. The tags are weak,
/// because the original's are; they name a version all the same.
pub(super) fn expected(call: &Call, stored: &Credential) -> Expected {
    let Some(tags) = call.expected_tags().filter(|tags| tags.as_slice() != ["*"]) else {
        return Expected::Existing;
    };
    let current = version_mac(call.service(), stored);
    let is_current = |tag: &str| hash_in(tag).is_some_and(|hash| hash.starts_with(&current));
    let matches = tags.into_iter().any(is_current);
    Expected::OneOf(if matches { vec![stored.version] } else { Vec::new() })
}

fn or_unchanged(call: &Call, response: Response) -> Response {
    let known = response.headers().get(header::ETAG).filter(|tag| call.has(tag)).cloned();
    let Some(tag) = known else { return response };
    let mut unchanged = respond::empty(StatusCode::NOT_MODIFIED);
    unchanged.headers_mut().insert(header::ETAG, tag);
    unchanged
}

/// An answer that holds nothing of a credential: an error, a page. Its tag is a hash that whoever has the body could
/// make as well.
pub(super) fn public(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let tag = public_tag(&body);
    let mut response = respond::bytes(status, media_type, body);
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// The tag of such an answer.
pub(super) fn public_tag(body: &[u8]) -> HeaderValue {
    let hash: Vec<u8> = (0_u8..3).flat_map(|part| hash_of(part, body).to_be_bytes()).collect();
    weak_tag(body, &hash)
}

fn hash_of(part: u8, body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (part, body).hash(&mut hasher);
    hasher.finish()
}

/// Bytes of a tag's hash that say which version it is of.
const VERSION_BYTES: usize = 10;

/// A keyed MAC, so that a tag in somebody's log is no way to guess what was in the body (PRP-11).
fn body_mac(service: &Service, body: &[u8]) -> Vec<u8> {
    service.body_mac(&[b"flowise etag\0", body].concat())[..HASH_BYTES].to_vec()
}

fn version_mac(service: &Service, credential: &Credential) -> Vec<u8> {
    let version = format!("flowise version {} {}", credential.id, credential.version);
    service.body_mac(version.as_bytes())[..VERSION_BYTES].to_vec()
}

/// Bytes of a tag's hash, as many as the original's SHA-1 has.
const HASH_BYTES: usize = 20;

/// The hash in a tag, weak or not.
fn hash_in(tag: &str) -> Option<Vec<u8>> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    STANDARD_NO_PAD.decode(tag.split_once('-')?.1).ok()
}

/// A weak tag in the original's form: length and hash of the body.
fn weak_tag(body: &[u8], hash: &[u8]) -> HeaderValue {
    let text = format!("W/\"{:x}-{}\"", body.len(), STANDARD_NO_PAD.encode(&hash[..HASH_BYTES]));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("W/\"0\""))
}

/// Clients ask for a text under `encryptedData`, and get one that tells nothing: it has the form of the
/// original's, changes with every version, and opens with no key.
fn opaque(service: &Service, credential: &Credential) -> String {
    let mac = |part: &str| {
        service.body_mac(
            format!("flowise encryptedData {part} {} {}", credential.id, credential.version).as_bytes(),
        )
    };
    STANDARD.encode([b"Salted__".as_slice(), &mac("salt")[..8], &mac("data")].concat())
}

/// The caller's own id where it gave one, else ours without its prefix.
pub(super) fn id_of(credential: &Credential) -> String {
    let given = credential.foreign.aliases.get(&Dialect::Flowise).cloned();
    given.unwrap_or_else(|| credential.id.uuid().to_string())
}

/// Whole seconds, with the milliseconds that the original always shows as none.
fn date(at: Timestamp) -> String {
    let micros = at.unix_micros();
    Timestamp::from_unix_micros(micros - micros.rem_euclid(1_000_000)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_whole_seconds() {
        let shown = date(Timestamp::from_unix_micros(1_763_719_200_999_999));
        assert_eq!(shown, "2025-11-21T10:00:00.000Z");
    }
}
