//! From a target to an open TCP connection: resolve once, check every address, connect to one of them.
//!
//! Owns the only sockets of the product. Must never connect to an address it has not judged, resolve a
//! name a second time, or tell a refused target by its answer or its delay whether something listens.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use strongroom_domain::host::Host;
use strongroom_domain::verification::Step;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::{Connection, Egress, EgressError, Refused};

/// Where a connection goes: the one value that is both checked and dialled (SSR-04).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Name or address, canonical.
    pub host: Host,
    /// TCP port. Port 0 is never allowed.
    pub port: u16,
}

/// `host:port`, an IPv6 address in brackets.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

impl Egress {
    /// Opens a TCP connection to `target` before `deadline`.
    ///
    /// A name is resolved once, and one refused address among its answers refuses the target (SSR-02).
    pub async fn dial(&self, target: &Target, deadline: Instant) -> Result<Connection, EgressError> {
        self.trail.step(Step::Resolve);
        let endpoints = timeout_at(deadline, self.checked_endpoints(target))
            .await
            .map_err(|_| EgressError::Timeout)??;
        self.trail.step(Step::Connect);
        let socket = connect_in_order(&endpoints, deadline).await?;
        Ok(Connection { io: socket, host: target.host.clone() })
    }

    /// The addresses of `target`, each of them allowed, at least one.
    async fn checked_endpoints(&self, target: &Target) -> Result<Vec<SocketAddr>, EgressError> {
        let is_chosen = self.chosen.as_ref() == Some(target);
        let addresses = self.addresses_of(&target.host, is_chosen).await?;
        let endpoints: Vec<_> =
            addresses.into_iter().map(|address| SocketAddr::new(address, target.port)).collect();
        if target.port == 0 {
            return Err(EgressError::NotAllowed);
        }
        for endpoint in &endpoints {
            let judged = self.rules.policy.judge_endpoint(*endpoint, is_local);
            let judged = judged.map(drop).or_else(|refused| match refused {
                Refused::Special(row) if is_chosen && row.may_be_chosen() => Ok(()),
                refused => Err(refused),
            });
            if let Err(reason) = judged {
                tracing::debug!(address = %endpoint.ip(), %reason, "target refused");
                return Err(EgressError::NotAllowed);
            }
        }
        Ok(endpoints)
    }

    async fn addresses_of(&self, host: &Host, is_chosen: bool) -> Result<Vec<IpAddr>, EgressError> {
        let name = match host {
            Host::Address(address) => return Ok(vec![*address]),
            Host::Name(name) => name,
        };
        if !is_chosen && !self.rules.policy.permits_name(name) {
            tracing::debug!(reason = "a short name that egress.allow_names does not list", "target refused");
            return Err(EgressError::NotAllowed);
        }
        let answer =
            self.rules.resolver.addresses_of(name, is_chosen || self.rules.policy.lists_name(name)).await;
        let addresses = answer.map_err(|cause| EgressError::NameNotFound(Some(cause)))?;
        if addresses.is_empty() { Err(EgressError::NameNotFound(None)) } else { Ok(addresses) }
    }
}

/// Tries one endpoint after the other. Each gets an equal share of the time that is left, so that a silent
/// first address does not use up what a good second one needs. The last failure is the answer.
async fn connect_in_order(endpoints: &[SocketAddr], deadline: Instant) -> Result<TcpStream, EgressError> {
    let mut failure = EgressError::Timeout;
    for (endpoint, still_to_try) in endpoints.iter().zip((1..=endpoints.len()).rev()) {
        let now = Instant::now();
        let share = deadline.saturating_duration_since(now) / u32::try_from(still_to_try).unwrap_or(u32::MAX);
        match timeout_at(now + share, connect(*endpoint)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = EgressError::Timeout,
        }
    }
    Err(failure)
}

#[expect(clippy::disallowed_methods, reason = "this is the door; the address has been judged")]
async fn connect(endpoint: SocketAddr) -> Result<TcpStream, EgressError> {
    let socket = TcpStream::connect(endpoint).await.map_err(connect_error)?;
    socket.set_nodelay(true).map_err(connect_error)?; // short questions and answers; nothing to gather
    Ok(socket)
}

fn connect_error(error: io::Error) -> EgressError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => EgressError::ConnectionRefused,
        io::ErrorKind::TimedOut => EgressError::Timeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => EgressError::Closed,
        _ => EgressError::Unreachable(error),
    }
}

/// Whether `address` belongs to this machine: then it is also where the kernel would send from. Connecting
/// a UDP socket only asks the routing table; no packet leaves.
#[expect(clippy::disallowed_methods, reason = "nothing is sent")]
pub(crate) fn is_local(address: IpAddr) -> bool {
    if address.is_loopback() || address.is_unspecified() {
        return true;
    }
    let unspecified: IpAddr = match address {
        IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let source = UdpSocket::bind((unspecified, 0)).and_then(|socket| {
        socket.connect((address, 9))?; // any port will do; 9 is "discard"
        socket.local_addr()
    });
    source.is_ok_and(|source| source.ip() == address)
}
