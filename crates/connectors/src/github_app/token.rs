//! A JSON Web Token (RFC 7519) by RS256 (RFC 7518 section 3.3), as GitHub wants it of an app.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use strongroom_domain::Timestamp;
use zeroize::Zeroizing;

/// As GitHub advises: clocks differ.
const BEFORE: Duration = Duration::from_mins(1);
/// GitHub takes ten minutes at most.
const AFTER: Duration = Duration::from_mins(9);
/// An RSA key of 8,192 bits takes 6,400.
const MOST_CHARACTERS: usize = 12_288;

/// A key that can sign.
pub(super) struct Key(RsaKeyPair);

impl Key {
    /// Reads one key in PEM: PKCS #1, as GitHub gives it, or PKCS #8. The message never repeats any part of it.
    pub(super) fn read(pem: &str) -> Result<Self, &'static str> {
        let pem = pem.trim();
        if pem.len() > MOST_CHARACTERS {
            return Err("is too long for a private key");
        }
        let (label, body) = framed(pem).ok_or("must be one private key in PEM, not encrypted")?;
        let compact = Zeroizing::new(body.split_whitespace().collect::<String>());
        let der = Zeroizing::new(STANDARD.decode(compact.as_bytes()).map_err(|_| UNREADABLE)?);
        let key = match label {
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der),
            _ => return Err("must be the RSA private key that GitHub gave for download"),
        };
        key.map(Self).map_err(|_| UNREADABLE)
    }

    /// A token for this app, good for some minutes around `now`.
    #[expect(clippy::disallowed_methods, reason = "the call wants a source; this padding has nothing random")]
    pub(super) fn token(&self, app_id: &str, now: Timestamp) -> String {
        let seconds = |at: Timestamp| at.unix_millis() / 1_000;
        let claims =
            json!({"iat": seconds(now.minus(BEFORE)), "exp": seconds(now.plus(AFTER)), "iss": app_id});
        let encoded = |value: String| URL_SAFE_NO_PAD.encode(value);
        let head = encoded(json!({"alg": "RS256", "typ": "JWT"}).to_string());
        let signed = format!("{head}.{}", encoded(claims.to_string()));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("the signature is as long as the modulus");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

const UNREADABLE: &str = "is not an RSA private key of 2,048 to 8,192 bits";

/// The label and what stands between the lines; `None` for anything but one key.
fn framed(pem: &str) -> Option<(&str, &str)> {
    let (label, rest) = pem.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let body = rest.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?;
    (!body.contains('-')).then_some((label, body))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_token_says_who_and_when() {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let label = "PRIVATE KEY";
        let pem =
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", STANDARD.encode(der.as_ref()));
        let now = Timestamp::from_unix_micros(1_000_000_500_000);
        let token = Key::read(&pem).unwrap().token("Iv1.a\"b", now);
        let parts: Vec<&str> = token.split('.').collect();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        assert_eq!((parts.len(), claims), (3, json!({"iat": 999_940, "exp": 1_000_540, "iss": "Iv1.a\"b"})));
        assert_eq!(Key::read(&pem).unwrap().token("Iv1.a\"b", now), token, "the same at the same time");
    }
}
