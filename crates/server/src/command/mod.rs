//! One module per command.

pub(crate) mod api;
pub(crate) mod audit;
pub(crate) mod completion;
pub(crate) mod credential;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod keys;
pub(crate) mod kind;
pub(crate) mod login;
pub(crate) mod organization;
mod page;
mod people;
pub(crate) mod serve;
pub(crate) mod settings;
mod sign_in;
pub(crate) mod token;
mod whoami;
pub(crate) mod workspace;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use strongroom_server::{Composition, Listener, Running, start};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::arguments::ClientCommand;
use crate::client::Session;
use crate::control::{self, Operator};
use crate::refusal::Refusal;
use crate::signals::Signals;

/// The commands that ask a server.
pub(crate) async fn ask(session: &Session, command: ClientCommand) -> Result<ExitCode, Refusal> {
    match command {
        ClientCommand::Credential(command) => Box::pin(credential::run(session, command)).await,
        ClientCommand::Token(command) => token::run(session, command).await,
        ClientCommand::Workspace(command) => workspace::run(session, command).await,
        ClientCommand::Organization(command) => organization::run(session, command).await,
        ClientCommand::Kind(command) => kind::run(session, command).await,
        ClientCommand::Status => login::status(session).await,
        ClientCommand::Whoami => whoami::show(session).await,
        ClientCommand::Logout => whoami::logout(session).await,
        ClientCommand::Api(api) => api::run(session, &api).await,
    }
}

/// The end of a dry run of what the API has no trial for: nothing goes out at all.
fn preview(session: &Session, what: &str) -> ExitCode {
    session.output.say(format_args!("dry run: {what}; nothing was sent"));
    ExitCode::SUCCESS
}

/// The runtime of a server: one thread per core.
fn runtime() -> Result<Runtime, Refusal> {
    Runtime::new().map_err(|error| {
        Refusal::bad_start(format!("no threads to run on: {error}"), "check the limits of this account")
    })
}

/// Serves until it is told to stop; `begun` is told when requests are accepted. The store is closed after.
async fn serve_until_stopped(
    parts: Composition,
    data: &Path,
    signals: Signals,
    begun: impl AsyncFnOnce(&Running) -> Result<(), Refusal>,
) -> Result<ExitCode, Refusal> {
    let store = Arc::clone(&parts.store);
    let running = start(parts).await?;
    let operator = Operator { service: running.service(), store, data: data.to_owned() };
    let control = control::serve(operator, data);
    if let Err(refusal) = begun(&running).await {
        running.stop().await;
        return Err(refusal);
    }
    let code = signals.stop(running).await;
    drop(control.inspect(JoinHandle::abort));
    Ok(code)
}

async fn bind(address: SocketAddr) -> Result<Listener, Refusal> {
    Listener::bind(address).await.map_err(|error| {
        Refusal::bad_start(
            format!("cannot listen on {address}: {error}"),
            "stop what listens there, or choose another address; port 0 takes a free port",
        )
    })
}
