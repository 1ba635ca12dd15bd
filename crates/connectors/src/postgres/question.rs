//! The one question after the log-in: whose session is this, of which server?
//!
//! Reads built-in functions of `pg_catalog` by their full names, since a role's search path may hold others
//! that write (CON-15). Must never let a text of the server through but in the form that it must have.

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{DataRowBody, Message};
use postgres_protocol::message::frontend;
use strongroom_domain::text::Name;
use tokio::io::{AsyncRead, AsyncWrite};

use super::failure::{Failure, SqlState};
use super::wire::Wire;

/// The answer; `None` for what is missing or not in its form.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// The role of the session.
    pub(super) role: Option<String>,
    /// Such as `15.18`.
    pub(super) version: Option<String>,
    /// The number that a cluster is given when it is made, and that its replicas share.
    pub(super) system: Option<String>,
}

const WHOLE: &str = "SELECT session_user, pg_catalog.current_setting('server_version'), \
                     (SELECT system_identifier FROM pg_catalog.pg_control_system())";
const WITHOUT_SYSTEM: &str = "SELECT session_user, pg_catalog.current_setting('server_version'), NULL";

/// Asks, and again without the system identifier where that is forbidden to the role or unknown to the server.
pub(super) async fn ask<S>(wire: &mut Wire<S>) -> Result<Server, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match answer(wire, WHOLE).await? {
        Ok(server) => Ok(server),
        Err(_) => answer(wire, WITHOUT_SYSTEM).await?.map_err(Failure::Refused),
    }
}

/// The inner result is the server's: one row, or an error after which the session goes on.
async fn answer<S>(wire: &mut Wire<S>, question: &str) -> Result<Result<Server, SqlState>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    wire.send(|out| frontend::query(question, out)).await?;
    let mut answer = None;
    loop {
        match wire.message().await {
            Ok(Message::RowDescription(_) | Message::CommandComplete(_)) => {}
            Ok(Message::DataRow(row)) if answer.is_none() => answer = Some(Ok(Server::read(&row)?)),
            Ok(Message::ReadyForQuery(_)) => return answer.ok_or(Failure::Protocol),
            Err(Failure::Refused(state)) if answer.is_none() => answer = Some(Err(state)),
            Ok(_) => return Err(Failure::Protocol),
            // After a fatal error the server is gone; the error says more than that.
            Err(Failure::Broken(source)) => {
                return Err(answer.and_then(Result::err).map_or(Failure::Broken(source), Failure::Refused));
            }
            Err(failure) => return Err(failure),
        }
    }
}

impl Server {
    fn read(row: &DataRowBody) -> Result<Self, Failure> {
        let columns: Vec<Option<&[u8]>> = row
            .ranges()
            .map(|range| Ok(range.and_then(|range| row.buffer().get(range))))
            .collect()
            .map_err(|_| Failure::Protocol)?;
        let &[role, version, system] = columns.as_slice() else { return Err(Failure::Protocol) };
        let text = |column: Option<&[u8]>| column.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        Ok(Self {
            role: text(role).and_then(|role| role.parse::<Name>().ok()).map(|role| role.to_string()),
            version: text(version).and_then(|version| version_number(&version)),
            system: text(system).filter(|system| is_number(system)),
        })
    }
}

/// Without what packagers add after a space.
fn version_number(text: &str) -> Option<String> {
    let number = text.split(' ').next()?;
    let fits = (1..=16).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    fits.then(|| number.to_owned())
}

/// A 64-bit number.
fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
