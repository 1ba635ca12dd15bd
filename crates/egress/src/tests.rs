//! The crate from outside: cases of the catalogue, each against real sockets on loopback.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::{Egress, EgressError, Policy, Resolver, Roots, ScriptedDns, Target};

mod addresses;
mod chosen;
mod http;
mod names;
mod tls;

fn target(host: &str, port: u16) -> Target {
    Target { host: host.parse().unwrap(), port }
}

fn egress(policy: Policy) -> Egress {
    scripted(policy, ScriptedDns::default())
}

fn scripted(policy: Policy, script: ScriptedDns) -> Egress {
    Egress::new(policy, &Roots::load(&[]).unwrap(), Resolver::Scripted(script))
}

/// A policy that opens exactly these ranges.
fn allowing(ranges: &[&str]) -> Policy {
    Policy { allow: ranges.iter().map(|range| range.parse().unwrap()).collect(), ..Policy::default() }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Far enough away never to be met by a test that passes.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// A listener that tells, without waiting, whether anybody has connected.
struct Witness(std::net::TcpListener);

impl Witness {
    fn bind(address: &str) -> Self {
        let listener = std::net::TcpListener::bind((address, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Loopback connections are in the queue before `connect` returns, so no wait is needed.
    fn was_reached(&self) -> bool {
        match self.0.accept() {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
                false
            }
        }
    }
}

async fn assert_not_allowed(egress: &Egress, target: &Target) {
    let outcome = egress.dial(target, soon()).await;
    assert!(matches!(outcome, Err(EgressError::NotAllowed)), "{target}: {outcome:?}");
}
