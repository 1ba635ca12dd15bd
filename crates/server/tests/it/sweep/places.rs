//! Where a client can put something in a request of a route.

use serde_json::{Value, json};
use strongroom_testkit::http::Client;
use strongroom_web::body::BodyRule;
use strongroom_web::{Declaration, RouteTable};

use super::bait::{Bait, PLACES};

/// A request with a canary somewhere.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) template: &'static str,
    /// Where the canary is.
    pub(super) place: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<(&'static str, Vec<u8>)>,
}

impl Request {
    /// Whether it goes to the dialect of this prefix.
    pub(super) fn is_of(&self, prefix: &str) -> bool {
        self.target.starts_with(prefix)
    }

    /// As it goes over the wire, with the admin's token where the canary is in no header that says who calls.
    pub(super) fn bytes(&self, client: &Client, token: &str) -> Vec<u8> {
        let has = |name: &str| self.headers.iter().any(|(own, _)| own == name);
        let mut lines =
            vec![format!("{} {} HTTP/1.1", self.method, self.target), "connection: close".to_owned()];
        if !has("host") {
            lines.push(format!("host: {}", client.address()));
        }
        if !has("authorization") && !has("x-api-key") {
            lines.push(format!("authorization: Bearer {token}"));
        }
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let (content_type, body) = self.body.clone().unwrap_or_default();
        if !content_type.is_empty() && !has("content-type") {
            lines.push(format!("content-type: {content_type}"));
        }
        if self.body.is_some() {
            lines.push(format!("content-length: {}", body.len()));
        }
        [(lines.join("\r\n") + "\r\n\r\n").into_bytes(), body].concat()
    }
}

/// The document of a table's dialect; null for what has none.
pub(super) fn document_of(client: &Client, table: &RouteTable) -> Value {
    let name =
        if table.prefix().is_empty() { return Value::Null } else { table.manner().view.dialect().code() };
    client.get(&format!("/openapi/{name}.json")).expect(200).value()
}

/// Every request with a canary of a route.
pub(super) fn requests(
    table: &RouteTable,
    declaration: &Declaration,
    document: &Value,
    bait: &Bait,
) -> Vec<Request> {
    let around = Around { table, declaration, bait };
    let mut requests = around.in_the_target();
    requests.extend(around.in_headers());
    if !matches!(declaration.body, BodyRule::None) {
        requests.extend(around.in_the_body(&names_of(document, table, declaration)));
    }
    requests
}

struct Around<'a> {
    table: &'a RouteTable,
    declaration: &'a Declaration,
    bait: &'a Bait,
}

