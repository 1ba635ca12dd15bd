//! The database: whether it is whole, of this binary's time, and under the key that is named.

use strongroom_config::RootKeySource;
use strongroom_domain::Clock;
use strongroom_sealing::RootKey;
use strongroom_server::SystemClock;
use strongroom_store_sqlite::{Inspection, inspect};

use super::{Finding, Subject};

const CHECK: &str = "database";
/// The server truncates a log that has outgrown 32 MiB, so twice that means that it cannot.
const LONG_LOG: u64 = 64 * 1024 * 1024;

pub(super) fn examine(subject: &Subject) -> Vec<Finding> {
    match inspect(&subject.place.data) {
        Ok(None) => vec![Finding::ok(CHECK, "there is none yet: the first start makes it")],
        Ok(Some(found)) => {
            vec![structure(&found), schema(&found), log(&found), last(&found), key(subject, &found)]
        }
        Err(error) => vec![Finding::fault(
            CHECK,
            format!("it cannot be read: {error}"),
            "check the rights of this account; if the file is damaged, restore a backup",
        )],
    }
}

fn structure(found: &Inspection) -> Finding {
    let megabytes = found.sizes.0 / (1024 * 1024);
    match &found.faults {
        None => Finding::ok(CHECK, format!("{megabytes} MiB; too large to be read whole here")),
        Some(faults) if faults.is_empty() => Finding::ok(CHECK, format!("{megabytes} MiB, whole")),
        Some(faults) => Finding::fault(
            CHECK,
            format!("damaged: {}", faults.join("; ")),
            "restore a backup, and check the disk",
        ),
    }
}

fn schema(found: &Inspection) -> Finding {
    let Inspection { schema, known, .. } = found;
    if schema > known {
        let says = format!("schema {schema}, and this binary knows up to {known}");
        return Finding::fault(CHECK, says, "use the release that wrote it, or a newer one");
    }
    let rest = if schema < known { format!("; the next start brings it to {known}") } else { String::new() };
    Finding::ok(CHECK, format!("schema {schema}{rest}"))
}

fn log(found: &Inspection) -> Finding {
    let says = format!("{} KiB of log", found.sizes.1 / 1024);
    if found.sizes.1 < LONG_LOG {
        return Finding::ok(CHECK, says);
    }
    let fix = "end whatever else reads the database: it keeps old envelopes from being scrubbed";
    Finding::warn(CHECK, says, fix)
}

/// Who writes with a clock that is ahead makes records that later ones seem to precede.
fn last(found: &Inspection) -> Finding {
    let now = SystemClock.now();
    match found.last_record {
        Some(last) if last > now => Finding::fault(
            "clock",
            format!("the last record is of {last}, which is still to come"),
            "set the clock of this machine; if it is right, it was wrong before, and holds of then last too long",
        ),
        Some(last) => Finding::ok(CHECK, format!("last record {last}")),
        None => Finding::ok(CHECK, "no record"),
    }
}

/// A key of the environment is the server's to read.
fn key(subject: &Subject, found: &Inspection) -> Finding {
    let keys = &subject.place.keys;
    let file = match &keys.root_key {
        RootKeySource::File(path) => Some(path),
        RootKeySource::Environment(_) => None,
    };
    let ids: Vec<String> = file
        .into_iter()
        .chain(&keys.next_root_key_file)
        .filter_map(|path| RootKey::from_file(path).ok())
        .map(|key| key.id().to_string())
        .collect();
    let wanted = found.roots.join(" and ");
    if found.roots.iter().all(|root| ids.contains(root)) {
        return Finding::ok(CHECK, format!("under root key {wanted}, which is named"));
    }
    if file.is_none() {
        return Finding::ok(CHECK, format!("under root key {wanted}"));
    }
    Finding::fault(
        CHECK,
        format!("under root key {wanted}, which is not named"),
        "name its file as root_key_file or next_root_key_file in [keys]",
    )
}
