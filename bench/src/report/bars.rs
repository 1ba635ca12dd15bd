//! The bars of DESIGN.md section 9 that SQLite can show, and whether they are met.
//!
//! Pure. A bar whose figures were not measured is absent, never met.

use serde::Serialize;

use super::names::What;
use super::{Cell, Name, Report, ratios};
use crate::driver::Driver;
use crate::plan::{JUDGED, SPOKEN};

/// One bar and what was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Bar {
    pub(crate) what: String,
    pub(crate) wanted: String,
    pub(crate) found: String,
    pub(crate) verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Verdict {
    #[serde(rename = "met")]
    Met,
    #[serde(rename = "not met")]
    NotMet,
}

impl Bar {
    pub(crate) fn is_met(&self) -> bool {
        self.verdict == Verdict::Met
    }
}

/// Every bar whose figures are there.
pub(super) fn judge(report: &Report) -> Vec<Bar> {
    let bars = [
        resolve_rate(report),
        resolve_latency(report),
        change_to_group(report),
        change_to_single(report),
        exchange(report),
        overhead(report),
        ears(report),
        scale(report, "resolve p99, large store", What::ResolveSmall, What::ResolveLarge),
        scale(report, "list page p99, large store", What::ListSmall, What::ListLarge),
        below(report, "start with the large store", &[Name::Start], 1.0, "s"),
        below(report, "memory at rest", &[Name::MemoryAtRest, Name::MemoryAtRestLarge], 40e6, "MB"),
        below(
            report,
            "memory under load",
            &[Name::MemoryUnderLoad, Name::MemoryUnderLoadLarge, Name::MemoryWatched],
            150e6,
            "MB",
        ),
        below(report, "clean release build", &[Name::CleanBuild], 600.0, "s"),
        times(report, "changes against Flowise", Name::TimesFlowise),
        times(report, "changes against n8n", Name::TimesN8n),
        below(report, "stripped binary", &[Name::Binary], 30e6, "MB"),
    ];
    bars.into_iter().flatten().chain(added_by_dialects(report)).collect()
}

/// By processor time, the only figure that says what an answer costs whoever else takes turns on the cores.
fn added_by_dialects(report: &Report) -> Vec<Bar> {
    let added = |what: What, of: What| {
        let cpu = |what| report.cell(what, SPOKEN, Driver::Closed)?.cpu_us;
        let ratio = cpu(what)?.median / cpu(of)?.median;
        let (title, wanted) = (format!("{}, processor time", what.title()), "at most 1.1 of the native call");
        Some(bar(&title, wanted.to_owned(), format!("{ratio:.2}"), ratio <= 1.1))
    };
    ratios::spoken(report).filter_map(|(what, of)| added(what, of)).collect()
}

fn resolve_rate(report: &Report) -> Option<Bar> {
    let (bare, resolve) = (judged(report, What::Bare)?, judged(report, What::Resolve)?);
    let ratio = resolve.rate.median / bare.rate.median;
    Some(at_least("resolve rate, 64 clients", ratio, 0.5, "of the bare answer"))
}

fn resolve_latency(report: &Report) -> Option<Bar> {
    let (bare, resolve) = (judged(report, What::Bare)?, judged(report, What::Resolve)?);
    let sync = report.cell(What::Sync, 1, Driver::Closed)?;
    let (times_bare, syncs) = (3.0 * bare.p99_us.median, 3.0 * sync.p50_us.median);
    let (most, found) = (times_bare.max(syncs), resolve.p99_us.median);
    let wanted =
        format!("at most {most:.0} us: the more of 3 bare p99 ({times_bare:.0}) and 3 syncs ({syncs:.0})");
    Some(bar("resolve p99, 64 clients", wanted, format!("{found:.0} us"), found <= most))
}

fn change_to_group(report: &Report) -> Option<Bar> {
    let (rows, change) = (judged(report, What::GroupCommit)?, judged(report, What::Change)?);
    let ratio = change.rate.median / rows.rate.median;
    Some(at_least("change rate, 64 clients", ratio, 0.25, "of the bare row's group commit"))
}

