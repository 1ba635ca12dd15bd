//! `strongroom keys`: root keys and what they protect.

mod place;
mod rotate;
mod status;

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use strongroom_sealing::{RootKey, SystemRng};

pub(crate) use place::{NEXT, Place};
pub(crate) use rotate::rotate;
pub(crate) use status::status;

use crate::hardening;
use crate::output::{Body, Cell, Output, View};
use crate::refusal::Refusal;

/// Makes a root key in a new file.
pub(crate) fn init(file: &Path, output: &Output) -> Result<ExitCode, Refusal> {
    hardening::apply();
    let key = RootKey::make(&mut SystemRng);
    key.write_new_file(file).map_err(|error| Refusal::from(error).about("no root key was made"))?;
    let (id, file) = (key.id().to_string(), file.display().to_string());
    output.show(&Body::from(json!({"root_key": id, "file": file})), |_| {
        View::Record(vec![("root key", Cell::plain(id.clone())), ("file", Cell::plain(file.clone()))])
    })?;
    output.say(format!("Next: name it in the configuration, [keys] root_key_file = \"{file}\"."));
    output.say("Keep a copy of it away from the backups of the data: without the key they cannot be opened.");
    Ok(ExitCode::SUCCESS)
}
