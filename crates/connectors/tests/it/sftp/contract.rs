//! The SFTP connector upholds the contract of connectors.

use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::{Cases, Tells, upholds};
use strongroom_domain::credential::Candidate;
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::ssh_wire::Behaviour;
use strongroom_testkit::{Canaries, HostileSsh, OpenSsh};

use super::{by_key, by_key_at, by_password, by_password_at, can_make_users, egress, stating, with};

/// The kinds that the test below holds to the contract.
pub(crate) const HELD: &[&str] = &["sftp"];

#[tokio::test]
async fn sftp_upholds_the_contract() {
    let remote = Canaries::seeded(0).make("remote");
    let server = OpenSsh::start();
    let slow = HostileSsh::start(Behaviour::Silence).await;
    let hostile = hostile_servers(remote.text()).await;
    let (private, public) = make_key(HostKey::Ed25519, "");
    let (other, _) = make_key(HostKey::Ed25519, "");
    let user = server.add_user_with_key(&public);
    let any_key = format!("SHA256:{}", "A".repeat(43));
    let at_port = |port| stating(by_key_at(port, "bot", &private, None), &any_key);
    let good = by_key(&server, &user, &private, None);
    let cases = Cases {
        good: good.clone(),
        otherwise_spelt: otherwise_spelt(&good, &user),
        bad: by_key(&server, &user, &other, None),
        // Nothing ever listens at port 1 (tcpmux) of a test machine.
        unreachable: at_port(1),
        slow: at_port(slow.port()),
        hostile: hostile.iter().map(|server| at_port(server.port())).collect(),
        remote_text: remote.text().to_owned(),
        tells: Tells::Both,
    };
    let catalogue = Catalogue::built_in();
    for kind in HELD {
        upholds(catalogue.connector(kind).unwrap(), &cases, &egress()).await;
    }
    if !can_make_users() {
        return;
    }
    let mut canaries = Canaries::seeded(1);
    let (password, wrong) = (canaries.make("password"), canaries.make("wrong"));
    let user = server.add_user(password.text());
    let at_port = |port| stating(by_password_at(port, "bot", password.text()), &any_key);
    let good = by_password(&server, &user, password.text());
    let cases = Cases {
        good: good.clone(),
        otherwise_spelt: otherwise_spelt(&good, &user),
        bad: by_password(&server, &user, wrong.text()),
        unreachable: at_port(1),
        slow: at_port(slow.port()),
        hostile: hostile.iter().map(|server| at_port(server.port())).collect(),
        remote_text: remote.text().to_owned(),
        tells: Tells::Both,
    };
    for kind in HELD {
        upholds(catalogue.connector(kind).unwrap(), &cases, &egress()).await;
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
