//! `strongroom doctor`: whether all that a server stands on is sound. Looks, and changes nothing; a server may
//! run meanwhile.
//!
//! Each check answers with findings: what is so, and where it should be otherwise, how to mend it. Must
//! never end at the first fault, and never print a key.

mod clock;
mod data;
mod disk;
mod egress;
mod files;
mod keys;

use std::process::ExitCode;

use serde_json::{Value, json};
use strongroom_config::Config;
use strongroom_egress::Policy;

use crate::arguments::{Doctor, DoctorCommand, Installation};
use crate::command::keys::Place;
use crate::command::runtime;
use crate::hardening;
use crate::output::{Body, Cell, Output, View};
use crate::refusal::{Exit, Refusal};

/// Exit 8 where a fault was found.
pub(crate) fn run(doctor: &Doctor, output: &Output) -> Result<ExitCode, Refusal> {
    let examined = match &doctor.command {
        None => examine(&doctor.of, output),
        Some(DoctorCommand::Egress(question)) => {
            runtime().and_then(|runtime| runtime.block_on(egress::answer(question, output)))
        }
    };
    examined.map_err(|refusal| refusal.named("nothing was examined"))
}

/// What one check has to say.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    says: String,
    fix: Option<String>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// Works, and should be otherwise.
    Warn,
    /// Does not work, or not safely.
    Fault,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fault => "fault",
        }
    }
}

impl Finding {
    fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, says: says.into(), fix: None }
    }

    fn warn(check: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warn, says: says.into(), fix: Some(fix.into()) }
    }

    fn fault(check: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Fault, says: says.into(), fix: Some(fix.into()) }
    }

    fn as_json(&self) -> Value {
        json!({"check": self.check, "verdict": self.verdict.word(), "says": self.says, "fix": self.fix})
    }
}

/// The installation as far as it can be read.
struct Subject {
    place: Place,
    /// None in development.
    config: Option<Config>,
    /// The file of `config`, and the folder of `dev`.
    named: Installation,
}

impl Subject {
    fn of(named: &Installation) -> Result<Self, Refusal> {
        let config = named.config.as_deref().map(Config::load).transpose()?;
        let named = Installation { config: named.config.clone(), data: named.data.clone() };
        Ok(Self { place: Place::of(&named)?, config, named })
    }

    /// As the server has it.
    fn policy(&self) -> Policy {
        self.config.as_ref().map_or_else(Policy::development, crate::command::serve::policy)
    }
}

fn examine(named: &Installation, output: &Output) -> Result<ExitCode, Refusal> {
    let unprotected = hardening::apply_before_keys();
    let subject = Subject::of(named)?;
    let mut findings = clock::examine();
    findings.extend(files::examine(&subject));
    findings.extend(keys::examine(&subject));
    findings.extend(data::examine(&subject));
    findings.extend(disk::examine(&subject));
    findings.extend(egress::examine(&subject));
    findings.extend(files::protections(&unprotected));
    show(&findings, output)
}

fn show(findings: &[Finding], output: &Output) -> Result<ExitCode, Refusal> {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (faults, warnings) = (count(Verdict::Fault), count(Verdict::Warn));
    let checks: Vec<Value> = findings.iter().map(Finding::as_json).collect();
    let body = Body::from(json!({"checks": checks, "faults": faults, "warnings": warnings}));
    output.show(&body, |_| View::List {
        columns: vec!["VERDICT", "CHECK", "FOUND"],
        rows: findings.iter().map(row).collect(),
    })?;
    for finding in findings {
        if let Some(fix) = &finding.fix {
            output.say(format!("fix {}: {fix}", finding.check));
        }
    }
    Ok(if faults > 0 { Exit::Fault.into() } else { ExitCode::SUCCESS })
}

fn row(finding: &Finding) -> Vec<Cell> {
    vec![Cell::judged(finding.verdict.word()), Cell::plain(finding.check), Cell::plain(finding.says.clone())]
}
