//! The host a credential's settings point to, for the list filter. Must never decide what may be reached:
//! that is egress, after resolution.

use strongroom_domain::FieldMap;
use strongroom_domain::host::Host;

/// The host of the setting `host`, or else of `url`, or else of `base_url`, in canonical form. None where
/// what is there is not a canonical host: then no filter finds it.
pub(crate) fn target_host(settings: &FieldMap) -> Option<String> {
    let host: Host = match settings.text("host") {
        Some(host) => host.parse().ok()?,
        None => host_of_url(settings.text("url").or_else(|| settings.text("base_url"))?)?.parse().ok()?,
    };
    Some(host.to_string())
}

/// Between scheme and path (RFC 3986, section 3.2), without user and port.
fn host_of_url(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(literal) => literal.split_once(']').map(|(address, _)| address),
        None => host.split(':').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, value: &str) -> Option<String> {
        target_host(&[(name, value)].into_iter().collect())
    }

    #[test]
    fn found_in_each_of_the_three_settings() {
        assert_eq!(host("host", "DB.example.com").as_deref(), Some("db.example.com"));
        assert_eq!(
            host("url", "https://user@api.example.com:8443/v1?x#y").as_deref(),
            Some("api.example.com")
        );
        assert_eq!(host("base_url", "http://[2001:DB8::1]:80").as_deref(), Some("2001:db8::1"));
    }

    #[test]
    fn nothing_where_there_is_no_canonical_host() {
        for (name, value) in
            [("host", "127.1"), ("url", "api.example.com"), ("url", "https://"), ("port", "a")]
        {
            assert_eq!(host(name, value), None, "{name} {value}");
        }
    }
}
