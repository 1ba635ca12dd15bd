//! The six promises of the README, each tried to be broken on the real binary and a real PostgreSQL.

mod accountable;
mod confidential;
mod in_force;
mod lossless;
mod verified;

use serde_json::{Value, json};
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_testkit::http::{Client, Reply};
use strongroom_testkit::postgres::{Account, Postgres};

/// The binary under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_strongroom");
/// Where credentials live.
pub(crate) const CREDENTIALS: &str = "/v1/workspaces/default/credentials";

/// A server over its own folder, and an account of a real PostgreSQL.
pub(crate) struct World {
    pub(crate) folder: DataFolder,
    pub(crate) server: DevServer,
    pub(crate) account: Account,
}

impl World {
    /// `password` is the account's at first.
    pub(crate) fn with_account(password: &str) -> Self {
        let account = Postgres::shared().create_account(password);
        let folder = DataFolder::default();
        let server = DevServer::start(PROGRAM, &folder.path());
        Self { folder, server, account }
    }

    pub(crate) fn admin(&self) -> Client {
        self.server.admin()
    }

    /// The body of a credential for the account, as the native API takes it.
    pub(crate) fn draft(&self, password: &str) -> Value {
        draft_for(&self.account, Postgres::shared().port(), password)
    }

    /// A saved and verified credential; its path.
    pub(crate) fn saved(&self, password: &str) -> String {
        let made = self.admin().post(CREDENTIALS, &self.draft(password)).expect(201).value();
        format!("{CREDENTIALS}/{}", made["id"].as_str().unwrap())
    }
}

/// A PostgreSQL credential without TLS: the tests of TLS are the connector's.
pub(crate) fn draft_for(account: &Account, port: u16, password: &str) -> Value {
    json!({
        "kind": "postgresql",
        "name": "reporting-db",
        "settings": {
            "host": "127.0.0.1", "port": port, "database": account.database, "username": account.role, "sslmode": "disable",
        },
        "secrets": {"password": password},
    })
}

/// A credential without a check.
pub(crate) fn generic(client: &Client, secrets: &Value) -> String {
    let made =
        client.post(CREDENTIALS, &json!({"kind": "generic", "name": "any", "secrets": secrets})).expect(201);
    format!("{CREDENTIALS}/{}", made.value()["id"].as_str().unwrap())
}

/// Secrets as a consumer is given them.
pub(crate) fn resolve(client: &Client, path: &str) -> Reply {
    client.post(&format!("{path}/resolve"), &json!({"consumer": {"name": "flow-42", "instance": "worker-1"}}))
}
