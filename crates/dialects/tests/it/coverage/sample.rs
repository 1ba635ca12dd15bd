//! One request per route that does what the route is for, with its ids in known places.

use serde_json::{Value, json};
use strongroom_web::Declaration;

/// A request of a route, about things of the first workspace.
pub(crate) struct Sample {
    pub(super) declaration: Declaration,
    pub(super) prefix: String,
    /// What stands for each parameter, in the order of the path.
    pub(super) parameters: Vec<(&'static str, Part)>,
    pub(super) body: Option<Value>,
    /// The id of its credential, in the dialect's spelling and in ours.
    pub(super) credential: String,
    pub(super) native: String,
}

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Connection,
    Credential,
    Endpoint,
    Integration,
    Organization,
    Token,
    Workspace,
}

/// What stands for a parameter.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Id(Sort, String),
    /// A word that means the same to everybody.
    Word(&'static str),
}

/// A place of a request where an id stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Position {
    /// A parameter of the path.
    Path(&'static str, Sort),
    /// A JSON pointer into the body.
    Body(String, Sort),
}

impl Position {
    pub(super) const fn sort(&self) -> Sort {
        match self {
            Self::Path(_, sort) | Self::Body(_, sort) => *sort,
        }
    }
}

impl Sample {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.declaration.method, self.declaration.path)
    }

    /// Every place for an id.
    pub(super) fn positions(&self) -> Vec<Position> {
        let of_path = self.parameters.iter().filter_map(|(name, part)| match part {
            Part::Id(sort, _) => Some(Position::Path(name, *sort)),
            Part::Word(_) => None,
        });
        let mut of_body = Vec::new();
        if let Some(body) = &self.body {
            self.find_ids(body, String::new(), &mut of_body);
        }
        of_path.chain(of_body).collect()
    }

    fn find_ids(&self, value: &Value, pointer: String, found: &mut Vec<Position>) {
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(nth, item)| self.find_ids(item, format!("{pointer}/{nth}"), found)),
            Value::Object(fields) => fields
                .iter()
                .for_each(|(name, field)| self.find_ids(field, format!("{pointer}/{name}"), found)),
            leaf => found.extend(self.sort_of(leaf).map(|sort| Position::Body(pointer, sort))),
        }
    }

    fn sort_of(&self, leaf: &Value) -> Option<Sort> {
        let text = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
        match text.split_once('_') {
            _ if text == self.credential || text == self.native => Some(Sort::Credential),
            Some(("int", _)) => Some(Sort::Integration),
            Some(("ws", _)) => Some(Sort::Workspace),
            _ => None,
        }
    }

    /// The same request with another id in one place.
    pub(super) fn with(&self, position: &Position, id: &str) -> (String, Option<Value>) {
        match position {
            Position::Path(name, _) => (self.path(Some((name, id))), self.body.clone()),
            Position::Body(pointer, _) => {
                let mut body = self.body.clone().unwrap_or_default();
                let leaf = body.pointer_mut(pointer).expect("it was found there");
                *leaf = if leaf.is_number() { json!(id.parse::<u64>().unwrap()) } else { json!(id) };
                (self.path(None), Some(body))
            }
        }
    }

    pub(super) fn path(&self, other: Option<(&str, &str)>) -> String {
        let mut path = self.declaration.path.to_owned();
        for (name, part) in &self.parameters {
            let own = match part {
                Part::Id(_, id) => id,
                Part::Word(word) => *word,
            };
            let text = other.filter(|(other, _)| other == name).map_or(own, |(_, id)| id);
            path = path.replacen(&format!("{{{name}}}"), text, 1);
        }
        format!("{}{path}", self.prefix)
    }
}

/// The parameters of a declared path, in order.
pub(super) fn parameters_of(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// What a parameter of a foreign dialect stands for. The native ones are all ids of ours but for these.
pub(super) fn word_of(dialect: &str, name: &str) -> Option<&'static str> {
    match (dialect, name) {
        ("native", "kind") => Some("generic"),
        ("native", "name") => Some("flow"),
        ("native", "instance") => Some("worker"),
        ("flowise", "name") => Some("PostgresUrl"),
        ("superai", "provider") => Some("postgresql"),
        ("superai", "plugin_name" | "provider_name") => Some("google"),
        (_, "*rest") => Some("some/thing"),
        _ => None,
    }
}

/// What an id in a parameter names. A name that is new here has to be listed, so that ids of others are tried in
/// its place.
pub(super) fn sort_of(dialect: &str, path: &str, name: &str) -> Sort {
    match (dialect, name) {
        ("native", "workspace") => Sort::Workspace,
        ("native", "credential") | ("flowise", "id") | ("superai", "credential_id") | ("zstack", "uuid") => {
            Sort::Credential
        }
        ("native", "integration") => Sort::Integration,
        ("native", "organization") => Sort::Organization,
        ("native", "token") => Sort::Token,
        ("native", "endpoint") => Sort::Endpoint,
        ("dx", "connection_id") => Sort::Connection,
        ("dx", "id") if path.contains("connections.info") => Sort::Connection,
        ("dx", "id") => Sort::Credential,
        _ => panic!("{dialect} {path}: say in coverage/sample.rs what {{{name}}} is"),
    }
}

/// Bodies of foreign routes that the parity table has no scenario for.
pub(super) fn foreign_body(dialect: &str, declaration: &Declaration, port: u16) -> Option<Value> {
    let connection = json!({"host": "127.0.0.1", "port": port.to_string(), "username": "nobody",
        "password": "p", "database": "d", "auth_type": "password"});
    match (dialect, declaration.path) {
        ("flowise", "/api/v1/auth/login") => Some(json!({"email": "nobody@example", "password": "p"})),
        ("flowise", "/api/v1/credentials") => Some(json!({"name": "x"})),
        ("flowise", path)
            if ["/oauth2-credential/", "/auth/", "/account/"].iter().any(|part| path.contains(part)) =>
        {
            Some(json!({}))
        }
        ("superai", path) if path.ends_with("/test-connection") => Some(connection),
        ("superai", path) if path.ends_with("/oauth/authorize") => {
            Some(json!({"redirect_to": "r", "integration_name": "i", "provider_name": "p", "name": "x"}))
        }
        ("zstack", path) if path.ends_with("/previewDelete") => Some(json!({})),
        _ => None,
    }
}
