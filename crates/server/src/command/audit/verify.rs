//! `strongroom audit verify`: without a server, on files that may be copies. Opens nothing to write.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use strongroom_config::Config;
use strongroom_domain::{Clock as _, Timestamp};
use strongroom_sealing::log::Verifier;
use strongroom_server::SystemClock;
use strongroom_store_sqlite::Ledger;

use super::check::{self, Kind, Known, Report};
use super::exported::Kept;
use super::{exported, proof};
use crate::arguments::VerifyLog;
use crate::output::{Body, Cell, Output, View};
use crate::refusal::{Exit, Refusal};

/// Exit 8 where anything was found.
pub(crate) fn verify(asked: &VerifyLog, output: &Output) -> Result<ExitCode, Refusal> {
    let report = look(asked).map_err(|refusal| refusal.named("the audit log was not verified"))?;
    output.show(&Body::from(report.as_json()), |found| View::Record(fields(found)))?;
    if report.is_sound() {
        return Ok(ExitCode::SUCCESS);
    }
    let cause = report.findings.first().map_or_else(String::new, |first| first.says.clone());
    let fix = "keep all files as they are, and compare with a backup and with checkpoints kept elsewhere; docs/AUDIT.md says what each finding means";
    Err(Refusal::new(Exit::Fault, "the audit log is not whole", cause, fix))
}

/// Where things are.
struct Place {
    store: Option<PathBuf>,
    exported: Option<PathBuf>,
    bodies: Bodies,
}

/// What is known of how long bodies are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bodies {
    KeptForEver,
    ForgottenAfter(Duration),
    Unknown,
}

impl Bodies {
    /// What is wrong with a table that says that records made before this time are gone by retention.
    fn told(self, before: Timestamp, gone: u64, now: Timestamp) -> Option<String> {
        let kept = match self {
            Self::KeptForEver => {
                return Some(format!(
                    "the bodies of {gone} records are gone, and [audit] keeps them for ever"
                ));
            }
            Self::ForgottenAfter(kept) => kept,
            Self::Unknown => Duration::ZERO,
        };
        (before.plus(kept) > now).then(|| {
            format!(
                "records made before {before} are said to be gone by retention, which is later than retention goes: \
                 deleted by hand, or `retention_days` was raised since"
            )
        })
    }
}

impl Place {
    fn of(asked: &VerifyLog) -> Result<Self, Refusal> {
        let given = asked.exported.clone();
        let (store, own, bodies) = match (&asked.what.config, &asked.what.data, &asked.what.store) {
            (Some(file), ..) => {
                let Config { store, audit, .. } = Config::load(file)?;
                let bodies = audit.retention.map_or(Bodies::KeptForEver, Bodies::ForgottenAfter);
                (Some(store.folder), audit.folder, bodies)
            }
            (None, Some(folder), _) => {
                (Some(folder.join("data")), Some(folder.join("audit")), Bodies::KeptForEver)
            }
            (None, None, store) => (store.clone(), None, Bodies::Unknown),
        };
        Ok(Self { store, exported: given.or(own), bodies })
    }
}

fn look(asked: &VerifyLog) -> Result<Report, Refusal> {
    let place = Place::of(asked)?;
    let verifier = exported::verifier(asked.verifier.as_deref(), place.exported.as_deref())?;
    let (known, wrong) = known(asked, place.exported.as_deref(), &verifier)?;
    let mut report = if let Some(file) = &asked.what.proof {
        proof::check(&exported::read(file)?, &verifier)
    } else if let Some(file) = &asked.what.records {
        // A checkpoint over all heads says nothing of one export.
        let own: Vec<_> = known.into_iter().filter(|known| known.checkpoint.origin != SYSTEM).collect();
        if own.is_empty() && wrong.is_empty() {
            return Err(Refusal::bad_setting(
                "no checkpoint of these records was given, so there is nothing to hold them against",
                "give one with --checkpoint FILE; `strongroom audit checkpoint -o json` shows it",
            ));
        }
        check::ndjson::check(&exported::read(file)?, &own)
    } else {
        let (ledger, mut report) = settled(place.store.as_deref(), &known, &verifier)?;
        let gone = report.gone;
        let forgotten = ledger.bounds().forgotten_before;
        if let Some(says) = forgotten.and_then(|before| place.bodies.told(before, gone, SystemClock.now())) {
            report.find(Kind::Horizon, says);
        }
        report
    };
    for says in wrong {
        report.find(Kind::Signature, says);
    }
    report.finish();
    Ok(report)
}

