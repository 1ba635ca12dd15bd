//! The command line. Owns names and help texts; must never have a flag that takes a secret.

mod audit;
mod credential;
mod global;
mod operator;
mod others;
#[cfg(test)]
mod reference;
mod tenants;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use audit::{AuditCommand, AuditQuestion, ProofOf, RecordFilter, Records, Tail, VerifyLog};
pub(crate) use credential::{
    Check, Create, CredentialCommand, Delete, Draft, List, OnUnreachable, Paged, Resolve, Update, Verify,
};
pub(crate) use global::{Connection, Format, Talk};
pub(crate) use operator::{Doctor, DoctorCommand, EgressQuestion, Installation, KeysCommand, Rotate};
pub(crate) use others::{
    Api, Completion, ConfigCommand, CreateToken, KindCommand, Login, Page, RevokeToken, TokenChange,
    TokenCommand, Trial,
};
pub(crate) use tenants::{
    CreateOrganization, CreateWorkspace, DeleteOrganization, DeleteWorkspace, OrganizationCommand,
    UpdateOrganization, UpdateWorkspace, WorkspaceCommand,
};

/// Change a credential without breaking what uses it.
#[derive(Debug, Parser)]
#[command(name = "strongroom", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) talk: Talk,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a server for development: one folder, a generated key, an admin token, loopback only
    Dev(Dev),
    /// Run a server for production, by a configuration file
    Serve(Serve),
    /// Make, look at and rotate keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look whether all that a server stands on is sound
    Doctor(Doctor),
    /// Look at what was done, and verify the log of it
    #[command(subcommand)]
    Audit(AuditCommand),
    #[command(flatten)]
    Client(ClientCommand),
    /// Store a token for this account, after trying it; or sign in by an identity provider
    Login(Login),
    /// Look at the settings of these commands
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the completion script of a shell
    Completion(Completion),
}

impl Command {
    /// Whether the flags that say which server mean anything to it.
    pub(crate) const fn asks_a_server(&self) -> bool {
        match self {
            Self::Client(_) | Self::Login(_) | Self::Config(_) | Self::Audit(AuditCommand::Ask(_)) => true,
            Self::Audit(AuditCommand::Verify(_))
            | Self::Dev(_)
            | Self::Serve(_)
            | Self::Keys(_)
            | Self::Doctor(_)
            | Self::Completion(_) => false,
        }
    }
}

/// The commands that ask a server, as whoever the token says.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Look at and change credentials
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// Make and end tokens of the API
    #[command(subcommand)]
    Token(TokenCommand),
    /// Look at and change workspaces
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Look at and change organizations
    #[command(subcommand)]
    Organization(OrganizationCommand),
    /// Look at the kinds of credentials there are
    #[command(subcommand)]
    Kind(KindCommand),
    /// Show whether the server is there and takes the token
    Status,
    /// Show who the token stands for, and what it may do
    Whoami,
    /// End the session of this account, and forget the stored token
    Logout,
    /// Send any request of the API
    Api(Api),
}

#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The folder for key, token and data; kept between runs
    #[arg(long, value_name = "DIR", default_value = "strongroom-dev")]
    pub(crate) data: PathBuf,
    /// A loopback address and port; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", default_value_t = strongroom_config::DEFAULT_LISTEN)]
    pub(crate) listen: SocketAddr,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}
