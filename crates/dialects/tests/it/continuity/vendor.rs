//! A stand-in for the vendor of a kind file: says what the file accepts, with the account and scopes of the test.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use strongroom_connectors::Catalogue;
use strongroom_domain::kind::{FieldType, Kind, Mark};
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_testkit::HttpsResponder;
use strongroom_testkit::certificates::{Authority, Validity};
use strongroom_testkit::vendor_words::VendorWords;

use crate::house::House;

/// One kind file and its server.
pub(super) struct Vendor {
    kind: Kind,
    pub(super) words: VendorWords,
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
        let words = VendorWords::of(text);
        let (catalogue, name) = if words.base().starts_with('{') {
            (Catalogue::built_in(), name.to_owned())
        } else {
            let here = format!("https://localhost:{}", server.port());
            let moved = text.replace(words.base(), &here).replacen(name, &format!("moved_{name}"), 1);
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("moved.toml"), moved).unwrap();
            (Catalogue::built_in().with_folder(folder.path()).unwrap(), format!("moved_{name}"))
        };
        let kind = catalogue.kind(&name).unwrap().clone();
        Self { kind, words, server, catalogue, authority }
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

    /// Names the account and the scopes from now on, or keeps them back.
    pub(super) fn says(&self, account: Option<&str>, scopes: Option<&[&str]>) {
        let accepting = self.words.accepting(account, scopes).bytes();
        // Some kinds ask what anybody would be told.
        self.server.say(self.words.refusing().bytes());
        for shown in ["sk_", "authorization: "] {
            self.server.say_to(shown, accepting.clone());
        }
    }

    /// A draft with this secret in every secret field.
    pub(super) fn draft(&self, secret: &str) -> Value {
        let kind = &self.kind;
        let base = self.words.base().trim_matches(['{', '}']);
        let (mut settings, mut secrets) = (Map::new(), Map::new());
        for field in kind.fields_of(&kind.default_method().name) {
            let name = field.name.clone();
            if field.is(Mark::Secret) {
                secrets.insert(name, json!(secret));
            } else if name == base {
                settings.insert(name, json!(format!("https://localhost:{}", self.server.port())));
            } else if field.is(Mark::Required) && field.default.is_none() {
                let value = match &field.kind {
                    _ if name == "probe_path" => "/v1/me".to_owned(),
                    FieldType::Choice(words) => words[0].clone(),
                    _ => "a@b.example".to_owned(),
                };
                settings.insert(name, json!(value));
            }
        }
        json!({"kind": kind.name, "name": "of a vendor", "settings": settings, "secrets": secrets})
    }
}
