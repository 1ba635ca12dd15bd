//! What the original refuses before it looks at anybody: by the head of the request alone.
//!
//! Its parser of bodies and its filter of URLs run, in this order, before it knows the caller, so these answers
//! have no mode.

use axum::response::Response;
use http::request::Parts;
use http::{StatusCode, header};
use strongroom_web::Query;

use super::query::{self, Form};
use super::{failure, guesses};

/// An answer to a request with a body, where it says to be in letters that are not read [067].
pub(super) fn of_bodies(parts: &Parts) -> Option<Response> {
    let charset = unknown_charset(parts)?;
    let message = format!("unsupported charset \"{charset}\"");
    failure::service_error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message).ok()
}

/// An answer, where the URL deserves no other.
pub(super) fn of_urls(parts: &Parts) -> Option<Response> {
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let answer = if !decodes(path) || !decodes(query) {
        failure::service_error(StatusCode::INTERNAL_SERVER_ERROR, "URI malformed")
    } else if Query::parse_leniently(query).pairs().any(|(name, _)| query::form(name).1 == Form::Object) {
        failure::service_error(StatusCode::INTERNAL_SERVER_ERROR, guesses::OBJECT_IN_QUERY)
    } else if is_the_api_in_other_letters(path) {
        failure::unauthorized()
    } else {
        return None;
    };
    answer.ok()
}

/// Whether the escapes of a URL's part are whole and what they stand for is text [039].
fn decodes(part: &str) -> bool {
    let mut bytes = part.bytes();
    let mut decoded = Vec::with_capacity(part.len());
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let byte = match byte {
            b'%' => match (digit(bytes.next()), digit(bytes.next())) {
                (Some(high), Some(low)) => u8::try_from(high << 4 | low).unwrap_or_default(),
                _ => return false,
            },
            byte => byte,
        };
        decoded.push(byte);
    }
    str::from_utf8(&decoded).is_ok()
}

/// The prefix of the API counts in its own letters only [114].
fn is_the_api_in_other_letters(path: &str) -> bool {
    path.match_indices('/').any(|(at, _)| {
        let rest = path.get(at..at + API.len()).unwrap_or_default();
        rest.eq_ignore_ascii_case(API) && rest != API
    })
}

const API: &str = "/api/v1";

/// The charset of a JSON body that is not UTF-8, in upper case [067]. A word of another form is not repeated.
fn unknown_charset(parts: &Parts) -> Option<String> {
    let text = parts.headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_ascii_uppercase();
    let (media_type, parameters) = text.split_once(';')?;
    let charset = parameters.trim().strip_prefix("CHARSET=")?.trim_matches('"');
    let is_read = ["APPLICATION/JSON", "APPLICATION/X-WWW-FORM-URLENCODED"].contains(&media_type.trim());
    let is_word =
        charset.len() <= 40 && charset.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (is_read && charset != "UTF-8").then(|| if is_word { charset.to_owned() } else { "?".to_owned() })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(uri: &str, content_type: &str) -> Parts {
        Request::builder().uri(uri).header("content-type", content_type).body(()).unwrap().into_parts().0
    }

    fn status(uri: &str) -> Option<u16> {
        of_urls(&parts(uri, "")).map(|answer| answer.status().as_u16())
    }

    #[test]
    fn broken_escapes_are_500_before_anybody_is_known() {
        for path in ["/api/v1/credentials/%E0%A4%A", "/%", "/%2", "/%zz", "/%FF", "/?a=%zz", "/?%E0%A4%A"] {
            assert_eq!(status(path), Some(500), "{path}");
        }
        for path in ["/api/v1/credentials/%E2%82%AC", "/a%20b", "/", "/?a=%E2%82%AC"] {
            assert_eq!(status(path), None, "{path}");
        }
    }

    #[test]
    fn lists_are_filters_and_objects_are_not() {
        for query in
            ["credentialName=a&credentialName=b", "credentialName[]=a", "credentialName[0]=a", "x=[y]"]
        {
            assert_eq!(status(&format!("/?{query}")), None, "{query}");
        }
        for query in [
            "credentialName[a]=b",
            "x=1&credentialName%5Ba%5D=b",
            "credentialName%5ba%5d=b",
            "credentialName[0][a]=b",
            "x[y]=z",
        ] {
            assert_eq!(status(&format!("/?{query}")), Some(500), "{query}");
        }
    }

    #[test]
    fn aut_02_the_api_in_other_letters_is_nobodys() {
        for path in ["/API/V1/credentials", "/Api/v1/x", "/flowise/api/V1"] {
            assert_eq!(status(path), Some(401), "{path}");
        }
        assert_eq!(status("/flowise/api/v1/credentials"), None);
    }

    #[test]
    fn inp_03_another_charset_is_415() {
        let status =
            |content_type: &str| of_bodies(&parts("/", content_type)).map(|answer| answer.status().as_u16());
        for charset in ["foo", "utf-16", "\"latin1\"", "<b>"] {
            assert_eq!(status(&format!("application/json; charset={charset}")), Some(415), "{charset}");
        }
        for known in ["application/json", "application/json; charset=utf-8", "text/plain; charset=foo"] {
            assert_eq!(status(known), None, "{known}");
        }
    }
}
