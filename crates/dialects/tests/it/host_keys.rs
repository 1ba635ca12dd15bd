//! Host keys that no credential states: refused, pinned at the first use, never replaced. Against a real OpenSSH.

use serde_json::{Value, json};
use strongroom_domain::Secret;
use strongroom_domain::change::{CredentialChange, Edits, FieldEdits};
use strongroom_domain::dialect::View;
use strongroom_domain::ids::{PrincipalId, RequestId};
use strongroom_domain::policy::SshHostKeys;
use strongroom_domain::principal::{Grant, Place, Principal, PrincipalKind, Reach, Role, Standing};
use strongroom_service::Context;
use strongroom_service::options::{ChangeOptions, NewCredential};
use strongroom_testkit::OpenSsh;
use strongroom_testkit::openssh::{HostKey, PublicKey, make_key};

use crate::client::Client;
use crate::house::{CREDENTIALS, House, text};

const WORKSPACE: &str = "/v1/workspaces/default";

/// A server, and a user of it who logs in by a key.
struct Files {
    server: OpenSsh,
    user: String,
    private_key: String,
}

impl Files {
    fn start() -> Self {
        let (private_key, public_key): (String, PublicKey) = make_key(HostKey::Ed25519, "");
        let server = OpenSsh::start();
        let user = server.add_user_with_key(&public_key);
        Self { server, user, private_key }
    }

    fn draft(&self) -> Value {
        json!({"kind": "sftp", "method": "key", "name": "files",
            "settings": {"host": "127.0.0.1", "port": self.server.port(), "username": self.user},
            "secrets": {"private_key": self.private_key}})
    }

    fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.server.port())
    }

    /// Another key than the server's: it is refused whoever shows it.
    fn with_wrong_key(&self) -> Value {
        let mut draft = self.draft();
        draft["secrets"]["private_key"] = json!(make_key(HostKey::Ed25519, "").0);
        draft
    }
}

async fn choose(admin: &Client, choice: Value) {
    admin.patch(WORKSPACE, &json!({"settings": {"ssh_host_keys": choice}})).await.expect(200);
}

async fn pins(admin: &Client) -> Vec<Value> {
    let listed = admin.get(&format!("{WORKSPACE}/host-keys")).await.expect(200).json();
    listed["items"].as_array().unwrap().clone()
}

