//! One session: start-up, proof on both sides, one question, good-bye.

use bytes::BytesMut;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use strongroom_domain::verification::{Evidence, Finding, Step};
use strongroom_egress::Trail;
use tokio::io::{AsyncRead, AsyncWrite};

use super::channel_binding::EndPoint;
use super::failure::Failure;
use super::login::Login;
use super::question::{self, Server};
use super::scram::Exchange;
use super::wire::Wire;

/// What the session runs over.
#[derive(Debug)]
pub(super) enum Channel {
    /// TCP alone.
    Open,
    /// TLS of this version, to a server with this certificate.
    Tls { version: &'static str, end_point: Option<EndPoint> },
}

/// The finding is *accepted*; everything else is a failure.
pub(super) async fn run<S>(
    stream: S,
    login: &Login,
    channel: Channel,
    trail: &Trail,
) -> Result<Finding, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (tls, end_point) = match channel {
        Channel::Open => ("off", None),
        Channel::Tls { version, end_point } => (version, end_point),
    };
    trail.step(Step::Authenticate);
    let mut wire = Wire::new(stream);
    let parameters = [
        ("user", login.user.as_str()),
        ("database", &login.database),
        ("application_name", "strongroom"),
        ("client_encoding", "UTF8"),
    ];
    wire.send(|out| frontend::startup_message(parameters, out)).await?;
    prove(&mut wire, login, end_point, trail).await?;
    let server = question::ask(&mut wire).await?;
    let good_bye = |out: &mut BytesMut| {
        frontend::terminate(out);
        Ok(())
    };
    // The attempt is over; whether the good-bye arrives changes nothing.
    let _ = wire.send(good_bye).await;
    Ok(accepted(login, server, tls))
}

/// Ends when the server has proved itself, let us in, and is ready.
async fn prove<S>(
    wire: &mut Wire<S>,
    login: &Login,
    end_point: Option<EndPoint>,
    trail: &Trail,
) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let offer = match wire.message().await? {
        Message::AuthenticationSasl(offer) => offer,
        other => return Err(unwelcome(&other)),
    };
    let exchange = Exchange::begin(&offer, end_point, &login.password)?;
    wire.send(|out| frontend::sasl_initial_response(exchange.mechanism(), exchange.message(), out)).await?;
    let Message::AuthenticationSaslContinue(challenge) = wire.message().await? else {
        return Err(Failure::Protocol);
    };
    let exchange = exchange.challenge(challenge.data()).await?;
    // From here on the server can judge the password, in whatever words it refuses.
    trail.proof_leaves();
    wire.send(|out| frontend::sasl_response(exchange.message(), out)).await?;
    finish(wire, exchange, trail).await
}

/// The server's own proof, then its leave to go on.
async fn finish<S>(wire: &mut Wire<S>, exchange: Exchange, trail: &Trail) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Message::AuthenticationSaslFinal(last) = wire.message().await? else {
        return Err(Failure::ServerUnproven);
    };
    exchange.finish(last.data())?;
    let Message::AuthenticationOk = wire.message().await? else { return Err(Failure::Protocol) };
    // What is refused now is the database, not the role.
    trail.step(Step::Authorise);
    match wire.message().await? {
        Message::ReadyForQuery(_) => return Ok(()),
        Message::BackendKeyData(_) => {}
        _ => return Err(Failure::Protocol),
    }
    match wire.message().await? {
        Message::ReadyForQuery(_) => Ok(()),
        _ => Err(Failure::Protocol),
    }
}

/// Where an offer of SCRAM should stand.
const fn unwelcome(message: &Message) -> Failure {
    match message {
        Message::AuthenticationOk => Failure::AsksForNothing,
        Message::AuthenticationCleartextPassword => Failure::AsksFor("the password in clear text"),
        Message::AuthenticationMd5Password(_) => Failure::AsksFor("an MD5 hash of the password"),
        Message::AuthenticationGss | Message::AuthenticationGssContinue(_) => Failure::AsksFor("GSSAPI"),
        Message::AuthenticationSspi => Failure::AsksFor("SSPI"),
        Message::AuthenticationKerberosV5 => Failure::AsksFor("Kerberos V5"),
        Message::AuthenticationScmCredential => Failure::AsksFor("SCM credentials"),
        _ => Failure::Protocol,
    }
}

fn accepted(login: &Login, server: Server, tls: &str) -> Finding {
    // Poolers log in under another name than they are given; the server's word counts.
    let role = server.role.unwrap_or_else(|| login.user.clone());
    let system = server.system.unwrap_or_else(|| login.target.to_string());
    let message = format!("Logged in as {role} to database {}.", login.database);
    let mut facts = std::collections::BTreeMap::from([
        ("database".to_owned(), login.database.clone()),
        ("tls".to_owned(), tls.to_owned()),
    ]);
    facts.extend(server.version.map(|version| ("server_version".to_owned(), version)));
    let account = Some(format!("{role}@{system}"));
    Finding::accepted(message, Evidence { account, facts, ..Evidence::default() })
}
