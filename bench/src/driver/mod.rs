//! Our own load generator: HTTP/1.1 over kept connections to loopback, as lean as it can be.
//!
//! Owns two drivers. *Closed loop*: each client sends its next request when it has the answer to the last
//! one; what the server can do at most, at a given number of clients. *Open loop*: requests are due at
//! fixed times whatever the server does, and latency counts from when a request was due, so that a
//! server that stalls is charged for all who had to wait (coordinated omission). Must never reach
//! beyond loopback.

pub(crate) mod closed;
mod connection;
pub(crate) mod open;
mod script;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

pub(crate) use self::connection::Connection;
pub(crate) use self::script::{COUNTER, Request, Script};
use crate::sample::Recorder;

/// Which of the two made a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Driver {
    Closed,
    Open,
}

/// A server, and what is sent to it.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// The server's process.
    pub(crate) pid: u32,
    /// Client `n` follows script `n`, counted round.
    pub(crate) scripts: Vec<Script>,
}

/// One client: its connection and what it sends.
struct Client {
    connection: Connection,
    script: Script,
}

/// How long the last answers of a stretch may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// What all clients recorded, once the last of them has ended.
async fn gather(mut clients: JoinSet<Result<Recorder>>) -> Result<Recorder> {
    let mut all = Recorder::new();
    let end = Instant::now() + PATIENCE;
    while let Some(client) =
        timeout_at(end, clients.join_next()).await.context("the server does not answer")?
    {
        all.merge(&client.context("a client panicked")??);
    }
    Ok(all)
}

impl Load {
    /// Sends each request of the first script once, before anything is counted.
    pub(crate) async fn warm(&self) -> Result<()> {
        let mut client = self.connect(1).await?.pop().context("one client was asked for")?;
        for _ in 0..client.script.len() {
            ensure!(client.act().await?, "a request that is to be measured was refused");
        }
        Ok(())
    }

    async fn connect(&self, clients: usize) -> Result<Vec<Client>> {
        let mut connected = Vec::with_capacity(clients);
        for number in 0..clients {
            let connection = Connection::open(self.address).await?;
            let script = self.scripts[number % self.scripts.len()].clone();
            connected.push(Client { connection, script });
        }
        Ok(connected)
    }
}

impl Client {
    /// Sends the next request of the script, and says whether the answer was a success.
    async fn act(&mut self) -> Result<bool> {
        let status = self.connection.exchange(self.script.next()).await?;
        Ok((200..300).contains(&status))
    }
}
