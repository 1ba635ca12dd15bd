//! SSR-02 with nothing in between: the shipped guard, the system's resolver, a name server that lies, and real connections.
//!
//! In a namespace where "public" and "private" addresses are all this machine's own, so that whoever is let through
//! can be seen to arrive.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use strongroom_connectors::Catalogue;
use strongroom_domain::kind::CheckGrade;
use strongroom_egress::{Egress, EgressError, Policy, Resolver, Roots, Target};
use strongroom_testkit::alone::alone;
use strongroom_testkit::dns::{NameServer, Zone};
use tokio::time::Instant;

use crate::every_kind::{Aim, aimed, assert_refused};

const PUBLIC: &str = "8.8.4.4";
const PUBLIC_6: &str = "2001:4860:4860::8844";
const PRIVATE: &str = "10.20.0.1";
const PRIVATE_6: &str = "fd00::1";
const PORT: u16 = 7_000;

fn zone(addresses: &[&str]) -> Zone {
    Zone::Addresses(addresses.iter().map(|address| address.parse().unwrap()).collect())
}

fn zones() -> Vec<(&'static str, Zone)> {
    let turns = |first: &[&str], then: &[&str]| Zone::InTurn(vec![zone(first), zone(then)]);
    vec![
        ("plain.example.com", zone(&[PUBLIC])),
        ("plain6.example.com", zone(&[PUBLIC_6])),
        ("rebound.example.com", turns(&[PUBLIC], &[PRIVATE])),
        ("private.example.com", zone(&[PRIVATE])),
        ("two.example.com", zone(&[PUBLIC, PRIVATE])),
        ("family.example.com", zone(&[PUBLIC, PRIVATE_6])),
        ("loopback.example.com", zone(&["127.0.0.1"])),
        ("chain.example.com", Zone::Alias("link.example.com")),
        ("link.example.com", Zone::Alias("end.example.com")),
        ("end.example.com", zone(&[PRIVATE])),
        ("good-chain.example.com", Zone::Alias("good-link.example.com")),
        ("good-link.example.com", Zone::Alias("plain.example.com")),
        (
            "turned.example.com",
            Zone::InTurn(vec![Zone::Alias("plain.example.com"), Zone::Alias("end.example.com")]),
        ),
        // What a search list would make of an unknown name.
        ("unknown.example.com.inner.example", zone(&[PUBLIC])),
        ("db.inner.example", zone(&[PUBLIC])),
    ]
}

/// Who listens at an address, and how often somebody came.
struct Door(Arc<AtomicUsize>);

impl Door {
    fn open(address: &str) -> Self {
        let listener = TcpListener::bind(SocketAddr::new(address.parse::<IpAddr>().unwrap(), PORT)).unwrap();
        let came = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&came);
        thread::spawn(move || {
            while listener.accept().is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self(came)
    }

    fn came(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// The guard as it is shipped: no opening, and the system's own resolver.
fn shipped() -> Egress {
    Egress::new(Policy::default(), &Roots::load(&[]).unwrap(), Resolver::System)
}

async fn dial(name: &str) -> Result<(), EgressError> {
    let target = Target { host: name.parse().unwrap(), port: PORT };
    shipped().dial(&target, Instant::now() + Duration::from_secs(5)).await.map(drop)
}

#[test]
fn ssr_02_the_shipped_guard_against_a_real_name_server_alone() {
    let addresses = ["8.8.4.4/32", "2001:4860:4860::8844/128", "10.20.0.1/32", "fd00::1/128"];
    let resolver = "nameserver 127.0.0.1\nsearch inner.example\noptions timeout:2 attempts:1\n";
    alone("dns::ssr_02_the_shipped_guard_against_a_real_name_server_alone", &addresses, resolver, || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(inside());
    });
}

async fn inside() {
    let names = NameServer::start("127.0.0.1:53".parse().unwrap(), &zones());
    let public = [Door::open(PUBLIC), Door::open(PUBLIC_6)];
    let private = [PRIVATE, PRIVATE_6, "127.0.0.1"].map(Door::open);
    let came = || public.iter().map(Door::came).sum::<usize>();
    for name in ["plain.example.com", "plain6.example.com", "good-chain.example.com"] {
        let before = came();
        dial(name).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        arrives(|| came() - before == 1).await;
        assert_eq!(names.looks(name), 1, "{name}");
    }
    // What changes after the look that was judged is never asked for again.
    for name in ["rebound.example.com", "turned.example.com"] {
        dial(name).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(names.looks(name), 1, "{name}");
        assert!(
            matches!(dial(name).await, Err(EgressError::NotAllowed)),
            "{name}: the second answer is judged too"
        );
        assert_eq!(names.looks(name), 2, "{name}: nothing was kept beyond its time to live");
    }
    for name in REFUSED {
        assert!(matches!(dial(name).await, Err(EgressError::NotAllowed)), "{name}");
        assert_eq!(names.looks(name), 1, "{name}");
    }
    assert!(matches!(dial("unknown.example.com").await, Err(EgressError::NameNotFound(_))));
    assert!(matches!(dial("db").await, Err(EgressError::NotAllowed)), "ssr_13: short names are not asked");
    let asked = names.asked();
    assert!(!asked.iter().any(|name| name.ends_with(".inner.example")), "ssr_13: no search list: {asked:?}");
    every_client(&names).await;
    // Whoever had come would have been counted by now.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(private.map(|door| door.came()), [0; 3], "nobody came to a private address");
}

/// A connection is there for who opened it before it is for who accepts it.
async fn arrives(is_there: impl Fn() -> bool) {
    let looks = async {
        while !is_there() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), looks).await.expect("it arrives where it was dialled");
}

const REFUSED: [&str; 5] = [
    "private.example.com",
    "two.example.com",
    "family.example.com",
    "loopback.example.com",
    "chain.example.com",
];

/// The same in HTTP, PostgreSQL, SSH and SMTP, whichever kinds there are.
async fn every_client(names: &NameServer) {
    let catalogue = Catalogue::built_in();
    let checked = catalogue.kinds().filter(|kind| kind.check != CheckGrade::None);
    let mut tried = 0;
    for kind in checked {
        for name in REFUSED {
            for (candidate, aim) in aimed(kind, name, PORT) {
                if aim != Aim::Stated {
                    continue;
                }
                let (what, before) =
                    (format!("{} {} {name}", kind.name, candidate.method), names.looks(name));
                let deadline = Instant::now() + Duration::from_secs(10);
                assert_refused(&catalogue.check(&candidate, &shipped(), deadline).await, &what);
                assert_eq!(names.looks(name) - before, 1, "{what}: one look");
                tried += 1;
            }
        }
    }
    assert!(tried > 50, "{tried}");
}
