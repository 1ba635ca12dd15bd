//! A candidate understood: the key, and the region that is asked.
//!
//! The only place that reads fields. Must never let through a character that could end a header or add a
//! part to a signature's scope (CON-12).

use strongroom_domain::credential::Candidate;
use strongroom_domain::{Fault, Secret};

use super::regions::{DEFAULT, Region, Service};

/// What a request is signed with.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: Secret<String>,
    pub(super) session_token: Option<Secret<String>>,
    pub(super) region: &'static Region,
}

impl Keys {
    /// The candidate's, or all that is wrong with it.
    pub(super) fn of(candidate: &Candidate, service: Service) -> Result<Self, Vec<Fault>> {
        // EXPOSE: its parts go on as secrets, to sign with.
        let secrets = candidate.secrets.expose();
        let id = key_id(candidate.settings.text("access_key_id"));
        let secret = secret_key(secrets.text("secret_access_key"));
        // An empty one counts as none: forms send those.
        let session_token = secrets.text("session_token").filter(|text| !text.is_empty());
        let session_token = session_token.map(self::session_token).transpose();
        let region = region(candidate.settings.text("region"), service);
        match (id, secret, session_token, region) {
            (Ok(id), Ok(secret), Ok(session_token), Ok(region)) => {
                Ok(Self { id, secret, session_token, region })
            }
            (id, secret, session_token, region) => {
                Err([id.err(), secret.err(), session_token.err(), region.err()]
                    .into_iter()
                    .flatten()
                    .collect())
            }
        }
    }
}

/// 16 to 128 word characters (IAM API Reference, `AccessKey`).
fn key_id(text: Option<&str>) -> Result<String, Fault> {
    let text = text.unwrap_or_default();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_plain || !(16..=128).contains(&text.len()) {
        return Err(Fault::new(
            "/settings/access_key_id",
            "must be 16 to 128 letters, digits and underscores",
        ));
    }
    Ok(text.to_owned())
}

/// Those of IAM have 40; other makers of such keys have more.
const MOST_BYTES_OF_A_SECRET: usize = 256;
/// AWS names no limit; session tokens in use have up to about 3 KiB.
const MOST_BYTES_OF_A_TOKEN: usize = 16 * 1024;

fn secret_key(text: Option<&str>) -> Result<Secret<String>, Fault> {
    graphic(text.unwrap_or_default(), "/secrets/secret_access_key", MOST_BYTES_OF_A_SECRET)
}

fn session_token(text: &str) -> Result<Secret<String>, Fault> {
    graphic(text, "/secrets/session_token", MOST_BYTES_OF_A_TOKEN)
}

fn graphic(text: &str, pointer: &str, most: usize) -> Result<Secret<String>, Fault> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || !(1..=most).contains(&text.len()) {
        return Err(Fault::new(
            pointer,
            format!("must be 1 to {most} printable ASCII characters, no spaces"),
        ));
    }
    Ok(Secret::new(text.to_owned()))
}

fn region(text: Option<&str>, service: Service) -> Result<&'static Region, Fault> {
    let region = Region::of(text.unwrap_or(DEFAULT)).filter(|region| region.has(service));
    region.ok_or_else(|| {
        let names = Region::names_with(service).join(", ");
        Fault::new("/settings/region", format!("must be one of: {names}"))
    })
}
