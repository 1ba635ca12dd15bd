//! One module per command.

pub(crate) mod api;
pub(crate) mod completion;
pub(crate) mod credential;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod keys;
pub(crate) mod kind;
pub(crate) mod login;
mod page;
pub(crate) mod serve;
pub(crate) mod settings;
pub(crate) mod token;

use std::net::SocketAddr;
use std::process::ExitCode;

use strongroom_server::Listener;
use tokio::runtime::Runtime;

use crate::arguments::ClientCommand;
use crate::client::Session;
use crate::refusal::Refusal;

/// The commands that ask a server.
pub(crate) async fn ask(session: &Session, command: ClientCommand) -> Result<ExitCode, Refusal> {
    match command {
        ClientCommand::Credential(command) => credential::run(session, command).await,
        ClientCommand::Token(command) => token::run(session, command).await,
        ClientCommand::Kind(command) => kind::run(session, command).await,
        ClientCommand::Status => login::status(session).await,
        ClientCommand::Api(api) => api::run(session, &api).await,
    }
}

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
