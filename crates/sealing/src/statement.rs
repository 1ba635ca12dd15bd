//! Statements that others sign: JSON Web Tokens in compact form (RFC 7519), and the public keys to check them.
//!
//! Owns which signatures count. An algorithm that the caller does not list is refused before anything else is
//! looked at, keys come from the caller alone, and what a token's own header says about keys (`jwk`, `jku`,
//! `x5c`, `x5u`) or about rules of its own (`crit`) refuses it (RFC 8725, RFC 7515 section 4.1.11). Must never
//! fetch anything, use `kid` as more than a text to compare, or check a claim: that is `domain::identity`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm as Jwa, DecodingKey, crypto};
use serde::Deserialize;
use serde_json::{Map, Value};
use strongroom_domain::identity::{Algorithm, Claims};

/// Bytes of a token; headers of requests are no longer.
const LONGEST: usize = 16 * 1024;
/// Bytes of the name of a key.
const LONGEST_KEY_NAME: usize = 256;
/// Keys of one issuer. Those that have many publish a dozen.
const MOST_KEYS: usize = 64;
/// Bytes of an RSA modulus: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// A token whose form is right; nothing in it is proved yet.
#[derive(Debug)]
pub struct Statement<'a> {
    algorithm: Algorithm,
    key_name: Option<String>,
    kind: Option<String>,
    message: &'a str,
    signature: &'a str,
    claims: Claims,
}

/// A token that was not checked, or not found true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// Not three parts of base64 that hold JSON objects, a claim is missing, or a key of an object stands twice.
    #[error("it is no signed statement")]
    Form,
    /// `alg` is none that counts.
    #[error("its algorithm is not allowed")]
    Algorithm,
    /// Its header brings keys or rules of its own.
    #[error("its header asks for what only we decide")]
    Header,
    /// No key fits, or none of that name.
    #[error("its key is not known")]
    UnknownKey,
    /// The signature is not of that key.
    #[error("its signature is wrong")]
    Signature,
}

impl<'a> Statement<'a> {
    /// Reads a token. Costs no signature check: whoever is not known by it is refused for next to nothing.
    ///
    /// # Errors
    ///
    /// [`StatementFault`], about form, algorithm and header.
    pub fn parse(text: &'a str, allowed: impl Fn(Algorithm) -> bool) -> Result<Self, StatementFault> {
        if text.len() > LONGEST {
            return Err(StatementFault::Form);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(StatementFault::Form)?;
        let (header, claims) = message.split_once('.').ok_or(StatementFault::Form)?;
        let header = object(header)?;
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = algorithm.filter(|named| allowed(*named)).ok_or(StatementFault::Algorithm)?;
        if FOREIGN_RULES.iter().any(|name| header.contains_key(*name)) {
            return Err(StatementFault::Header);
        }
        let claims =
            serde_json::from_value(Value::Object(object(claims)?)).map_err(|_| StatementFault::Form)?;
        let (key_name, kind) = (text_of(&header, "kid")?, text_of(&header, "typ")?);
        Ok(Self { algorithm, key_name, kind, message, signature, claims })
    }

    /// What it says, unproved: for finding the issuer whose keys to ask for, and nothing else.
    pub const fn claims_unproved(&self) -> &Claims {
        &self.claims
    }

    /// How it says that it is signed.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether its header `typ` is absent or one of these, in any case (RFC 8725, section 3.11).
    pub fn is_of_kind(&self, kinds: &[&str]) -> bool {
        let kind = self.kind.as_deref().map(|kind| kind.strip_prefix("application/").unwrap_or(kind));
        kind.is_none_or(|kind| kinds.iter().any(|known| known.eq_ignore_ascii_case(kind)))
    }

    /// What it says, if one of these keys signed it. The key that it names must have signed it; where it names
    /// none, there must be exactly one that could have.
    ///
    /// # Errors
    ///
    /// [`StatementFault::UnknownKey`], [`StatementFault::Signature`].
    pub fn proved_by(&self, keys: &PublishedKeys) -> Result<&Claims, StatementFault> {
        let fits = |key: &&PublishedKey| {
            key.fits(self.algorithm) && (self.key_name.is_none() || key.name == self.key_name)
        };
        let mut fitting = keys.0.iter().filter(fits);
        let key = fitting.next().filter(|_| fitting.next().is_none()).ok_or(StatementFault::UnknownKey)?;
        let proved =
            crypto::verify(self.signature, self.message.as_bytes(), &key.material, jwa(self.algorithm));
        if proved.unwrap_or(false) { Ok(&self.claims) } else { Err(StatementFault::Signature) }
    }
}

/// Header parameters by which a token would choose its own key or its own rules.
const FOREIGN_RULES: [&str; 7] = ["jwk", "jku", "x5c", "x5u", "crit", "b64", "zip"];

fn object(part: &str) -> Result<Map<String, Value>, StatementFault> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| StatementFault::Form)?;
    let Unrepeated(object) = serde_json::from_slice(&bytes).map_err(|_| StatementFault::Form)?;
    Ok(object)
}

