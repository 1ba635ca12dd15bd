//! Secrets where they belong: kept, checked at a real database, refused by it, given to who may have them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use strongroom_testkit::http::{Client, Reply};
use strongroom_testkit::postgres::{Account, Postgres};

use super::Sweep;
use crate::promises::{CREDENTIALS, draft_for, generic, resolve};

impl Sweep {
    /// Through every dialect. Only the answers to a resolve or its like are not searched: they are what it is for.
    pub(super) fn check_for_real(&mut self) {
        self.check_natively();
        self.check_settings();
        self.check_flowise();
        self.check_superai();
        self.check_dx();
        self.check_zstack();
    }

    /// Sends, and searches the answer.
    fn try_to(&mut self, client: &Client, method: &str, path: &str, body: &Value) -> Reply {
        let reply = if body.is_null() {
            client.send(method, path, &[], b"")
        } else {
            client.json(method, path, &[], body)
        };
        self.search_reply(&format!("{method} {path}"), &reply);
        reply
    }

    fn check_natively(&mut self) {
        let admin = self.admin();
        let (right, wrong) =
            (self.bait.text("right password").to_owned(), self.bait.text("wrong password").to_owned());
        let draft = |password: &str| draft_for(&self.account, Postgres::shared().port(), password);
        let (good, bad) = (draft(&right), draft(&wrong));
        let made = self.try_to(&admin, "POST", CREDENTIALS, &good).expect(201).value();
        let one = format!("{CREDENTIALS}/{}", made["id"].as_str().unwrap());
        self.try_to(&admin, "POST", CREDENTIALS, &bad).expect(422);
        self.try_to(&admin, "PATCH", &one, &json!({"secrets": {"password": wrong}})).expect(422);
        self.try_to(&admin, "POST", &format!("{CREDENTIALS}/verify"), &bad).expect(200);
        self.try_to(&admin, "POST", &format!("{one}/verify"), &json!({})).expect(200);
        let nested = json!({"token": self.bait.text("opaque secret"),
            "nested": {"deep": [self.bait.text("nested secret")]}});
        let any = generic(&admin, &nested);
        let key = [("idempotency-key", "sweep-1")];
        let again = json!({"kind": "generic", "name": "again", "secrets": nested});
        for _ in 0..2 {
            let reply = admin.json("POST", CREDENTIALS, &key, &again).expect(201);
            self.search_reply("a change that is repeated", &reply);
        }
        for path in [&one, &any] {
            for rest in ["", "/history", "/consumers"] {
                self.try_to(&admin, "GET", &format!("{path}{rest}"), &Value::Null).expect(200);
            }
            resolve(&admin, path).expect(200);
        }
        assert_eq!(resolve(&admin, &any).value()["secrets"]["token"], self.bait.text("opaque secret"));
        let report = json!({"value_version": 1, "outcome": "rejected"});
        self.try_to(&admin, "POST", &format!("{one}/report"), &report);
        for path in [CREDENTIALS, "/v1/tokens", "/v1/workspaces/default", "/v1/kinds"] {
            self.try_to(&admin, "GET", path, &Value::Null).expect(200);
        }
        let query = format!("{CREDENTIALS}?q={}", self.bait.text("opaque secret").split(' ').next().unwrap());
        self.try_to(&admin, "GET", &query, &Value::Null).expect(200);
    }

    /// A secret in the wrong field of a draft, for every setting of every kind. What is told of a setting to who
    /// sent it is not searched, since settings are shown: the log and the records are.
    fn check_settings(&self) {
        let (admin, canary) = (self.admin(), self.bait.text("setting of a draft"));
        let mut count = 0;
        for kind in admin.get("/v1/kinds").expect(200).value()["items"].as_array().unwrap() {
            for setting in settings_of(&kind["schema"]) {
                let mut draft = if kind["name"] == "postgresql" {
                    draft_for(&self.account, Postgres::shared().port(), "no password")
                } else {
                    json!({"kind": kind["name"], "name": "x", "settings": {}})
                };
                draft["settings"][&setting] = canary.into();
                let reply = admin.post(&format!("{CREDENTIALS}/verify"), &draft);
                assert!(reply.status < 500, "{setting}: {}", String::from_utf8_lossy(&reply.body));
                count += usize::from(reply.status == 200);
            }
        }
        assert!(count > 0, "some were tried");
    }

    /// Another account with the right password: each has three attempts with a wrong one.
    fn another_account(&self) -> Account {
        Postgres::shared().create_account(self.bait.text("right password"))
    }

