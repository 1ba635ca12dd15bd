//! Request bodies: which a route takes, and how one is collected.
//!
//! Never read before the caller is known; never more bytes than the route takes; overwritten in memory
//! once parsed. Compressed bodies are refused, so that no few bytes become many (DOS-01).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use http_body_util::BodyExt as _;
use strongroom_domain::Error;
use strongroom_domain::error::Unreadable;
use zeroize::Zeroizing;

/// How long a body may take to arrive as a whole.
const DEADLINE: Duration = Duration::from_secs(10);

/// Which body a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyRule {
    /// None at all.
    None,
    /// JSON of at most so many bytes, or nothing.
    Optional(usize),
    /// JSON of at most so many bytes.
    Json(usize),
    /// As another API's server would take it.
    Lenient(Lenient),
    /// Whatever is sent is not read.
    Ignored,
}

/// What a body is taken for that another API's client sends. It may always be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lenient {
    /// Most bytes.
    pub limit: usize,
    /// What to do with an HTML form.
    pub forms: Forms,
    /// What to do with any other media type, or none.
    pub others: OtherTypes,
    /// What to do with JSON that is neither object nor array.
    pub scalars: Scalars,
}

/// What to do with a body that is one text, number, truth value or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalars {
    /// It is read; what it means is the handler's business.
    Taken,
    /// It is no JSON, as for strict parsers of RFC 4627's time.
    Refused,
}

/// What to do with `application/x-www-form-urlencoded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forms {
    /// As with any other type.
    Refused,
    /// Read as an object of texts.
    Taken,
}

/// What to do with a body that is neither JSON nor a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherTypes {
    /// It is an unsupported media type.
    Refused,
    /// It is as good as absent.
    Ignored,
    /// It is read as JSON all the same.
    AsJson,
}

/// Whether a body was read to its end. Of one that was not the rest stands in the way of what follows on its connection.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watch {
    /// Goes along with a request that has a body.
    pub(crate) fn begin(request: &mut Request) -> Option<Self> {
        if request.body().is_end_stream() {
            return None;
        }
        let watch = Self::default();
        request.extensions_mut().insert(watch.clone());
        Some(watch)
    }

    pub(crate) fn is_at_the_end(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn end(parts: &Parts) {
        if let Some(Self(end)) = parts.extensions.get() {
            end.store(true, Ordering::Relaxed);
        }
    }
}

/// The bytes of a body, and what they are.
#[derive(Debug)]
pub(crate) enum Collected {
    Nothing,
    Json(Zeroizing<Vec<u8>>),
    Form(Zeroizing<Vec<u8>>),
}

impl BodyRule {
    /// Most bytes.
    pub const fn limit(self) -> usize {
        match self {
            Self::None | Self::Ignored => 0,
            Self::Optional(limit) | Self::Json(limit) | Self::Lenient(Lenient { limit, .. }) => limit,
        }
    }
}

/// The body of a route whose rule is lenient, and what it is.
///
/// # Errors
///
/// As [`collect`].
pub(crate) async fn collect_leniently(parts: &Parts, body: Body, rule: Lenient) -> Result<Collected, Error> {
    if announced_length(&parts.headers).is_some_and(|length| length > rule.limit) {
        // Who asks first has sent nothing yet, and is not invited to.
        if !parts.headers.contains_key(header::EXPECT) {
            pass_over(parts, body).await;
        }
        return Err(Error::Unreadable(Unreadable::TooLarge));
    }
    if body.is_end_stream() {
        return Ok(Collected::Nothing);
    }
    let refused = Err(Error::Unreadable(Unreadable::MediaType));
    let wrap = match media_type(&parts.headers).as_deref() {
        Some("application/json") => Collected::Json,
        Some(FORM) if rule.forms == Forms::Taken => Collected::Form,
        _ => match rule.others {
            OtherTypes::Refused => return refused,
            OtherTypes::Ignored => return Ok(Collected::Nothing),
            OtherTypes::AsJson => Collected::Json,
        },
    };
    if is_encoded(&parts.headers) {
        return refused;
    }
    let bytes = in_time(parts, body, rule.limit).await?;
    Ok(if bytes.is_empty() { Collected::Nothing } else { wrap(bytes) })
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Whether a body says that it is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    media_type(headers).as_deref() == Some(FORM)
}