fn text_of(header: &Map<String, Value>, name: &str) -> Result<Option<String>, StatementFault> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= LONGEST_KEY_NAME => Ok(Some(text.clone())),
        Some(_) => Err(StatementFault::Form),
    }
}

/// An object no key of which stands twice: of two, readers differ in which one counts (RFC 7519, section 4).
struct Unrepeated(Map<String, Value>);

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Unrepeated;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Unrepeated, A::Error> {
                let mut object = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if object.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a key stands twice"));
                    }
                }
                Ok(Unrepeated(object))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// The keys that an issuer publishes (RFC 7517), those of them that can be used here.
#[derive(Clone, Default)]
pub struct PublishedKeys(Vec<PublishedKey>);

#[derive(Clone)]
struct PublishedKey {
    name: Option<String>,
    /// What its publisher means it for, where it says so.
    algorithm: Option<Algorithm>,
    form: Form,
    material: DecodingKey,
}

/// What sort of key it is, which decides what can be signed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// A document that is no set of keys, or of more than any issuer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no JSON Web Key Set of 1 to 64 keys that can be used here")]
pub struct NotKeys;

impl PublishedKeys {
    /// Reads a key set. Keys for other purposes, of other sorts, too short or with private parts are passed over.
    ///
    /// # Errors
    ///
    /// [`NotKeys`], also where nothing is left.
    pub fn parse(document: &[u8]) -> Result<Self, NotKeys> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set: Set = serde_json::from_slice(document).map_err(|_| NotKeys)?;
        if set.keys.len() > MOST_KEYS {
            return Err(NotKeys);
        }
        let keys: Vec<_> = set.keys.into_iter().filter_map(PublishedKey::of).collect();
        if keys.is_empty() { Err(NotKeys) } else { Ok(Self(keys)) }
    }
}

/// Shows how many there are.
impl std::fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublishedKeys({})", self.0.len())
    }
}

/// As published. What is private or shared is named so that it can be refused.
#[derive(Deserialize)]
struct Published {
    kty: String,
    kid: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Value>,
    k: Option<Value>,
}

impl PublishedKey {
    fn of(value: Value) -> Option<Self> {
        let key: Published = serde_json::from_value(value).ok()?;
        let is_for_signatures = key.r#use.as_deref().is_none_or(|purpose| purpose == "sig")
            && key.key_ops.as_ref().is_none_or(|acts| acts.iter().any(|act| act == "verify"));
        if !is_for_signatures || key.d.is_some() || key.k.is_some() {
            return None;
        }
        let form = match (key.kty.as_str(), key.crv.as_deref()) {
            ("RSA", _) => Form::Rsa,
            ("EC", Some("P-256")) => Form::P256,
            ("EC", Some("P-384")) => Form::P384,
            ("OKP", Some("Ed25519")) => Form::Ed25519,
            _ => return None,
        };
        let material = match form {
            Form::Rsa => rsa(key.n.as_deref()?, key.e.as_deref()?)?,
            Form::P256 | Form::P384 => {
                DecodingKey::from_ec_components(key.x.as_deref()?, key.y.as_deref()?).ok()?
            }
            Form::Ed25519 => DecodingKey::from_ed_components(key.x.as_deref()?).ok()?,
        };
        let algorithm = match key.alg {
            Some(name) => Some(Algorithm::named(&name)?),
            None => None,
        };
        Some(Self { name: key.kid, algorithm, form, material })
    }

    /// Sort and declared purpose must agree with what the token says.
    fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|meant| meant == algorithm) && self.form == form_of(algorithm)
    }
}

fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let modulus = URL_SAFE_NO_PAD.decode(modulus).ok()?;
    let exponent = URL_SAFE_NO_PAD.decode(exponent).ok()?;
    MODULUS.contains(&modulus.len()).then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

const fn form_of(algorithm: Algorithm) -> Form {
    match algorithm {
        Algorithm::RS256
        | Algorithm::RS384
        | Algorithm::RS512
        | Algorithm::PS256
        | Algorithm::PS384
        | Algorithm::PS512 => Form::Rsa,
        Algorithm::ES256 => Form::P256,
        Algorithm::ES384 => Form::P384,
        Algorithm::EdDSA => Form::Ed25519,
    }
}

const fn jwa(algorithm: Algorithm) -> Jwa {
    match algorithm {
        Algorithm::RS256 => Jwa::RS256,
        Algorithm::RS384 => Jwa::RS384,
        Algorithm::RS512 => Jwa::RS512,
        Algorithm::PS256 => Jwa::PS256,
        Algorithm::PS384 => Jwa::PS384,
        Algorithm::PS512 => Jwa::PS512,
        Algorithm::ES256 => Jwa::ES256,
        Algorithm::ES384 => Jwa::ES384,
        Algorithm::EdDSA => Jwa::EdDSA,
    }
}