impl Around<'_> {
    fn request(&self, place: impl Into<String>) -> Request {
        Request {
            method: self.declaration.method.to_string(),
            template: self.declaration.path,
            place: place.into(),
            target: self.path(None),
            headers: Vec::new(),
            body: None,
        }
    }

    /// With words that name nothing, but for the workspace: nothing is there to be shown or changed.
    fn path(&self, canary_at: Option<usize>) -> String {
        let parameter = |(nth, part): (usize, &str)| match part {
            part if !part.starts_with('{') => part.to_owned(),
            _ if canary_at == Some(nth) => self.bait.text("path").to_owned(),
            "{workspace}" => "default".to_owned(),
            "{connection_id}" => "1".to_owned(),
            _ => "nothing".to_owned(),
        };
        let parts: Vec<String> = self.declaration.path.split('/').enumerate().map(parameter).collect();
        format!("{}{}", self.table.prefix(), parts.join("/"))
    }

    fn in_the_target(&self) -> Vec<Request> {
        let parts = self.declaration.path.split('/').enumerate();
        let mut requests: Vec<Request> = parts
            .filter(|(_, part)| part.starts_with('{'))
            .map(|(nth, part)| Request {
                target: self.path(Some(nth)),
                ..self.request(format!("the path's {part}"))
            })
            .collect();
        let (value, name) = (self.bait.text("query value"), self.bait.text("query name"));
        let queries = self.declaration.query.iter().map(|known| format!("{known}={value}"));
        for query in queries.chain([format!("{name}={value}"), format!("token={value}"), value.to_owned()]) {
            let target = format!("{}?{query}", self.path(None));
            requests.push(Request { target, ..self.request("the query") });
        }
        requests
    }

    fn in_headers(&self) -> Vec<Request> {
        let places = PLACES.iter().filter_map(|place| Some((*place, place.strip_prefix("header ")?)));
        places
            .map(|(place, name)| {
                let canary = self.bait.text(place);
                let (name, value) = match name {
                    "authorization" => ("authorization", format!("Bearer {canary}")),
                    "authorization basic" => {
                        ("authorization", format!("Basic {}", encoded(&format!("user:{canary}"))))
                    }
                    "cookie" => (
                        "cookie",
                        format!(
                            "token={canary}; __Host-strongroom-flowise={canary}; strongroom-flowise={canary}"
                        ),
                    ),
                    "if-match" | "if-none-match" => (name, format!("\"{canary}\"")),
                    "of no meaning" => (canary, canary.to_owned()),
                    name => (name, canary.to_owned()),
                };
                Request { headers: vec![(name.to_owned(), value)], ..self.request(place) }
            })
            .collect()
    }

    fn in_the_body(&self, names: &[String]) -> Vec<Request> {
        let (field, name) = (self.bait.text("body field"), self.bait.text("body name"));
        let mut bodies: Vec<(String, &'static str, Vec<u8>)> = Vec::new();
        let mut json = |place: &str, body: &Value| {
            bodies.push((place.to_owned(), "application/json", body.to_string().into_bytes()));
        };
        for known in names {
            // A text would be right for many of them, and then it is shown to whoever may see it.
            json(&format!("the field {known}"), &json!({known: {field: field, name: [field]}}));
            json(&format!("a list in the field {known}"), &json!({known: [[field], {name: field}]}));
        }
        json("a field that nobody knows", &json!({name: field}));
        for known in ["settings", "secrets", "credentials", "plainDataObj", "value"] {
            json(
                "names of fields",
                &json!({"kind": field, "provider": field, "credentialName": field, known: {name: field}}),
            );
        }
        let loose = self.bait.text("body that is no object");
        json("a text", &json!(loose));
        json("a list", &json!([loose, [loose]]));
        let broken = self.bait.text("body that is no JSON");
        for text in [
            format!("{{\"{broken}"),
            format!("{{\"a\":\"{broken}\",}}"),
            format!("{{\"a\":{broken}}}"),
            broken.to_owned(),
        ] {
            bodies.push(("broken JSON".to_owned(), "application/json", text.into_bytes()));
        }
        bodies.push(("bytes".to_owned(), "application/json", [broken.as_bytes(), b"\xff\xfe"].concat()));
        let form = self.bait.text("body of a form");
        let form = format!("{form}={form}&secrets[{form}]={form}&label={form}%00");
        bodies.push(("a form".to_owned(), "application/x-www-form-urlencoded", form.into_bytes()));
        let other = self.bait.text("body of another type");
        bodies.push(("a text of another type".to_owned(), "text/plain", other.into()));
        bodies.push(("XML".to_owned(), "application/xml", format!("<a>{other}</a>").into_bytes()));
        let of =
            |(place, content_type, body)| Request { body: Some((content_type, body)), ..self.request(place) };
        bodies.into_iter().map(of).collect()
    }
}

/// What the fields of a route's body are called, by its document.
fn names_of(document: &Value, table: &RouteTable, declaration: &Declaration) -> Vec<String> {
    let path = format!("{}{}", table.prefix(), declaration.path);
    let operation = &document["paths"][path][declaration.method.as_str().to_lowercase()];
    let shape = &operation["requestBody"]["content"]["application/json"]["schema"];
    let shape = match shape["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or(&Value::Null),
        None => shape,
    };
    shape["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn encoded(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let word = |chunk: &[u8]| {
        chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()))
    };
    let digits = |chunk: &[u8]| {
        let word = word(chunk);
        let all = [18, 12, 6, 0].map(|shift| char::from(DIGITS[(word >> shift & 63) as usize]));
        all[..=chunk.len()].iter().collect::<String>()
    };
    text.as_bytes().chunks(3).map(digits).collect()
}
