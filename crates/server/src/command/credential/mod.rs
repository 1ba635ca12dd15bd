//! `strongroom credential`: one file per verb.

mod consumers;
mod create;
mod delete;
mod draft;
mod list;
mod resolve;
mod show;
mod update;
mod verify;
mod view;

use std::process::ExitCode;

use crate::arguments::CredentialCommand;
use crate::client::Session;
use crate::refusal::Refusal;

/// Does what was asked.
pub(crate) async fn run(session: &Session, command: CredentialCommand) -> Result<ExitCode, Refusal> {
    match command {
        CredentialCommand::List(list) => list::run(session, list).await,
        CredentialCommand::Get(named) => show::run(session, &named.name).await,
        CredentialCommand::Create(create) => create::run(session, *create).await,
        CredentialCommand::Update(update) => update::run(session, *update).await,
        CredentialCommand::Delete(delete) => delete::run(session, &delete).await,
        CredentialCommand::Verify(named) => verify::run(session, &named.name).await,
        CredentialCommand::Resolve(resolve) => resolve::run(session, &resolve).await,
        CredentialCommand::History(paged) => show::history(session, &paged).await,
        CredentialCommand::Consumers(named) => consumers::run(session, &named.name).await,
    }
}
