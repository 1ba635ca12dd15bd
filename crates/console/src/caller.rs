//! What a browser sends: the cookies of a session and of a sign-in under way, and whether one of our own pages
//! made it send them.

use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use strongroom_web::keys;

use crate::{Settings, failure};

/// The prefix makes browsers insist on `Secure`, `Path=/` and no `Domain`: no neighbouring site and nobody on a
/// plain connection can plant such a cookie (AUT-14).
const SESSION: [&str; 2] = ["strongroom_session", "__Host-strongroom"];
const QUESTION: [&str; 2] = ["strongroom_sign_in", "__Host-strongroom-sign-in"];

pub(crate) fn plain_session(headers: &HeaderMap) -> Option<&str> {
    keys::cookie(headers, SESSION[0])
}

pub(crate) fn secure_session(headers: &HeaderMap) -> Option<&str> {
    keys::cookie(headers, SESSION[1])
}

/// The session of this request.
pub(crate) fn session<'a>(headers: &'a HeaderMap, settings: &Settings) -> Option<&'a str> {
    if settings.is_tls() { secure_session(headers) } else { plain_session(headers) }
}

/// What the browser keeps of a sign-in under way.
pub(crate) fn question<'a>(headers: &'a HeaderMap, settings: &Settings) -> Option<&'a str> {
    keys::cookie(headers, QUESTION[usize::from(settings.is_tls())])
}

/// Sends the session, or its end where `session` is `None`.
pub(crate) fn set_session(response: &mut Response, settings: &Settings, session: Option<(&str, u64)>) {
    set(response, settings, SESSION, "Strict", session);
}

/// The same of a sign-in under way. `Lax`, because it is the issuer's page that sends the browser back.
pub(crate) fn set_question(response: &mut Response, settings: &Settings, question: Option<(&str, u64)>) {
    set(response, settings, QUESTION, "Lax", question);
}

fn set(
    response: &mut Response,
    settings: &Settings,
    names: [&str; 2],
    same_site: &str,
    value: Option<(&str, u64)>,
) {
    let name = names[usize::from(settings.is_tls())];
    let secure = if settings.is_tls() { "; Secure" } else { "" };
    let (value, seconds) = value.unwrap_or(("", 0));
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
    if let Ok(mut cookie) = HeaderValue::try_from(text) {
        cookie.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// What is refused by its head alone: a POST that none of our pages sent (WEB-01).
pub(crate) fn screen(parts: &Parts) -> Option<Response> {
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    (changes && !is_own(parts)).then(|| {
        failure::message(
            StatusCode::FORBIDDEN,
            "Not from here",
            "Another site, or a program, sent this. Open this server's own page and do it there. Nothing was changed.",
        )
    })
}

/// Whether our own page sent it. A browser says so in `Sec-Fetch-Site`, which no page can set; older ones in
/// `Origin`. Whoever says neither is no browser.
fn is_own(parts: &Parts) -> bool {
    if let Some(site) = parts.headers.get(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = parts.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let origin = origin.and_then(|origin| origin.parse::<Uri>().ok());
    let authority = origin.as_ref().and_then(Uri::authority).map(http::uri::Authority::as_str);
    host.is_some() && authority == host
}

/// Whether another site sent the browser here: then no sign-in begins, because nobody asked for one (ASVS 7.6.2).
pub(crate) fn is_sent_by_others(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none")
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(headers: &[(&'static str, &'static str)]) -> bool {
        let mut request = http::Request::post("/console/logout");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        screen(&request.body(()).unwrap().into_parts().0).is_some()
    }

    #[test]
    fn web_01_only_our_own_pages_change_anything() {
        let host = ("host", "sr.example.com");
        assert!(!refused(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(!refused(&[host, ("origin", "https://sr.example.com")]));
        for others in [
            &[host][..],
            &[host, ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "same-site")],
            &[host, ("sec-fetch-site", "none")],
            &[host, ("sec-fetch-site", "cross-site"), ("origin", "https://sr.example.com")],
            &[host, ("origin", "https://evil.example")],
            &[host, ("origin", "null")],
            &[host, ("origin", "https://sr.example.com.evil.example")],
            &[host, ("origin", "https://sr.example.com:8443")],
            &[("origin", "https://sr.example.com")],
        ] {
            assert!(refused(others), "{others:?}");
        }
    }

    #[test]
    fn aut_14_a_cookie_is_bound_to_its_host_and_hidden_from_scripts() {
        let cookies = |url: Option<&str>| {
            let settings = Settings { public_url: url.map(|url| url.parse().unwrap()) };
            let mut response = Response::default();
            set_session(&mut response, &settings, Some(("srb_x", 60)));
            set_question(&mut response, &settings, None);
            let lines = response.headers().get_all(header::SET_COOKIE).iter();
            lines.map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            cookies(Some("https://sr.example.com")),
            [
                "__Host-strongroom=srb_x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure",
                "__Host-strongroom-sign-in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
            ]
        );
        assert_eq!(
            cookies(None)[0],
            "strongroom_session=srb_x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict"
        );
    }
}
