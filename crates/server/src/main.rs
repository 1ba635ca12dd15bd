//! The binary `strongroom`: commands around the composition root.
//!
//! Owns the process: its arguments, its rights, its signals, its exit code. Must never take a secret as
//! an argument, where every process of the machine could read it.

mod arguments;
mod client;
mod command;
mod data_folder;
mod first_start;
mod hardening;
mod kinds;
mod logging;
mod output;
mod refusal;
mod root_key;
mod signals;
mod token_file;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::arguments::{Arguments, Command, ConfigCommand, Format, KeysCommand};
use crate::client::{Session, Settings};
use crate::output::{Output, Terminal};
use crate::refusal::{Exit, Refusal};

fn main() -> ExitCode {
    logging::quiet_panics();
    let parsed = Arguments::command()
        .try_get_matches()
        .and_then(|matches| Arguments::from_arg_matches(&matches).map(|arguments| (arguments, matches)));
    let (arguments, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return misread(&error),
    };
    let (format, colours) = (arguments.global.output, Terminal::of(&arguments.global).colours_talk);
    run(arguments, &matches).unwrap_or_else(|refusal| output::refuse(&refusal, format, colours))
}

fn run(arguments: Arguments, matches: &ArgMatches) -> Result<ExitCode, Refusal> {
    let (global, output) = (&arguments.global, Output::of(&arguments.global));
    match arguments.command {
        Command::Dev(dev) => command::dev::run(&dev, &output),
        Command::Serve(serve) => command::serve::run(&serve),
        Command::Keys(KeysCommand::Init { file }) => command::keys::init(&file),
        Command::Keys(KeysCommand::Status(from)) => command::keys::status(&from),
        Command::Completion(completion) => command::completion::run(&completion),
        Command::Config(ConfigCommand::Explain) => {
            command::settings::explain(&Settings::of(global, matches)?, &output)
        }
        Command::Login(login) => {
            hardening::apply();
            let settings = Settings::of(global, matches)?;
            client::run(command::login::login(global, settings, output, &login))
        }
        Command::Client(command) => {
            hardening::apply();
            let session = Session::open(global, matches, output)?;
            client::run(command::ask(&session, command))
        }
    }
}

/// Help and version are results; anything else that clap says is a refusal, in the form that was asked for
/// as far as that can be told from arguments that do not parse.
fn misread(error: &clap::Error) -> ExitCode {
    let is_result = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if is_result || !asks_for_json(std::env::args_os()) {
        let _nobody_reads = error.print();
        return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    let text = error.render().to_string();
    let cause = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let refusal = Refusal::new(Exit::Usage, "the command was not understood", cause, "strongroom help");
    output::refuse(&refusal, Some(Format::Json), false)
}

fn asks_for_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let is_joined = |word: &String| matches!(word.as_str(), "-ojson" | "-o=json" | "--output=json");
    let is_pair = |pair: &[String]| matches!(pair[0].as_str(), "-o" | "--output") && pair[1] == "json";
    words.iter().any(is_joined)
        || words.windows(2).any(is_pair)
        || strongroom_config::text_variable("STRONGROOM_OUTPUT").is_some_and(|form| form == "json")
}
