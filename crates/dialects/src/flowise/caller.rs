//! Who sends a request: an API key (a token of ours), or the stock UI with a session.
//!
//! The header `x-request-from: internal` says which of the two to look at and nothing about who may: with it
//! only the session counts, without it only the key [115-118].

use http::{HeaderMap, HeaderValue, header};
use strongroom_web::keys;

/// The cookie of a session. The prefix makes browsers insist on `Secure`, `Path=/` and no `Domain`.
const COOKIE: &str = "__Host-strongroom-flowise";
/// The same over plain HTTP on loopback, where no browser takes the other.
const LOCAL_COOKIE: &str = "strongroom-flowise";

/// The session of a page: empty where a page has none, so that no key counts in its place [116].
pub(super) fn page(headers: &HeaderMap) -> Option<&str> {
    is_internal(headers).then(|| session(headers).unwrap_or_default())
}

/// Whether the caller says that it is the UI.
fn is_internal(headers: &HeaderMap) -> bool {
    headers.get("x-request-from").is_some_and(|from| from == "internal")
}

/// The key of the one `Authorization` header, with or without `Bearer `; the scheme in this spelling only
/// [111, 112].
pub(super) fn bearer_or_bare(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let only = given.next().filter(|_| given.next().is_none())?.to_str().ok()?;
    Some(only.strip_prefix("Bearer ").unwrap_or(only))
}

/// The session of the request's one cookie of the name that is set where the browser is. The other name counts
/// for nothing: without the prefix a neighbouring site, or anybody on a plain connection, can plant it.
pub(super) fn session(headers: &HeaderMap) -> Option<&str> {
    keys::cookie(headers, Place::of(headers).cookie())
}

/// Where a cookie goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// This machine, over plain HTTP.
    Loopback,
    /// Everywhere else: only over TLS.
    Elsewhere,
}

impl Place {
    /// The name of the session's cookie there.
    const fn cookie(self) -> &'static str {
        match self {
            Self::Loopback => LOCAL_COOKIE,
            Self::Elsewhere => COOKIE,
        }
    }

    /// By the name that the browser used. A proxy in front of us may be on this machine; what it serves is not.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name =
            host.rsplit_once(':').filter(|(name, _)| !name.ends_with(':')).map_or(host, |(name, _)| name);
        if matches!(name, "localhost" | "127.0.0.1" | "[::1]") { Self::Loopback } else { Self::Elsewhere }
    }
}

/// The `Set-Cookie` of a session, or of its end where `session` is `None`.
pub(super) fn cookie(place: Place, session: Option<(&str, u64)>) -> Option<HeaderValue> {
    let secure = match place {
        Place::Loopback => "",
        Place::Elsewhere => "; Secure",
    };
    let name = place.cookie();
    let (value, seconds) = session.unwrap_or(("", 0));
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn a_key_counts_with_bearer_or_bare_and_in_no_other_spelling() {
        for (value, key) in [("Bearer srt_1", "srt_1"), ("srt_1", "srt_1"), ("bearer srt_1", "bearer srt_1")]
        {
            assert_eq!(bearer_or_bare(&headers(&[("authorization", value)])), Some(key));
        }
        assert_eq!(bearer_or_bare(&headers(&[("authorization", "a"), ("authorization", "b")])), None);
    }

    #[test]
    fn aut_03_the_header_of_the_ui_gives_no_right_and_takes_the_key_away() {
        let sent = [("authorization", "Bearer srt_1"), ("x-request-from", "internal")];
        assert_eq!(page(&headers(&sent)), Some(""), "not the key");
        let cookie = [("cookie", "a=b; __Host-strongroom-flowise=srb_1")];
        assert_eq!(page(&headers(&cookie)), None, "no cookie counts without the header");
        assert_eq!(page(&headers(&[cookie[0], sent[1]])), Some("srb_1"));
    }

    #[test]
    fn aut_14_a_planted_cookie_is_no_session_and_ends_none() {
        let sent = |host, cookies: &[&'static str]| {
            let cookies = cookies.iter().map(|cookie| ("cookie", *cookie));
            let all: Vec<_> = [("host", host)].into_iter().chain(cookies).collect();
            session(&headers(&all)).map(str::to_owned)
        };
        let (planted, ours) = ("strongroom-flowise=a", "__Host-strongroom-flowise=b");
        for host in ["flows.example", "localhost.evil.example", ""] {
            assert_eq!(sent(host, &[planted]), None, "{host}");
            assert_eq!(sent(host, &[planted, ours]).as_deref(), Some("b"), "{host}");
            assert_eq!(sent(host, &[ours, ours]), None, "which of the two would be a guess");
        }
        assert_eq!(sent("127.0.0.1:7625", &[planted]).as_deref(), Some("a"), "the name that is set there");
        assert_eq!(sent("127.0.0.1:7625", &[ours]), None);
    }

    #[test]
    fn aut_14_a_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
        let text = |host: &'static str| {
            let place = Place::of(&headers(&[("host", host)]));
            cookie(place, Some(("srb_1", 60))).unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(
            text("flows.example"),
            "__Host-strongroom-flowise=srb_1; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
        for host in ["127.0.0.1:7625", "localhost", "[::1]:80"] {
            assert_eq!(text(host), "strongroom-flowise=srb_1; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
        }
        for host in ["localhost.evil.example", "127.0.0.1.example:80", "[::2]", ""] {
            assert!(text(host).ends_with("; Secure"), "{host}");
        }
    }
}
