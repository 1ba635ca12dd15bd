//! A candidate understood: where to go, as whom, to which database, over what.
//!
//! The only place that reads fields and connection strings. Must never let a parameter through that names
//! a file, a second host or a server option, nor repeat any part of a connection string.

use std::str::FromStr;

use strongroom_domain::credential::Candidate;
use strongroom_domain::host::{Host, HostFault};
use strongroom_domain::{Fault, Secret};
use strongroom_egress::{Target, TlsVerification};

use super::{keywords, uri};

/// What one attempt needs.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) target: Target,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) password: Secret<String>,
    pub(super) tls: SslMode,
}

/// libpq's words, without those that fall back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum SslMode {
    Disable,
    Require,
    VerifyCa,
    #[default]
    VerifyFull,
}

impl SslMode {
    /// How the server's certificate is verified; `None` without TLS.
    pub(super) const fn verification(self) -> Option<TlsVerification> {
        match self {
            Self::Disable => None,
            Self::Require => Some(TlsVerification::None),
            Self::VerifyCa => Some(TlsVerification::CaOnly),
            Self::VerifyFull => Some(TlsVerification::Full),
        }
    }
}

impl FromStr for SslMode {
    type Err = StringFault;

    fn from_str(text: &str) -> Result<Self, StringFault> {
        match text {
            "disable" => Ok(Self::Disable),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            _ => Err(StringFault::SslMode),
        }
    }
}

impl Login {
    /// The candidate's, by its method.
    pub(super) fn of(candidate: &Candidate) -> Result<Self, Fault> {
        if candidate.method == "connection_string" { of_string(candidate) } else { of_fields(candidate) }
    }
}

fn of_fields(candidate: &Candidate) -> Result<Login, Fault> {
    let missing = |pointer: &str| Fault::new(pointer, "is required");
    let text =
        |name: &str| candidate.settings.text(name).ok_or_else(|| missing(&format!("/settings/{name}")));
    let host = text("host")?.parse::<Host>().map_err(|fault| Fault::new("/settings/host", fault))?;
    let port = candidate.settings.integer("port").map_or(Ok(DEFAULT_PORT), u16::try_from);
    // EXPOSE: it becomes the password of the one attempt.
    let password = candidate.secrets.expose().text("password");
    Ok(Login {
        target: Target { host, port: port.map_err(|_| Fault::new("/settings/port", "is not a port"))? },
        user: text("username")?.to_owned(),
        database: text("database")?.to_owned(),
        password: Secret::new(password.ok_or_else(|| missing("/secrets/password"))?.to_owned()),
        tls: sslmode_field(candidate)?,
    })
}

fn of_string(candidate: &Candidate) -> Result<Login, Fault> {
    let fault = |fault: StringFault| Fault::new("/secrets/connection_string", fault);
    // EXPOSE: it is taken apart here; the password in it goes on as a secret.
    let text = candidate.secrets.expose().text("connection_string").unwrap_or_default();
    let parts = Parts::parse(text).map_err(fault)?;
    let field = sslmode_field(candidate)?;
    parts.into_login(field).map_err(fault)
}

fn sslmode_field(candidate: &Candidate) -> Result<SslMode, Fault> {
    let mode = candidate.settings.text("sslmode").map_or(Ok(SslMode::default()), str::parse);
    mode.map_err(|_| {
        Fault::new("/settings/sslmode", "must be one of: disable, require, verify-ca, verify-full")
    })
}

const DEFAULT_PORT: u16 = 5432;

/// What is wrong with a connection string. None of the texts has a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum StringFault {
    #[error("must be a postgresql:// URL, or key=value pairs with quotes closed")]
    Form,
    #[error(
        "holds a parameter other than host, port, user, password, dbname, sslmode, application_name and \
         connect_timeout"
    )]
    Parameter,
    #[error("says something twice")]
    Twice,
    #[error("has a `%` that is not part of an escape such as %25")]
    Escape,
    #[error("has a character in user or password that a URL must escape: @ is %40, # is %23, + is %2B")]
    Unescaped,
    #[error("must not hold control characters")]
    Control,
    #[error("lacks a host")]
    NoHost,
    #[error("lacks a user")]
    NoUser,
    #[error("lacks a password")]
    NoPassword,
    #[error("names a host that {0}")]
    Host(HostFault),
    #[error("has a port outside 1 to 65535")]
    Port,
    #[error("has an sslmode other than disable, require, verify-ca and verify-full")]
    SslMode,
    #[error("has a connect_timeout that is not a number of seconds")]
    ConnectTimeout,
}

/// A connection string taken apart, everything decoded.
#[derive(Debug, Default)]
pub(super) struct Parts {
    host: Option<String>,
    port: Option<String>,
    user: Option<String>,
    database: Option<String>,
    sslmode: Option<String>,
    password: Option<Secret<String>>,
    without_effect: [Option<String>; 2],
}

impl Parts {
    fn parse(text: &str) -> Result<Self, StringFault> {
        let after_scheme = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"));
        match after_scheme {
            Some(rest) => uri::parse(rest),
            None => keywords::parse(text),
        }
    }

    /// Takes a parameter in, by libpq's name. What has no effect on the check is held to its form as well.
    pub(super) fn put(&mut self, name: &str, value: Secret<String>) -> Result<(), StringFault> {
        // EXPOSE: looked at for control characters; what is not the password is public.
        let text = value.expose();
        if text.chars().any(char::is_control) {
            return Err(StringFault::Control);
        }
        if name == "password" {
            return set(&mut self.password, value);
        }
        let slot = match name {
            "host" => &mut self.host,
            "port" => &mut self.port,
            "user" => &mut self.user,
            "dbname" => &mut self.database,
            "sslmode" => &mut self.sslmode,
            "application_name" => &mut self.without_effect[0],
            "connect_timeout" if text.parse::<u32>().is_err() => return Err(StringFault::ConnectTimeout),
            "connect_timeout" => &mut self.without_effect[1],
            _ => return Err(StringFault::Parameter),
        };
        set(slot, text.clone())
    }

    fn into_login(self, field: SslMode) -> Result<Login, StringFault> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let host = given(self.host).ok_or(StringFault::NoHost)?.parse().map_err(StringFault::Host)?;
        let port = given(self.port).map_or(Ok(DEFAULT_PORT), |port| parse_port(&port))?;
        let user = given(self.user).ok_or(StringFault::NoUser)?;
        // EXPOSE: only whether there is one.
        let password = self.password.filter(|password| !password.expose().is_empty());
        Ok(Login {
            target: Target { host, port },
            // As in libpq.
            database: given(self.database).unwrap_or_else(|| user.clone()),
            user,
            password: password.ok_or(StringFault::NoPassword)?,
            tls: self.sslmode.map_or(Ok(field), |mode| mode.parse())?,
        })
    }
}

fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), StringFault> {
    if slot.is_some() {
        return Err(StringFault::Twice);
    }
    *slot = Some(value);
    Ok(())
}

/// Digits only: `u16::from_str` would take a sign.
fn parse_port(text: &str) -> Result<u16, StringFault> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_plain && *port > 0).ok_or(StringFault::Port)
}

#[cfg(test)]
mod tests;
