//! One module per command.

pub(crate) mod dev;
pub(crate) mod keys;
pub(crate) mod serve;

use std::net::SocketAddr;

use strongroom_server::Listener;
use tokio::runtime::Runtime;

use crate::refusal::Refusal;

/// The runtime of a server: one thread per core.
fn runtime() -> Result<Runtime, Refusal> {
    Runtime::new().map_err(|error| {
        Refusal::to_start(format!("no threads to run on: {error}"), "check the limits of this account")
    })
}

async fn bind(address: SocketAddr) -> Result<Listener, Refusal> {
    Listener::bind(address).await.map_err(|error| {
        Refusal::to_start(
            format!("cannot listen on {address}: {error}"),
            "stop what listens there, or choose another address; port 0 takes a free port",
        )
    })
}
