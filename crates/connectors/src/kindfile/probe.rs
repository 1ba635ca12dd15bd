//! The request: what it may hold, and that each method of the kind proves something with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use strongroom_domain::kind::{Field, FieldType, Kind, Mark};
use strongroom_egress::http::{HeaderName, Method, Scheme};

use super::document::{BasicText, ControlName, ProbeText};
use super::fields::declared;
use super::{
    BaseUrl, Basic, BodyNode, Control, PlainHttp, Probe, Problem, Stated, Template, is_plain_path,
    is_plain_query,
};

pub(super) fn probe(text: &ProbeText, kind: &Kind) -> Result<Probe, Problem> {
    let basic = text.basic.as_ref().map(|pair| basic(pair, kind)).transpose()?;
    let probe = Probe {
        method: method(text, kind)?,
        base: base(text, kind)?,
        plain_http: if text.allow_http { PlainHttp::WhereTheSettingSaysSo } else { PlainHttp::Refused },
        path: path(text, kind)?,
        query: query(text, kind)?,
        headers: headers(&text.headers, kind)?,
        basic,
        body: body(text, kind)?,
        control: text.control.map_or(Control::None, |ControlName::WithoutSecrets| Control::WithoutSecrets),
    };
    check_control(&probe, kind)?;
    check_method(text, &probe)?;
    check_headers(&probe, kind)?;
    check_reason("probe.secret_in_url", text.secret_in_url.as_deref())?;
    let unproved = kind.methods.iter().find(|method| !proves(&probe, kind, &method.name));
    unproved.map_or(Ok(probe), |method| {
        let instead =
            format!("method `{}` sends no secret that is required, so its check proves nothing", method.name);
        Err(Problem::at("probe", instead))
    })
}

/// A check must have no side effects (CON-15): what a caller may state is `GET` or `HEAD`.
fn method(text: &ProbeText, kind: &Kind) -> Result<Stated<Method>, Problem> {
    const KEY: &str = "probe.method";
    if let Some(field) = template(KEY, &text.method, kind)?.only_field() {
        let field = stated(KEY, field, kind)?;
        let is_safe = |word: &String| matches!(word.as_str(), "GET" | "HEAD");
        return match &field.kind {
            FieldType::Choice(words) if words.iter().all(is_safe) => {
                Ok(Stated::InSetting(field.name.clone()))
            }
            _ => Err(Problem::at(KEY, "the field must be a choice of GET and HEAD and nothing else")),
        };
    }
    match text.method.as_str() {
        "GET" => Ok(Stated::InFile(Method::GET)),
        "HEAD" => Ok(Stated::InFile(Method::HEAD)),
        "POST" => Ok(Stated::InFile(Method::POST)),
        _ => Err(Problem::at(KEY, "must be GET, HEAD or POST")),
    }
}

fn check_method(text: &ProbeText, probe: &Probe) -> Result<(), Problem> {
    check_reason("probe.read_only", text.read_only.as_deref())?;
    let is_post = matches!(probe.method, Stated::InFile(Method::POST));
    match (is_post, &text.read_only, &probe.body) {
        (true, None, Some(_)) if text.graphql.is_some() => Ok(()),
        (true, None, _) => {
            Err(Problem::at("probe.read_only", "must say why this POST changes nothing at the vendor's"))
        }
        (false, Some(_), _) => {
            Err(Problem::at("probe.read_only", "is for POST; GET and HEAD change nothing"))
        }
        (false, None, Some(_)) => {
            let key = if text.graphql.is_some() { "probe.graphql" } else { "probe.json" };
            Err(Problem::at(key, "is for POST; GET and HEAD have no body"))
        }
        _ => Ok(()),
    }
}

/// A path without its secret is another path, and an answer to that one shows nothing.
fn check_control(probe: &Probe, kind: &Kind) -> Result<(), Problem> {
    let Stated::InFile(path) = &probe.path else { return Ok(()) };
    let has_secret = path.fields().any(|name| is_secret(kind, name));
    if has_secret && probe.control == Control::WithoutSecrets {
        return Err(Problem::at("probe.control", "is not for a path that holds the secret"));
    }
    Ok(())
}