    /// A client of a person, or of a program.
    fn caller(&self, kind: &str) -> Client {
        let new = json!({"name": "swept", "kind": kind, "role": "admin", "workspace": "default"});
        let issued = self.admin().post("/v1/tokens", &new).expect(201).value();
        self.admin().with_token(issued["token"].as_str().unwrap())
    }

    fn check_flowise(&mut self) {
        let user = self.caller("user");
        let path = "/flowise/api/v1/credentials";
        let key = |canary: &str| json!({"name": "swept", "credentialName": "pineconeApi", "plainDataObj": {"pineconeApiKey": canary}});
        let secret = self.bait.text("foreign secret").to_owned();
        let made = self.try_to(&user, "POST", path, &key(&secret));
        assert!((200..300).contains(&made.status));
        let one = format!("{path}/{}", made.value()["id"].as_str().unwrap());
        self.try_to(&user, "PUT", &one, &key(&secret));
        self.try_to(&user, "GET", path, &Value::Null).expect(200);
        self.try_to(&user, "GET", &one, &Value::Null).expect(200);
        let account = self.another_account();
        let wrong = self.bait.text("wrong password").split(' ').next().expect("there is a first word");
        let url = format!(
            "postgresql://{}:{wrong}@127.0.0.1:{}/{}?sslmode=disable",
            account.role,
            Postgres::shared().port(),
            account.database
        );
        let wrong =
            json!({"name": "bad", "credentialName": "PostgresUrl", "plainDataObj": {"postgresUrl": url}});
        assert!(self.try_to(&user, "POST", path, &wrong).status >= 400);
    }

    fn check_superai(&mut self) {
        let (user, service) = (self.caller("user"), self.caller("service"));
        let path = "/superai/api/integrations/credentials";
        let account = self.another_account();
        let keys = |password: &str| {
            json!({"host": "127.0.0.1", "port": Postgres::shared().port().to_string(),
            "username": account.role, "password": password, "database": account.database, "sslmode": "disable"})
        };
        let (right, wrong) = (keys(self.bait.text("right password")), keys(self.bait.text("wrong password")));
        let new = |keys: &Value| json!({"name": "swept", "provider": "postgresql", "credential_type": "user_password", "credentials": keys});
        let made = self.try_to(&user, "POST", path, &new(&right)).expect(201).value();
        assert!(self.try_to(&user, "POST", path, &new(&wrong)).status >= 400);
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        self.try_to(&user, "GET", &one, &Value::Null).expect(200);
        for keys in [&right, &wrong] {
            self.try_to(&user, "POST", "/superai/api/integrations/postgres/test-connection", keys);
        }
        let held = service.get(&format!("{one}/credentials")).expect(200).value();
        assert_eq!(held["password"], self.bait.text("right password"));
    }

    fn check_dx(&mut self) {
        let user = self.caller("user");
        let settings = json!({"host": "127.0.0.1", "port": Postgres::shared().port(), "sslmode": "disable"});
        let connection = json!({"kind": "postgresql", "name": "a database", "settings": settings});
        self.admin().post("/v1/workspaces/default/integrations", &connection).expect(201);
        let account = self.another_account();
        let draft = |password: &str| {
            json!({"label": "swept", "secrets": {"password": password},
            "settings": {"database": account.database, "username": account.role}})
        };
        let (right, wrong) =
            (draft(self.bait.text("right password")), draft(self.bait.text("wrong password")));
        let path = "/dx/api/connections/1/credentials";
        assert!((200..300).contains(&self.try_to(&user, "POST", &format!("{path}.create"), &right).status));
        assert!(self.try_to(&user, "POST", &format!("{path}.create"), &wrong).status >= 400);
        self.try_to(&user, "GET", &format!("{path}.list"), &Value::Null).expect(200);
    }

    fn check_zstack(&mut self) {
        let user = self.caller("user");
        let new = json!({"name": "swept", "type": "CREDENTIAL_TYPE_PASSWORD", "value": self.bait.text("foreign secret")});
        let path = "/zstack/api/v1/credentials";
        assert!((200..300).contains(&self.try_to(&user, "POST", path, &new).status));
        self.try_to(&user, "GET", path, &Value::Null).expect(200);
    }
}

/// The names of all settings in the schema of a kind, whatever its methods.
fn settings_of(schema: &Value) -> BTreeSet<String> {
    match schema {
        Value::Object(fields) => {
            let own = fields.get("settings").and_then(|settings| settings["properties"].as_object());
            let own = own.into_iter().flatten().map(|(name, _)| name.clone());
            own.chain(fields.values().flat_map(settings_of)).collect()
        }
        Value::Array(items) => items.iter().flat_map(settings_of).collect(),
        _ => BTreeSet::new(),
    }
}
