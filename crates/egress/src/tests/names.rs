use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::{Egress, EgressError, Policy, Resolver, Roots, ScriptedDns};

use super::{Witness, allowing, assert_not_allowed, egress, ip, scripted, soon, target};

const NAME: &str = "db.example.com";

#[tokio::test]
async fn ssr_02_one_refused_address_refuses_the_target() {
    let witness = Witness::bind("127.0.0.1");
    // 127.0.0.1 stands for the public address: it passes, and a connection to it would be seen.
    for other in ["10.0.0.1", "127.0.0.2", "::1", "fd00::1", "169.254.169.254", "::ffff:127.0.0.1"] {
        for answer in [[ip("127.0.0.1"), ip(other)], [ip(other), ip("127.0.0.1")]] {
            let egress = scripted(allowing(&["127.0.0.1/32"]), ScriptedDns::default().answer(NAME, &answer));
            assert_not_allowed(&egress, &target(NAME, witness.port())).await;
        }
    }
    let mixed = ScriptedDns::default().answer(NAME, &[ip("8.8.8.8"), ip("10.0.0.1")]);
    assert_not_allowed(&scripted(Policy::default(), mixed), &target(NAME, 443)).await;
    assert!(!witness.was_reached());
}

#[tokio::test]
async fn ssr_02_a_name_is_resolved_once_and_the_checked_address_dialled() {
    let good = Witness::bind("127.0.0.1");
    let script = ScriptedDns::default().answer(NAME, &[ip("127.0.0.1")]).answer(NAME, &[ip("127.0.0.2")]);
    let egress = scripted(allowing(&["127.0.0.1/32"]), script.clone());

    let connection = egress.dial(&target(NAME, good.port()), soon()).await.unwrap();
    assert_eq!(script.lookups(NAME), 1);
    assert!(good.was_reached());
    assert_eq!(connection.host().to_string(), NAME);

    // The next connection asks anew and judges what it hears.
    assert_not_allowed(&egress, &target(NAME, good.port())).await;
    assert_eq!(script.lookups(NAME), 2);
}

#[tokio::test]
async fn a_dead_first_address_does_not_hide_a_good_second_one() {
    let witness = Witness::bind("127.0.0.2");
    let script = ScriptedDns::default().answer(NAME, &[ip("127.0.0.1"), ip("127.0.0.2")]);
    let egress = scripted(allowing(&["127.0.0.0/8"]), script);
    egress.dial(&target(NAME, witness.port()), soon()).await.unwrap();
    assert!(witness.was_reached());
}

#[tokio::test]
async fn ssr_13_short_names_are_not_looked_up_unless_listed() {
    let script = ["db", "metadata", "localhost", "a.localhost"]
        .into_iter()
        .fold(ScriptedDns::default(), |script, name| script.answer(name, &[ip("127.0.0.1")]));
    let witness = Witness::bind("127.0.0.1");
    let mut policy = allowing(&["127.0.0.0/8", "::1/128"]);
    let strict = scripted(policy.clone(), script.clone());
    for name in ["db", "metadata", "localhost", "a.localhost"] {
        assert_not_allowed(&strict, &target(name, witness.port())).await;
        assert_eq!(script.lookups(name), 0, "{name}");
    }
    assert!(!witness.was_reached());

    policy.allow_names = vec!["DB".to_owned(), "localhost".to_owned()];
    let listing = scripted(policy, script.clone());
    for name in ["db", "localhost"] {
        listing.dial(&target(name, witness.port()), soon()).await.unwrap();
        assert!(witness.was_reached(), "{name}");
    }
    for name in ["metadata", "a.localhost"] {
        assert_not_allowed(&listing, &target(name, witness.port())).await;
    }
}

#[tokio::test]
async fn ssr_13_a_listed_name_still_needs_an_allowed_address() {
    let policy = Policy { allow_names: vec!["localhost".to_owned()], ..Policy::default() };
    assert_not_allowed(&egress(policy), &target("localhost", 443)).await;
}

