//! `strongroom completion`: what a shell knows about these commands, out of their definition.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::arguments::{Arguments, Completion};
use crate::output::print;
use crate::refusal::Refusal;

/// Prints the script.
pub(crate) fn run(completion: &Completion) -> Result<ExitCode, Refusal> {
    let mut script = Vec::new();
    clap_complete::generate(completion.shell, &mut Arguments::command(), "strongroom", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