fn reason(verification: &Value) -> &str {
    verification["reason"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn con_05_an_unstated_key_is_named_and_nothing_is_sent() {
    let (house, files) = (House::open().await, Files::start());
    let admin = house.admin().await;
    for choice in [Value::Null, json!("stated")] {
        choose(&admin, choice).await;
        let refused = admin.post(CREDENTIALS, &files.draft()).await.expect(422);
        assert_eq!(refused.code(), "verification_unreachable");
        let verification = &refused.json()["verification"];
        assert_eq!(reason(verification), "host_key_unknown");
        let fingerprint = text(&verification["evidence"], "host_key_fingerprint");
        assert_eq!(fingerprint, files.server.fingerprint(HostKey::Ed25519));
        assert_eq!(text(&verification["steps"][2], "name"), "host_key");
        assert_eq!(text(&verification["steps"][2], "outcome"), "failed");
        // What it says is what can be stated.
        let mut stated = files.draft();
        stated["settings"]["host_key"] = json!(fingerprint);
        admin.post(&format!("{CREDENTIALS}?dry_run=true"), &stated).await.expect(200);
    }
    assert_eq!(pins(&admin).await, [] as [Value; 0]);
}

#[tokio::test]
async fn con_05_the_first_key_is_pinned_with_the_change_and_another_one_is_refused() {
    let (house, mut files) = (House::open().await, Files::start());
    let admin = house.admin().await;
    choose(&admin, json!("pin_first")).await;
    let saved = admin.post(CREDENTIALS, &files.draft()).await.expect(201).json();
    assert_eq!(saved["settings"].get("host_key"), None, "the credential states nothing");
    let pinned = pins(&admin).await;
    let key = format!("ssh-ed25519 {}", files.server.fingerprint(HostKey::Ed25519));
    assert_eq!(
        (text(&pinned[0], "endpoint"), text(&pinned[0], "key")),
        (files.endpoint().as_str(), key.as_str())
    );
    assert_eq!(pinned[0]["pinned_by"], saved["created_by"]);

    let before = files.server.attempts();
    files.server.replace_host_keys();
    let path = format!("{CREDENTIALS}/{}", text(&saved, "id"));
    let checked = admin.post(&format!("{path}/verify"), &json!({})).await.expect(200).json();
    assert_eq!(reason(&checked), "host_key_changed");
    assert!(text(&checked, "message").contains("remove the pin"), "{checked}");
    let changed = admin.patch(&path, &json!({"settings": {"path": "/"}})).await.expect(422);
    assert_eq!(reason(&changed.json()["verification"]), "host_key_changed");
    assert_eq!(files.server.attempts(), before, "no user was named to the server with the other key");
    assert_eq!(pins(&admin).await, pinned, "a pin is never replaced");

    // The operator decides; the account is another one then, which is a decision of its own.
    let pin = format!("{WORKSPACE}/host-keys/{}", files.endpoint());
    admin.delete(&pin).await.expect(204);
    admin.delete(&pin).await.expect(404);
    let refused = admin.patch(&path, &json!({"settings": {"path": "/"}})).await.expect(409);
    assert_eq!(refused.code(), "account_changed");
    assert_eq!(pins(&admin).await, [] as [Value; 0], "a refused change pins nothing");
    let meant = json!({"settings": {"path": "/"}, "accept_account_change": true});
    admin.patch(&path, &meant).await.expect(200);
    assert_eq!(pins(&admin).await.len(), 1);
}

#[tokio::test]
async fn only_a_log_in_that_is_kept_pins() {
    let (house, files) = (House::open().await, Files::start());
    let admin = house.admin().await;
    choose(&admin, json!("pin_first")).await;
    let refused = admin.post(CREDENTIALS, &files.with_wrong_key()).await.expect(422);
    assert_eq!(refused.code(), "verification_rejected", "the key was believed for the attempt");
    admin.post(&format!("{CREDENTIALS}?dry_run=true"), &files.draft()).await.expect(200);
    let draft = admin.post(&format!("{CREDENTIALS}/verify"), &files.draft()).await.expect(200).json();
    assert_eq!(text(&draft, "outcome"), "accepted");
    assert_eq!(pins(&admin).await, [] as [Value; 0]);

    // What was saved without a check is pinned when it is checked.
    let mut skipped = files.draft();
    skipped["verify"] = json!("skip");
    let saved = admin.post(CREDENTIALS, &skipped).await.expect(201).json();
    assert_eq!(pins(&admin).await, [] as [Value; 0]);
    let path = format!("{CREDENTIALS}/{}/verify", text(&saved, "id"));
    assert_eq!(text(&admin.post(&path, &json!({})).await.expect(200).json(), "outcome"), "accepted");
    assert_eq!(pins(&admin).await.len(), 1);
}

#[tokio::test]
async fn pins_belong_to_one_workspace_and_count_until_it_wants_keys_stated() {
    let (house, files) = (House::open().await, Files::start());
    let admin = house.admin().await;
    choose(&admin, json!("pin_first")).await;
    admin.post(CREDENTIALS, &files.draft()).await.expect(201);
    // Unset: what is pinned counts, and nothing new is pinned.
    choose(&admin, Value::Null).await;
    admin.post(CREDENTIALS, &files.draft()).await.expect(201);
    choose(&admin, json!("stated")).await;
    let refused = admin.post(CREDENTIALS, &files.draft()).await.expect(422);
    assert_eq!(reason(&refused.json()["verification"]), "host_key_unknown");

    let elsewhere = house.holder(house.a2, Role::Admin).await;
    let there = elsewhere.post("/v1/workspaces/staging/credentials", &files.draft()).await.expect(422);
    assert_eq!(reason(&there.json()["verification"]), "host_key_unknown");
    let listed = elsewhere.get("/v1/workspaces/staging/host-keys").await.expect(200).json();
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn a_dialect_without_a_field_pins_where_the_workspace_has_not_chosen() {
    let (house, files) = (House::open().await, Files::start());
    let admin = house.admin().await;
    let context = context(&house).await;
    let options = || ChangeOptions { host_keys: SshHostKeys::PinFirst, ..ChangeOptions::default() };
    let new = || new_credential(&files);
    choose(&admin, json!("stated")).await;
    house.service.create(&context, new(), options()).await.unwrap_err();
    choose(&admin, Value::Null).await;
    house.service.create(&context, new(), ChangeOptions::default()).await.unwrap_err();
    house.service.create(&context, new(), options()).await.unwrap();
    assert_eq!(pins(&admin).await.len(), 1);
}

#[tokio::test]
async fn pins_are_listed_in_pages() {
    let house = House::open().await;
    let admin = house.admin().await;
    for endpoint in ["c:22", "a:22", "b:22"] {
        house.pin(endpoint).await;
    }
    let first = admin.get(&format!("{WORKSPACE}/host-keys?limit=2")).await.expect(200).json();
    let endpoints = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|pin| text(pin, "endpoint").to_owned()).collect()
    };
    assert_eq!(endpoints(&first), ["a:22", "b:22"]);
    let next = format!("{WORKSPACE}/host-keys?limit=2&cursor={}", text(&first, "next_cursor"));
    let last = admin.get(&next).await.expect(200).json();
    assert_eq!((endpoints(&last), &last["next_cursor"]), (vec!["c:22".to_owned()], &Value::Null));
}

/// A caller of the service itself, with a token that is there.
async fn context(house: &House) -> Context {
    let issued =
        house.admin().await.post("/v1/tokens", &crate::house::new_token("admin")).await.expect(201).json();
    let principal = Principal {
        id: PrincipalId::from_bytes([4; 16]),
        token: text(&issued, "id").parse().unwrap(),
        kind: PrincipalKind::Service,
        name: "dialect".parse().unwrap(),
        role: Role::Admin,
        scope: house.a,
        reach: Reach::default(),
        home: Grant {
            place: Place::Workspace(house.a.workspace()),
            role: Role::Admin,
            reach: Reach::default(),
        },
        grants: Vec::new(),
        run: None,
        standing: Standing::Token { ends: None },
    };
    Context { principal, request: RequestId::from_bytes([3; 16]), trace: None, source: None, view: View::All }
}

fn new_credential(files: &Files) -> NewCredential {
    let draft = files.draft();
    let set = |map: &Value| -> FieldEdits {
        let pairs = map.as_object().unwrap().iter();
        Edits::Replace(pairs.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    NewCredential {
        alias: None,
        kind: "sftp".to_owned(),
        method: Some("key".to_owned()),
        name: "files".parse().unwrap(),
        parts: CredentialChange {
            settings: set(&draft["settings"]),
            secrets: Secret::new(set(&draft["secrets"])),
            ..CredentialChange::default()
        },
    }
}
