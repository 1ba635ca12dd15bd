//! From the setting to the root key.
//!
//! A key in a variable must not stay where `ps e`, `/proc` and child processes find it. To unset a
//! variable is not enough: the kernel shows the environment a process was started with. So the program
//! starts itself anew with the key in a pipe on standard input and `-` in the variable. That also needs no
//! `unsafe`, which to change the environment of a running process would.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use strongroom_config::{Keys, RootKeySource, Variable, variable};
use strongroom_domain::Secret;
use strongroom_sealing::{RootKey, RootKeyError};
use strongroom_service::choose_root;
use strongroom_store::Store;
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// More than any spelling of a key has, and less than a pipe holds.
const MOST_BYTES: u64 = 128;

/// The root key. Does not return, but starts the program anew, where a variable holds the key itself.
pub(crate) fn read(source: &RootKeySource) -> Result<RootKey, Refusal> {
    let name = match source {
        RootKeySource::File(path) => return Ok(RootKey::from_file(path)?),
        RootKeySource::Environment(name) => name,
    };
    match variable(name) {
        Variable::StandardInput => Ok(RootKey::from_text(&line_of_input()?)?),
        Variable::Absent => Err(Refusal::bad_start(
            format!("the variable {name}, which should hold the root key, is not set"),
            format!("set {name} in the environment of the server, or name a key file in [keys]"),
        )),
        Variable::Value(text) => {
            // A key that is refused is refused here: the new start would only say so later.
            RootKey::from_text(&text)?;
            Err(start_anew(name, &text))
        }
    }
}

/// The root key, and the one that may have followed it.
pub(crate) type BothKeys = (RootKey, Option<RootKey>);

/// The root key and its successor, where one is named and there.
pub(crate) fn both(keys: &Keys) -> Result<BothKeys, Refusal> {
    Ok((read(&keys.root_key)?, next(keys)?))
}

/// `None` where a variable should hold the root key and this environment has none: the server's own may.
pub(crate) fn known(source: &RootKeySource) -> Result<Option<RootKey>, Refusal> {
    match source {
        RootKeySource::Environment(name) if matches!(variable(name), Variable::Absent) => Ok(None),
        source => read(source).map(Some),
    }
}

/// The key that a rotation has put in force, or is to: until it is made, nothing is wrong.
pub(crate) fn next(keys: &Keys) -> Result<Option<RootKey>, Refusal> {
    let next = match keys.next_root_key_file.as_ref().map(RootKey::from_file) {
        None | Some(Err(RootKeyError::Missing { .. })) => None,
        Some(key) => Some(key?),
    };
    Ok(next)
}

/// The one of both that the data is under; the first where it is under neither.
pub(crate) async fn in_force(
    store: &dyn Store,
    root: RootKey,
    next: Option<RootKey>,
) -> Result<RootKey, Refusal> {
    let id = root.id();
    let chosen = choose_root(store, root, next).await?;
    if chosen.id() != id {
        tracing::warn!(root_key = %chosen.id(), "the data is under next_root_key_file: make it root_key_file");
    }
    Ok(chosen)
}

/// Refuses a key file inside the data folder: who copies the folder would have both.
pub(crate) fn refuse_inside(source: &RootKeySource, data: &Path) -> Result<(), Refusal> {
    let RootKeySource::File(key) = source else { return Ok(()) };
    // What does not exist yet lies nowhere; links are followed, for they lead inside all the same.
    let (Ok(key), Ok(data)) = (key.canonicalize(), data.canonicalize()) else { return Ok(()) };
    if !key.starts_with(&data) {
        return Ok(());
    }
    Err(Refusal::bad_start(
        format!("the root key file {} lies in the data folder", key.display()),
        "move it out and name its new place in [keys]: who copies the folder would have key and data",
    ))
}

fn line_of_input() -> Result<Secret<String>, Refusal> {
    let mut line = Zeroizing::new(String::with_capacity(128));
    let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    // Not through `Stdin`, whose buffer would keep the key.
    let read = input.and_then(|input| input.take(MOST_BYTES).read_to_string(&mut line));
    read.map_err(|error| Refusal::system(Path::new("standard input"), &error))?;
    Ok(Secret::new(line.lines().next().unwrap_or_default().to_owned()))
}

/// Gives only what went wrong.
fn start_anew(name: &str, key: &Secret<String>) -> Refusal {
    let error = match anew(name, key) {
        Ok(mut command) => command.exec(),
        Err(error) => error,
    };
    Refusal::bad_start(
        format!("the program could not start itself anew without the key in its environment: {error}"),
        "give the key in a file instead: root_key_file in [keys]",
    )
}

/// Arguments, folder and process id stay.
fn anew(name: &str, key: &Secret<String>) -> io::Result<Command> {
    let (input, mut pipe) = io::pipe()?;
    // EXPOSE: into the pipe that the new start of this program reads.
    pipe.write_all(key.expose().as_bytes())?;
    let mut command = Command::new(env::current_exe()?);
    command.args(env::args_os().skip(1)).env(name, "-").stdin(input);
    Ok(command)
}
