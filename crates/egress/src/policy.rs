//! What may be reached: the operator's ranges over the table of special addresses.
//!
//! Owns the decision and nothing else: it is pure, so the same answer serves the dialler, the start-up
//! log and the operator's question "why not?". Must never resolve a name or look at a socket.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::addresses::{SpecialRange, TABLE};

/// The operator's say over where connections may go. The default lists nothing: public addresses only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Special ranges that may be reached (`egress.allow`). An entry opens addresses of one row of the
    /// table and must lie inside that row: `10.0.0.0/8` opens private addresses, `0.0.0.0/0` opens none,
    /// and a cloud's metadata address opens only where it is listed itself.
    pub allow: Vec<IpNet>,
    /// Ranges that may never be reached (`egress.deny`), public ones included. Beats `allow`.
    pub deny: Vec<IpNet>,
    /// Single-label names and names under `localhost` that may be looked up (`egress.allow_names`).
    /// Whole names, compared without case; no wildcards.
    pub allow_names: Vec<String>,
    /// Where this server itself listens (SSR-15). An unspecified address stands for every address of the machine.
    pub own_addresses: Vec<SocketAddr>,
}

/// Why an address may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permitted {
    /// It is a public address.
    Public,
    /// It is special, and this entry of `allow` opens it.
    Listed(IpNet),
}

/// Why an address may not be reached. For the operator; a caller of the service learns only that it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// This entry of `deny`.
    Denied(IpNet),
    /// This row of the table, with no entry of `allow` inside it for the address.
    Special(&'static SpecialRange),
    /// The server's own listener.
    Own(SocketAddr),
}

impl Policy {
    /// The policy of the development mode: public addresses, loopback, and the name `localhost`.
    pub fn development() -> Self {
        let loopback_v4 = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        let loopback_v6 = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);
        Self {
            allow: vec![loopback_v4.into(), loopback_v6.into()],
            allow_names: vec!["localhost".to_owned()],
            ..Self::default()
        }
    }

    /// The policy of a person's own client, who says where it connects: every address, and this name as the
    /// machine's own resolver knows it. Never for a server, whose targets come from its callers.
    pub fn of_own_choice(name: Option<&str>) -> Self {
        let allow = TABLE.iter().map(|row| row.network).collect();
        Self { allow, allow_names: name.map(str::to_owned).into_iter().collect(), ..Self::default() }
    }

    /// Whether `address` may be reached, and by which rule.
    ///
    /// An IPv6 address is judged as itself: `::ffff:127.0.0.1` is a mapped address, not loopback. If an
    /// entry opens its range, the IPv4 addresses it carries must pass as well.
    pub fn judge(&self, address: IpAddr) -> Result<Permitted, Refused> {
        if let Some(entry) = self.deny.iter().find(|entry| entry.contains(&address)) {
            return Err(Refused::Denied(*entry));
        }
        let Some(row) = SpecialRange::of(address) else { return Ok(Permitted::Public) };
        let opens = |entry: &&IpNet| entry.contains(&address) && row.network.contains(*entry);
        let entry = self.allow.iter().find(opens).ok_or(Refused::Special(row))?;
        for inner in row.embedded_in(address) {
            self.judge(inner.into())?;
        }
        Ok(Permitted::Listed(*entry))
    }

    /// [`Policy::judge`], and refuses what this server itself listens on. `is_local` says whether an
    /// address belongs to this machine; it is asked only for a listener on the unspecified address.
    pub(crate) fn judge_endpoint(
        &self,
        endpoint: SocketAddr,
        is_local: impl Fn(IpAddr) -> bool,
    ) -> Result<Permitted, Refused> {
        let address = endpoint.ip().to_canonical();
        let is_own = |own: &&SocketAddr| {
            let own_address = own.ip().to_canonical();
            own.port() == endpoint.port()
                && (own_address == address || own_address.is_unspecified() && is_local(address))
        };
        match self.own_addresses.iter().find(is_own) {
            Some(own) => Err(Refused::Own(*own)),
            None => self.judge(endpoint.ip()),
        }
    }

    /// Whether `name` may be handed to the resolver at all (SSR-13): a name of several labels, or a listed one.
    pub fn permits_name(&self, name: &str) -> bool {
        let is_short = !name.contains('.') || is_localhost(name);
        !is_short || self.lists_name(name)
    }

    /// Whether the operator lists `name`. A listed name is looked up as it stands, any other as an absolute name.
    pub fn lists_name(&self, name: &str) -> bool {
        self.allow_names.iter().any(|listed| listed.eq_ignore_ascii_case(name))
    }

    /// Entries of `allow` that open nothing, since they lie inside no row of the table: worth a word at start.
    pub fn idle_allowances(&self) -> impl Iterator<Item = &IpNet> {
        self.allow.iter().filter(|entry| !TABLE.iter().any(|row| row.network.contains(*entry)))
    }
}

/// Names that mean this machine wherever they are asked (RFC 6761, section 6.3).
pub(crate) fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

impl fmt::Display for Permitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("a public address"),
            Self::Listed(entry) => write!(f, "in {entry} of egress.allow"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(entry) => write!(f, "in {entry} of egress.deny"),
            Self::Special(row) => write!(f, "in {row}, which no entry of egress.allow opens"),
            Self::Own(address) => write!(f, "this server's own listener {address}"),
        }
    }
}
