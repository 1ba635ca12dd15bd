//! Who else may read or exchange what the server lives on; and what the system refuses to protect.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use strongroom_config::RootKeySource;

use super::{Finding, Subject};
use crate::hardening::Unprotected;

/// Rights of the group and of others.
const OTHERS: u32 = 0o077;
const OTHERS_WRITE: u32 = 0o022;

pub(super) fn examine(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let RootKeySource::File(path) = &subject.place.keys.root_key {
        findings.push(closed("root key file", path, OTHERS));
    }
    findings.extend(
        subject
            .place
            .keys
            .next_root_key_file
            .iter()
            .filter(|path| path.exists())
            .map(|path| closed("next root key file", path, OTHERS)),
    );
    let token = match &subject.config {
        Some(config) => config.first_start.token_file.clone(),
        None => subject.named.data.as_ref().map(|folder| folder.join("token")),
    };
    findings.extend(token.iter().filter(|path| path.exists()).map(|path| closed("token file", path, OTHERS)));
    if subject.place.data.exists() {
        findings.push(closed("data folder", &subject.place.data, OTHERS));
    }
    // It holds no secret, but who writes it says where keys are and where checks may go.
    findings.extend(subject.named.config.iter().map(|path| closed("configuration", path, OTHERS_WRITE)));
    findings
}

fn closed(what: &'static str, path: &Path, to: u32) -> Finding {
    let mode = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.mode() & 0o7777,
        Err(error) => {
            let says = format!("{}: {error}", path.display());
            return Finding::fault(what, says, "name the right path, and run this as the server's account");
        }
    };
    if mode & to == 0 {
        return Finding::ok(what, format!("{} has mode {mode:04o}", path.display()));
    }
    let says = format!("{} has mode {mode:04o}, which lets others at it", path.display());
    Finding::fault(what, says, format!("chmod {:o} '{}'", mode & 0o777 & !to, path.display()))
}

/// What every command of the server gives up first, and where its keys are kept.
pub(super) fn protections(refused: &[Unprotected]) -> Vec<Finding> {
    if refused.is_empty() {
        let says = "no core files, not readable by others of this account, keys locked in memory";
        return vec![Finding::ok("memory", says)];
    }
    let finding = |refused: &Unprotected| {
        Finding::warn("memory", format!("{}: {}", refused.consequence, refused.error), refused.fix)
    };
    refused.iter().map(finding).collect()
}
