use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use strongroom_domain::identity::Algorithm;
use strongroom_sealing::{PublishedKeys, Statement, StatementFault};

/// A key and the text that its owner publishes of it.
struct Issuer(Ed25519KeyPair);

impl Issuer {
    fn new(seed: u8) -> Self {
        let public = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        Self(public)
    }

    fn published(&self, name: &str) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.0.public_key());
        json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": name, "alg": "EdDSA", "use": "sig"})
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

const CLAIMS: &str = r#"{"iss":"https://id.example.com","sub":"ann","aud":"sr","exp":2000000000}"#;
const HEADER: &str = r#"{"alg":"EdDSA","kid":"one","typ":"JWT"}"#;

fn keys(published: &[Value]) -> PublishedKeys {
    PublishedKeys::parse(json!({"keys": published}).to_string().as_bytes()).unwrap()
}

fn usual(algorithm: Algorithm) -> bool {
    Algorithm::USUAL.contains(&algorithm)
}

fn proved(token: &str, keys: &PublishedKeys) -> Result<String, StatementFault> {
    Statement::parse(token, usual)?.proved_by(keys).map(|claims| claims.sub.clone())
}

#[test]
fn aut_15_what_its_issuer_signed_counts_and_nothing_else() {
    let (issuer, other) = (Issuer::new(1), Issuer::new(2));
    let token = issuer.sign(HEADER, CLAIMS);
    let own = keys(&[issuer.published("one")]);
    assert_eq!(proved(&token, &own).unwrap(), "ann");
    assert_eq!(proved(&other.sign(HEADER, CLAIMS), &own), Err(StatementFault::Signature));
    assert_eq!(proved(&token, &keys(&[issuer.published("two")])), Err(StatementFault::UnknownKey));
    let twice = keys(&[issuer.published("one"), other.published("one")]);
    assert_eq!(
        proved(&token, &twice),
        Err(StatementFault::UnknownKey),
        "which of them counts would be a guess"
    );
    let unnamed = issuer.sign(r#"{"alg":"EdDSA"}"#, CLAIMS);
    assert!(proved(&unnamed, &own).is_ok(), "there is one that could have signed it");
    let two = keys(&[issuer.published("one"), other.published("two")]);
    assert_eq!(proved(&unnamed, &two), Err(StatementFault::UnknownKey));
    for at in 0..token.len() {
        let mut bent = token.clone().into_bytes();
        bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        // The last characters of an encoding may have bits that mean nothing; a strict reader refuses them too.
        assert!(bent == token || proved(&bent, &own).is_err(), "position {at}");
    }
}

#[test]
fn aut_15_a_header_chooses_neither_key_nor_rules() {
    let issuer = Issuer::new(1);
    let own = keys(&[issuer.published("one")]);
    let public = issuer.published("one");
    let headers = [
        (json!({"alg": "none", "kid": "one"}), StatementFault::Algorithm),
        (json!({"alg": "None", "kid": "one"}), StatementFault::Algorithm),
        (json!({"alg": "HS256", "kid": "one"}), StatementFault::Algorithm),
        (json!({"alg": "RS512", "kid": "one"}), StatementFault::Algorithm),
        (json!({"alg": "eddsa", "kid": "one"}), StatementFault::Algorithm),
        (json!({"alg": ["EdDSA"], "kid": "one"}), StatementFault::Algorithm),
        (json!({"kid": "one"}), StatementFault::Algorithm),
        (json!({"alg": "RS256", "kid": "one"}), StatementFault::UnknownKey),
        (json!({"alg": "ES256", "kid": "one"}), StatementFault::UnknownKey),
        (json!({"alg": "EdDSA", "kid": "../../etc/passwd"}), StatementFault::UnknownKey),
        (json!({"alg": "EdDSA", "kid": "one' OR 1=1"}), StatementFault::UnknownKey),
        (json!({"alg": "EdDSA", "kid": ["one"]}), StatementFault::Form),
        (json!({"alg": "EdDSA", "kid": "o".repeat(257)}), StatementFault::Form),
        (json!({"alg": "EdDSA", "kid": "one", "jwk": public}), StatementFault::Header),
        (json!({"alg": "EdDSA", "kid": "one", "jku": "https://evil.example/k"}), StatementFault::Header),
        (json!({"alg": "EdDSA", "kid": "one", "x5c": ["x"]}), StatementFault::Header),
        (json!({"alg": "EdDSA", "kid": "one", "x5u": "https://evil.example/k"}), StatementFault::Header),
        (json!({"alg": "EdDSA", "kid": "one", "crit": ["exp"]}), StatementFault::Header),
    ];
    for (header, fault) in headers {
        let token = issuer.sign(&header.to_string(), CLAIMS);
        assert_eq!(proved(&token, &own), Err(fault), "{header}");
    }
    let twice = issuer.sign(r#"{"alg":"none","alg":"EdDSA","kid":"one"}"#, CLAIMS);
    assert_eq!(proved(&twice, &own), Err(StatementFault::Form));
}

#[test]
fn aut_15_half_a_statement_is_none() {
    let issuer = Issuer::new(1);
    let whole = issuer.sign(HEADER, CLAIMS);
    let (message, signature) = whole.rsplit_once('.').unwrap();
    let own = keys(&[issuer.published("one")]);
    for text in [
        String::new(),
        "..".to_owned(),
        message.to_owned(),
        format!("{message}."),
        format!("{whole}.x"),
        format!("{message}.{signature}="),
        format!(" {whole}"),
        issuer.sign(HEADER, "[]"),
        issuer.sign(HEADER, "\"ann\""),
        issuer.sign(HEADER, &CLAIMS.replace("\"exp\":2000000000", "\"exp\":null")),
        issuer.sign(HEADER, &CLAIMS.replace("\"exp\":2000000000", "\"exp\":\"2000000000\"")),
        issuer.sign(HEADER, &CLAIMS.replace("\"sub\":\"ann\"", "\"sub\":\"ann\",\"sub\":\"eve\"")),
        issuer.sign(HEADER, &CLAIMS.replace("\"sub\":\"ann\"", "\"sub\":7")),
        issuer.sign(HEADER, &CLAIMS.replace("\"aud\":\"sr\"", "\"aud\":{}")),
        "x".repeat(20_000),
    ] {
        assert!(proved(&text, &own).is_err(), "{text}");
    }
    assert!(proved(&whole, &own).is_ok());
}

#[test]
fn aut_15_keys_for_other_purposes_are_passed_over() {
    let issuer = Issuer::new(1);
    let with = |name: &str, value: Value| {
        let mut key = issuer.published("one");
        key[name] = value;
        key
    };
    for key in [
        with("use", json!("enc")),
        with("key_ops", json!(["sign"])),
        with("d", json!("AAAA")),
        with("k", json!("AAAA")),
        with("kty", json!("oct")),
        with("crv", json!("Ed448")),
        with("alg", json!("HS256")),
        json!({"kty": "oct", "k": "AAAA", "kid": "one"}),
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode([255_u8; 128]), "e": "AQAB", "kid": "one"}),
        json!("one"),
    ] {
        let document = json!({"keys": [key]}).to_string();
        assert!(PublishedKeys::parse(document.as_bytes()).is_err(), "{document}");
    }
    let many = json!({"keys": vec![issuer.published("one"); 65]}).to_string();
    assert!(PublishedKeys::parse(many.as_bytes()).is_err());
    let beside = keys(&[with("use", json!("enc")), issuer.published("one"), json!({"kty": "new"})]);
    assert!(proved(&issuer.sign(HEADER, CLAIMS), &beside).is_ok());
}