/// Without its parameters, in lower case; `None` where it is not given exactly once.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut given = headers.get_all(header::CONTENT_TYPE).iter();
    let only = given.next().filter(|_| given.next().is_none())?.to_str().ok()?;
    Some(only.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The bytes of a body; `None` where there is none and the rule allows that.
///
/// # Errors
///
/// [`Error::Unreadable`]: too large, of another type, or not whole within the deadline.
pub(crate) async fn collect(
    parts: &Parts,
    body: Body,
    rule: BodyRule,
) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let announced = announced_length(&parts.headers);
    if announced.is_some_and(|length| length > rule.limit()) {
        return Err(Error::Unreadable(Unreadable::TooLarge));
    }
    let may_be_absent = !matches!(rule, BodyRule::Json(_));
    if may_be_absent && body.is_end_stream() {
        return Ok(None);
    }
    if !is_json(parts) || is_encoded(&parts.headers) {
        return Err(Error::Unreadable(Unreadable::MediaType));
    }
    let bytes = in_time(parts, body, rule.limit()).await?;
    Ok(Some(bytes).filter(|bytes| !(bytes.is_empty() && may_be_absent)))
}

/// Most bytes that are passed over before an answer: a little more than the largest body of any API spoken here.
const PASSED_OVER: usize = 64 * 1024 * 1024;

/// Reads what is not taken and keeps nothing of it, within bounds of size and time. Many clients read an answer only
/// when they have sent everything, and one that is closed on while it sends never sees the 413.
async fn pass_over(parts: &Parts, mut body: Body) {
    let whole = async {
        let mut passed = 0;
        while passed < PASSED_OVER {
            let frame = match body.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => return,
                None => return Watch::end(parts),
            };
            passed += frame.data_ref().map_or(0, axum::body::Bytes::len);
        }
    };
    drop(tokio::time::timeout(DEADLINE, whole).await);
}

async fn in_time(parts: &Parts, body: Body, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let whole = read(body, announced_length(&parts.headers).unwrap_or(limit), limit);
    let whole = tokio::time::timeout(DEADLINE, whole).await.map_err(|_| Error::Unreadable(INCOMPLETE))?;
    whole.inspect(|_| Watch::end(parts))
}

const INCOMPLETE: Unreadable =
    Unreadable::Json("The body did not arrive as a whole within 10 seconds. Nothing was changed.");

