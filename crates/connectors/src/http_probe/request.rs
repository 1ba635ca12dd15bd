//! The request: templates filled with the candidate's values, each encoded for its place (CON-14).
//!
//! Must never put a value anywhere without its encoding, nor name a value in a fault.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use strongroom_domain::credential::Candidate;
use strongroom_domain::fields::wipe;
use strongroom_domain::kind::Mark;
use strongroom_domain::{Fault, Secret};
use strongroom_egress::http::{HeaderName, Method, Request, Scheme};

use crate::kindfile::{
    BaseUrl, Basic, BodyNode, KindFile, NOT_SENDABLE, Part, PlainHttp, Stated, Template, is_plain_path,
    is_plain_query, sendable_header,
};

/// Servers commonly take 8 KiB for all headers together.
const HEADER_BYTES: usize = 8 * 1024;
/// GitHub refuses requests without one; the version is nobody's business.
const USER_AGENT: &str = "strongroom";

/// All faults at once, with pointers to the fields.
pub(super) fn compose(file: &KindFile, candidate: &Candidate) -> Result<Request, Vec<Fault>> {
    composed(&Values { file, candidate, secrets: Secrets::Shown })
}

/// The same request as anybody could make it: without each entry that holds a secret.
pub(super) fn compose_without_secrets(file: &KindFile, candidate: &Candidate) -> Result<Request, Vec<Fault>> {
    composed(&Values { file, candidate, secrets: Secrets::LeftOut })
}

fn composed(values: &Values<'_>) -> Result<Request, Vec<Fault>> {
    let (file, candidate) = (values.file, values.candidate);
    let (base, method) = (base(file, candidate), values.method());
    match (base, method, values.path(), values.headers(), values.body()) {
        (Ok(base), Ok(method), Ok(path), Ok(headers), Ok(body)) => {
            // EXPOSE: the path becomes part of the request to the target.
            let path = Secret::new(format!("{}{}", base.prefix, path.expose()));
            Ok(Request { method, scheme: base.scheme, target: base.target, path, headers, body })
        }
        (base, method, path, headers, body) => {
            let faults = [base.err(), method.err(), path.err(), headers.err(), body.err()];
            Err(faults.into_iter().flatten().collect())
        }
    }
}

/// Where the request goes.
pub(super) fn base(file: &KindFile, candidate: &Candidate) -> Result<BaseUrl, Fault> {
    let name = match &file.probe.base {
        Stated::InFile(base) => return Ok(base.clone()),
        Stated::InSetting(name) => name,
    };
    let fault = |message: &str| Fault::new(format!("/settings/{name}"), message);
    let text = candidate.settings.text(name).ok_or_else(|| fault("is required"))?;
    let base = BaseUrl::parse(text).map_err(fault)?;
    match (base.scheme, file.probe.plain_http) {
        (Scheme::Http, PlainHttp::Refused) => Err(fault("must begin with https://")),
        _ => Ok(base),
    }
}

/// What a value must be at its place; `None` where it is.
type Rule = fn(&str) -> Option<&'static str>;
/// How a text is written at its place.
type Encode = fn(&str, &mut String);

struct Values<'a> {
    file: &'a KindFile,
    candidate: &'a Candidate,
    secrets: Secrets,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Shown,
    LeftOut,
}

