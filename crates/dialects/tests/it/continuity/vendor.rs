//! A stand-in for the vendor of a kind file: says what the file accepts, with the account and scopes of the test.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use strongroom_connectors::Catalogue;
use strongroom_domain::kind::{FieldType, Kind, Mark};
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_testkit::HttpsResponder;
use strongroom_testkit::certificates::{Authority, Validity};

use crate::house::House;

/// One kind file and its server.
pub(super) struct Vendor {
    kind: Kind,
    file: toml::Table,
    server: HttpsResponder,
    catalogue: Catalogue,
    authority: Authority,
}

/// Every kind file of the product, by its name.
pub(super) fn kind_files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors/catalogue");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let mut files: Vec<(String, String)> = files
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

impl Vendor {
    /// A kind whose host is fixed is made from its own file, with host and name replaced.
    pub(super) async fn of(name: &str, text: &str) -> Self {
        let authority = Authority::make("vendors of the tests");
        let certified = authority.issue(&["localhost"], Validity::Current);
        let server = HttpsResponder::start(&certified, Vec::new()).await;
        let mut file: toml::Table = text.parse().unwrap();
        let base = file["probe"]["base"].as_str().unwrap().to_owned();
        let catalogue = if base.starts_with('{') {
            Catalogue::built_in()
        } else {
            let here = format!("https://localhost:{}", server.port());
            let moved = text.replace(&base, &here).replacen(name, &format!("moved_{name}"), 1);
            file.insert("name".to_owned(), format!("moved_{name}").into());
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("moved.toml"), moved).unwrap();
            Catalogue::built_in().with_folder(folder.path()).unwrap()
        };
        let kind = catalogue.kind(file["name"].as_str().unwrap()).unwrap().clone();
        Self { kind, file, server, catalogue, authority }
    }

    /// A house that knows the kind and trusts the server.
    pub(super) async fn house(&mut self) -> House {
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        fs::write(&ca_file, self.authority.pem()).unwrap();
        let roots = Roots::load(&[ca_file]).unwrap();
        let egress = Egress::new(Policy::development(), &roots, Resolver::System);
        House::among(std::mem::replace(&mut self.catalogue, Catalogue::built_in()), egress).await
    }

    pub(super) fn tells_account(&self) -> bool {
        !self.account_places().is_empty()
    }

    pub(super) fn tells_scopes(&self) -> bool {
        self.scopes_place().is_some()
    }

    /// Whether an answer that lacks the account is accepted all the same.
    pub(super) fn may_keep_the_account_back(&self) -> bool {
        self.account_places().iter().all(|place| !self.asks_for(place))
    }

    /// The same of the scopes.
    pub(super) fn may_keep_the_scopes_back(&self) -> bool {
        self.scopes_place().is_some_and(|place| !self.asks_for(&place))
    }

    /// Whether the proof that the file wants stands at this place.
    fn asks_for(&self, place: &str) -> bool {
        let row = self.accepting_row();
        ["has", "equals", "contains"].iter().any(|key| match row.get(*key) {
            Some(toml::Value::Array(places)) => places.iter().any(|known| known.as_str() == Some(place)),
            Some(toml::Value::Table(places)) => places.contains_key(place),
            _ => false,
        })
    }

    /// Names the account and the scopes from now on, or keeps them back.
    pub(super) fn says(&self, account: Option<&str>, scopes: Option<&[&str]>) {
        let mut answer = Answering::default();
        let row = self.accepting_row();
        for place in texts(row.get("has")) {
            answer.put(&place, json!("here"));
        }
        for key in ["contains", "equals"] {
            for (place, value) in row.get(key).and_then(toml::Value::as_table).into_iter().flatten() {
                let value = value.as_array().map_or(value, |values| &values[0]);
                answer.put(place, serde_json::to_value(value).unwrap());
            }
        }
        for (nth, place) in self.account_places().iter().enumerate() {
            if let Some(account) = account {
                answer.put(place, json!(format!("{account}-{nth}")));
            }
        }
        if let Some((place, scopes)) = self.scopes_place().zip(scopes) {
            let is_header = !place.starts_with('/');
            answer.put(&place, if is_header { json!(scopes.join(", ")) } else { json!(scopes) });
        }
        self.server.say(answer.bytes(status(row)));
    }

    /// A draft with this secret in every secret field.
    pub(super) fn draft(&self, secret: &str) -> Value {
        let kind = &self.kind;
        let base = self.file["probe"]["base"].as_str().unwrap().trim_matches(['{', '}']).to_owned();
        let (mut settings, mut secrets) = (Map::new(), Map::new());
        for field in kind.fields_of(&kind.default_method().name) {
            let name = field.name.clone();
            if field.is(Mark::Secret) {
                secrets.insert(name, json!(secret));
            } else if name == base {
                settings.insert(name, json!(format!("https://localhost:{}", self.server.port())));
            } else if field.is(Mark::Required) && field.default.is_none() {
                let value = match &field.kind {
                    FieldType::Choice(words) => words[0].clone(),
                    _ => "a@b.example".to_owned(),
                };
                settings.insert(name, json!(value));
            }
        }
        json!({"kind": kind.name, "name": "of a vendor", "settings": settings, "secrets": secrets})
    }

    fn accepting_row(&self) -> &toml::Table {
        let rows = self.file["probe"]["answers"].as_array().unwrap();
        let rows = rows.iter().map(|row| row.as_table().unwrap());
        let accepting = |row: &&toml::Table| row["means"].as_str() == Some("accepted");
        rows.clone().find(accepting).unwrap()
    }

    /// Those of the answer; a setting that names the account changes only when the caller changes it.
    fn account_places(&self) -> Vec<String> {
        let places = texts(self.evidence("account"));
        places.into_iter().filter(|place| !place.starts_with('{')).collect()
    }

    fn scopes_place(&self) -> Option<String> {
        self.evidence("scopes").and_then(toml::Value::as_str).map(str::to_owned)
    }

    fn evidence(&self, key: &str) -> Option<&toml::Value> {
        self.file.get("evidence")?.get(key)
    }
}

fn texts(places: Option<&toml::Value>) -> Vec<String> {
    let places = places.and_then(toml::Value::as_array).into_iter().flatten();
    places.map(|place| place.as_str().unwrap().to_owned()).collect()
}

fn status(row: &toml::Table) -> i64 {
    row["status"].as_array().and_then(|codes| codes[0].as_integer()).unwrap_or(200)
}

#[derive(Default)]
struct Answering {
    headers: Vec<(String, String)>,
    body: Value,
}

impl Answering {
    /// A later value replaces an earlier one.
    fn put(&mut self, place: &str, value: Value) {
        let Some(pointer) = place.strip_prefix('/') else {
            self.headers.retain(|(name, _)| name != place);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            return self.headers.push((place.to_owned(), text));
        };
        let mut at = &mut self.body;
        for name in pointer.split('/') {
            at = match (at.is_array(), name.parse::<usize>()) {
                (_, Ok(0)) => {
                    if !at.is_array() {
                        *at = json!([null]);
                    }
                    &mut at[0]
                }
                _ => &mut at[name],
            };
        }
        *at = value;
    }

    fn bytes(&self, status: i64) -> Vec<u8> {
        let body = if self.body.is_null() { "{}".to_owned() } else { self.body.to_string() };
        let mut text = format!("HTTP/1.1 {status} Said So\r\ncontent-type: application/json\r\n");
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        format!("{text}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}
