//! The PostgreSQL connector upholds the contract of connectors.

use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::{Cases, Tells, upholds};
use strongroom_testkit::postgres_wire::{Authentication, Behaviour, ScramFault};
use strongroom_testkit::{Canaries, HostilePostgres, Postgres};

use crate::world::{account, at, candidate, egress, string_candidate};

/// The kinds that the test below holds to the contract.
pub(crate) const HELD: &[&str] = &["postgresql", "internal_postgresql"];

#[tokio::test]
async fn postgresql_upholds_the_contract() {
    let mut canaries = Canaries::seeded(0);
    let (password, remote) = (canaries.make("password"), canaries.make("remote"));
    let postgres = Postgres::shared();
    let app = postgres.create_account(password.text());
    let slow = HostilePostgres::start(Behaviour::Silence).await;
    let hostile = hostile_servers(remote.text()).await;
    let nobody = account("app", "data");
    let at_port = |port| candidate(port, &nobody, password.text(), "disable");
    let good = candidate(postgres.port(), &app, password.text(), "verify-full");
    let cases = Cases {
        good: good.clone(),
        bad: candidate(postgres.port(), &app, canaries.make("wrong").text(), "verify-full"),
        // Two roles may differ by case alone.
        otherwise_spelt: vec![
            at(good.clone(), "LOCALHOST"),
            at(good, "::1"),
            string_candidate(&format!(
                "postgresql://{}:{}@127.0.0.2:{}/other",
                app.role,
                password.text(),
                postgres.port()
            )),
        ],
        // Nothing ever listens at port 1 (tcpmux) of a test machine.
        unreachable: at_port(1),
        slow: at_port(slow.port()),
        hostile: hostile.iter().map(|server| at_port(server.port())).collect(),
        remote_text: remote.text().to_owned(),
        tells: Tells::Both,
    };
    let catalogue = Catalogue::built_in();
    let egress = egress(&[postgres.ca_file()]);
    for kind in HELD {
        upholds(catalogue.connector(kind).unwrap(), &cases, &egress).await;
    }
}

async fn hostile_servers(remote_text: &str) -> Vec<HostilePostgres> {
    let mut servers = Vec::new();
    for behaviour in [
        Behaviour::HangUp,
        Behaviour::AskNothing,
        Behaviour::Ask(Authentication::ClearText),
        Behaviour::Scram(ScramFault::Garbage),
        Behaviour::Scram(ScramFault::WrongSignature),
        Behaviour::HugeLength,
        Behaviour::TinyLength,
        Behaviour::Drip,
        Behaviour::NoticeFlood,
        Behaviour::Error { code: "XX000", message: remote_text.to_owned() },
        Behaviour::MalformedError(remote_text.to_owned()),
    ] {
        servers.push(HostilePostgres::start(behaviour).await);
    }
    servers
}