fn change_to_single(report: &Report) -> Option<Bar> {
    let single = report.cell(What::SingleCommit, 1, Driver::Closed)?;
    let ratio = judged(report, What::Change)?.rate.median / single.rate.median;
    Some(at_least("change rate, 64 clients", ratio, 1.0, "of one sync per commit"))
}

/// The one bar that is a number and no ratio: issue and design name it.
fn exchange(report: &Report) -> Option<Bar> {
    let found = judged(report, What::Exchange)?.rate.median;
    let (wanted, shown) = ("at least 10,000 a second".to_owned(), format!("{found:.0} a second"));
    Some(bar("tokens for runs, 64 clients", wanted, shown, found >= 10_000.0))
}

fn overhead(report: &Report) -> Option<Bar> {
    let found = report.figure(Name::CheckOverhead)?.value / 1_000.0;
    let (wanted, found_text) = ("below 2 ms".to_owned(), format!("{found:.2} ms"));
    Some(bar("change with check, overhead", wanted, found_text, found < 2.0))
}

fn ears(report: &Report) -> Option<Bar> {
    let found = report.figure(Name::EarsP99)?.value / 1_000.0;
    let (wanted, found_text) = ("below 20 ms".to_owned(), format!("{found:.1} ms"));
    Some(bar("change to 1,000 watchers, p99", wanted, found_text, found < 20.0))
}

fn times(report: &Report, what: &'static str, name: Name) -> Option<Bar> {
    let found = report.figure(name)?.value;
    Some(bar(what, "at least 100 times".to_owned(), format!("{found:.0} times"), found >= 100.0))
}

/// By the open loop: both stores are asked at one rate, so that latency is all that can differ.
fn scale(report: &Report, what: &'static str, small: What, large: What) -> Option<Bar> {
    let p99 = |what| {
        let cell = report.cells.iter().find(|cell| cell.what == what && cell.driver == Driver::Open);
        cell.map(|cell: &Cell| cell.p99_us.median)
    };
    let ratio = p99(large)? / p99(small)?;
    Some(bar(what, "at most 1.2 times".to_owned(), format!("{ratio:.2} times"), ratio <= 1.2))
}

/// The worst of these figures, in their own unit; `most` is in bytes or seconds.
fn below(report: &Report, what: &'static str, names: &[Name], most: f64, unit: &str) -> Option<Bar> {
    let found = names.iter().filter_map(|name| report.figure(*name)).map(|figure| figure.value);
    let found = found.reduce(f64::max)?;
    let scale = if unit == "MB" { 1e6 } else { 1.0 };
    let digits = usize::from(unit == "s") + 1;
    let (wanted, shown) = (most / scale, found / scale);
    Some(bar(what, format!("below {wanted} {unit}"), format!("{shown:.digits$} {unit}"), found < most))
}

fn judged(report: &Report, what: What) -> Option<&Cell> {
    report.cell(what, JUDGED, Driver::Closed)
}

fn at_least(what: &'static str, ratio: f64, least: f64, of: &str) -> Bar {
    bar(what, format!("at least {least} {of}"), format!("{ratio:.2}"), ratio >= least)
}

