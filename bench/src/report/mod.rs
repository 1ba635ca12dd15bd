//! What a run showed, as one value, and its three forms: table, JSON, SVG.
//!
//! Must never name the machine's paths, users or addresses: these reports are published.

mod bars;
mod figures;
mod names;
mod others;
mod ratios;
mod svg;
mod table;

use anyhow::Result;
use serde::Serialize;

pub(crate) use self::bars::Bar;
pub(crate) use self::figures::{Figure, Name};
pub(crate) use self::names::{Call, What};
pub(crate) use self::ratios::Ratio;
use crate::arguments::Extent;
use crate::driver::Driver;
use crate::machine::Machine;
use crate::parts::spread;
use crate::sample::{Sample, Spread};

/// Everything of one run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) conditions: Conditions,
    pub(crate) notes: Vec<String>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) ratios: Vec<Ratio>,
    pub(crate) bars: Vec<Bar>,
    /// Parts that did not come to their end. What went wrong is on standard error: it may name paths.
    pub(crate) failed: Vec<&'static str>,
}

/// How it was run.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Conditions {
    pub(crate) extent: Extent,
    /// Added to each sync of the server and of rows 2 and 3.
    pub(crate) sync_delay_us: Option<u128>,
}

/// Rate and latency of one thing at one number of clients by one driver: medians of the repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Cell {
    pub(crate) what: What,
    pub(crate) clients: usize,
    pub(crate) driver: Driver,
    /// Requests a second that fell due; open loop only.
    pub(crate) offered: Option<f64>,
    pub(crate) rate: Spread,
    pub(crate) p50_us: Spread,
    pub(crate) p99_us: Spread,
    /// Processor time of the server for each answer.
    pub(crate) cpu_us: Option<Spread>,
    /// Answers that were not a success, in all repetitions.
    pub(crate) refused: u64,
}

impl Cell {
    pub(crate) fn of(
        what: What,
        clients: usize,
        driver: Driver,
        offered: Option<f64>,
        samples: &[Sample],
    ) -> Result<Self> {
        Ok(Self {
            what,
            clients,
            driver,
            offered,
            rate: spread(samples, |sample| sample.rate)?,
            p50_us: spread(samples, |sample| sample.p50_us)?,
            p99_us: spread(samples, |sample| sample.p99_us)?,
            cpu_us: Spread::of(samples.iter().filter_map(|sample| sample.cpu_us)).ok(),
            refused: samples.iter().map(|sample| sample.refused).sum(),
        })
    }
}

impl Report {
    pub(crate) fn new(machine: Machine, conditions: Conditions) -> Self {
        let notes = notes(&machine, &conditions);
        Self {
            machine,
            conditions,
            notes,
            cells: Vec::new(),
            figures: Vec::new(),
            ratios: Vec::new(),
            bars: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// One part has come to its end, or has not: then the others are shown all the same.
    pub(crate) fn ended(&mut self, part: &'static str, result: Result<()>) {
        if let Err(error) = result {
            eprintln!("bench: {part}: {error:#}");
            self.failed.push(part);
        }
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.failed.is_empty()
    }

    pub(crate) fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Sets what was measured side by side, and holds it against the bars.
    pub(crate) fn judge(&mut self) {
        self.ratios = ratios::of(self);
        self.figures.extend(others::of(self));
        self.bars = bars::judge(self);
    }

    pub(crate) fn all_met(&self) -> bool {
        self.bars.iter().all(Bar::is_met)
    }

    pub(crate) fn table(&self) -> String {
        table::of(self)
    }

    pub(crate) fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("plain values serialise");
        text.push('\n');
        text
    }

    pub(crate) fn svg(&self) -> String {
        svg::of(self)
    }

    fn cell(&self, what: What, clients: usize, driver: Driver) -> Option<&Cell> {
        self.cells.iter().find(|cell| (cell.what, cell.clients, cell.driver) == (what, clients, driver))
    }

    fn figure(&self, name: Name) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

/// What a reader must know.
fn notes(machine: &Machine, conditions: &Conditions) -> Vec<String> {
    let mut notes = vec![
        format!(
            "Load generator and server share this machine's {} cores, here and in the yardstick.",
            machine.cores
        ),
        "closed: our closed-loop driver; a client sends again when it has its answer. Processes of rows 2 and \
         3 are their own closed loop."
            .to_owned(),
        "open: our open-loop driver, at 70 % of the closed-loop rate (row 7: 40 %); latency counts from when a request was \
         due (coordinated omission corrected)."
            .to_owned(),
        "cpu us: processor time of the server process for each answer, user code and kernel together; it says \
         what an answer costs even where other processes take turns on the cores."
            .to_owned(),
        "Each figure is the median of three repetitions (five at 64 clients, nine in rows 7 and 10), in brackets the lowest and the highest."
            .to_owned(),
    ];
    if let Some(delay) = conditions.sync_delay_us {
        notes.push(format!(
            "Every sync of the server and of rows 2 and 3 takes {delay} microseconds longer than this disk's, by a library \
             loaded before the C library's functions (LD_PRELOAD); nothing in the server knows of it."
        ));
    }
    if conditions.extent != Extent::Full {
        notes.push("Not a full run: it shows that everything works. Do not publish its figures.".to_owned());
    }
    if machine.is_busy() {
        let load = machine.load_before;
        notes.push(format!("The machine was not idle before (load {load}). Do not publish these figures."));
    }
    notes
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_part_that_fails_takes_nothing_from_the_others() {
        let machine = Machine { cores: 2, processor: String::new(), kernel: String::new(), load_before: 0.0 };
        let mut report = Report::new(machine, Conditions { extent: Extent::Full, sync_delay_us: None });
        report.add(Figure::bytes(Name::Binary, 12_000_000));
        report.ended("row 10", Err(anyhow!("/a/path is gone")));
        report.ended("row 8", Ok(()));
        report.judge();
        assert!(!report.is_whole());
        let (table, json) = (report.table(), report.json());
        assert!(table.contains("12.0 MB") && table.contains("failed: row 10;"), "{table}");
        assert!(!table.contains("row 8;") && !(table + &json + &report.svg()).contains("/a/path"));
    }
}