impl Values<'_> {
    fn method(&self) -> Result<Method, Fault> {
        match &self.file.probe.method {
            Stated::InFile(method) => Ok(method.clone()),
            Stated::InSetting(name) => match self.candidate.settings.text(name) {
                Some("GET") => Ok(Method::GET),
                Some("HEAD") => Ok(Method::HEAD),
                _ => Err(self.fault(name, "must be GET or HEAD")),
            },
        }
    }

    /// Path and query.
    fn path(&self) -> Result<Secret<String>, Fault> {
        let mut path = match &self.file.probe.path {
            Stated::InFile(template) => self.segments(template)?,
            Stated::InSetting(name) => self.stated_path(name)?,
        };
        for (name, template) in &self.file.probe.query {
            let Some(value) = self.fill(template, no_rule, push_encoded, push_encoded)? else { continue };
            // EXPOSE: the path is extended by its query, inside its secret.
            let text = path.expose_mut();
            text.push(if text.contains('?') { '&' } else { '?' });
            push_encoded(name, text);
            text.push('=');
            // EXPOSE: the value is already encoded, and goes where the file says.
            text.push_str(value.expose());
        }
        Ok(path)
    }

    fn segments(&self, template: &Template) -> Result<Secret<String>, Fault> {
        let path = self.fill(template, segment_rule, push_encoded, push_as_is)?;
        // EXPOSE: looked at for its form. Text and value may make dots together.
        let plain = path.filter(|path| !path.expose().split('/').any(is_dots));
        let name = template.fields().next().unwrap_or_default();
        plain.ok_or_else(|| self.fault(name, DOTS))
    }

    fn stated_path(&self, name: &str) -> Result<Secret<String>, Fault> {
        let text = self.candidate.settings.text(name).unwrap_or_default();
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        if is_plain_path(path) && is_plain_query(query) {
            return Ok(Secret::new(text.to_owned()));
        }
        Err(self.fault(
            name,
            "must be a path such as /v1/me?fields=id, without `..`, fragment and unencoded marks",
        ))
    }

    fn headers(&self) -> Result<Vec<(HeaderName, Secret<String>)>, Fault> {
        let mut headers = vec![(header("user-agent"), Secret::new(USER_AGENT.to_owned()))];
        for (name, template) in &self.file.probe.headers {
            let Some(value) = self.fill(template, header_rule, push_as_is, push_as_is)? else { continue };
            headers.push((self.header_name(name)?, value));
        }
        if let Some(pair) = self.file.probe.basic.as_ref().filter(|pair| self.has_all_of(pair)) {
            headers.push((header("authorization"), self.basic(pair)?));
        }
        if self.file.probe.body.is_some() {
            headers.push((header("content-type"), Secret::new("application/json".to_owned())));
        }
        if !headers.iter().any(|(name, _)| name == "accept") {
            headers.push((header("accept"), Secret::new("application/json, */*;q=0.5".to_owned())));
        }
        self.stated_once(&headers)?;
        Ok(headers)
    }

    /// The file's own names were looked at when it was read; a stated one may be one of them.
    fn stated_once(&self, headers: &[(HeaderName, Secret<String>)]) -> Result<(), Fault> {
        for (name, _) in &self.file.probe.headers {
            let Stated::InSetting(field) = name else { continue };
            let name = self.header_name(name)?;
            if headers.iter().filter(|(other, _)| *other == name).count() > 1 {
                return Err(self.fault(field, "names a header that the check sends already"));
            }
        }
        Ok(())
    }

    /// A kind may prove itself by a pair with one method and by a header with another.
    fn has_all_of(&self, pair: &Basic) -> bool {
        if self.secrets == Secrets::LeftOut && pair.fields().any(|name| self.is_secret(name)) {
            return false;
        }
        pair.fields().all(|name| self.file.kind.field_of(&self.candidate.method, name).is_some())
    }

    fn header_name(&self, name: &Stated<HeaderName>) -> Result<HeaderName, Fault> {
        match name {
            Stated::InFile(name) => Ok(name.clone()),
            Stated::InSetting(field) => {
                let name = self.candidate.settings.text(field).and_then(sendable_header);
                name.ok_or_else(|| self.fault(field, NOT_SENDABLE))
            }
        }
    }

    /// RFC 7617, section 2: UTF-8, and the first colon ends the user.
    fn basic(&self, pair: &Basic) -> Result<Secret<String>, Fault> {
        let missing = || self.fault(pair.user.fields().next().unwrap_or_default(), "is required");
        let user = self.fill(&pair.user, user_rule, push_as_is, push_as_is)?.ok_or_else(missing)?;
        let password = self.fill(&pair.password, no_rule, push_as_is, push_as_is)?.ok_or_else(missing)?;
        // EXPOSE: the pair is encoded for its header, inside secrets.
        let pair = Secret::new(format!("{}:{}", user.expose(), password.expose()));
        // EXPOSE: as above.
        let encoded = Secret::new(STANDARD.encode(pair.expose()));
        // EXPOSE: as above.
        Ok(Secret::new(format!("Basic {}", encoded.expose())))
    }

    fn body(&self) -> Result<Secret<Vec<u8>>, Fault> {
        let Some(node) = &self.file.probe.body else { return Ok(Secret::new(Vec::new())) };
        let mut value = self.body_value(node)?.unwrap_or_default();
        let bytes = Secret::new(value.to_string().into_bytes());
        wipe(&mut value);
        Ok(bytes)
    }

    /// Built as a value and written by the serialiser, so a text cannot leave its string.
    fn body_value(&self, node: &BodyNode) -> Result<Option<Value>, Fault> {
        Ok(match node {
            BodyNode::Fixed(value) => Some(value.clone()),
            BodyNode::Text(template) => {
                // EXPOSE: put into the body, which is a secret as a whole.
                self.fill(template, no_rule, push_as_is, push_as_is)?
                    .map(|text| text.expose().as_str().into())
            }
            BodyNode::List(items) => {
                let items: Vec<_> =
                    items.iter().map(|item| self.body_value(item)).collect::<Result<_, _>>()?;
                Some(items.into_iter().flatten().collect())
            }
            BodyNode::Map(entries) => {
                let mut map = serde_json::Map::new();
                for (name, item) in entries {
                    map.extend(self.body_value(item)?.map(|value| (name.clone(), value)));
                }
                Some(map.into())
            }
        })
    }

    /// The filled template; `None` where a field of it is absent or empty, which leaves its entry out.
    fn fill(
        &self,
        template: &Template,
        rule: Rule,
        encode_value: Encode,
        encode_text: Encode,
    ) -> Result<Option<Secret<String>>, Fault> {
        let mut filled = Secret::new(String::new());
        for part in template.parts() {
            // EXPOSE: filled in place, inside its secret.
            let text = filled.expose_mut();
            match part {
                Part::Text(fixed) => encode_text(fixed, text),
                Part::Field(name) => {
                    let Some(value) = self.value(name) else { return Ok(None) };
                    // EXPOSE: the value is checked and encoded for its place.
                    let value = value.expose();
                    rule(value).map_or(Ok(()), |message| Err(self.fault(name, message)))?;
                    encode_value(value, text);
                }
            }
        }
        Ok(Some(filled))
    }

    fn value(&self, name: &str) -> Option<Secret<String>> {
        if self.secrets == Secrets::LeftOut && self.is_secret(name) {
            return None;
        }
        // EXPOSE: a secret that the file's template names is copied into a secret.
        let fields =
            if self.is_secret(name) { self.candidate.secrets.expose() } else { &self.candidate.settings };
        let text = match fields.value(name)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        (!text.is_empty()).then(|| Secret::new(text))
    }

    fn is_secret(&self, name: &str) -> bool {
        self.file.kind.field_of(&self.candidate.method, name).is_some_and(|field| field.is(Mark::Secret))
    }

    fn fault(&self, name: &str, message: &str) -> Fault {
        let place = if self.is_secret(name) { "secrets" } else { "settings" };
        Fault::new(format!("/{place}/{name}"), message)
    }
}

