//! What AWS answered: a document of the question's own, or a refusal.
//!
//! Pure. Owns which codes are definite refusals (CON-18) and when our own clock is to blame. Must never take
//! a status or a sentence alone for a verdict, nor let a text through but in the form that it must have.

use std::time::Duration;

use strongroom_domain::Timestamp;
use strongroom_egress::http::Response;

use super::document::Document;
use super::failure::Failure;
use super::regions::Region;

/// The document of a success, or why there is none. `signed_at` is our own time.
pub(super) fn read(response: &Response, signed_at: Timestamp) -> Result<Document, Failure> {
    let status = response.status.as_u16();
    let document = Document::parse(&response.body);
    match (status, document) {
        (200, Some(document)) => Ok(document),
        (429, _) => Err(Failure::ComeBackLater),
        (400..=499, Some(document)) => Err(refusal(&document, clock_fault(response, signed_at))),
        // Throttling comes with this status as well.
        (500..=599, document) => match document.as_ref().and_then(code) {
            Some("Throttling") => Err(Failure::ComeBackLater),
            _ => Err(Failure::Unwell),
        },
        _ => Err(Failure::Protocol),
    }
}

/// Whether the server's clock and ours agree. AWS accepts signatures for 15 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clocks {
    Agree,
    Differ,
}

const MOST_DIFFERENCE: Duration = Duration::from_mins(10);

/// By the header `Date`; servers that send none are believed to agree.
fn clock_fault(response: &Response, signed_at: Timestamp) -> Clocks {
    let date = response.headers.get("date").and_then(|date| date.to_str().ok());
    let Some(date) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else {
        return Clocks::Agree;
    };
    let theirs = Timestamp::from_unix_micros(date.timestamp().as_microsecond());
    let difference = theirs.since(signed_at).max(signed_at.since(theirs));
    if difference > MOST_DIFFERENCE { Clocks::Differ } else { Clocks::Agree }
}

/// As STS and SES have it, or with the list around it that other services and moto have.
fn code(document: &Document) -> Option<&str> {
    document.text("ErrorResponse/Error/Code").or_else(|| document.text("ErrorResponse/Errors/Error/Code"))
}

/// "Common errors", IAM and SES API References. Codes of JSON services end in `Exception`.
fn refusal(document: &Document, clocks: Clocks) -> Failure {
    let Some(code) = code(document) else { return Failure::Protocol };
    match code.strip_suffix("Exception").unwrap_or(code) {
        // A signature of another time is refused under the same code as a wrong one.
        "SignatureDoesNotMatch" | "InvalidSignature" if clocks == Clocks::Differ => Failure::OurClock,
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => Failure::OurClock,
        "SignatureDoesNotMatch" | "InvalidSignature" => Failure::WrongSecret,
        "InvalidClientTokenId" | "InvalidAccessKeyId" | "UnrecognizedClient" | "AuthFailure" => {
            Failure::UnknownKey
        }
        "ExpiredToken" | "TokenRefreshRequired" => Failure::Expired,
        "AccessDenied" | "UnauthorizedOperation" | "NotAuthorized" => Failure::Denied,
        "OptInRequired" | "SubscriptionRequired" | "RegionDisabled" => Failure::NotThere,
        "Throttling" | "Throttled" | "TooManyRequests" | "RequestLimitExceeded" | "SlowDown" => {
            Failure::ComeBackLater
        }
        "ServiceUnavailable" | "InternalFailure" | "InternalError" => Failure::Unwell,
        // Among them `IncompleteSignature` and `MissingAuthenticationToken`: what a request looks like is ours.
        _ => Failure::UnknownCode,
    }
}

/// Whose key it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The ARN; of an assumed role without the name of the session, which is another one each time.
    pub(super) arn: String,
    /// Twelve digits.
    pub(super) account_id: String,
    /// The name of the session, for an assumed role.
    pub(super) session: Option<String>,
}

impl Identity {
    /// From the answer to `GetCallerIdentity`. Accepted only as a whole: the account of the ARN is the one
    /// stated, in the partition that was asked.
    pub(super) fn read(document: &Document, region: &Region) -> Option<Self> {
        let text =
            |name: &str| document.text(&format!("GetCallerIdentityResponse/GetCallerIdentityResult/{name}"));
        let account_id =
            text("Account").filter(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))?;
        let arn = text("Arn").filter(|arn| is_arn(arn))?;
        let rest = arn.strip_prefix("arn:")?.strip_prefix(region.partition.name())?;
        let resource = rest
            .strip_prefix(":iam::")
            .or_else(|| rest.strip_prefix(":sts::"))?
            .strip_prefix(account_id)?
            .strip_prefix(':')?;
        let role = resource.starts_with("assumed-role/").then(|| arn.rsplit_once('/')).flatten();
        Some(Self {
            arn: role.map_or(arn, |(role, _)| role).to_owned(),
            account_id: account_id.to_owned(),
            session: role.map(|(_, session)| session.to_owned()),
        })
    }
}

