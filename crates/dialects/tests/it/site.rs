//! Jira sites on this machine, over TLS: each knows some callers and refuses all others.

use std::fs;

use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_egress::{Egress, Policy, Resolver, Roots};
use strongroom_testkit::HttpsResponder;
use strongroom_testkit::certificates::{Authority, Validity};

use crate::house::House;

/// Whom the sites of a test are certified by.
pub(crate) struct Sites(Authority);

/// One site.
pub(crate) struct Site(HttpsResponder);

impl Sites {
    pub(crate) fn new() -> Self {
        Self(Authority::make("sites of the tests"))
    }

    /// A site that knows nobody yet.
    pub(crate) async fn open(&self) -> Site {
        let certified = self.0.issue(&["localhost"], Validity::Current);
        let refusal = answer("401 Unauthorized", &json!({"message": "cnry-remote-text"}));
        Site(HttpsResponder::start(&certified, refusal).await)
    }

    /// A house that trusts them.
    pub(crate) async fn house(&self) -> House {
        House::among(Catalogue::built_in(), self.door_out()).await
    }

    fn door_out(&self) -> Egress {
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        fs::write(&ca_file, self.0.pem()).unwrap();
        Egress::new(Policy::development(), &Roots::load(&[ca_file]).unwrap(), Resolver::System)
    }
}

impl Site {
    pub(crate) fn address(&self) -> String {
        format!("https://localhost:{}", self.0.port())
    }

    /// Lets in who sends this in the header `authorization`, as this account.
    pub(crate) fn knows(&self, authorization: &str, account: &str) {
        let one = json!({"active": true, "accountId": account, "key": account, "name": account});
        self.0.say_to(&format!("authorization: {authorization}\r\n"), answer("200 OK", &one));
    }

    /// Answers who sends this with a status and a body.
    pub(crate) fn answers(&self, authorization: &str, status: &str, body: &Value) {
        self.0.say_to(&format!("authorization: {authorization}\r\n"), answer(status, body));
    }

    /// Answers everybody so from now on, whatever they send.
    pub(crate) fn says(&self, bytes: Vec<u8>) {
        self.0.say(bytes);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.0.requests().len()
    }
}

fn answer(status: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
