//! Flags that mean the same in every command, each with its variable.

#![expect(clippy::doc_markdown, reason = "these comments are the help texts, shown as they stand")]

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, ValueEnum};

use crate::refusal::Refusal;

/// How a command talks: whichever it is, with a server or without one.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Talk {
    /// The form of the result; without it, a table on a terminal and tab-separated lines in a pipe
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORM",
        global = true,
        env = "STRONGROOM_OUTPUT",
        hide_env_values = true
    )]
    pub(crate) output: Option<Format>,
    /// Print one field of the result, bare; dots lead inwards: health.status
    #[arg(long, value_name = "NAME", global = true, env = "STRONGROOM_FIELD", hide_env_values = true)]
    pub(crate) field: Option<String>,
    /// Print the result and errors, nothing else
    #[arg(short, long, global = true, env = "STRONGROOM_QUIET", hide_env_values = true,
          action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) quiet: bool,
    /// Show requests with their ids and times on standard error, never a body
    #[arg(short, long, global = true, env = "STRONGROOM_VERBOSE", hide_env_values = true,
          action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) verbose: bool,
    /// Ask nothing; implied without a terminal and where CI is set
    #[arg(long, global = true, env = "STRONGROOM_NO_INPUT", hide_env_values = true,
          action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) no_input: bool,
    /// No colour; implied without a terminal and by NO_COLOR, TERM=dumb and CI
    #[arg(long, global = true, env = "STRONGROOM_NO_COLOR", hide_env_values = true,
          action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) no_color: bool,
    /// No moving line while something takes long; implied without a terminal and where CI is set
    #[arg(long, global = true, env = "STRONGROOM_NO_PROGRESS", hide_env_values = true,
          action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) no_progress: bool,
}

/// Which server a command asks, and how. A flag goes before its variable, the variable before
/// `.strongroom.toml`, that before the profile.
///
/// clap takes these flags before the noun as well, and therefore in front of every noun: a command that asks
/// no server must refuse them ([`Connection::refuse_flags`]), for whoever writes `--curl` or `--workspace`
/// means something by it. Their variables stand in the environment for other commands and are left alone.
#[derive(Debug, Args)]
#[command(next_help_heading = "In commands that ask a server")]
pub(crate) struct Connection {
    /// Where the server is: http://HOST:PORT or https://HOST
    #[arg(long, value_name = "URL", global = true, env = "STRONGROOM_ADDRESS", hide_env_values = true)]
    pub(crate) address: Option<String>,
    /// The file that holds the token, mode 0600; or put the token into STRONGROOM_TOKEN
    #[arg(long, value_name = "FILE", global = true, env = "STRONGROOM_TOKEN_FILE", hide_env_values = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificates (PEM) to trust beside the system's
    #[arg(long, value_name = "FILE", global = true, env = "STRONGROOM_CA_CERT", hide_env_values = true)]
    pub(crate) ca_cert: Option<PathBuf>,
    /// The workspace, by id or slug
    #[arg(long, value_name = "NAME", global = true, env = "STRONGROOM_WORKSPACE", hide_env_values = true)]
    pub(crate) workspace: Option<String>,
    /// The set of settings that `strongroom login` stored under this name
    #[arg(long, value_name = "NAME", global = true, env = "STRONGROOM_PROFILE", hide_env_values = true)]
    pub(crate) profile: Option<String>,
    /// Do not ask whether to go on
    #[arg(long, global = true, env = "STRONGROOM_YES", hide_env_values = true,
          action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) yes: bool,
    /// Print the request as a curl command instead of sending it; token and secrets stand as variables
    #[arg(long, global = true, env = "STRONGROOM_CURL", hide_env_values = true,
          action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) curl: bool,
}

impl Connection {
    /// Refuses the first of these flags that stands on the command line.
    pub(crate) fn refuse_flags(matches: &ArgMatches) -> Result<(), Refusal> {
        let is_flag = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let command = Self::augment_args(clap::Command::new("strongroom"));
        let given = command.get_arguments().find(|argument| is_flag(argument.get_id().as_str()));
        let Some(flag) = given.and_then(clap::Arg::get_long) else { return Ok(()) };
        Err(Refusal::unsent(
            format!("--{flag} is of the commands that ask a server, and this one asks none"),
            format!("leave --{flag} out"),
        )
        .about("the command was not carried out"))
    }
}

/// How a result is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for people
    Table,
    /// What the API answered, unchanged
    Json,
    /// The same as YAML
    Yaml,
    /// NAME='value' lines for a shell
    Env,
    /// One bare value, or one id a line
    Value,
}