/// Names of IAM: letters, digits and `_+=,.@-`, in paths between slashes.
fn is_arn(text: &str) -> bool {
    (20..=512).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-:/".contains(&byte))
}

/// How much mail an account may send in a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quota {
    max_24_hour_send: f64,
    max_send_rate: f64,
}

impl Quota {
    /// From the answer to `GetSendQuota`. What was sent lately stands there too, and changes by the minute.
    pub(super) fn read(document: &Document) -> Option<Self> {
        let number = |name: &str| {
            let text = document.text(&format!("GetSendQuotaResponse/GetSendQuotaResult/{name}"))?;
            text.parse::<f64>().ok().filter(|number| number.is_finite())
        };
        Some(Self { max_24_hour_send: number("Max24HourSend")?, max_send_rate: number("MaxSendRate")? })
    }

    /// In words for evidence.
    pub(super) fn facts(self) -> [(String, String); 3] {
        // -1 is how the API says it.
        let in_a_day = if self.max_24_hour_send < 0.0 {
            "unlimited".to_owned()
        } else {
            self.max_24_hour_send.to_string()
        };
        [
            ("max_24_hour_send".to_owned(), in_a_day),
            ("max_send_rate".to_owned(), self.max_send_rate.to_string()),
            ("sandbox".to_owned(), self.sandbox().to_owned()),
        ]
    }

    /// Accounts in the sandbox have exactly 200 a day, one a second ("Request production access", SES
    /// Developer Guide); the quota does not say more.
    fn sandbox(self) -> &'static str {
        let is_sandboxed = (200.0..=200.0).contains(&self.max_24_hour_send) && self.max_send_rate <= 1.0;
        if is_sandboxed { "likely" } else { "no" }
    }
}

#[cfg(test)]
mod tests {
    use strongroom_domain::verification::{Outcome, Reason};
    use strongroom_egress::http::{HeaderMap, StatusCode};

    use super::*;

    const NOW: &str = "2026-01-01T00:00:00Z";

