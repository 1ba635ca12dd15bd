//! What an issuer says of itself: where its pages, its keys and its codes are.

use serde::Deserialize;
use strongroom_domain::identity::IssuerUrl;
use strongroom_domain::web_url::WebUrl;

use super::IssuerError;

/// The parts of an issuer's document that are used here.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where people are sent; absent where it has no people.
    pub authorization: Option<WebUrl>,
    /// Where codes are exchanged.
    pub token: Option<WebUrl>,
    /// Where its keys are.
    pub keys: WebUrl,
    /// Whether it names itself beside the code (RFC 9207): then it must.
    pub names_itself: bool,
}

#[derive(Deserialize)]
struct Wire {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Document {
    /// Reads the document found at the issuer's place.
    ///
    /// # Errors
    ///
    /// [`IssuerError::Form`], [`IssuerError::Mismatch`].
    pub fn parse(bytes: &[u8], issuer: &IssuerUrl) -> Result<Self, IssuerError> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| IssuerError::Form)?;
        if wire.issuer != issuer.as_str() {
            return Err(IssuerError::Mismatch);
        }
        let url = |text: String| text.parse::<WebUrl>().map_err(|_| IssuerError::Form);
        Ok(Self {
            authorization: wire.authorization_endpoint.map(url).transpose()?,
            token: wire.token_endpoint.map(url).transpose()?,
            keys: url(wire.jwks_uri)?,
            names_itself: wire.authorization_response_iss_parameter_supported,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(issuer: &str) -> Result<Document, IssuerError> {
        let text = format!(
            r#"{{"issuer":"{issuer}","authorization_endpoint":"https://id.example.com/a?x=1","jwks_uri":"https://keys.example.net/k","other":1}}"#
        );
        Document::parse(text.as_bytes(), &"https://id.example.com".parse().unwrap())
    }

    #[test]
    fn oau_11_a_document_is_of_exactly_the_issuer_asked() {
        let document = parse("https://id.example.com").unwrap();
        assert_eq!(document.keys.as_str(), "https://keys.example.net/k");
        assert!(document.token.is_none() && !document.names_itself);
        for other in ["https://id.example.com/", "https://ID.example.com", "https://evil.example.com"] {
            assert!(matches!(parse(other), Err(IssuerError::Mismatch)), "{other}");
        }
    }

    #[test]
    fn oau_11_endpoints_in_clear_text_are_refused() {
        let text = br#"{"issuer":"https://id.example.com","jwks_uri":"http://keys.example.net/k"}"#;
        let document = Document::parse(text, &"https://id.example.com".parse().unwrap());
        assert!(matches!(document, Err(IssuerError::Form)));
    }
}
