use crate::{Policy, ScriptedDns};

use super::{Witness, assert_not_allowed, egress, ip, scripted, soon, target};

#[tokio::test]
async fn ssr_16_what_the_operator_names_is_open_and_nothing_beside_it() {
    let (named, other) = (Witness::bind("127.0.0.1"), Witness::bind("127.0.0.1"));
    let door = egress(Policy::default());
    assert_not_allowed(&door, &target("127.0.0.1", named.port())).await;
    let door = door.toward(target("127.0.0.1", named.port()));
    door.dial(&target("127.0.0.1", named.port()), soon()).await.unwrap();
    assert!(named.was_reached());
    assert_not_allowed(&door, &target("127.0.0.1", other.port())).await;
    assert_not_allowed(&door, &target("localhost", named.port())).await;
    assert_not_allowed(&door.for_one_attempt(), &target("10.0.0.1", named.port())).await;
    assert!(!other.was_reached());
}

#[tokio::test]
async fn ssr_16_what_is_closed_to_everybody_stays_closed() {
    let witness = Witness::bind("127.0.0.1");
    let here = target("127.0.0.1", witness.port());
    let denying = Policy { deny: vec!["127.0.0.0/8".parse().unwrap()], ..Policy::default() };
    assert_not_allowed(&egress(denying).toward(here.clone()), &here).await;
    let own = Policy { own_addresses: vec![([127, 0, 0, 1], witness.port()).into()], ..Policy::default() };
    assert_not_allowed(&egress(own).toward(here.clone()), &here).await;
    for address in ["169.254.169.254", "fd00:ec2::254", "::ffff:127.0.0.1", "0.0.0.0", "169.254.1.1"] {
        let script = ScriptedDns::default().answer("id.example.com", &[ip(address)]);
        let named = target("id.example.com", witness.port());
        assert_not_allowed(&scripted(Policy::default(), script).toward(named.clone()), &named).await;
    }
    assert!(!witness.was_reached());
}
