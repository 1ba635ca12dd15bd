//! The other nouns of the API: tokens, kinds, and the way to anything else.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand, ValueEnum, builder::FalseyValueParser};
use clap_complete::Shell;

/// A part of a long list.
#[derive(Debug, Args)]
pub(crate) struct Page {
    /// At most so many, up to 200
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u32>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
}

/// Looking before doing.
#[derive(Debug, Args)]
pub(crate) struct Trial {
    /// Show what would come of it and change nothing
    #[arg(long, env = "STRONGROOM_DRY_RUN", hide_env_values = true,
          action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Show the live tokens of the workspace
    List(Page),
    /// Make one; its text is shown once
    #[command(visible_alias = "issue")]
    Create(Box<CreateToken>),
    /// Give one a new text; the old one ends
    Rotate(TokenChange),
    /// End one
    #[command(visible_alias = "delete")]
    Revoke(RevokeToken),
}

#[derive(Debug, Args)]
pub(crate) struct CreateToken {
    /// What people call it
    pub(crate) name: String,
    /// For whom: user, service or workload
    #[arg(long, default_value = "service")]
    pub(crate) kind: String,
    /// What it may do: viewer, editor, admin, runner, auditor or owner
    #[arg(long)]
    pub(crate) role: String,
    /// Only this credential, by id; several may be given
    #[arg(long = "credential", value_name = "ID")]
    pub(crate) credentials: Vec<String>,
    /// Only credentials of this kind; several may be given
    #[arg(long = "only-kind", value_name = "KIND")]
    pub(crate) kinds: Vec<String>,
    /// Only credentials with this label; several must all be there
    #[arg(long = "only-label", value_name = "KEY=VALUE", value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,
    /// When it ends (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) expires: Option<String>,
    /// Only from this network, like 192.0.2.0/24; several may be given
    #[arg(long = "network", value_name = "RANGE")]
    pub(crate) networks: Vec<String>,
    /// An identity instead of a token: the issuer whose statements prove it, as the server's configuration has it
    #[arg(long, value_name = "URL", requires = "subject", conflicts_with = "file")]
    pub(crate) issuer: Option<String>,
    /// Whom the issuer means, as it writes them
    #[arg(long, value_name = "TEXT", requires = "issuer")]
    pub(crate) subject: Option<String>,
    #[command(flatten)]
    pub(crate) save: Save,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

fn label(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    pair.ok_or("a label is written KEY=VALUE")
}

/// Where a token's text goes.
#[derive(Debug, Args)]
pub(crate) struct Save {
    /// Write the text into this new file (mode 0600) instead of showing it
    #[arg(long = "save", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TokenChange {
    /// Its id (tok_...)
    pub(crate) id: String,
    /// For how long the old text still counts, like 15m, 2h or 600 (seconds); without it, it ends at once
    #[arg(long, value_name = "TIME")]
    pub(crate) overlap: Option<String>,
    #[command(flatten)]
    pub(crate) save: Save,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct RevokeToken {
    /// Its id (tok_...)
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KindCommand {
    /// Show every kind of credential
    List,
    /// Show one with its fields
    Get {
        /// Its name, like postgresql
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Api {
    /// GET, POST, PATCH, PUT or DELETE
    pub(crate) method: String,
    /// Like /v1/kinds; {workspace} stands for the workspace in force
    pub(crate) path: String,
    /// The JSON body: - reads standard input, @FILE reads a file
    #[arg(short, long, value_name = "-|@FILE")]
    pub(crate) data: Option<String>,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Where the token comes from: - reads standard input, @FILE reads a file; without it, it is asked for
    #[arg(value_name = "-|@FILE", conflicts_with = "oidc")]
    pub(crate) from: Option<String>,
    /// Sign in by an identity provider, in a browser; what is stored is a session of twelve hours
    #[arg(long)]
    pub(crate) oidc: bool,
    /// By which provider, where the server knows several
    #[arg(long, value_name = "URL", requires = "oidc")]
    pub(crate) issuer: Option<String>,
    /// Print the address to open and start no browser
    #[arg(long, requires = "oidc")]
    pub(crate) no_browser: bool,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct Completion {
    /// For which shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Clone, Copy, Subcommand, ValueEnum)]
pub(crate) enum ConfigCommand {
    /// Show what is in force and who said so
    Explain,
}
