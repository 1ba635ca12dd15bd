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
    /// How often each cell is measured; the median counts.
    repetitions: Repetitions,
    /// Of two cells between which a tenth or a fifth is to be told apart (rows 7 and 10): many short turns rather than a few
    /// long ones.
    pub(crate) fine: Rounds,
    /// Of the open loop of row 7: each longer than the ten seconds after which a server signs what has grown, so that its
    /// work by itself falls into every one.
    pub(crate) long: Rounds,
}

/// How one cell is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    pub(crate) span: Span,
    pub(crate) count: usize,
}

#[derive(Debug, Clone, Copy)]
enum Repetitions {
    /// Three, and five where a bar is judged, so that one disturbed round decides nothing.
    Several,
    Once,
}

/// One stretch of load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Not counted.
    pub(crate) warm_up: Duration,
    /// Counted.
    pub(crate) length: Duration,
}

/// Clients at once.
pub(crate) const CLIENTS: [usize; 4] = [1, 8, 64, 256];

/// The number of clients that the bars are about.
pub(crate) const JUDGED: usize = 64;

/// Clients at once that speak a dialect, or natively beside it.
pub(crate) const SPOKEN: usize = 8;

/// What the open-loop driver offers, as a share of the closed-loop rate of the same cell.
pub(crate) const OFFERED: f64 = 0.7;

/// Credentials of each workspace of the small and of the large store, so that their lists are alike.
pub(crate) const PER_WORKSPACE: usize = 100;

/// Credentials of the small store, in one organization.
pub(crate) const SMALL: usize = 1_000;

impl Plan {
    pub(crate) const fn of(extent: Extent) -> Self {
        let repetitions = Repetitions::Several;
        match extent {
            Extent::Full => Self {
                span: Span::of(500, 2_000),
                checks: 300,
                told: 200,
                organizations: 10_000,
                repetitions,
                fine: Rounds { span: Span::of(250, 750), count: 9 },
                long: Rounds { span: Span::of(500, 12_000), count: 3 },
            },
            Extent::Quick => Self {
                span: Span::of(200, 500),
                checks: 50,
                told: 40,
                organizations: 100,
                repetitions,
                fine: Rounds { span: Span::of(200, 500), count: 3 },
                long: Rounds { span: Span::of(200, 500), count: 3 },
            },
            Extent::Smoke => Self {
                span: Span::of(50, 400),
                checks: 5,
                told: 5,
                organizations: 20,
                repetitions: Repetitions::Once,
                fine: Rounds { span: Span::of(50, 400), count: 1 },
                long: Rounds { span: Span::of(50, 400), count: 1 },
            },
        }
    }

    /// How a cell at this number of clients is measured.
    pub(crate) const fn rounds(&self, clients: usize) -> Rounds {
        Rounds { span: self.span, count: self.repetitions(clients) }
    }

    /// How often a cell at this number of clients is measured.
    pub(crate) const fn repetitions(&self, clients: usize) -> usize {
        match self.repetitions {
            Repetitions::Several if clients == JUDGED => 5,
            Repetitions::Several => 3,
            Repetitions::Once => 1,
        }
    }
}

impl Span {
    const fn of(warm_up_ms: u64, length_ms: u64) -> Self {
        Self { warm_up: Duration::from_millis(warm_up_ms), length: Duration::from_millis(length_ms) }
    }
}
