//! The shape of the house, checked: DESIGN.md section 3 and the rules that a type cannot hold.
//!
//! Owns four checks: edges between crates, doors to the network, reasons for exposed secrets, and dialects that
//! know each other or grow too long. Must
//! never be silenced by an attribute in the code it reads.

mod dialects;
mod doors;
mod edges;
mod exposures;
mod source;

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::step::Step;

/// A broken rule and where.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    /// `file:line` below the root, or a manifest.
    place: String,
    rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.rule)
    }
}

/// Prints every violation and fails if there is one.
pub(crate) fn check(root: &Path) -> Result<()> {
    eprintln!("xtask: layers");
    let metadata = Step::cargo("metadata --no-deps --format-version 1").output()?;
    let mut violations = edges::violations(&serde_json::from_str(&metadata)?)?;
    let sources = source::read_crates(root)?;
    for source in &sources {
        violations.extend(doors::violations(source));
        violations.extend(exposures::violations(source));
    }
    violations.extend(dialects::violations(&sources));
    for violation in &violations {
        eprintln!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        count => bail!("{count} violation(s) of the layers"),
    }
}
