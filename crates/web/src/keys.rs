//! Where a caller's token comes from: the headers that its dialect names.
//!
//! `X-Workspace`, `X-Internal` and their like are never read (AUT-03; what proxies say of addresses is `proxies`'
//! business), nor are query and path: what stands there ends up in logs (PRP-09). A header that stands twice counts
//! for nothing: which of the two is meant would be a guess.

use http::{HeaderMap, HeaderName, header};
use strongroom_domain::token::is_session;
use strongroom_domain::trace::TraceId;

/// How a dialect's clients send their key.
pub type KeyFrom = fn(&HeaderMap) -> Option<&str>;

/// The token of the one `Authorization: Bearer` header (RFC 6750 section 2.1; the scheme in any case).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = the_only(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The session of the one `Authorization: Bearer` header, where that is what it holds.
pub fn session(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).filter(|text| is_session(text))
}

/// The one `X-API-Key` header.
pub fn x_api_key(headers: &HeaderMap) -> Option<&str> {
    the_only(headers, &X_API_KEY)
}

/// The one cookie of this name. Only for dialects whose clients also send a header that no other site can
/// make a browser send: a cookie alone proves no intent (RFC 6265 section 8.2).
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(given, _)| *given == name).map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The value of a header that stands exactly once.
fn the_only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut given = headers.get_all(name).iter();
    let only = given.next().filter(|_| given.next().is_none())?;
    only.to_str().ok()
}

/// The trace of the one well-formed `traceparent`: of two, or of any other text, nothing is kept (LOG-04).
pub(crate) fn trace(headers: &HeaderMap) -> Option<TraceId> {
    the_only(headers, &TRACEPARENT).and_then(TraceId::of_traceparent)
}

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn aut_04_only_one_bearer_header_counts() {
        assert_eq!(bearer(&headers(&["Bearer srt_u_1"])), Some("srt_u_1"));
        assert_eq!(bearer(&headers(&["bEARER srt_u_1"])), Some("srt_u_1"));
        for values in [&[][..], &["Bearer"], &["Basic srt_u_1"], &["srt_u_1"], &["Bearer a", "Bearer a"]] {
            assert_eq!(bearer(&headers(values)), None, "{values:?}");
        }
    }

    #[test]
    fn aut_04_an_api_key_counts_once() {
        let mut given = headers(&["Bearer srt_u_1"]);
        assert_eq!(x_api_key(&given), None);
        given.insert(X_API_KEY, HeaderValue::from_static("srt_s_1"));
        assert_eq!(x_api_key(&given), Some("srt_s_1"));
        given.append(X_API_KEY, HeaderValue::from_static("srt_s_1"));
        assert_eq!(x_api_key(&given), None, "which of them counts would be a guess");
    }

    #[test]
    fn a_cookie_counts_once() {
        let of = |lines: &[&'static str]| -> HeaderMap {
            lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect()
        };
        assert_eq!(cookie(&of(&["a=1; token=t; tokens=x"]), "token"), Some("t"));
        assert_eq!(cookie(&of(&["a=1", "token=t"]), "token"), Some("t"));
        for lines in [&[][..], &["token"], &["Token=t"], &["token=t; token=t"], &["token=t", "token=u"]] {
            assert_eq!(cookie(&of(lines), "token"), None, "{lines:?}");
        }
    }

    #[test]
    fn log_04_a_trace_counts_once() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let of = |values: &[&'static str]| -> HeaderMap {
            values.iter().map(|value| (TRACEPARENT, HeaderValue::from_static(value))).collect()
        };
        assert!(trace(&of(&[header])).is_some());
        for values in [&[][..], &[header, header], &["00-x"], &[""]] {
            assert_eq!(trace(&of(values)), None, "{values:?}");
        }
    }
}
