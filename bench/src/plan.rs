//! How long and how much. Data only.

use std::time::Duration;

use crate::arguments::Extent;

/// The extent of one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Of each repetition of each cell.
    pub(crate) span: Span,
    /// How many attempts of the change with a check.
    pub(crate) checks: usize,
    /// How many changes a thousand watchers are told of.
    pub(crate) told: usize,
    /// Organizations of the large store.
    pub(crate) organizations: usize,
}

/// One stretch of load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Not counted.
    pub(crate) warm_up: Duration,
    /// Counted.
    pub(crate) length: Duration,
}

/// Each cell is measured this often; the median counts.
pub(crate) const REPETITIONS: usize = 3;

/// The same for the cells that bars are about, so that one disturbed round decides nothing.
const JUDGED_REPETITIONS: usize = 5;

/// Clients at once.
pub(crate) const CLIENTS: [usize; 4] = [1, 8, 64, 256];

/// The number of clients that the bars are about.
pub(crate) const JUDGED: usize = 64;

/// Clients at once that speak a dialect, or natively beside it.
pub(crate) const SPOKEN: usize = 8;

/// What the open-loop driver offers, as a share of the closed-loop rate of the same cell.
pub(crate) const OFFERED: f64 = 0.7;

/// Credentials of each organization of the large store.
pub(crate) const PER_ORGANIZATION: usize = 100;

/// Credentials of the small store, in one organization.
pub(crate) const SMALL: usize = 1_000;

/// How often a cell at this number of clients is measured.
pub(crate) const fn repetitions(clients: usize) -> usize {
    if clients == JUDGED { JUDGED_REPETITIONS } else { REPETITIONS }
}

impl Plan {
    pub(crate) const fn of(extent: Extent) -> Self {
        match extent {
            Extent::Full => {
                Self { span: Span::of(500, 2_000), checks: 300, told: 200, organizations: 10_000 }
            }
            Extent::Quick => Self { span: Span::of(200, 500), checks: 50, told: 40, organizations: 100 },
        }
    }

    /// Credentials of the large store.
    pub(crate) const fn large(&self) -> usize {
        self.organizations * PER_ORGANIZATION
    }
}

impl Span {
    const fn of(warm_up_ms: u64, length_ms: u64) -> Self {
        Self { warm_up: Duration::from_millis(warm_up_ms), length: Duration::from_millis(length_ms) }
    }
}
