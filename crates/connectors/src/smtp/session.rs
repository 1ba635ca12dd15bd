//! The conversation: greeting, EHLO, the change to TLS, the log-in.
//!
//! Owns the order of things. Must never carry over what a server said before TLS: the offers that count are
//! those after it (RFC 3207, section 4.2).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use strongroom_domain::Secret;
use strongroom_domain::verification::{Evidence, Finding, Step};
use strongroom_egress::Trail;
use tokio::io::{AsyncRead, AsyncWrite};

use super::failure::Failure;
use super::login::{Login, Security};
use super::wire::{Reply, receive, send};

/// Waits for the server to speak first; until it has spoken SMTP it hears nothing.
pub(super) async fn greet<S: AsyncRead + Unpin>(stream: &mut S) -> Result<(), Failure> {
    match receive(stream).await?.code {
        220 => Ok(()),
        421 => Err(Failure::ComeBackLater),
        400.. => Err(Failure::TurnsAway),
        _ => Err(Failure::Protocol),
    }
}

/// Returns when the server is ready to begin its handshake.
pub(super) async fn agree_on_tls<S>(stream: &mut S) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if !hello(stream).await?.starttls {
        return Err(Failure::NoTls);
    }
    send(stream, "STARTTLS\r\n").await?;
    match receive(stream).await {
        Ok(Reply { code: 220, .. }) => Ok(()),
        Ok(Reply { code: 400.., .. }) => Err(Failure::TlsRefused),
        Ok(_) => Err(Failure::Protocol),
        Err(Failure::Unasked) => Err(Failure::BytesBeforeTls),
        Err(failure) => Err(failure),
    }
}

/// EHLO, AUTH, QUIT. `tls` is the version, or `off`. The finding is *accepted*; everything else is a failure.
pub(super) async fn log_in<S>(
    mut stream: S,
    login: &Login,
    tls: &'static str,
    trail: &Trail,
) -> Result<Finding, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let offers = hello(&mut stream).await?;
    trail.step(Step::Authenticate);
    let mechanism = offers.mechanism.ok_or_else(|| offers.why_no_mechanism(login.security))?;
    let answer = match mechanism {
        Mechanism::Plain => plain(&mut stream, login, trail).await?,
        Mechanism::Login => two_prompts(&mut stream, login, trail).await?,
    };
    // The attempt is over; whether the good-bye arrives changes nothing.
    let _ = send(&mut stream, "QUIT\r\n").await;
    match answer.code {
        235 => Ok(accepted(login, mechanism, tls)),
        code => Err(Failure::of_log_in(code, login.security)),
    }
}

/// Both send the password itself. SCRAM would not, but few mail servers offer it, and TLS has named the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Never became a standard, and some servers offer nothing else.
    Login,
}

impl Mechanism {
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }
}

/// What a server says it can do, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
struct Offers {
    starttls: bool,
    mechanism: Option<Mechanism>,
}

/// We have no name of our own to give. This literal is what clients without one send.
const EHLO: &str = "EHLO [127.0.0.1]\r\n";

async fn hello<S>(stream: &mut S) -> Result<Offers, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    send(stream, EHLO).await?;
    let reply = receive(stream).await?;
    match reply.code {
        250 => Ok(Offers::read(&reply.lines)),
        421 => Err(Failure::ComeBackLater),
        400..=499 | 550 | 554 => Err(Failure::TurnsAway),
        _ => Err(Failure::Protocol),
    }
}

impl Offers {
    /// Careful servers offer AUTH only once TLS has begun.
    const fn why_no_mechanism(&self, security: Security) -> Failure {
        match security {
            Security::None if self.starttls => Failure::WantsTls,
            _ => Failure::NoMechanism,
        }
    }

    /// The first line greets; each other one is a keyword with parameters (RFC 5321, section 4.1.1.1).
    fn read(lines: &[Vec<u8>]) -> Self {
        let mut offers = Self { starttls: false, mechanism: None };
        for line in lines.iter().skip(1) {
            let line = String::from_utf8_lossy(line).to_ascii_uppercase();
            let mut words = line.split([' ', '=']);
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                // `AUTH=LOGIN` is how servers of the last century write it.
                Some("AUTH") => offers.mechanism = best(words).or(offers.mechanism),
                _ => {}
            }
        }
        offers
    }
}

fn best<'a>(mut words: impl Iterator<Item = &'a str> + Clone) -> Option<Mechanism> {
    let is_offered = |mechanism: &Mechanism| words.clone().any(|word| word == mechanism.name());
    if is_offered(&Mechanism::Plain) {
        return Some(Mechanism::Plain);
    }
    words.any(|word| word == Mechanism::Login.name()).then_some(Mechanism::Login)
}

async fn plain<S>(stream: &mut S, login: &Login, trail: &Trail) -> Result<Reply, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // EXPOSE: the password is sent to the server that is to judge it.
    let message = Secret::new(format!("\0{}\0{}", login.user, login.password.expose()));
    let line = base64_line("AUTH PLAIN ", &message);
    trail.proof_leaves();
    // EXPOSE: as above.
    send(stream, line.expose()).await?;
    receive(stream).await
}

async fn two_prompts<S>(stream: &mut S, login: &Login, trail: &Trail) -> Result<Reply, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    send(stream, "AUTH LOGIN\r\n").await?;
    let prompt = receive(stream).await?;
    if prompt.code != 334 {
        return Ok(prompt);
    }
    send(stream, &format!("{}\r\n", STANDARD.encode(&login.user))).await?;
    let prompt = receive(stream).await?;
    if prompt.code != 334 {
        return Ok(prompt);
    }
    let line = base64_line("", &login.password);
    trail.proof_leaves();
    // EXPOSE: the password is sent to the server that is to judge it.
    send(stream, line.expose()).await?;
    receive(stream).await
}

fn base64_line(command: &str, message: &Secret<String>) -> Secret<String> {
    // EXPOSE: encoded as SASL has it; the encoding is as secret.
    let encoded = Secret::new(STANDARD.encode(message.expose()));
    // EXPOSE: as above.
    Secret::new(format!("{command}{}\r\n", encoded.expose()))
}

fn accepted(login: &Login, mechanism: Mechanism, tls: &str) -> Finding {
    let facts = BTreeMap::from([
        ("mechanism".to_owned(), mechanism.name().to_owned()),
        ("tls".to_owned(), tls.to_owned()),
    ]);
    let account = Some(format!("{}@{}", login.user, login.target));
    let evidence = Evidence { account, facts, ..Evidence::default() };
    Finding::accepted(format!("Logged in as {}; no mail was sent.", login.user), evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(lines: &[&str]) -> Offers {
        Offers::read(&lines.iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>())
    }

    #[test]
    fn offers_are_read_without_case_and_without_the_greeting() {
        let nothing = Offers { starttls: false, mechanism: None };
        assert_eq!(offers(&["STARTTLS", "SIZE 1"]), nothing, "the first line greets");
        assert!(offers(&["host", "starttls"]).starttls);
        assert_eq!(offers(&["host", "auth login plain"]).mechanism, Some(Mechanism::Plain));
        assert_eq!(offers(&["host", "AUTH=LOGIN"]).mechanism, Some(Mechanism::Login));
        assert_eq!(offers(&["host", "AUTH CRAM-MD5 XOAUTH2"]).mechanism, None);
        assert_eq!(offers(&["host", "XAUTH PLAIN", "AUTHPLAIN"]), nothing);
    }
}
