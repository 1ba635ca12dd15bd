//! A private name server over UDP (RFC 1035): prepared answers with a time to live of zero, in the order of the questions.
//!
//! For tests of what a real resolver makes of a zone that somebody hostile owns. Must never ask anybody else.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What stands behind a name.
#[derive(Debug, Clone)]
pub enum Zone {
    /// These addresses; A and AAAA as they are asked for.
    Addresses(Vec<IpAddr>),
    /// Another name, whose addresses are in the same answer.
    Alias(&'static str),
    /// At each look the next one; the last one stays.
    InTurn(Vec<Self>),
}

/// A running server. It ends with the process of its test.
#[derive(Debug, Clone)]
pub struct NameServer {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    zones: HashMap<String, Zone>,
    /// Name and type, as they were asked.
    asked: Vec<(String, u16)>,
}

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
/// A chain that is longer is a loop.
const LONGEST_CHAIN: usize = 16;

impl NameServer {
    /// Answers at this address: for a resolver of the system, port 53.
    #[expect(clippy::disallowed_methods, reason = "listens, and answers who asks")]
    pub fn start(address: SocketAddr, zones: &[(&str, Zone)]) -> Self {
        assert!(address.ip().is_loopback(), "for tests on this machine only");
        let socket = UdpSocket::bind(address).expect("the address is free");
        let zones = zones.iter().map(|(name, zone)| ((*name).to_owned(), zone.clone())).collect();
        let state = Arc::new(Mutex::new(State { zones, asked: Vec::new() }));
        let server = Self { state: Arc::clone(&state) };
        thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let answer = state.lock().unwrap_or_else(PoisonError::into_inner).answer(&buffer[..length]);
                if let Some(answer) = answer {
                    let _nobody_waits = socket.send_to(&answer, from);
                }
            }
        });
        server
    }

    /// How often this name was asked for, whichever type more often.
    pub fn looks(&self, name: &str) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |kind| state.asked.iter().filter(|asked| asked.0 == name && asked.1 == kind).count();
        of(A).max(of(AAAA))
    }

    /// Every name that was asked for.
    pub fn asked(&self) -> Vec<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = state.asked.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

impl State {
    /// `None` for what is no question.
    fn answer(&mut self, question: &[u8]) -> Option<Vec<u8>> {
        let (name, end) = name_in(question, 12)?;
        let kind = u16::from_be_bytes(question.get(end..end + 2)?.try_into().ok()?);
        self.asked.push((name.clone(), kind));
        let turn = self.asked.iter().filter(|asked| **asked == (name.clone(), kind)).count() - 1;
        let records = self.records(&name, kind, turn);
        let is_known = records.is_some();
        let records = records.unwrap_or_default();
        let mut answer = question.get(..2)?.to_vec();
        // An answer with authority; 3 is "no such name" (RFC 1035, section 4.1.1).
        answer.extend([
            0x84,
            if is_known { 0 } else { 3 },
            0,
            1,
            0,
            u8::try_from(records.len()).ok()?,
            0,
            0,
            0,
            0,
        ]);
        answer.extend(question.get(12..end + 4)?);
        for (owner, kind, data) in records {
            answer.extend(wire(&owner));
            answer.extend(kind.to_be_bytes());
            // Class IN, and nothing may be kept.
            answer.extend([0, 1, 0, 0, 0, 0]);
            answer.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
            answer.extend(data);
        }
        Some(answer)
    }

    /// Along the chain to the addresses; `None` for a name that is not there.
    fn records(&self, name: &str, kind: u16, turn: usize) -> Option<Vec<(String, u16, Vec<u8>)>> {
        let (mut owner, mut records) = (name.to_owned(), Vec::new());
        for _ in 0..LONGEST_CHAIN {
            let mut zone = self.zones.get(&owner)?;
            if let Zone::InTurn(zones) = zone {
                zone = &zones[turn.min(zones.len() - 1)];
            }
            match zone {
                Zone::Alias(to) => {
                    records.push((std::mem::replace(&mut owner, (*to).to_owned()), CNAME, wire(to)));
                }
                Zone::Addresses(addresses) => {
                    let data = addresses.iter().filter_map(|address| of_kind(*address, kind));
                    records.extend(data.map(|data| (owner.clone(), kind, data)));
                    return Some(records);
                }
                Zone::InTurn(_) => panic!("turns do not nest"),
            }
        }
        None
    }
}

fn of_kind(address: IpAddr, kind: u16) -> Option<Vec<u8>> {
    match (address, kind) {
        (IpAddr::V4(address), A) => Some(Ipv4Addr::octets(&address).to_vec()),
        (IpAddr::V6(address), AAAA) => Some(Ipv6Addr::octets(&address).to_vec()),
        _ => None,
    }
}

/// The name that begins at `at`, in lower case, and where it ends. Questions have no pointers.
fn name_in(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(message.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
}

fn wire(name: &str) -> Vec<u8> {
    let labels = name.split('.').flat_map(|label| {
        let length = u8::try_from(label.len()).expect("a label has at most 63 bytes");
        std::iter::once(length).chain(label.bytes())
    });
    labels.chain([0]).collect()
}
