//! What is known of a log from outside it: the key, and heads that were signed.

use std::fs;
use std::path::Path;

use serde_json::Value;
use strongroom_sealing::log::{Checkpoint, Verifier};
use strongroom_server::exported::{CHECKPOINTS, VERIFIER, notes};

use super::check::Known;
use crate::refusal::Refusal;

/// The key: as it was given, or of the exported folder.
pub(super) fn verifier(given: Option<&str>, folder: Option<&Path>) -> Result<Verifier, Refusal> {
    let (text, from) = match (given, folder) {
        (Some(given), _) => match given.strip_prefix('@') {
            Some(file) => (read(Path::new(file))?, file.to_owned()),
            None => (given.to_owned(), "--verifier".to_owned()),
        },
        (None, Some(folder)) => {
            let file = folder.join(VERIFIER);
            (read(&file)?, file.display().to_string())
        }
        (None, None) => {
            return Err(Refusal::bad_setting(
                "no verifier key is known, so no signature can be checked",
                "give --exported DIR, or the key with --verifier",
            ));
        }
    };
    text.trim().parse().map_err(|error| {
        Refusal::bad_setting(
            format!("{from}: {error}"),
            "give the key as the server wrote it into verifier.key, or as `strongroom audit checkpoint` shows it",
        )
    })
}

/// Heads that are believed, and what is wrong with the others.
pub(super) type Kept = (Vec<Known>, Vec<String>);

/// Every head in the exported folder. One that is not believed is told apart from one that is not there.
pub(super) fn of_folder(folder: &Path, verifier: &Verifier) -> Result<Kept, Refusal> {
    let file = folder.join(CHECKPOINTS);
    Ok(opened(notes(&read(&file)?), &file, verifier))
}

/// Heads that were kept elsewhere: a note, the answer of the API that holds one, or a copy of the file of all of them.
pub(super) fn of_file(file: &Path, verifier: &Verifier) -> Result<Kept, Refusal> {
    let text = read(file)?;
    let several: Vec<String> = notes(&text).collect();
    let kept = match serde_json::from_str::<Value>(&text) {
        Ok(answer) => vec![answer["checkpoint"].as_str().unwrap_or_default().to_owned()],
        Err(_) if several.is_empty() => vec![text],
        Err(_) => several,
    };
    Ok(opened(kept, file, verifier))
}

fn opened(notes: impl IntoIterator<Item = String>, file: &Path, verifier: &Verifier) -> Kept {
    let (mut known, mut wrong) = (Vec::new(), Vec::new());
    for (number, note) in (1..).zip(notes) {
        let from = format!("checkpoint {number} of {}", file.display());
        match Checkpoint::open(verifier, &note) {
            Ok(checkpoint) => known.push(Known { checkpoint, from }),
            Err(error) => wrong.push(format!("{from} is not believed: {error}")),
        }
    }
    (known, wrong)
}

/// A file that must be there.
pub(super) fn read(file: &Path) -> Result<String, Refusal> {
    fs::read_to_string(file).map_err(|error| {
        Refusal::bad_setting(
            format!("{}: {error}", file.display()),
            "name a file that is there and that this account may read",
        )
    })
}