/// What a server makes of a header that comes twice is not known. Names that callers state are looked at when
/// they are.
fn check_headers(probe: &Probe, kind: &Kind) -> Result<(), Problem> {
    for method in &kind.methods {
        let mut sent: BTreeSet<&str> = BTreeSet::new();
        if probe.basic.as_ref().is_some_and(|pair| has_all(kind, &method.name, pair.fields())) {
            sent.insert("authorization");
        }
        let entries = probe.headers.iter().filter(|(_, value)| has_all(kind, &method.name, value.fields()));
        for (name, _) in entries {
            let Stated::InFile(name) = name else { continue };
            if !sent.insert(name.as_str()) {
                let instead =
                    format!("is sent twice with method `{}`: once each, `basic` included", method.name);
                return Err(Problem::at(format!("probe.headers.{name}"), instead));
            }
        }
    }
    Ok(())
}

fn has_all<'a>(kind: &Kind, method: &str, mut fields: impl Iterator<Item = &'a str>) -> bool {
    fields.all(|name| kind.field_of(method, name).is_some())
}

fn check_reason(key: &str, reason: Option<&str>) -> Result<(), Problem> {
    let is_missing = reason.is_some_and(|reason| reason.trim().is_empty());
    if is_missing { Err(Problem::at(key, "must give the reason, in words")) } else { Ok(()) }
}

fn base(text: &ProbeText, kind: &Kind) -> Result<Stated<BaseUrl>, Problem> {
    const KEY: &str = "probe.base";
    if let Some(field) = template(KEY, &text.base, kind)?.only_field() {
        let field = target(KEY, field, kind)?;
        return match field.kind {
            FieldType::Url => Ok(Stated::InSetting(field.name.clone())),
            _ => Err(Problem::at(KEY, "the field must have the type `url`")),
        };
    }
    let base = BaseUrl::parse(&text.base).map_err(|instead| Problem::at(KEY, instead))?;
    match base.scheme {
        Scheme::Https(_) if !text.allow_http => Ok(Stated::InFile(base)),
        _ => Err(Problem::at(KEY, "is https; `allow_http` is only for a base that a field states")),
    }
}

/// Either the whole path, query included, stands in a setting, or fields fill whole or partial segments.
fn path(text: &ProbeText, kind: &Kind) -> Result<Stated<Template>, Problem> {
    const KEY: &str = "probe.path";
    let template = template(KEY, &text.path, kind)?;
    if let Some(field) = template.only_field() {
        return target(KEY, field, kind).map(|field| Stated::InSetting(field.name.clone()));
    }
    let filled = with_letters(&template);
    if !is_plain_path(&filled) {
        return Err(Problem::at(KEY, "must begin with / and be plain; the query has a table of its own"));
    }
    for field in template.fields() {
        given(KEY, field, kind)?;
    }
    keeps_secrets_out(KEY, &template, text, kind)?;
    Ok(Stated::InFile(template))
}

fn with_letters(template: &Template) -> String {
    let mut texts = String::new();
    for part in template.parts() {
        texts.push_str(match part {
            super::Part::Text(text) => text,
            super::Part::Field(_) => "x",
        });
    }
    texts
}

fn query(text: &ProbeText, kind: &Kind) -> Result<Vec<(String, Template)>, Problem> {
    let mut query = Vec::new();
    for (name, value) in &text.query {
        let key = format!("probe.query.{name}");
        let template = template(&key, value, kind)?;
        if name.is_empty() || !is_plain_query(name) || name.contains(['&', '=']) {
            return Err(Problem::at(key, "the name must be plain"));
        }
        keeps_secrets_out(&key, &template, text, kind)?;
        query.push((name.clone(), template));
    }
    Ok(query)
}