/// `room` is allocated at once: a buffer that grows leaves copies behind that nobody wipes.
async fn read(mut body: Body, room: usize, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.min(limit)));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::Unreadable(INCOMPLETE))?;
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(Error::Unreadable(Unreadable::TooLarge));
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes)
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// One `Content-Type` that says JSON in UTF-8; a merge patch (RFC 7396) only where there is one to apply.
fn is_json(parts: &Parts) -> bool {
    let mut given = parts.headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (given.next(), given.next()) else { return false };
    let Ok(text) = only.to_str() else { return false };
    let (media_type, parameters) = text.split_once(';').unwrap_or((text, ""));
    let is_patch = parts.method == Method::PATCH;
    let type_fits = match media_type.trim().to_ascii_lowercase().as_str() {
        "application/json" => true,
        "application/merge-patch+json" => is_patch,
        _ => false,
    };
    let parameters = parameters.trim().to_ascii_lowercase().replace('"', "");
    type_fits && (parameters.is_empty() || parameters == "charset=utf-8")
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().any(|encoding| encoding != "identity")
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use http::Request;
    use http_body_util::StreamBody;

    use super::*;

    type Pairs = [(&'static str, &'static str)];

    async fn taken(
        method: &Method,
        headers: &Pairs,
        body: Body,
        rule: BodyRule,
    ) -> Result<Option<usize>, Error> {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, body) = request.body(body).unwrap().into_parts();
        Ok(collect(&parts, body, rule).await?.map(|bytes| bytes.len()))
    }

    fn unreadable(result: Result<Option<usize>, Error>) -> Unreadable {
        match result {
            Err(Error::Unreadable(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    const JSON: &Pairs = &[("content-type", "application/json")];

    #[tokio::test]
    async fn inp_03_only_json_is_json() {
        for value in
            ["application/json", "Application/JSON; Charset=\"UTF-8\"", "application/json;charset=utf-8"]
        {
            let headers = [("content-type", value)];
            let result = taken(&Method::POST, &headers, Body::from("{}"), BodyRule::Json(9)).await;
            assert_eq!(result.unwrap(), Some(2), "{value}");
        }
        for value in [
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "application/json; charset=utf-8; charset=utf-7",
            "application/merge-patch+json",
            "",
        ] {
            let headers = [("content-type", value)];
            let result = taken(&Method::POST, &headers, Body::from("{}"), BodyRule::Json(9)).await;
            assert_eq!(unreadable(result), Unreadable::MediaType, "{value}");
        }
        let patch = [("content-type", "application/merge-patch+json")];
        assert!(taken(&Method::PATCH, &patch, Body::from("{}"), BodyRule::Json(9)).await.is_ok());
    }

    #[tokio::test]
    async fn dos_01_too_much_is_refused_with_and_without_a_length() {
        let announced = [("content-type", "application/json"), ("content-length", "10")];
        let result = taken(&Method::POST, &announced, Body::empty(), BodyRule::Json(9)).await;
        assert_eq!(unreadable(result), Unreadable::TooLarge);
        let frames = [b"12345".as_slice(), b"67890"].map(|part| Ok::<_, std::io::Error>(Bytes::from(part)));
        let chunked = Body::from_stream(futures_util::stream::iter(frames));
        assert_eq!(
            unreadable(taken(&Method::POST, JSON, chunked, BodyRule::Json(9)).await),
            Unreadable::TooLarge
        );
        let zipped = [("content-type", "application/json"), ("content-encoding", "gzip")];
        let result = taken(&Method::POST, &zipped, Body::from("{}"), BodyRule::Json(9)).await;
        assert_eq!(unreadable(result), Unreadable::MediaType);
    }

    #[tokio::test]
    async fn dos_01_what_is_too_large_is_passed_over_and_not_for_ever() {
        let lenient =
            Lenient { limit: 9, forms: Forms::Taken, others: OtherTypes::Ignored, scalars: Scalars::Taken };
        for (mebibytes, passed) in [(51, 51), (1_000, 64)] {
            let length = (mebibytes * 1024 * 1024).to_string();
            let request = Request::builder().header("content-length", length);
            let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let count = std::sync::Arc::clone(&sent);
            let frames = (0..mebibytes).map(move |_| {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1024 * 1024]))
            });
            let body = Body::from_stream(futures_util::stream::iter(frames));
            let (parts, body) = request.body(body).unwrap().into_parts();
            let refused = collect_leniently(&parts, body, lenient).await;
            assert!(matches!(refused, Err(Error::Unreadable(Unreadable::TooLarge))));
            assert_eq!(sent.load(std::sync::atomic::Ordering::Relaxed), passed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn dos_02_a_body_that_does_not_end_is_given_up() {
        let never = StreamBody::new(futures_util::stream::pending::<Result<_, std::io::Error>>());
        let result = taken(&Method::POST, JSON, Body::new(never), BodyRule::Json(9)).await;
        assert_eq!(unreadable(result), INCOMPLETE);
    }

    #[tokio::test]
    async fn a_body_may_be_absent_only_where_the_rule_says_so() {
        let none = || Body::empty();
        assert_eq!(taken(&Method::POST, &[], none(), BodyRule::Optional(9)).await.unwrap(), None);
        let result = taken(&Method::POST, &[], none(), BodyRule::Json(9)).await;
        assert_eq!(unreadable(result), Unreadable::MediaType);
        let result = taken(&Method::GET, JSON, Body::from("{}"), BodyRule::None).await;
        assert_eq!(unreadable(result), Unreadable::TooLarge);
    }
}
