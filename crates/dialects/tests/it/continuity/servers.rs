//! Kinds with real servers: another user of the same server is another account.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::json;
use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::aws_at_port;
use strongroom_egress::{Egress, Policy, Resolver, Roots, ScriptedDns};
use strongroom_testkit::certificates::{Authority, Validity, rsa_key};
use strongroom_testkit::moto::AccessKey;
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::smtp::{Mechanism, Security};
use strongroom_testkit::vendor_words::VendorWords;
use strongroom_testkit::{HttpsResponder, Moto, OpenSsh, Postgres, Smtp};

use super::Held;
use crate::house::House;

const WORD: &str = "accept_account_change";

/// The kinds that each of these tests holds to it.
const DATABASES: &[&str] = &["postgresql", "internal_postgresql"];
const MAIL: &[&str] = &["smtp"];
const FILES: &[&str] = &["sftp"];
const CLOUD: &[&str] = &["aws", "aws_ses"];
const APPS: &[&str] = &["github_app"];

/// All of them.
pub(super) const HELD: [&[&str]; 5] = [DATABASES, MAIL, FILES, CLOUD, APPS];

#[tokio::test]
async fn another_role_of_a_database_is_another_account() {
    let postgres = Postgres::shared();
    let (one, two) = (postgres.create_account("first-password"), postgres.create_account("second-password"));
    let roots = Roots::load(&[postgres.ca_file()]).unwrap();
    let settings = json!({"host": "127.0.0.1", "port": postgres.port(), "database": one.database,
        "username": one.role});
    for kind in DATABASES {
        let draft = json!({"kind": kind, "name": "db", "settings": settings,
            "secrets": {"password": "first-password"}});
        let egress = Egress::new(Policy::development(), &roots, Resolver::System);
        let held = Held::create(House::among(Catalogue::built_in(), egress).await, &draft).await;
        let change = json!({"settings": {"username": two.role, "database": two.database},
            "secrets": {"password": "second-password"}});
        held.saves_when_meant(&change, "account_changed", WORD).await;
    }
}

#[tokio::test]
async fn another_user_of_a_mail_server_is_another_account() {
    let users = [("one@example.com", "first-password"), ("two@example.com", "second-password")];
    let server = Smtp::start(Security::StartTls, Mechanism::Plain, &users);
    let roots = Roots::load(&[server.ca_file()]).unwrap();
    let egress = Egress::new(Policy::development(), &roots, Resolver::System);
    let settings = json!({"host": "127.0.0.1", "port": server.port(), "username": users[0].0});
    let draft =
        json!({"kind": MAIL[0], "name": "mail", "settings": settings, "secrets": {"password": users[0].1}});
    let held = Held::create(House::among(Catalogue::built_in(), egress).await, &draft).await;
    let change = json!({"settings": {"username": users[1].0}, "secrets": {"password": users[1].1}});
    held.saves_when_meant(&change, "account_changed", WORD).await;
}

#[tokio::test]
async fn another_user_of_a_file_server_is_another_account_as_root() {
    OpenSsh::demand_users();
    let (server, held, _) = files().await;
    let (private_key, public_key) = make_key(HostKey::Ed25519, "");
    let two = server.add_user_with_key(&public_key);
    let change = json!({"settings": {"username": two}, "secrets": {"private_key": private_key}});
    held.saves_when_meant(&change, "account_changed", WORD).await;
}

#[tokio::test]
async fn another_host_key_of_a_file_server_is_another_account() {
    let (mut server, held, private_key) = files().await;
    server.replace_host_keys();
    let change = json!({"settings": {"host_key": server.fingerprint(HostKey::Ed25519)},
        "secrets": {"private_key": private_key}});
    held.saves_when_meant(&change, "account_changed", WORD).await;
}

async fn files() -> (OpenSsh, Held, String) {
    let server = OpenSsh::start();
    let (private_key, public_key) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public_key);
    let settings = json!({"host": "127.0.0.1", "port": server.port(), "username": user,
        "host_key": server.fingerprint(HostKey::Ed25519)});
    let draft = json!({"kind": FILES[0], "method": "key", "name": "files", "settings": settings,
        "secrets": {"private_key": private_key}});
    let held = Held::create(House::open().await, &draft).await;
    (server, held, private_key)
}

#[tokio::test]
async fn another_key_of_the_cloud_is_another_account() {
    let moto = Moto::start();
    let (one, two) = (moto.sender(), moto.session());
    let here = [IpAddr::from(Ipv4Addr::LOCALHOST)];
    let names = ["sts.us-east-1.amazonaws.com", "email.us-east-1.amazonaws.com"];
    for kind in CLOUD {
        let dns = names.iter().fold(ScriptedDns::default(), |dns, name| dns.answer(name, &here));
        let roots = Roots::load(&[moto.ca_file()]).unwrap();
        let egress = Egress::new(Policy::development(), &roots, Resolver::Scripted(dns));
        let secrets = |key: &AccessKey| {
            let mut secrets = json!({"secret_access_key": key.secret});
            if let Some(token) = &key.session_token {
                secrets["session_token"] = json!(token);
            }
            secrets
        };
        let draft = json!({"kind": kind, "name": "cloud", "settings": {"access_key_id": one.id},
            "secrets": secrets(&one)});
        let held = Held::create(House::among(aws_at_port(moto.port()), egress).await, &draft).await;
        let change = json!({"settings": {"access_key_id": two.id}, "secrets": secrets(&two)});
        held.saves_when_meant(&change, "account_changed", WORD).await;
    }
}

/// A stand-in that gives GitHub's answers: which app it is, is the vendor's word.
#[tokio::test]
async fn another_app_is_another_account() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../connectors/src/github_app/kind.toml");
    let words = VendorWords::of(&std::fs::read_to_string(file).unwrap());
    let authority = Authority::make("an authority");
    let certified = authority.issue(&["localhost"], Validity::Current);
    let server = HttpsResponder::start(&certified, words.accepting(Some("1"), None).bytes()).await;
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    let egress = Egress::new(Policy::development(), &Roots::load(&[ca_file]).unwrap(), Resolver::System);
    let base_url = format!("https://localhost:{}", server.port());
    let draft = json!({"kind": APPS[0], "name": "app", "settings": {"base_url": base_url, "app_id": "1"},
        "secrets": {"private_key": rsa_key()}});
    let held = Held::create(House::among(Catalogue::built_in(), egress).await, &draft).await;
    // Another key of the same app is the same account.
    held.saves(&json!({"secrets": {"private_key": rsa_key()}})).await;
    server.say(words.accepting(Some("2"), None).bytes());
    let change = json!({"settings": {"app_id": "2"}, "secrets": {"private_key": rsa_key()}});
    held.saves_when_meant(&change, "account_changed", WORD).await;
}
