//! The SFTP connector upholds the contract of connectors.

use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::{Cases, Tells, upholds};
use strongroom_domain::credential::Candidate;
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::ssh_wire::Behaviour;
use strongroom_testkit::{Canaries, HostileSsh, OpenSsh};

use super::{by_key, by_key_at, by_password, by_password_at, egress, stating, with};

/// The kinds that the test below holds to the contract.
pub(crate) const HELD: &[&str] = &["sftp"];

#[tokio::test]
async fn sftp_upholds_the_contract_by_key() {
    let server = OpenSsh::start();
    let (private, public) = make_key(HostKey::Ed25519, "");
    let (other, _) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public);
    let (good, bad) = (by_key(&server, &user, &private, None), by_key(&server, &user, &other, None));
    uphold(good, bad, &user, |port| by_key_at(port, "bot", &private, None)).await;
}

#[tokio::test]
async fn sftp_upholds_the_contract_by_password_as_root() {
    OpenSsh::demand_users();
    let server = OpenSsh::start();
    let mut canaries = Canaries::seeded(1);
    let (password, wrong) = (canaries.make("password"), canaries.make("wrong"));
    let user = server.add_user(password.text());
    let (good, bad) =
        (by_password(&server, &user, password.text()), by_password(&server, &user, wrong.text()));
    uphold(good, bad, &user, |port| by_password_at(port, "bot", password.text())).await;
}

async fn uphold(good: Candidate, bad: Candidate, user: &str, at_port: impl Fn(u16) -> Candidate) {
    let remote = Canaries::seeded(0).make("remote");
    let slow = HostileSsh::start(Behaviour::Silence).await;
    let hostile = hostile_servers(remote.text()).await;
    let any_key = format!("SHA256:{}", "A".repeat(43));
    let at_port = |port| stating(at_port(port), &any_key);
    let cases = Cases {
        otherwise_spelt: otherwise_spelt(&good, user),
        good,
        bad,
        // Nothing ever listens at port 1 (tcpmux) of a test machine.
        unreachable: at_port(1),
        slow: at_port(slow.port()),
        hostile: hostile.iter().map(|server| at_port(server.port())).collect(),
        remote_text: remote.text().to_owned(),
        tells: Tells::Both,
    };
    for kind in HELD {
        upholds(Catalogue::built_in().connector(kind).unwrap(), &cases, &egress()).await;
    }
}

fn otherwise_spelt(good: &Candidate, user: &str) -> Vec<Candidate> {
    let with = |setting, value| with(good.clone(), setting, value);
    vec![with("host", "LOCALHOST"), with("username", &user.to_uppercase())]
}

async fn hostile_servers(remote_text: &str) -> Vec<HostileSsh> {
    let mut servers = Vec::new();
    for behaviour in [
        Behaviour::HangUp,
        Behaviour::NotSsh(remote_text.to_owned()),
        Behaviour::Goodbye(remote_text.to_owned()),
        Behaviour::EndlessBanner,
        Behaviour::EndlessLine,
        Behaviour::Drip,
        Behaviour::PacketLength(u32::MAX),
        Behaviour::PacketLength(0),
        Behaviour::Garbage,
        Behaviour::IgnoreFlood,
    ] {
        servers.push(HostileSsh::start(behaviour).await);
    }
    servers
}