    fn finding(status: u16, date: Option<&str>, body: &str) -> (Outcome, Option<Reason>) {
        let mut headers = HeaderMap::new();
        if let Some(date) = date {
            headers.insert("date", date.parse().unwrap());
        }
        let response = Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.as_bytes().to_vec(),
        };
        let finding = read(&response, NOW.parse().unwrap()).unwrap_err().into_finding();
        (finding.outcome, finding.reason)
    }

    fn error(code: &str) -> String {
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>The words of AWS.</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
    }

    #[test]
    fn con_18_only_definite_refusals_are_rejections() {
        use Outcome::{Rejected, Unreachable};
        for (status, code, outcome, reason) in [
            (403, "InvalidClientTokenId", Rejected, Reason::AuthFailed),
            (403, "SignatureDoesNotMatch", Rejected, Reason::AuthFailed),
            (400, "IncompleteSignature", Unreachable, Reason::ProtocolError),
            (403, "MissingAuthenticationToken", Unreachable, Reason::ProtocolError),
            (403, "UnrecognizedClientException", Rejected, Reason::AuthFailed),
            (403, "ExpiredToken", Rejected, Reason::Expired),
            (400, "ExpiredTokenException", Rejected, Reason::Expired),
            (403, "AccessDenied", Rejected, Reason::InsufficientScope),
            (400, "AccessDeniedException", Rejected, Reason::InsufficientScope),
            (400, "Throttling", Unreachable, Reason::RateLimited),
            (503, "Throttling", Unreachable, Reason::RateLimited),
            (429, "AccessDenied", Unreachable, Reason::RateLimited),
            (500, "InternalFailure", Unreachable, Reason::ConnectionRefused),
            (503, "InvalidClientTokenId", Unreachable, Reason::ConnectionRefused),
            (403, "RegionDisabledException", Unreachable, Reason::MisconfiguredTarget),
            (403, "OptInRequired", Unreachable, Reason::MisconfiguredTarget),
            (400, "RequestExpired", Unreachable, Reason::ProtocolError),
            (403, "RequestTimeTooSkewed", Unreachable, Reason::ProtocolError),
            (404, "InvalidAction", Unreachable, Reason::ProtocolError),
            (302, "AccessDenied", Unreachable, Reason::ProtocolError),
        ] {
            assert_eq!(finding(status, None, &error(code)), (outcome, Some(reason)), "{status} {code}");
        }
        for body in
            ["", "denied", "<html><p>AccessDenied</p></html>", "<Error><Code>AccessDenied</Code></Error>"]
        {
            assert_eq!(finding(403, None, body), (Unreachable, Some(Reason::ProtocolError)), "{body}");
            assert_eq!(finding(502, None, body), (Unreachable, Some(Reason::ConnectionRefused)), "{body}");
        }
    }

    #[test]
    fn con_12_a_wrong_clock_of_ours_is_not_the_keys_fault() {
        let wrong = error("SignatureDoesNotMatch");
        let rejected = (Outcome::Rejected, Some(Reason::AuthFailed));
        let ours = (Outcome::Unreachable, Some(Reason::ProtocolError));
        assert_eq!(finding(403, Some("Thu, 01 Jan 2026 00:01:00 GMT"), &wrong), rejected);
        assert_eq!(finding(403, Some("Thu, 01 Jan 2026 00:20:00 GMT"), &wrong), ours);
        assert_eq!(finding(403, Some("Wed, 31 Dec 2025 23:40:00 GMT"), &wrong), ours);
        assert_eq!(finding(403, Some("yesterday"), &wrong), rejected);
    }

    fn identity(region: &str, arn: &str) -> Option<Identity> {
        let body = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AIDA</UserId><Account>123456789012</Account>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        Identity::read(&Document::parse(body.as_bytes()).unwrap(), Region::of(region).unwrap())
    }

    #[test]
    fn an_identity_is_believed_as_a_whole() {
        for (region, arn) in [
            ("us-east-1", "arn:aws:iam::123456789012:user/division_abc/Alice"),
            ("eu-west-1", "arn:aws:iam::123456789012:root"),
            ("eu-west-1", "arn:aws:sts::123456789012:federated-user/bob@example.com"),
            ("cn-north-1", "arn:aws-cn:iam::123456789012:user/Alice"),
            ("us-gov-west-1", "arn:aws-us-gov:iam::123456789012:user/Alice"),
        ] {
            assert_eq!(identity(region, arn).unwrap().arn, arn);
        }
        for arn in [
            "arn:aws-cn:iam::123456789012:user/Alice",
            "arn:aws:iam::999999999999:user/Alice",
            "arn:aws:s3::123456789012:user/Alice",
            "arn:aws:iam::123456789012:user/Alice Smith",
            "arn:aws:iam::123456789012:user/&lt;b&gt;",
            "arn:aws:iam::123456789012",
            "Alice",
        ] {
            assert_eq!(identity("us-east-1", arn), None, "{arn}");
        }
    }

    #[test]
    fn the_session_of_a_role_is_not_part_of_its_account() {
        let of = |session: &str| {
            identity("us-east-1", &format!("arn:aws:sts::123456789012:assumed-role/deployer/{session}"))
                .unwrap()
        };
        let (one, two) = (of("i-0123"), of("i-4567"));
        assert_eq!(one.arn, "arn:aws:sts::123456789012:assumed-role/deployer");
        assert_eq!(one.arn, two.arn);
        assert_eq!(two.session.as_deref(), Some("i-4567"));
    }

    #[test]
    fn a_quota_is_told_in_numbers() {
        let facts = |day: &str, second: &str| {
            let body = format!(
                "<GetSendQuotaResponse><GetSendQuotaResult><SentLast24Hours>127.0</SentLast24Hours>\
                 <Max24HourSend>{day}</Max24HourSend><MaxSendRate>{second}</MaxSendRate>\
                 </GetSendQuotaResult></GetSendQuotaResponse>"
            );
            let quota = Quota::read(&Document::parse(body.as_bytes()).unwrap())?;
            Some(quota.facts().map(|(_, fact)| fact))
        };
        assert_eq!(facts("200.0", "1.0").unwrap(), ["200", "1", "likely"]);
        assert_eq!(facts("50000.0", "14.0").unwrap(), ["50000", "14", "no"]);
        assert_eq!(facts("-1", "0.5").unwrap(), ["unlimited", "0.5", "no"]);
        assert_eq!(facts("NaN", "1"), None);
        assert_eq!(facts("many", "1"), None);
    }
}
