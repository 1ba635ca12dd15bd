//! The binary `strongroom`: commands around the composition root.
//!
//! Owns the process: its arguments, its rights, its signals, its exit code. Must never take a secret as
//! an argument, where every process of the machine could read it.

mod arguments;
mod client;
mod command;
mod control;
mod data_folder;
mod first_start;
mod hardening;
mod kinds;
mod logging;
mod misread;
mod output;
mod refusal;
mod root_key;
mod signals;
mod token_file;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

use crate::arguments::{Arguments, AuditCommand, Command, ConfigCommand, Connection, Format, KeysCommand};
use crate::client::{Session, Settings};
use crate::output::{Output, Terminal};
use crate::refusal::{Exit, Refusal};

/// An answer is a hundred small allocations, some of them freed by another thread: a twelfth of its instructions
/// with the C library's allocator.
///
/// What is given back is wiped (REM-07). Our own buffers wipe themselves; those of parsers, drivers and the HTTP
/// library hold secrets as well, and an allocator hands them out again, or to a debugger, as they were left.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

/// Whoever asks for many small blocks on many threads touches a little of many huge pages, and each of them counts whole:
/// a third of what a server at rest holds. Where the kernel does not know this call, it is only that.
fn keep_pages_small() {
    let _refused = rustix::thread::disable_transparent_huge_pages(true);
}

fn main() -> ExitCode {
    keep_pages_small();
    logging::quiet_panics();
    let parsed = Arguments::command()
        .try_get_matches()
        .and_then(|matches| Arguments::from_arg_matches(&matches).map(|arguments| (arguments, matches)));
    let (arguments, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return misread(&error),
    };
    let (format, colours) = (arguments.talk.output, Terminal::of(&arguments.talk).colours_talk);
    run(arguments, &matches).unwrap_or_else(|refusal| output::refuse(&refusal, format, colours))
}

fn run(arguments: Arguments, matches: &ArgMatches) -> Result<ExitCode, Refusal> {
    let (talk, connection, output) = (&arguments.talk, &arguments.connection, Output::of(&arguments.talk));
    if !arguments.command.asks_a_server() {
        Connection::refuse_flags(matches)?;
    }
    match arguments.command {
        Command::Dev(dev) => command::dev::run(&dev, &output).map_err(of_a_start),
        Command::Serve(serve) => command::serve::run(&serve).map_err(of_a_start),
        Command::Keys(KeysCommand::Init { file }) => command::keys::init(&file, &output),
        Command::Keys(KeysCommand::Status(of)) => command::keys::status(&of, &output),
        Command::Keys(KeysCommand::Rotate(rotate)) => command::keys::rotate(&rotate, &output),
        Command::Doctor(doctor) => command::doctor::run(&doctor, &output),
        Command::Completion(completion) => command::completion::run(&completion),
        Command::Config(ConfigCommand::Explain) => {
            command::settings::explain(talk, connection, matches, &output)
        }
        Command::Login(login) => {
            hardening::apply();
            let settings = Settings::of(connection, matches)?;
            client::run(command::login::login(connection, settings, output, &login))
        }
        Command::Audit(AuditCommand::Verify(asked)) => command::audit::verify(&asked, &output),
        Command::Audit(AuditCommand::Ask(question)) => {
            hardening::apply();
            let session = Session::open(connection, matches, output)?;
            client::run(command::audit::run(&session, question))
        }
        Command::Client(command) => {
            hardening::apply();
            let session = Session::open(connection, matches, output)?;
            client::run(command::ask(&session, command))
        }
    }
}

fn of_a_start(refusal: Refusal) -> Refusal {
    refusal.named("the server was not started")
}

/// Help and version are results; anything else that clap says is a refusal, in the form that was asked for
/// as far as that can be told from arguments that do not parse.
fn misread(error: &clap::Error) -> ExitCode {
    let is_json = asks_for_json(std::env::args_os());
    let is_help = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        // A noun alone: its verbs are what helps most.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => !is_json,
        _ => false,
    };
    if is_help {
        let _nobody_reads = error.print();
        return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
    }
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let fix = format!("{} --help", words_understood(&Arguments::command(), words));
    let cause = misread::cause_of(error);
    let refusal = Refusal::new(Exit::Usage, "the command was not understood", cause, fix);
    let format = is_json.then_some(Format::Json);
    output::refuse(&refusal, format, false)
}

/// The program, and its nouns and verbs as far as they were right.
fn words_understood(top: &clap::Command, words: impl Iterator<Item = String>) -> String {
    let (mut command, mut said) = (top, "strongroom".to_owned());
    for word in words {
        if let Some(below) = command.find_subcommand(&word) {
            command = below;
            said = format!("{said} {word}");
        }
    }
    said
}

fn asks_for_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let is_joined = |word: &String| matches!(word.as_str(), "-ojson" | "-o=json" | "--output=json");
    let is_pair = |pair: &[String]| matches!(pair[0].as_str(), "-o" | "--output") && pair[1] == "json";
    words.iter().any(is_joined)
        || words.windows(2).any(is_pair)
        || strongroom_config::text_variable("STRONGROOM_OUTPUT").is_some_and(|form| form == "json")
}
