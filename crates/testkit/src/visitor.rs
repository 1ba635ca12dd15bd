//! A browser without a screen: cookies by origin, redirects one at a time, forms, and the headers by which a
//! browser says from where it was sent.
//!
//! Keeps to what decides about cookies: `__Host-` and `Secure` only over TLS (so never here), `SameSite=Strict` only
//! from pages of the same site, `SameSite=Lax` also where a link or a redirect of another site leads here by GET.

use std::collections::BTreeMap;

use crate::http::{Client, Reply};

/// One browser with one open page.
#[derive(Debug, Default)]
pub struct Visitor {
    /// By `host:port`, by name: value and `SameSite`.
    cookies: BTreeMap<String, BTreeMap<String, (String, SameSite)>>,
    /// The page that is open.
    at: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SameSite {
    Strict,
    Lax,
}

/// Why a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// Typed, or from a mail: no page led here.
    Typed,
    /// A link or form of the open page.
    Page,
    /// A link of some other site.
    OtherSite,
}

impl Visitor {
    /// GET, and no redirect followed.
    pub fn get(&mut self, url: &str, lead: Lead) -> Reply {
        let is_same = match lead {
            Lead::Typed => true,
            Lead::OtherSite => false,
            Lead::Page => self.at.as_deref().is_none_or(|at| origin(at) == origin(url)),
        };
        let site = match lead {
            Lead::Typed => "none",
            Lead::Page if is_same => "same-origin",
            Lead::Page | Lead::OtherSite => "cross-site",
        };
        self.ask("GET", url, site, is_same, &[], b"")
    }

    /// POST of a form of the open page.
    pub fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Reply {
        let own = self.at.as_deref().map(|at| origin(at).to_owned());
        let is_same = own.as_deref() == Some(origin(url));
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let own = own.unwrap_or_else(|| "null".to_owned());
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", own.as_str())];
        let site = if is_same { "same-origin" } else { "cross-site" };
        self.ask("POST", url, site, is_same, &headers, body.join("&").as_bytes())
    }

    /// Follows redirects until a page comes that is none, and gives it with its URL. A chain that another site
    /// began stays that site's (RFC 6265bis, section 5.2).
    pub fn follow(&mut self, mut url: String, lead: Lead) -> (String, Reply) {
        let mut lead = lead;
        for _ in 0..10 {
            let from = self.at.clone();
            let reply = self.get(&url, lead);
            let Some(location) = reply.header("location").filter(|_| (300..400).contains(&reply.status))
            else {
                return (url, reply);
            };
            let next = absolute(&url, location);
            if origin(&next) != origin(&url) || lead == Lead::OtherSite {
                lead = Lead::OtherSite;
            }
            self.at = from;
            url = next;
        }
        panic!("redirects without end, at {url}")
    }

    /// A cookie of a place.
    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.cookies.get(origin(url))?.get(name).map(|(value, _)| value.clone())
    }

    /// Plants a cookie, as a neighbouring site would.
    pub fn plant(&mut self, url: &str, name: &str, value: &str) {
        let jar = self.cookies.entry(origin(url).to_owned()).or_default();
        jar.insert(name.to_owned(), (value.to_owned(), SameSite::Lax));
    }

    fn ask(
        &mut self,
        method: &str,
        url: &str,
        site: &str,
        is_same: bool,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let rest = url.strip_prefix("http://").expect("tests speak plain HTTP on loopback");
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let address = host.parse().expect("an address and a port");
        let jar = self.cookies.entry(origin(url).to_owned()).or_default();
        let sent: Vec<String> = jar
            .iter()
            .filter(|(_, (_, same_site))| is_same || *same_site == SameSite::Lax && method == "GET")
            .map(|(name, (value, _))| format!("{name}={value}"))
            .collect();
        let cookies = sent.join("; ");
        let mut all = headers.to_vec();
        all.push(("sec-fetch-site", site));
        if !sent.is_empty() {
            all.push(("cookie", cookies.as_str()));
        }
        let path = if path.is_empty() { "/" } else { path };
        let reply = Client::anonymous(address).send(method, path, &all, body);
        for (name, value) in &reply.headers {
            if name == "set-cookie" {
                keep(jar, value);
            }
        }
        self.at = Some(url.to_owned());
        reply
    }
}

fn keep(jar: &mut BTreeMap<String, (String, SameSite)>, line: &str) {
    let mut parts = line.split(';').map(str::trim);
    let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
    let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    let has = |wanted: &str| attributes.iter().any(|attribute| attribute == wanted);
    if has("secure") || name.starts_with("__Host-") {
        return;
    }
    let is_gone = has("max-age=0") || attributes.iter().any(|it| it.starts_with("expires=thu, 01 jan 1970"));
    if is_gone {
        jar.remove(name);
        return;
    }
    let same_site = if has("samesite=strict") { SameSite::Strict } else { SameSite::Lax };
    jar.insert(name.to_owned(), (value.to_owned(), same_site));
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let end = url[begin..].find(['/', '?']).map_or(url.len(), |at| begin + at);
    &url[..end]
}

fn absolute(base: &str, location: &str) -> String {
    if location.starts_with('/') { format!("{}{location}", origin(base)) } else { location.to_owned() }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
