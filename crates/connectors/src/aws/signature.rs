//! Signature Version 4 of a POST to `/` ("Create a signed AWS API request", IAM User Guide).
//!
//! Ours, in a hundred lines over aws-lc-rs: `reqsign-aws-v4` reads the ambient clock and brings a second
//! crypto library and sixty crates. Must never put the secret key into what it gives out.

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};
use strongroom_domain::{Secret, Timestamp};

/// Who signs, for what.
#[derive(Debug)]
pub(super) struct Signer<'a> {
    pub(super) key_id: &'a str,
    pub(super) secret: &'a Secret<String>,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

impl Signer<'_> {
    /// The value of `Authorization`. `headers` are all that is signed, in lower case and sorted by name,
    /// `host` and `x-amz-date` (of `at`) among them.
    pub(super) fn authorization(&self, at: Timestamp, headers: &[(&str, &str)], body: &[u8]) -> String {
        let date = Date::of(at);
        let scope = format!("{}/{}/{}/aws4_request", date.day, self.region, self.service);
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = canonical_request(headers, &names, body);
        let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", date.moment, sha256(canonical.as_bytes()));
        let signature = hex(hmac::sign(&self.signing_key(&date), to_sign.as_bytes()).as_ref());
        let id = self.key_id;
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    /// Good for one day, one region and one service.
    fn signing_key(&self, date: &Date) -> hmac::Key {
        // EXPOSE: the key of the first of four rounds of HMAC.
        let first = Secret::new(format!("AWS4{}", self.secret.expose()));
        // EXPOSE: as above.
        let key = hmac_key(first.expose().as_bytes());
        let parts = [date.day.as_str(), self.region, self.service, "aws4_request"];
        parts.iter().fold(key, |key, part| hmac_key(hmac::sign(&key, part.as_bytes()).as_ref()))
    }
}

/// A moment as signatures have it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Date {
    /// `20150830T123600Z`.
    pub(super) moment: String,
    /// `20150830`.
    day: String,
}

impl Date {
    pub(super) fn of(at: Timestamp) -> Self {
        let at = jiff::Timestamp::from_microsecond(at.unix_micros()).unwrap_or(jiff::Timestamp::MAX);
        Self { moment: at.strftime("%Y%m%dT%H%M%SZ").to_string(), day: at.strftime("%Y%m%d").to_string() }
    }
}

fn canonical_request(headers: &[(&str, &str)], names: &str, body: &[u8]) -> String {
    let mut text = "POST\n/\n\n".to_owned();
    for (name, value) in headers {
        let _ = writeln!(text, "{name}:{value}");
    }
    let _ = write!(text, "\n{names}\n{}", sha256(body));
    text
}

fn hmac_key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published test suite's key and moment.
    fn signature_of(headers: &[(&str, &str)], body: &[u8]) -> String {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned());
        let signer =
            Signer { key_id: "AKIDEXAMPLE", secret: &secret, region: "us-east-1", service: "service" };
        let at = "2015-08-30T12:36:00Z".parse().unwrap();
        let authorization = signer.authorization(at, headers, body);
        // EXPOSE: looked for.
        assert!(!authorization.contains(secret.expose().as_str()));
        authorization
    }

    #[test]
    fn con_12_agrees_with_the_published_test_suite() {
        let host = ("host", "example.amazonaws.com");
        let date = ("x-amz-date", "20150830T123600Z");
        // post-vanilla
        assert_eq!(
            signature_of(&[host, date], b""),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
        // post-sts-header-before
        let token = (
            "x-amz-security-token",
            "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTfl\
             fKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8\
             Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIl\
             TJabIQwj2ICCR/oLxBA==",
        );
        assert!(signature_of(&[host, date, token], b"").ends_with(
            "SignedHeaders=host;x-amz-date;x-amz-security-token, \
             Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
        ));
        // post-x-www-form-urlencoded
        let form = [
            ("content-length", "13"),
            ("content-type", "application/x-www-form-urlencoded"),
            host,
            ("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"),
            date,
        ];
        assert!(
            signature_of(&form, b"Param1=value1")
                .ends_with("Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b")
        );
    }
}
