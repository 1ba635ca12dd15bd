//! What was measured side by side, set against each other.

use serde::Serialize;

use super::{Report, What};
use crate::driver::Driver;

/// One thing in terms of another, by the closed loop at the same number of clients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Ratio {
    pub(crate) what: What,
    pub(crate) of: What,
    pub(crate) clients: usize,
    /// More is better.
    pub(crate) rate: f64,
    /// Less is better.
    pub(crate) p99: f64,
    /// Processor time; less is better.
    pub(crate) cpu: Option<f64>,
}

/// What is set against what.
const PAIRS: [(What, What); 7] = [
    (What::Resolve, What::Bare),
    (What::Resolve, What::BareExchange),
    (What::Change, What::GroupCommit),
    (What::ResolveLarge, What::ResolveSmall),
    (What::ResolveEverywhere, What::ResolveSmall),
    (What::ListLarge, What::ListSmall),
    (What::ListEverywhere, What::ListSmall),
];

/// Every pair that was measured.
pub(super) fn of(report: &Report) -> Vec<Ratio> {
    let closed =
        |what| report.cells.iter().filter(move |cell| cell.what == what && cell.driver == Driver::Closed);
    let pairs = PAIRS.into_iter().chain(spoken(report));
    let pairs = pairs.flat_map(|(what, of)| closed(what).map(move |cell| (what, of, cell.clients)));
    pairs.filter_map(|(what, of, clients)| ratio(report, what, of, clients)).collect()
}

/// Each dialect's call and the native one, once each.
pub(super) fn spoken(report: &Report) -> impl Iterator<Item = (What, What)> {
    report.cells.iter().filter_map(|cell| match cell.what {
        What::Spoken(dialect, call) => Some((cell.what, What::Beside(dialect, call))),
        _ => None,
    })
}

fn ratio(report: &Report, what: What, of: What, clients: usize) -> Option<Ratio> {
    let one = report.cell(what, clients, Driver::Closed)?;
    let other = report.cell(of, clients, Driver::Closed)?;
    let cpu = one.cpu_us.zip(other.cpu_us).map(|(one, other)| one.median / other.median);
    let (rate, p99) = (one.rate.median / other.rate.median, one.p99_us.median / other.p99_us.median);
    Some(Ratio { what, of, clients, rate, p99, cpu })
}
