//! Where a caller's token and address come from: one header and the connection, nothing else.
//!
//! `X-Forwarded-*`, `Forwarded`, `X-Workspace`, `X-Internal` and their like are never read (AUT-03), nor
//! are query and path: what stands there ends up in logs (PRP-09).

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{HeaderMap, header};

/// The token of the one `Authorization: Bearer` header (RFC 6750 section 2.1; the scheme in any case).
/// `None` where there is none, or more than one header: which of them counts would be a guess.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let only = given.next().filter(|_| given.next().is_none())?;
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The address at the other end of the connection, as the listener saw it.
pub(crate) fn peer(parts: &Parts) -> Option<IpAddr> {
    let ConnectInfo(address) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(address.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn aut_04_only_one_bearer_header_counts() {
        assert_eq!(token(&headers(&["Bearer srt_u_1"])), Some("srt_u_1"));
        assert_eq!(token(&headers(&["bEARER srt_u_1"])), Some("srt_u_1"));
        for values in [&[][..], &["Bearer"], &["Basic srt_u_1"], &["srt_u_1"], &["Bearer a", "Bearer a"]] {
            assert_eq!(token(&headers(values)), None, "{values:?}");
        }
    }
}