fn header(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

const fn no_rule(_value: &str) -> Option<&'static str> {
    None
}

/// Some servers decode a slash before they resolve dots, so no part of a value may be dots alone: it
/// would leave the path that the file means.
fn segment_rule(value: &str) -> Option<&'static str> {
    value.split(['/', '\\']).any(is_dots).then_some(DOTS)
}

fn is_dots(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

const DOTS: &str = "must not be empty, nor have a part that is `.` or `..`";

/// RFC 9110, section 5.5, without what servers read differently: other than ASCII, and space at an edge.
fn header_rule(value: &str) -> Option<&'static str> {
    if value.len() > HEADER_BYTES {
        return Some("is too long for a header of HTTP: at most 8 KiB");
    }
    let is_printable = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if !is_printable {
        return Some("must be printable ASCII, because it travels in a header of HTTP");
    }
    (value.trim() != value).then_some("must not begin or end with a space")
}

fn user_rule(value: &str) -> Option<&'static str> {
    value.contains(':').then_some("must not hold a colon, because Basic authentication ends the user there")
}

fn push_as_is(text: &str, to: &mut String) {
    to.push_str(text);
}

/// Everything but the unreserved characters (RFC 3986, section 2.3), so that a value is one segment of a
/// path, or one value of a query, whatever it holds.
fn push_encoded(text: &str, to: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            to.push(char::from(byte));
        } else {
            to.push('%');
            to.push(char::from(HEX[usize::from(byte >> 4)]));
            to.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
