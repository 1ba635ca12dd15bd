use crate::addresses::TABLE;
use crate::{Permitted, Policy, Refused};

use super::{Witness, allowing, assert_not_allowed, egress, ip, soon, target};

/// First and last address of each range of SSR-01, and what embeds or names a metadata service.
const REFUSED: &[&str] = &[
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "100.100.100.200",
    "127.0.0.0",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.255",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "224.0.0.0",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.254",
    "255.255.255.255", //
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:255.255.255.255",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b::ffff:ffff",
    "64:ff9b:1::",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "100::",
    "100::ffff:ffff:ffff:ffff",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:808:808::1",
    "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "2002::",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2620:4f:8000::1",
    "3fff::",
    "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
    "4000::1",
    "5f00::1",
    "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fc00::",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::",
    "fe80::1",
    "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fec0::1",
    "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "ff00::",
    "ff02::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// The neighbours just outside the ranges, and well-known public addresses.
const PUBLIC: &[&str] = &[
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.1.255",
    "192.0.3.0",
    "192.31.195.255",
    "192.31.197.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "8.8.8.8",
    "2000::",
    "2001:200::",
    "2001:4860:4860::8888",
    "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db9::",
    "2003::",
    "2620:4f:7fff:ffff::",
    "2620:4f:8001::",
    "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff:1000::",
];

#[tokio::test]
async fn ssr_01_address_table_refused_by_default() {
    let egress = egress(Policy::default());
    for text in REFUSED {
        assert!(matches!(egress.policy().judge(ip(text)), Err(Refused::Special(_))), "{text}");
        assert_not_allowed(&egress, &target(text, 443)).await;
    }
    for row in TABLE {
        assert!(egress.policy().judge(row.network.network()).is_err(), "{row}");
        assert!(egress.policy().judge(row.network.broadcast()).is_err(), "{row}");
    }
}

#[test]
fn a_persons_own_client_goes_where_it_is_told() {
    let policy = Policy::of_own_choice(Some("nas"));
    for address in REFUSED {
        assert!(policy.judge(ip(address)).is_ok(), "{address}");
    }
    assert!(policy.permits_name("nas") && policy.permits_name("strongroom.example"));
    assert!(!policy.permits_name("other"));
}

#[test]
fn ssr_01_neighbours_of_the_ranges_are_public() {
    for text in PUBLIC {
        assert_eq!(Policy::default().judge(ip(text)), Ok(Permitted::Public), "{text}");
    }
}

#[tokio::test]
async fn ssr_01_a_refused_target_gets_no_packet_and_one_answer() {
    let witness = Witness::bind("127.0.0.1");
    let egress = egress(Policy::default());
    let listening = target("127.0.0.1", witness.port());
    assert_not_allowed(&egress, &listening).await;
    assert!(!witness.was_reached());

    drop(witness);
    assert_not_allowed(&egress, &listening).await;
}

#[tokio::test]
async fn ssr_10_the_development_mode_opens_loopback_only() {
    let policy = Policy::development();
    for text in REFUSED {
        let is_loopback = text.starts_with("127.") || *text == "::1";
        assert_eq!(policy.judge(ip(text)).is_ok(), is_loopback, "{text}");
    }
    let witness = Witness::bind("127.0.0.1");
    egress(policy).dial(&target("127.0.0.1", witness.port()), soon()).await.unwrap();
    assert!(witness.was_reached());
}

#[test]
fn an_entry_opens_only_the_row_it_lies_in() {
    let wide = allowing(&["0.0.0.0/0", "::/0", "169.254.0.0/16", "fc00::/7", "100.64.0.0/10"]);
    for text in ["10.0.0.1", "127.0.0.1", "169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::1"] {
        assert!(wide.judge(ip(text)).is_err(), "{text}");
    }
    for text in ["169.254.1.1", "fd12::1", "100.64.0.1"] {
        assert!(wide.judge(ip(text)).is_ok(), "{text}");
    }
    assert!(allowing(&["169.254.169.254/32"]).judge(ip("169.254.169.254")).is_ok());

    let idle: Vec<_> = wide.idle_allowances().map(ToString::to_string).collect();
    assert_eq!(idle, ["0.0.0.0/0", "::/0"]);
}

#[test]
fn a_carried_address_has_to_pass_as_well() {
    let mapped = ip("::ffff:127.0.0.1");
    assert!(allowing(&["127.0.0.0/8"]).judge(mapped).is_err());
    assert!(allowing(&["::ffff:0:0/96"]).judge(mapped).is_err());
    assert!(allowing(&["::ffff:0:0/96", "127.0.0.0/8"]).judge(mapped).is_ok());

    let mut nat64 = allowing(&["64:ff9b::/96"]);
    assert!(nat64.judge(ip("64:ff9b::808:808")).is_ok());
    assert!(nat64.judge(ip("64:ff9b::a9fe:a9fe")).is_err());
    nat64.deny = vec!["8.8.8.0/24".parse().unwrap()];
    assert!(nat64.judge(ip("64:ff9b::808:808")).is_err());
}

#[test]
fn deny_beats_allow_and_public() {
    let mut policy = allowing(&["10.0.0.0/8"]);
    policy.deny = vec!["10.1.0.0/16".parse().unwrap(), "8.8.8.0/24".parse().unwrap()];
    assert!(policy.judge(ip("10.2.0.1")).is_ok());
    assert!(matches!(policy.judge(ip("10.1.0.1")), Err(Refused::Denied(_))));
    assert!(matches!(policy.judge(ip("8.8.8.8")), Err(Refused::Denied(_))));
}

#[test]
fn a_verdict_names_the_rule_that_decided() {
    let mut policy = allowing(&["10.0.0.0/8"]);
    policy.deny = vec!["10.1.0.0/16".parse().unwrap()];
    let explain = |text: &str| match policy.judge(ip(text)) {
        Ok(permitted) => permitted.to_string(),
        Err(refused) => refused.to_string(),
    };
    assert_eq!(explain("8.8.8.8"), "a public address");
    assert_eq!(explain("10.0.0.1"), "in 10.0.0.0/8 of egress.allow");
    assert_eq!(explain("10.1.0.1"), "in 10.1.0.0/16 of egress.deny");
    assert_eq!(
        explain("127.0.0.1"),
        "in 127.0.0.0/8 (loopback, RFC 1122), which no entry of egress.allow opens"
    );
}
