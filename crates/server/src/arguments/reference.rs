//! `docs/CLI.md`, written out of the definition of the commands, so that it cannot say anything else.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory};

use super::Arguments;

const HEAD: &str = "# The command line\n\n\
    Written out of the commands' own definition; a test fails when the two differ. What every command shares \
    (order of settings, exit codes, errors) is in the README.\n";

fn reference() -> String {
    let mut top = Arguments::command();
    top.build();
    let head =
        ["Everywhere", "In commands that ask a server"].into_iter().fold(HEAD.to_owned(), |text, heading| {
            let is_below =
                |argument: &&Arg| argument.is_global_set() && argument.get_help_heading() == Some(heading);
            let flags: Vec<&Arg> = top.get_arguments().filter(is_below).collect();
            format!("{text}\n## {heading}\n\n{}", table(&flags))
        });
    let commands = top.get_subcommands().filter(|command| command.get_name() != "help");
    commands.map(|command| described(command, 2)).fold(head, |text, command| text + &command)
}

/// A command, then its verbs.
fn described(command: &Command, depth: usize) -> String {
    let name = command.get_bin_name().unwrap_or_default();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let head = format!("\n{} {name}\n\n{about}.\n", "#".repeat(depth));
    let verbs: Vec<&Command> = command.get_subcommands().filter(|verb| verb.get_name() != "help").collect();
    let runs_alone = verbs.is_empty() || !command.is_subcommand_required_set();
    let usage = if runs_alone { usage(command) } else { String::new() };
    let own: Vec<&Arg> = command.get_arguments().filter(|argument| is_own(argument)).collect();
    let flags = if own.is_empty() { String::new() } else { format!("\n{}", table(&own)) };
    let below = verbs.into_iter().map(|verb| described(verb, depth + 1));
    below.fold(head + &usage + &flags, |text, verb| text + &verb)
}

fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let lines: Vec<&str> = usage.trim_start_matches("Usage: ").lines().map(str::trim).collect();
    let usage = format!("\n```console\n{}\n```\n", lines.join("\n"));
    match command.get_visible_aliases().collect::<Vec<_>>().join("`, `") {
        none if none.is_empty() => usage,
        aliases => format!("{usage}\nAlso `{aliases}`.\n"),
    }
}

fn is_own(argument: &Arg) -> bool {
    !argument.is_global_set() && !matches!(argument.get_id().as_str(), "help" | "version")
}

fn table(arguments: &[&Arg]) -> String {
    let rows = arguments.iter().map(|argument| row(argument));
    rows.fold("| | | variable |\n|---|---|---|\n".to_owned(), |table, row| table + &row)
}

fn row(argument: &Arg) -> String {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let words = argument.get_possible_values();
    let words: Vec<&str> = words.iter().map(clap::builder::PossibleValue::get_name).collect();
    let takes_words = argument.get_action().takes_values() && !words.is_empty();
    let words = if takes_words { format!(": {}", words.join(", ")) } else { String::new() };
    let defaults = argument.get_default_values().iter().map(|value| value.to_string_lossy());
    let default = match defaults.collect::<Vec<_>>().join(" ") {
        none if none.is_empty() || !argument.get_action().takes_values() => String::new(),
        default => format!("; {default} unless given"),
    };
    let variable = argument.get_env().map(|name| format!("`{}`", name.display())).unwrap_or_default();
    format!("| `{}` | {} | {variable} |\n", name(argument), escaped(&format!("{help}{words}{default}")))
}

fn name(argument: &Arg) -> String {
    let value = argument.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
    let value = value.replace('|', "\\|");
    let long = argument.get_long().map(|long| format!("--{long}"));
    let short = argument.get_short().map(|short| format!("-{short}"));
    let flags: Vec<String> = short.into_iter().chain(long).collect();
    match (flags.is_empty(), argument.get_action().takes_values()) {
        (true, _) => value,
        (false, true) => format!("{} {value}", flags.join(", ")),
        (false, false) => flags.join(", "),
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CLI.md")
}

#[test]
fn the_reference_says_what_the_commands_are() {
    let written = fs::read_to_string(file()).unwrap_or_default();
    assert!(
        written == reference(),
        "docs/CLI.md is behind: cargo test -p strongroom-server --bin strongroom write_the_reference -- --ignored"
    );
}

#[test]
fn defaults_and_commands_that_run_alone_are_in_it() {
    let text = reference();
    assert!(text.contains("| `--data DIR` | The folder for key, token and data; kept between runs; strongroom-dev unless given |"));
    assert!(text.contains("\n```console\nstrongroom doctor "), "it does something without a verb");
    assert!(!text.contains("\n```console\nstrongroom keys [OPTIONS]"), "it does nothing without one");
}

#[test]
#[ignore = "writes docs/CLI.md"]
fn write_the_reference() {
    fs::write(file(), reference()).unwrap();
}

#[test]
fn every_flag_is_explained_and_none_takes_a_token() {
    fn look(command: &Command) {
        for argument in command.get_arguments() {
            let place = format!("{} {}", command.get_name(), argument.get_id());
            assert!(argument.get_help().is_some(), "{place} has no help");
            assert_ne!(argument.get_long(), Some("token"), "{place} would stand in the list of processes");
        }
        command.get_subcommands().for_each(look);
    }
    let mut top = Arguments::command();
    top.build();
    top.clone().debug_assert();
    look(&top);
}

#[test]
fn every_flag_of_all_commands_has_its_variable() {
    let top = Arguments::command();
    for argument in top.get_arguments().filter(|argument| argument.is_global_set()) {
        let expected = format!("STRONGROOM_{}", argument.get_id().as_str().to_ascii_uppercase());
        assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(expected.as_str()));
    }
}
