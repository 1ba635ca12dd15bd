//! Row 11: our updates a second against those of other products.
//!
//! Their rates were taken once, on a machine like the one of the published figures (DESIGN.md section 9): one update at
//! a time, as their own APIs do it, over HTTP, of a credential without an outside check. Nothing of theirs is started here.

use super::{Figure, Name, Report, What};
use crate::driver::Driver;
use crate::plan::JUDGED;

/// Updates a second of Flowise and of n8n.
const OTHERS: [(Name, f64); 2] = [(Name::TimesFlowise, 15.0), (Name::TimesN8n, 59.0)];

/// How many times as many there are here, where changes were measured.
pub(super) fn of(report: &Report) -> Vec<Figure> {
    let Some(change) = report.cell(What::Change, JUDGED, Driver::Closed) else { return Vec::new() };
    OTHERS.into_iter().map(|(name, theirs)| Figure::times(name, change.rate.median / theirs)).collect()
}
