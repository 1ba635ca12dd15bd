//! Kinds with real servers: another user of the same server is another account.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::json;
use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::aws_at_port;
use strongroom_egress::{Egress, Policy, Resolver, Roots, ScriptedDns};
use strongroom_testkit::moto::AccessKey;
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::smtp::{Mechanism, Security};
use strongroom_testkit::{Moto, OpenSsh, Postgres, Smtp};

use super::Held;
use crate::house::House;

const WORD: &str = "accept_account_change";

#[tokio::test]
async fn another_role_of_a_database_is_another_account() {
    let postgres = Postgres::shared();
    let (one, two) = (postgres.create_account("first-password"), postgres.create_account("second-password"));
    let roots = Roots::load(&[postgres.ca_file()]).unwrap();
    let egress = Egress::new(Policy::development(), &roots, Resolver::System);
    let settings = json!({"host": "127.0.0.1", "port": postgres.port(), "database": one.database,
        "username": one.role});
    let draft = json!({"kind": "postgresql", "name": "db", "settings": settings,
        "secrets": {"password": "first-password"}});
    let held = Held::create(House::among(Catalogue::built_in(), egress).await, &draft).await;
    let change = json!({"settings": {"username": two.role, "database": two.database},
        "secrets": {"password": "second-password"}});
    held.saves_when_meant(&change, "account_changed", WORD).await;
}

#[tokio::test]
async fn another_user_of_a_mail_server_is_another_account() {
    let users = [("one@example.com", "first-password"), ("two@example.com", "second-password")];
    let server = Smtp::start(Security::StartTls, Mechanism::Plain, &users);
    let roots = Roots::load(&[server.ca_file()]).unwrap();
    let egress = Egress::new(Policy::development(), &roots, Resolver::System);
    let settings = json!({"host": "127.0.0.1", "port": server.port(), "username": users[0].0});
    let draft =
        json!({"kind": "smtp", "name": "mail", "settings": settings, "secrets": {"password": users[0].1}});
    let held = Held::create(House::among(Catalogue::built_in(), egress).await, &draft).await;
    let change = json!({"settings": {"username": users[1].0}, "secrets": {"password": users[1].1}});
    held.saves_when_meant(&change, "account_changed", WORD).await;
}

#[tokio::test]
async fn another_user_or_another_key_of_a_file_server_is_another_account() {
    let mut server = OpenSsh::start();
    let (private_key, public_key) = make_key(HostKey::Ed25519, "");
    let (one, two) = (server.add_user_with_key(&public_key), server.add_user_with_key(&public_key));
    let settings = json!({"host": "127.0.0.1", "port": server.port(), "username": one,
        "host_key": server.fingerprint(HostKey::Ed25519)});
    let draft = json!({"kind": "sftp", "method": "key", "name": "files", "settings": settings,
        "secrets": {"private_key": private_key}});
    let held = Held::create(House::open().await, &draft).await;
    if OpenSsh::makes_users() {
        held.saves_when_meant(&json!({"settings": {"username": two}}), "account_changed", WORD).await;
    }
    server.replace_host_keys();
    let change = json!({"settings": {"host_key": server.fingerprint(HostKey::Ed25519)},
        "secrets": {"private_key": private_key}});
    held.saves_when_meant(&change, "account_changed", WORD).await;
}

#[tokio::test]
async fn another_key_of_the_cloud_is_another_account() {
    let moto = Moto::start();
    let (one, two) = (moto.sender(), moto.session());
    let here = [IpAddr::from(Ipv4Addr::LOCALHOST)];
    let names = ["sts.us-east-1.amazonaws.com", "email.us-east-1.amazonaws.com"];
    for kind in ["aws", "aws_ses"] {
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
