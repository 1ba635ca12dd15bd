//! Where a request goes: the part of a URL before what the request itself adds.
//!
//! The only reader of such URLs here, and stricter than any other: what two parsers could read in two
//! ways is refused (SSR-06). The target it yields is the one that is checked and dialled.

use strongroom_domain::host::{Host, parse_port, split_port};
use strongroom_egress::http::Scheme;
use strongroom_egress::{Target, TlsVerification};

/// Scheme, host, port and a path prefix without a slash at its end.
#[derive(Debug, Clone)]
pub(crate) struct BaseUrl {
    pub(crate) scheme: Scheme,
    pub(crate) target: Target,
    pub(crate) prefix: String,
}

impl BaseUrl {
    /// The message says what it must be and never repeats it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, default_port, rest) = split_scheme(text).ok_or(FORM)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        let (host, port) = split_port(authority).ok_or(FORM)?;
        let host: Host = host.parse().map_err(|_| FORM)?;
        let port = port.map_or(Some(default_port), parse_port).ok_or(FORM)?;
        let prefix = path.strip_suffix('/').unwrap_or(path);
        if !prefix.is_empty() && !is_plain_path(prefix) {
            return Err(FORM);
        }
        Ok(Self { scheme, target: Target { host, port }, prefix: prefix.to_owned() })
    }
}

const FORM: &str = "must be a URL such as https://api.example.com or https://example.com:8443/api, with a \
                    plain host and without user, query and fragment";

fn split_scheme(text: &str) -> Option<(Scheme, u16, &str)> {
    let https = text.strip_prefix("https://").map(|rest| (Scheme::Https(TlsVerification::Full), 443, rest));
    https.or_else(|| text.strip_prefix("http://").map(|rest| (Scheme::Http, 80, rest)))
}

/// A path that every server reads alike: no empty, `.` or `..` segment, however it is spelled, but the
/// last segment may be empty.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else { return false };
    let segments: Vec<&str> = segments.split('/').collect();
    let last = segments.len() - 1;
    segments.iter().enumerate().all(|(at, segment)| {
        let is_dots = matches!(segment.replace("%2e", ".").replace("%2E", ".").as_str(), "." | "..");
        !is_dots && (at == last || !segment.is_empty()) && has_only(segment, "-._~!$&'()*+,;=:@")
    }) && !hides_a_separator(path)
}

/// A query that every server reads alike, without its question mark.
pub(crate) fn is_plain_query(query: &str) -> bool {
    has_only(query, "-._~!$&'()*+,;=:@/?")
}

/// Letters, digits, these marks, and `%` with two hex digits (RFC 3986, section 3.3).
fn has_only(text: &str, marks: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_good = match byte {
            b'%' => is_hex(bytes.next()) && is_hex(bytes.next()),
            byte => byte.is_ascii_alphanumeric() || marks.as_bytes().contains(&byte),
        };
        if !is_good {
            return false;
        }
    }
    true
}

fn is_hex(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_hexdigit())
}

/// Encoded slashes, backslashes and NUL: some servers decode them before they look at the path.
fn hides_a_separator(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    ["%2f", "%5c", "%00"].iter().any(|escape| lower.contains(escape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_as_written() {
        let base = BaseUrl::parse("https://git.example.com:8443/api/v3/").unwrap();
        assert_eq!(
            (base.target.to_string().as_str(), base.prefix.as_str()),
            ("git.example.com:8443", "/api/v3")
        );
        assert_eq!(BaseUrl::parse("http://[::1]").unwrap().target.to_string(), "[::1]:80");
        assert_eq!(BaseUrl::parse("https://a.example").unwrap().target.port, 443);
    }

    #[test]
    fn ssr_06_what_parsers_read_differently_is_refused() {
        for url in [
            "http://allowed@evil.example/",
            "http://evil.example\\@allowed",
            "http://allowed%2eevil.example",
            "http://a.example\t/",
            "http://a\n.example/",
            "http:evil.example",
            "//evil.example",
            "https://",
            "https:///evil.example",
            "HTTPS://a.example",
            "https://a.example?x",
            "https://a.example#x",
            "https://a.example/../x",
            "https://a.example/%2e%2E/x",
            "https://a.example//x",
            "https://a.example/a%2fb",
            "https://a.example/%zz",
            "https://a.example/%2",
            "https://a.example:0",
            "https://a.example:0443",
            "https://a.example:",
            "https://a.example:65536",
            "https://[a.example]",
            "https://[::1",
            "https://2130706433",
            "https://\u{430}.example",
            "ftp://a.example",
            "https://a b.example",
        ] {
            assert!(BaseUrl::parse(url).is_err(), "{url}");
        }
    }
}
