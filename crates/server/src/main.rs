//! The binary `strongroom`: commands around the composition root.
//!
//! Owns the process: its arguments, its rights, its signals, its exit code. Must never take a secret as
//! an argument, where every process of the machine could read it.

mod arguments;
mod command;
mod data_folder;
mod first_start;
mod hardening;
mod logging;
mod refusal;
mod root_key;
mod signals;
mod token_file;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command, KeysCommand};

fn main() -> ExitCode {
    logging::quiet_panics();
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Dev(arguments) => command::dev::run(&arguments),
        Command::Serve(arguments) => command::serve::run(&arguments),
        Command::Keys(KeysCommand::Init { file }) => command::keys::init(&file),
        Command::Keys(KeysCommand::Status(from)) => command::keys::status(&from),
    };
    done.unwrap_or_else(|refusal| {
        eprintln!("{refusal}");
        refusal.exit.into()
    })
}
