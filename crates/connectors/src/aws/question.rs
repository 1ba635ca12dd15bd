//! One signed question of the query protocol, over `egress`.
//!
//! Owns what is sent: a form of constants, and the same signed headers always (CON-12). Must never sign a
//! header or a parameter that a candidate chose, but its session token.

use std::time::Duration;

use strongroom_domain::{Secret, Timestamp};
use strongroom_egress::http::{HeaderName, Limits, Method, Request, Scheme};
use strongroom_egress::{Egress, Target, TlsVerification};
use tokio::time::Instant;

use super::answer;
use super::document::Document;
use super::failure::Failure;
use super::keys::Keys;
use super::regions::Service;
use super::signature::{Date, Signer};

/// What can be asked. Both only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Needs no permission ("`GetCallerIdentity`", STS API Reference).
    CallerIdentity,
    /// Needs `ses:GetSendQuota`.
    SendQuota,
}

impl Question {
    const fn service(self) -> Service {
        match self {
            Self::CallerIdentity => Service::Sts,
            Self::SendQuota => Service::Ses,
        }
    }

    const fn form(self) -> &'static str {
        match self {
            Self::CallerIdentity => "Action=GetCallerIdentity&Version=2011-06-15",
            Self::SendQuota => "Action=GetSendQuota&Version=2010-12-01",
        }
    }

    /// Asks once. `port` is 443 but in tests.
    pub(super) async fn ask(
        self,
        keys: &Keys,
        now: Timestamp,
        port: u16,
        egress: &Egress,
        deadline: Instant,
    ) -> Result<Document, Failure> {
        let target = Target { host: keys.region.host(self.service()), port };
        let request = self.request(keys, now, target);
        let total = deadline.saturating_duration_since(Instant::now());
        let response = egress.fetch(request, &limits(total)).await?;
        answer::read(&response, now)
    }

    fn request(self, keys: &Keys, now: Timestamp, target: Target) -> Request {
        let signed = self.signed_headers(keys, now, &target);
        let headers = signed
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), value))
            // `egress` writes it, from the same target.
            .filter(|(name, _)| name != "host")
            .collect();
        Request {
            method: Method::POST,
            scheme: Scheme::Https(TlsVerification::Full),
            target,
            path: Secret::new("/".to_owned()),
            headers,
            body: Secret::new(self.form().as_bytes().to_vec()),
        }
    }

    /// In the order of their names, the signature last.
    fn signed_headers(
        self,
        keys: &Keys,
        now: Timestamp,
        target: &Target,
    ) -> Vec<(&'static str, Secret<String>)> {
        let plain = |text: &str| Secret::new(text.to_owned());
        let mut headers = vec![
            ("content-type", plain("application/x-www-form-urlencoded")),
            ("host", Secret::new(host_header(target))),
            ("x-amz-date", Secret::new(Date::of(now).moment)),
        ];
        headers.extend(keys.session_token.clone().map(|token| ("x-amz-security-token", token)));
        // EXPOSE: the session token is signed like the other headers.
        let to_sign: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.expose().as_str())).collect();
        let signer = Signer {
            key_id: &keys.id,
            secret: &keys.secret,
            region: keys.region.name,
            service: self.service().signing_name(),
        };
        let authorization = signer.authorization(now, &to_sign, self.form().as_bytes());
        headers.push(("authorization", Secret::new(authorization)));
        headers
    }
}

/// As `egress` writes it: without the port where that is the scheme's own.
fn host_header(target: &Target) -> String {
    let full = target.to_string();
    full.strip_suffix(":443").unwrap_or(&full).to_owned()
}

/// An answer has about 1 KiB.
const MOST_BYTES_OF_A_BODY: usize = 64 * 1024;

const fn limits(total: Duration) -> Limits {
    Limits { connect: total, total, body: MOST_BYTES_OF_A_BODY }
}