/// How often a log is looked at again that a server has taken rows from meanwhile.
const AGAIN: usize = 5;

/// Of a log that a server writes: what is erased or forgotten while it is looked at is not missing.
fn settled(store: Option<&Path>, known: &[Known], verifier: &Verifier) -> Result<(Ledger, Report), Refusal> {
    let mut ledger = open(store)?;
    for _ in 0..AGAIN {
        let report = check::check(&ledger, known, verifier)?;
        if report.is_sound() {
            return Ok((ledger, report));
        }
        let later = open(store)?;
        let (then, now) = (ledger.bounds(), later.bounds());
        if (&then.organizations, then.horizon) == (&now.organizations, now.horizon) {
            return Ok((ledger, report));
        }
        ledger = later;
    }
    let report = check::check(&ledger, known, verifier)?;
    Ok((ledger, report))
}

const SYSTEM: &str = strongroom_service::audit::leaf::SYSTEM_ORIGIN;

fn open(store: Option<&Path>) -> Result<Ledger, Refusal> {
    let folder = store.ok_or_else(|| {
        Refusal::bad_setting(
            "nothing to verify was named",
            "give --config, --data, --store, --records or --proof",
        )
    })?;
    Ledger::open(folder)?.ok_or_else(|| {
        Refusal::bad_setting(
            format!("{} has no audit log", folder.display()),
            "name the data folder of a server that has run with this release, or a copy of it",
        )
    })
}

/// Every head from outside the log, and what is wrong with those that are not believed.
fn known(asked: &VerifyLog, folder: Option<&Path>, verifier: &Verifier) -> Result<Kept, Refusal> {
    let needs_folder = asked.what.records.is_none() && asked.what.proof.is_none();
    let (mut known, mut wrong) = match folder.filter(|_| needs_folder) {
        Some(folder) => exported::of_folder(folder, verifier)?,
        None => (Vec::new(), Vec::new()),
    };
    for file in &asked.checkpoints {
        let (more, unbelieved) = exported::of_file(file, verifier)?;
        known.extend(more);
        wrong.extend(unbelieved);
    }
    Ok((known, wrong))
}

fn fields(found: &Value) -> Vec<(&'static str, Cell)> {
    let number = |name: &str| Cell::plain(found[name].to_string());
    let verdict = match found["verdict"].as_str() {
        Some("sound") => Cell::judged("ok"),
        _ => Cell::judged("fault"),
    };
    let mut fields = vec![
        ("log", verdict),
        ("records", number("records")),
        ("bodies gone", number("bodies_gone")),
        ("without a leaf yet", number("waiting")),
        ("organizations", number("organizations")),
        ("checkpoints", number("checkpoints")),
    ];
    for finding in found["findings"].as_array().into_iter().flatten() {
        let says = finding["message"].as_str().unwrap_or_default();
        fields.push(("finding", Cell::plain(says)));
    }
    if found["more_findings"] != 0 {
        fields.push(("more findings", number("more_findings")));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_08_bodies_that_are_younger_than_retention_are_not_gone_by_it() {
        let day = Duration::from_hours(24);
        let before = Timestamp::from_unix_micros(0);
        let after = |days: u32| before.plus(days * day);
        for (bodies, now, is_told) in [
            (Bodies::Unknown, after(0), false),
            (Bodies::Unknown, Timestamp::from_unix_micros(-1), true),
            (Bodies::ForgottenAfter(3 * day), after(3), false),
            (Bodies::ForgottenAfter(3 * day), after(2), true),
            (Bodies::KeptForEver, after(1_000), true),
        ] {
            assert_eq!(bodies.told(before, 1, now).is_some(), is_told, "{bodies:?} {now}");
        }
    }
}
