//! `strongroom keys`: root keys and what they protect.

mod place;
mod rotate;
mod status;

use std::path::Path;
use std::process::ExitCode;

use strongroom_sealing::{RootKey, SystemRng};

pub(crate) use place::{NEXT, Place};
pub(crate) use rotate::rotate;
pub(crate) use status::status;

use crate::hardening;
use crate::refusal::Refusal;

/// Makes a root key in a new file.
pub(crate) fn init(file: &Path) -> Result<ExitCode, Refusal> {
    hardening::apply();
    let key = RootKey::make(&mut SystemRng);
    key.write_new_file(file).map_err(|error| Refusal::from(error).about("no root key was made"))?;
    println!("Root key {} is in {} (mode 0600).", key.id(), file.display());
    println!("Next: name it in the configuration, [keys] root_key_file = \"{}\".", file.display());
    println!("Keep a copy of it away from the backups of the data: without the key they cannot be opened.");
    Ok(ExitCode::SUCCESS)
}
