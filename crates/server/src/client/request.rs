//! A request of the API, before it is sent.

use http::Method;
use serde_json::Value;
use strongroom_domain::Secret;
use strongroom_domain::fields::wipe;

/// What is asked. The body may hold secrets.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(http::HeaderName, String)>,
    pub(super) body: Option<Secret<Vec<u8>>>,
    pub(super) repeat: Repeat,
}

/// What to do where the connection is lost before the answer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It reads, or the server knows its key: twice is once.
    Safe,
    /// It may have been done.
    Unsafe,
}

impl Ask {
    /// A path of the API by its parts; each is encoded.
    pub(crate) fn new(method: Method, parts: &[&str]) -> Self {
        let path = parts.iter().fold(String::new(), |path, part| path + "/" + &encoded(part));
        let repeat = if method == Method::GET { Repeat::Safe } else { Repeat::Unsafe };
        Self { method, path, headers: Vec::new(), body: None, repeat }
    }

    pub(crate) fn get(parts: &[&str]) -> Self {
        Self::new(Method::GET, parts)
    }

    /// A path as a person wrote it.
    pub(crate) fn at(method: Method, path: String) -> Self {
        Self { path, ..Self::new(method, &[]) }
    }

    /// The same once more, where it reads.
    pub(crate) fn again(&self) -> Self {
        Self::at(self.method.clone(), self.path.clone())
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        self.path = format!("{}{sign}{}={}", self.path, encoded(name), encoded(value));
        self
    }

    /// The same with a filter, where it was given.
    pub(crate) fn query_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// With a JSON body, which is wiped here once it is written.
    pub(crate) fn json(mut self, mut body: Value) -> Self {
        self.body = Some(Secret::new(body.to_string().into_bytes()));
        wipe(&mut body);
        self
    }

    /// With bytes that are said to be JSON.
    pub(crate) fn bytes(mut self, body: Secret<Vec<u8>>) -> Self {
        self.body = Some(body);
        self
    }

    /// Only where the version is still this one.
    pub(crate) fn if_version(mut self, version: Option<u64>) -> Self {
        self.headers.extend(version.map(|version| (http::header::IF_MATCH, format!("\"{version}\""))));
        self
    }

    /// Done once, however often it arrives: it may be repeated.
    pub(crate) fn once(mut self, key: String) -> Self {
        self.headers.push((http::HeaderName::from_static("idempotency-key"), key));
        self.repeat = Repeat::Safe;
        self
    }
}

/// RFC 3986, section 2.3: everything but unreserved characters, `~` being one of them.
pub(crate) fn encoded(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_cannot_leave_its_place() {
        let ask = Ask::get(&["v1", "credentials", "~a/../b?c#d"]).query("q", "a&b=c").query("limit", "5");
        assert_eq!(ask.path, "/v1/credentials/~a%2F..%2Fb%3Fc%23d?q=a%26b%3Dc&limit=5");
    }

    #[test]
    fn only_what_can_be_done_twice_is_repeated() {
        assert_eq!(Ask::get(&["v1"]).repeat, Repeat::Safe);
        assert_eq!(Ask::new(Method::POST, &["v1"]).repeat, Repeat::Unsafe);
        assert_eq!(Ask::new(Method::PATCH, &["v1"]).once("k".to_owned()).repeat, Repeat::Safe);
    }
}
