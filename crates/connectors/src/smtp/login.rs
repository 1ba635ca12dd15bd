//! A candidate understood: where to go, as whom, over what.
//!
//! The only place that reads fields. Must never let through a character that ends a line of SMTP or a field
//! of SASL (CON-11).

use strongroom_domain::credential::Candidate;
use strongroom_domain::host::Host;
use strongroom_domain::{Fault, Secret};
use strongroom_egress::Target;

/// What one attempt needs.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) target: Target,
    pub(super) security: Security,
    pub(super) user: String,
    pub(super) password: Secret<String>,
}

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// After a request in the clear (RFC 3207).
    StartTls,
    /// At once (RFC 8314).
    Tls,
    /// Never.
    None,
}

impl Login {
    /// The candidate's, or all that is wrong with it.
    pub(super) fn of(candidate: &Candidate) -> Result<Self, Vec<Fault>> {
        let target = target(candidate);
        let security = security(candidate);
        let user = line(candidate.settings.text("username"), "/settings/username", MOST_BYTES_OF_A_USER);
        // EXPOSE: it becomes the password of the one attempt.
        let password = candidate.secrets.expose().text("password");
        let password = line(password, "/secrets/password", MOST_BYTES_OF_A_PASSWORD).map(Secret::new);
        match (target, security, user, password) {
            (Ok(target), Ok(security), Ok(user), Ok(password)) => {
                Ok(Self { target, security, user, password })
            }
            (target, security, user, password) => {
                Err([target.err(), security.err(), user.err(), password.err()]
                    .into_iter()
                    .flatten()
                    .collect())
            }
        }
    }
}

/// An address has at most 254 bytes (RFC 5321, section 4.5.3.1.3).
const MOST_BYTES_OF_A_USER: usize = 512;
/// Both in Base64 stay within the 12,288 bytes of an AUTH line (RFC 4954, section 4).
const MOST_BYTES_OF_A_PASSWORD: usize = 4096;
const DEFAULT_PORT: u16 = 587;

fn target(candidate: &Candidate) -> Result<Target, Fault> {
    let host = candidate.settings.text("host").unwrap_or_default().parse::<Host>();
    let port = candidate.settings.integer("port").map_or(Ok(DEFAULT_PORT), u16::try_from);
    Ok(Target {
        host: host.map_err(|fault| Fault::new("/settings/host", fault))?,
        port: port.map_err(|_| Fault::new("/settings/port", "is not a port"))?,
    })
}

fn security(candidate: &Candidate) -> Result<Security, Fault> {
    match candidate.settings.text("security") {
        None | Some("starttls") => Ok(Security::StartTls),
        Some("tls") => Ok(Security::Tls),
        Some("none") => Ok(Security::None),
        Some(_) => Err(Fault::new("/settings/security", "must be one of: starttls, tls, none")),
    }
}

fn line(text: Option<&str>, pointer: &str, most: usize) -> Result<String, Fault> {
    let fault = |message: &str| Fault::new(pointer, message);
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| fault("is required"))?;
    if text.chars().any(char::is_control) {
        return Err(fault("must not hold control characters"));
    }
    if text.len() > most {
        return Err(fault(&format!("at most {most} bytes")));
    }
    Ok(text.to_owned())
}
