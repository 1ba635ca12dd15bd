//! Conditional requests (RFC 9110 section 13), `Idempotency-Key` and `Last-Event-ID`, from headers to types.
//!
//! An `ETag` of ours is the strong tag `"<version>"`, never a hash of content (PRP-11).

use http::{HeaderMap, HeaderValue, header};
use strongroom_domain::Fault;
use strongroom_service::options::Expected;

/// The header that names a request which may arrive twice.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The header that names the last event a client has heard.
const LAST_EVENT_ID: &str = "last-event-id";

/// The tag of a version.
///
/// # Panics
///
/// Never: digits and quotes are a header value.
pub fn etag(version: u64) -> HeaderValue {
    format!("\"{version}\"").try_into().expect("digits and quotes are visible ASCII")
}

/// `If-Match`: which versions a change may be based on. What is weak or malformed matches no version
/// (CCR-01), so it is left out; a list of nothing else refuses every change.
pub fn expected(headers: &HeaderMap) -> Expected {
    let elements: Vec<&str> = elements(headers, &header::IF_MATCH);
    if !headers.contains_key(header::IF_MATCH) {
        return Expected::Unstated;
    }
    if elements == ["*"] {
        return Expected::Existing;
    }
    Expected::OneOf(elements.into_iter().filter_map(strong_version).collect())
}

/// `If-Match` as it stands, for dialects whose tags are of a form of their own; `None` where it is absent.
pub fn expected_tags(headers: &HeaderMap) -> Option<Vec<&str>> {
    headers.contains_key(header::IF_MATCH).then(|| elements(headers, &header::IF_MATCH))
}

/// `If-None-Match`: which versions the caller has already. Compared weakly, as RFC 9110 section 13.1.2
/// wants: an intermediary may have weakened a tag of ours. `*` names none.
pub fn known(headers: &HeaderMap) -> Vec<u64> {
    let elements = elements(headers, &header::IF_NONE_MATCH).into_iter();
    elements.filter_map(|tag| strong_version(tag.strip_prefix("W/").unwrap_or(tag))).collect()
}

/// `If-None-Match` against the tag of what would be answered, compared weakly; `*` is any.
pub fn has(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let Ok(current) = tag.to_str().map(opaque) else { return false };
    elements(headers, &header::IF_NONE_MATCH)
        .into_iter()
        .any(|known| known == "*" || opaque(known) == current)
}

/// `Idempotency-Key`: 1 to 255 visible ASCII characters, once.
///
/// # Errors
///
/// A fault that does not repeat the key.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let bytes = first.as_bytes();
    let is_key = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    match first.to_str() {
        Ok(key) if is_key && given.next().is_none() => Ok(Some(key.to_owned())),
        _ => {
            Err(Fault::new("", "the header Idempotency-Key must be 1 to 255 visible ASCII characters, once"))
        }
    }
}

/// `Last-Event-ID` (WHATWG HTML, section 9.2): a position, once, in our own spelling.
///
/// # Errors
///
/// A fault that does not repeat it.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Fault> {
    let mut given = headers.get_all(LAST_EVENT_ID).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let position = first.to_str().ok().and_then(number).filter(|_| given.next().is_none());
    position.map(Some).ok_or_else(|| {
        Fault::new("", "the header Last-Event-ID must be the id of an event of this stream, once; leave it out to hear what happens from now on")
    })
}

/// The elements of a list header, over all its lines. Our tags hold no comma.
fn elements<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|element| !element.is_empty()).collect()
}

/// Only our own spelling: no sign, no leading zero.
fn strong_version(tag: &str) -> Option<u64> {
    number(tag.strip_prefix('"')?.strip_suffix('"')?)
}

fn number(digits: &str) -> Option<u64> {
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn if_match(lines: &[&'static str]) -> Expected {
        expected(&lines.iter().map(|line| (header::IF_MATCH, HeaderValue::from_static(line))).collect())
    }

    #[test]
    fn ccr_01_only_strong_tags_of_ours_match() {
        assert_eq!(if_match(&[]), Expected::Unstated);
        assert_eq!(if_match(&["*"]), Expected::Existing);
        assert_eq!(if_match(&["\"7\""]), Expected::OneOf(vec![7]));
        assert_eq!(if_match(&["\"7\", \"9\"", "\"11\""]), Expected::OneOf(vec![7, 9, 11]));
        for lines in [["W/\"7\""], ["7"], ["\"07\""], ["\"+7\""], ["\"7"], ["\"\""], [""], ["*, \"x\""]] {
            assert_eq!(if_match(&lines), Expected::OneOf(vec![]), "{lines:?}");
        }
    }

    #[test]
    fn a_weak_tag_is_known_all_the_same() {
        let headers = [(header::IF_NONE_MATCH, HeaderValue::from_static("W/\"7\", \"8\", x, *"))];
        assert_eq!(known(&headers.into_iter().collect()), [7, 8]);
    }

    #[test]
    fn a_last_event_id_is_a_position_given_once() {
        let read = |values: &[&'static str]| {
            let name = http::HeaderName::from_static(LAST_EVENT_ID);
            let pairs = values.iter().map(|value| (name.clone(), HeaderValue::from_static(value)));
            last_event_id(&pairs.collect())
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!((read(&["0"]), read(&["18446744073709551615"])), (Ok(Some(0)), Ok(Some(u64::MAX))));
        for values in [
            &[""][..],
            &["-1"],
            &["+1"],
            &["01"],
            &["1.0"],
            &["18446744073709551616"],
            &["\"1\""],
            &["cnry"],
            &["1", "1"],
        ] {
            let fault = read(values).unwrap_err();
            assert!(!fault.message.contains("cnry"), "{fault:?}");
        }
    }

    #[test]
    fn a_representation_is_known_by_its_tag_weak_or_not() {
        let has = |given: &'static str| {
            let headers = [(header::IF_NONE_MATCH, HeaderValue::from_static(given))].into_iter().collect();
            has(&headers, &HeaderValue::from_static("W/\"2-abc\""))
        };
        for known in ["W/\"2-abc\"", "\"2-abc\"", "\"x\", W/\"2-abc\"", "*"] {
            assert!(has(known), "{known}");
        }
        for other in ["", "W/\"2-abd\"", "2-abc"] {
            assert!(!has(other), "{other}");
        }
    }

    #[test]
    fn ccr_02_a_key_is_visible_ascii_and_given_once() {
        let read = |values: &[&[u8]]| {
            let name = http::HeaderName::from_static(IDEMPOTENCY_KEY);
            let pairs = values.iter().map(|v| (name.clone(), HeaderValue::from_bytes(v).unwrap()));
            idempotency_key(&pairs.collect())
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[b"k-1"]), Ok(Some("k-1".to_owned())));
        for values in [&[&b""[..]][..], &[b"a b"], &[b"\xc3\xa9"], &[b"a", b"a"], &[&[b'x'; 256]]] {
            assert!(read(values).is_err(), "{values:?}");
        }
    }
}