#[tokio::test]
async fn the_system_resolver_says_so_when_there_is_no_such_name() {
    // `.invalid` never exists (RFC 6761, section 6.4), so this needs no network to fail the right way.
    let egress = Egress::new(Policy::default(), &Roots::load(&[]).unwrap(), Resolver::System);
    let outcome = egress.dial(&target("nothing.invalid", 443), soon()).await;
    assert!(matches!(outcome, Err(EgressError::NameNotFound(_))), "{outcome:?}");
}

#[tokio::test]
async fn ssr_15_the_servers_own_listeners_are_refused() {
    let witness = Witness::bind("127.0.0.1");
    let other = Witness::bind("127.0.0.1");
    for own in ["127.0.0.1", "0.0.0.0", "::"] {
        let own = SocketAddr::new(ip(own), witness.port());
        let policy = Policy { own_addresses: vec![own], ..allowing(&["127.0.0.0/8"]) };
        let egress = egress(policy);
        assert_not_allowed(&egress, &target("127.0.0.1", witness.port())).await;
        egress.dial(&target("127.0.0.1", other.port()), soon()).await.unwrap();
    }
    assert!(!witness.was_reached());
}

#[tokio::test]
async fn ssr_07_port_0_is_refused() {
    assert_not_allowed(&egress(Policy::development()), &target("127.0.0.1", 0)).await;
}

#[tokio::test]
async fn outcomes_of_permitted_targets_are_told_apart() {
    let egress = scripted(Policy::development(), ScriptedDns::default().answer("empty.example.com", &[]));
    let free_port = Witness::bind("127.0.0.1").port(); // closed again before it is dialled

    let refused = egress.dial(&target("127.0.0.1", free_port), soon()).await;
    assert!(matches!(refused, Err(EgressError::ConnectionRefused)), "{refused:?}");
    for name in ["unknown.example.com", "empty.example.com"] {
        let unknown = egress.dial(&target(name, 443), soon()).await;
        assert!(matches!(unknown, Err(EgressError::NameNotFound(_))), "{unknown:?}");
    }
}

#[tokio::test]
async fn a_silent_host_is_given_up_at_the_deadline() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let never_accepts = socket.listen(1).unwrap();
    let target = target("127.0.0.1", never_accepts.local_addr().unwrap().port());
    let egress = egress(Policy::development());

    let mut queued = Vec::new();
    let failure = loop {
        match egress.dial(&target, Instant::now() + Duration::from_millis(100)).await {
            Ok(connection) => queued.push(connection), // until the queue is full, the kernel answers
            Err(failure) => break failure,
        }
    };
    assert!(matches!(failure, EgressError::Timeout), "{failure:?}");
}

/// The operator is told of every address; nothing is dialled for it.
#[tokio::test]
async fn ssr_02_every_address_of_a_name_is_explained() {
    let witness = Witness::bind("127.0.0.1");
    let script = ScriptedDns::default().answer(NAME, &[ip("127.0.0.1"), ip("10.0.0.1"), ip("8.8.8.8")]);
    let egress = scripted(allowing(&["127.0.0.1/32"]), script.clone());
    let judged = egress.explain(&target(NAME, witness.port()), soon()).await.unwrap();
    let words: Vec<String> = judged
        .iter()
        .map(|one| one.verdict.map_or_else(|refused| refused.to_string(), |permitted| permitted.to_string()))
        .collect();
    assert_eq!(words[0], "in 127.0.0.1/32 of egress.allow");
    assert!(words[1].starts_with("in 10.0.0.0/8"), "{}", words[1]);
    assert_eq!(words[2], "a public address");
    assert_eq!(script.lookups(NAME), 1);
    assert!(!witness.was_reached());
    let short = egress.explain(&target("postgres", 5432), soon()).await;
    assert!(matches!(short, Err(crate::Unjudged::ShortName)), "{short:?}");
    assert_eq!(script.lookups("postgres"), 0);
}