/// URLs end up in logs and histories.
fn keeps_secrets_out(key: &str, template: &Template, text: &ProbeText, kind: &Kind) -> Result<(), Problem> {
    let holds_secret = template.fields().any(|name| is_secret(kind, name));
    if holds_secret && text.secret_in_url.is_none() {
        let instead =
            "a secret in a URL ends up in logs; if the vendor has no other way, say so in `secret_in_url`";
        return Err(Problem::at(key, instead));
    }
    Ok(())
}

fn headers(
    texts: &BTreeMap<String, String>,
    kind: &Kind,
) -> Result<Vec<(Stated<HeaderName>, Template)>, Problem> {
    let mut headers = Vec::new();
    for (name, value) in texts {
        let key = format!("probe.headers.{name}");
        let value = template(&key, value, kind)?;
        if !value.texts().all(|text| text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')) {
            return Err(Problem::at(key, "must be printable ASCII"));
        }
        headers.push((header_name(&key, name, kind)?, value));
    }
    Ok(headers)
}

fn header_name(key: &str, name: &str, kind: &Kind) -> Result<Stated<HeaderName>, Problem> {
    if let Some(field) = template(key, name, kind)?.only_field() {
        return target(key, field, kind).map(|field| Stated::InSetting(field.name.clone()));
    }
    sendable_header(name).map(Stated::InFile).ok_or_else(|| Problem::at(key, NOT_SENDABLE))
}

pub(crate) const NOT_SENDABLE: &str =
    "must be a header, and none that frames or addresses the request or that every check sets";

/// A header that a file or a setting may name: none of those that `egress`, HTTP or the engine itself sets.
pub(crate) fn sendable_header(name: &str) -> Option<HeaderName> {
    const OURS: [&str; 13] = [
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "upgrade",
        "expect",
        "te",
        "trailer",
        "proxy-authorization",
        "proxy-connection",
        "keep-alive",
        "user-agent",
    ];
    HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| !OURS.contains(&name.as_str()))
}

fn basic(pair: &BasicText, kind: &Kind) -> Result<Basic, Problem> {
    Ok(Basic {
        user: template("probe.basic.user", &pair.user, kind)?,
        password: template("probe.basic.password", &pair.password, kind)?,
    })
}

fn body(text: &ProbeText, kind: &Kind) -> Result<Option<BodyNode>, Problem> {
    match (&text.json, &text.graphql) {
        (Some(_), Some(_)) => Err(Problem::at("probe.graphql", "stands instead of `json`, not beside it")),
        (Some(table), None) => body_of_table("probe.json", table, kind).map(Some),
        (None, Some(query)) => graphql(query).map(Some),
        (None, None) => Ok(None),
    }
}

/// A query has no side effects, unlike a mutation (GraphQL specification, section 2.3): one operation is
/// taken, and only where its text shows without a parser that it is a query and all there is. The text is
/// fixed, so its braces are its own.
fn graphql(text: &str) -> Result<BodyNode, Problem> {
    let text = text.trim();
    let begins_well = text.strip_prefix("query").unwrap_or(text).trim_start().starts_with('{');
    if !begins_well || text.contains(['"', '#', '$']) || !is_one_block(text) {
        let instead =
            "must be one `query { ... }` without texts, comments and variables; a mutation is no check";
        return Err(Problem::at("probe.graphql", instead));
    }
    let query = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(BodyNode::Map(vec![("query".to_owned(), BodyNode::Fixed(query.into()))]))
}

/// Whether the outermost braces open once, and close with the last character.
fn is_one_block(text: &str) -> bool {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return false,
            '}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1 == text.len();
        }
    }
    false
}

fn body_of_table(key: &str, table: &toml::Table, kind: &Kind) -> Result<BodyNode, Problem> {
    let entries = table.iter().map(|(name, value)| {
        body_node(&format!("{key}.{name}"), value, kind).map(|node| (name.clone(), node))
    });
    entries.collect::<Result<_, _>>().map(BodyNode::Map)
}

