//! What each `OpenAPI` document promises, tried on the real binary: no 5xx, no status that the document does not
//! name, no body of another shape.

use serde_json::{Value, json};
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_testkit::schemathesis::Inquiry;

use crate::promises::PROGRAM;

/// A dialect's document, and what a question needs to reach what lies behind.
struct Walk {
    dialect: &'static str,
    /// How credentials are made: where, of what, and where their id stands in the answer.
    made: (&'static str, fn() -> Value, &'static str),
    /// Where the ids of those that were made belong.
    ids: &'static [&'static str],
    /// Other values that mean something.
    known: &'static [(&'static str, &'static str)],
    /// Operations that are not asked.
    left_out: &'static [&'static str],
    /// Server errors of its contract.
    wanted: &'static [u16],
}

/// Enough to outlast those that are deleted on the way, and fewer than any dialect's limit.
const CREDENTIALS_MADE: usize = 40;

/// Stands for the number of the credential in a body, where no two may be alike.
const NTH: &str = "$NTH";

/// The connection of DX clients, which they cannot make. It takes many credentials, and the system that its type
/// stands for is not asked.
fn connect(server: &DevServer) {
    let unchecked = json!({"settings": {"verify": "never"}});
    server.admin().patch("/v1/workspaces/default", &unchecked).expect(200);
    let connection = json!({"kind": "linear", "name": "walked", "settings": {}});
    server.admin().post("/v1/workspaces/default/integrations", &connection).expect(201);
}

impl Walk {
    fn walk(&self) {
        let folder = DataFolder::default();
        let server = DevServer::start(PROGRAM, &folder.path());
        if self.dialect == "dx" {
            connect(&server);
        }
        let ids: Vec<String> = (0..CREDENTIALS_MADE).map(|nth| self.make(&server, nth)).collect();
        let mut known: Vec<_> = self.ids.iter().map(|place| (*place, ids.clone())).collect();
        known.extend(self.known.iter().map(|(name, value)| (*name, vec![(*value).to_owned()])));
        let document = format!("{}/openapi/{}.json", server.ready["address"].as_str().unwrap(), self.dialect);
        let token = server.ready["token"].as_str().unwrap();
        let inquiry = Inquiry {
            document: &document,
            token,
            known: &known,
            left_out: self.left_out,
            wanted: self.wanted,
        };
        if let Err(said) = inquiry.ask() {
            panic!("{}: {said}", self.dialect);
        }
    }

    fn make(&self, server: &DevServer, nth: usize) -> String {
        let (path, body, place) = self.made;
        let body = body().to_string().replace(NTH, &nth.to_string());
        let reply = server.admin().post(path, &serde_json::from_str(&body).unwrap());
        assert!((200..300).contains(&reply.status), "{}", String::from_utf8_lossy(&reply.body));
        let answer = reply.value();
        let id = answer.pointer(place).unwrap_or_else(|| panic!("no {place} in {answer}"));
        id.as_str().map_or_else(|| id.to_string(), str::to_owned)
    }
}

/// One line per dialect: its document, how a credential is made, where ids belong, what else means something,
/// what is not asked, and which server errors its contract wants.
macro_rules! walks {
    ($($dialect:ident: POST $path:literal $body:tt -> $place:literal as $ids:expr, $known:expr, but $left_out:expr, besides $wanted:expr;)*) => {
        $(#[test]
        #[ignore = "slow: two minutes of questions"]
        fn $dialect() {
            let made = ($path, (|| json!($body)) as fn() -> Value, $place);
            let dialect = stringify!($dialect);
            Walk { dialect, made, ids: &$ids, known: &$known, left_out: &$left_out, wanted: &$wanted }.walk();
        })*

        #[test]
        fn every_document_is_walked() {
            let mut walked: Vec<String> = vec![$(concat!(stringify!($dialect), ".json").to_owned()),*];
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi");
            let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
            let mut there: Vec<String> = files.map(|name| name.into_string().unwrap()).collect();
            walked.sort();
            there.sort();
            assert_eq!(walked, there, "a document without a walk: give it a line here");
        }
    };
}

walks! {
    // A stream does not end by itself; its tests are in `events`.
    native: POST "/v1/workspaces/default/credentials" {"kind": "generic", "name": "walked", "secrets": {"token": "cnry"}}
        -> "/id" as ["path.credential"],
        [("path.workspace", "default"), ("path.kind", "generic"), ("body.kind", "generic"), ("body.workspace", "default")],
        but ["watchEvents"], besides [];
    superai: POST "/superai/api/integrations/credentials"
        {"name": "walked", "provider": "api_credential", "credential_type": "api_key", "credentials": {"api_key": "cnry"}}
        -> "/id" as ["path.credential_id"], [("body.host", "127.0.0.1"), ("body.provider", "api_credential")], but [], besides [];
    flowise: POST "/flowise/api/v1/credentials"
        {"name": "walked", "credentialName": "pineconeApi", "plainDataObj": {"pineconeApiKey": "cnry"}}
        -> "/id" as ["path.id"], [("path.name", "pineconeApi"), ("body.credentialName", "pineconeApi")], but [], besides [];
    dx: POST "/dx/api/connections/1/credentials.create" {"label": "walked", "settings": {}, "secrets": {"api_key": "cnry-$NTH"}}
        -> "/credential/id" as ["path.id", "body.id"], [("path.connection_id", "1")], but [], besides [];
    zstack: POST "/zstack/api/v1/credentials" {"name": "walked", "type": "CREDENTIAL_TYPE_PASSWORD", "value": "cnry"}
        -> "/uuid" as ["path.uuid"], [("body.type", "CREDENTIAL_TYPE_PASSWORD")], but [], besides [501];
}
