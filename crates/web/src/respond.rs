//! Answers: status, type, body. What every answer carries beyond that is added where it leaves.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use strongroom_domain::Error;
use strongroom_domain::error::Cause;

use crate::conditional::etag;

/// A JSON answer.
///
/// # Errors
///
/// [`Error::Internal`] where the body cannot be written as JSON, which is a fault of ours.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Error> {
    let body = serde_json::to_vec(body).map_err(|error| Error::Internal(Cause::new(error)))?;
    Ok(bytes(status, "application/json", body))
}

/// A JSON answer that names its version.
///
/// # Errors
///
/// As [`json`].
pub fn versioned(status: StatusCode, version: u64, body: &impl Serialize) -> Result<Response, Error> {
    let mut response = json(status, body)?;
    response.headers_mut().insert(header::ETAG, etag(version));
    Ok(response)
}

/// The caller has this version already.
pub fn not_modified(version: u64) -> Response {
    let mut response = empty(StatusCode::NOT_MODIFIED);
    response.headers_mut().insert(header::ETAG, etag(version));
    response
}

/// A picture that whoever is shown it may keep for an hour. Opened by itself it is a document of ours, so it
/// may neither run nor load anything, whatever it holds.
pub fn svg(text: &str) -> Response {
    let mut response = bytes(StatusCode::OK, "image/svg+xml", text.as_bytes().to_vec());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::CACHE_CONTROL, "private, max-age=3600"),
        (header::VARY, "authorization"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// No body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A body of some type.
pub fn bytes(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