fn body_node(key: &str, value: &toml::Value, kind: &Kind) -> Result<BodyNode, Problem> {
    match value {
        toml::Value::String(text) => template(key, text, kind).map(BodyNode::Text),
        toml::Value::Integer(number) => Ok(BodyNode::Fixed(Value::from(*number))),
        toml::Value::Boolean(truth) => Ok(BodyNode::Fixed(Value::from(*truth))),
        toml::Value::Array(items) => {
            items.iter().map(|item| body_node(key, item, kind)).collect::<Result<_, _>>().map(BodyNode::List)
        }
        toml::Value::Table(table) => body_of_table(key, table, kind),
        toml::Value::Float(_) | toml::Value::Datetime(_) => {
            Err(Problem::at(key, "JSON values here are texts, whole numbers, true, false, lists and tables"))
        }
    }
}

/// A template whose fields are declared and can stand in one line.
pub(super) fn template(key: &str, text: &str, kind: &Kind) -> Result<Template, Problem> {
    let template = Template::parse(text).map_err(|instead| Problem::at(key, instead))?;
    for name in template.fields() {
        let field = declared(kind, name)
            .ok_or_else(|| Problem::at(key, format!("names the field `{name}`, which is not declared")))?;
        if matches!(field.kind, FieldType::Text | FieldType::Pem | FieldType::Json) {
            return Err(Problem::at(key, format!("names the field `{name}`, which is no text of one line")));
        }
    }
    Ok(template)
}

/// A public field that every candidate has: the caller states with it what the file leaves open.
pub(super) fn stated<'a>(key: &str, name: &str, kind: &'a Kind) -> Result<&'a Field, Problem> {
    given(key, name, kind)?;
    let field = declared(kind, name).filter(|field| !field.is(Mark::Secret));
    field.ok_or_else(|| Problem::at(key, format!("names the field `{name}`, which must not be secret here")))
}

/// The same, and it decides where the secret travels: to change it takes the secret or the right to rebind.
fn target<'a>(key: &str, name: &str, kind: &'a Kind) -> Result<&'a Field, Problem> {
    let field = stated(key, name, kind)?;
    if field.is(Mark::Target) {
        return Ok(field);
    }
    Err(Problem::at(key, format!("names the field `{name}`, which must bear the mark `target`")))
}

fn given(key: &str, name: &str, kind: &Kind) -> Result<(), Problem> {
    let in_every_method = kind.methods.iter().all(|method| is_given(kind, &method.name, name));
    let instead =
        || format!("names the field `{name}`, which must be required or have a default, in every method");
    if in_every_method { Ok(()) } else { Err(Problem::at(key, instead())) }
}

fn is_given(kind: &Kind, method: &str, name: &str) -> bool {
    kind.field_of(method, name).is_some_and(|field| field.is(Mark::Required) || field.default.is_some())
}

fn is_secret(kind: &Kind, name: &str) -> bool {
    declared(kind, name).is_some_and(|field| field.is(Mark::Secret))
}

/// Whether some entry that is always sent carries a secret.
fn proves(probe: &Probe, kind: &Kind, method: &str) -> bool {
    let mut entries: Vec<Vec<&str>> = Vec::new();
    if let Stated::InFile(path) = &probe.path {
        entries.push(path.fields().collect());
    }
    entries.extend(probe.query.iter().map(|(_, value)| value.fields().collect()));
    entries.extend(probe.headers.iter().map(|(_, value)| value.fields().collect()));
    entries.extend(probe.basic.iter().map(|pair| pair.fields().collect()));
    probe.body.iter().for_each(|body| body_entries(body, &mut entries));
    entries.iter().any(|fields| {
        fields.iter().all(|name| is_given(kind, method, name))
            && fields.iter().any(|name| is_secret(kind, name))
    })
}

fn body_entries<'a>(node: &'a BodyNode, entries: &mut Vec<Vec<&'a str>>) {
    match node {
        BodyNode::Fixed(_) => {}
        BodyNode::Text(template) => entries.push(template.fields().collect()),
        BodyNode::List(items) => items.iter().for_each(|item| body_entries(item, entries)),
        BodyNode::Map(map) => map.iter().for_each(|(_, item)| body_entries(item, entries)),
    }
}