fn bar(what: &str, wanted: String, found: String, met: bool) -> Bar {
    let verdict = if met { Verdict::Met } else { Verdict::NotMet };
    Bar { what: what.to_owned(), wanted, found, verdict }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_domain::dialect::Dialect;

    use crate::arguments::Extent;
    use crate::machine::Machine;
    use crate::report::{Call, Conditions, Figure};
    use crate::sample::Sample;

    fn report(cells: &[(What, usize, Driver, f64, f64)]) -> Report {
        let machine = Machine { cores: 2, processor: String::new(), kernel: String::new(), load_before: 0.0 };
        let mut report = Report::new(machine, Conditions { extent: Extent::Full, sync_delay_us: None });
        report.cells = cells
            .iter()
            .map(|&(what, clients, driver, rate, p99_us)| {
                let sample = Sample { rate, p50_us: p99_us / 2.0, p99_us, cpu_us: None, refused: 0 };
                Cell::of(what, clients, driver, None, &[sample]).unwrap()
            })
            .collect();
        report
    }

    fn verdicts(report: &Report) -> Vec<bool> {
        judge(report).iter().map(Bar::is_met).collect()
    }

    #[test]
    fn nothing_measured_nothing_met() {
        assert_eq!(judge(&report(&[])), []);
    }

    #[test]
    fn a_resolve_is_held_against_the_bare_answer() {
        let with = |rate, p99| {
            verdicts(&report(&[
                (What::Bare, 64, Driver::Closed, 50_000.0, 2_000.0),
                (What::Sync, 1, Driver::Closed, 8_000.0, 200.0),
                (What::Resolve, 64, Driver::Closed, rate, p99),
            ]))
        };
        assert_eq!(with(25_000.0, 6_000.0), [true, true]);
        assert_eq!(with(24_999.0, 6_001.0), [false, false]);
    }

    #[test]
    fn on_a_slow_disk_three_syncs_are_the_bar() {
        let report = report(&[
            (What::Bare, 64, Driver::Closed, 50_000.0, 2_000.0),
            (What::Sync, 1, Driver::Closed, 200.0, 10_000.0),
            (What::Resolve, 64, Driver::Closed, 30_000.0, 14_000.0),
        ]);
        assert_eq!(verdicts(&report), [true, true]);
    }

    #[test]
    fn a_change_is_held_against_both_commits() {
        let with = |rate| {
            verdicts(&report(&[
                (What::GroupCommit, 64, Driver::Closed, 40_000.0, 1.0),
                (What::SingleCommit, 1, Driver::Closed, 8_000.0, 1.0),
                (What::Change, 64, Driver::Closed, rate, 1.0),
            ]))
        };
        assert_eq!(with(10_000.0), [true, true]);
        assert_eq!(with(9_000.0), [false, true]);
        assert_eq!(with(7_000.0), [false, false]);
    }

    #[test]
    fn changes_are_held_against_other_products() {
        let with = |rate| {
            let mut report = report(&[(What::Change, 64, Driver::Closed, rate, 1.0)]);
            report.judge();
            report.bars.iter().map(Bar::is_met).collect::<Vec<_>>()
        };
        assert_eq!((with(5_900.0), with(5_899.0)), (vec![true, true], vec![true, false]));
    }

    #[test]
    fn a_dialect_is_held_against_the_native_call() {
        let (dialect, call) = (Dialect::Flowise, Call::Get);
        let with = |cpu_us| {
            let mut report = report(&[]);
            for (what, cpu_us) in
                [(What::Spoken(dialect, call), cpu_us), (What::Beside(dialect, call), 100.0)]
            {
                let sample = Sample { rate: 1.0, p50_us: 1.0, p99_us: 1.0, cpu_us: Some(cpu_us), refused: 0 };
                report.cells.push(Cell::of(what, SPOKEN, Driver::Closed, None, &[sample]).unwrap());
            }
            verdicts(&report)
        };
        assert_eq!((with(109.0), with(112.0)), (vec![true], vec![false]));
    }

    #[test]
    fn the_worst_memory_counts_and_the_open_loop_judges_scale() {
        let mut report = report(&[
            (What::ListSmall, 8, Driver::Closed, 1.0, 100.0),
            (What::ListLarge, 8, Driver::Closed, 1.0, 900.0),
            (What::ListSmall, 8, Driver::Open, 1.0, 100.0),
            (What::ListLarge, 8, Driver::Open, 1.0, 120.0),
        ]);
        report.add(Figure::bytes(Name::MemoryAtRest, 10_000_000));
        report.add(Figure::bytes(Name::MemoryAtRestLarge, 41_000_000));
        assert_eq!(verdicts(&report), [true, false]);
    }
}
