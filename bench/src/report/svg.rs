//! One picture: every row of the table as bars, those of one row to one scale.

use std::fmt::Write as _;

use super::figures::{Figure, Unit};
use super::table::{amount, grouped};
use super::{Cell, Name, Report, What};
use crate::driver::Driver;
use crate::plan::{JUDGED, SPOKEN};
use crate::report::bars::Verdict;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 360.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 48.0;
const STEP: f64 = 24.0;
const THICK: f64 = 16.0;
const GAP: f64 = 20.0;

/// What stands under one heading, longest bar first or not: each to the scale of the longest.
struct Section {
    title: String,
    bars: Vec<Line>,
}

struct Line {
    label: String,
    length: f64,
    value: String,
    ours: bool,
}

pub(super) fn of(report: &Report) -> String {
    let mut drawing = String::new();
    let mut top = TOP;
    for section in sections(report).into_iter().filter(|section| !section.bars.is_empty()) {
        top = draw(&mut drawing, &section, top);
    }
    top = verdicts(&mut drawing, report, top);
    frame(&drawing, top)
}

fn sections(report: &Report) -> Vec<Section> {
    let mut sections = vec![rates(report)];
    let by_clients =
        [What::Bare, What::BareExchange, What::Resolve, What::GroupCommit, What::Change, What::Exchange].map(
            |what| {
                let title = format!("Row {}: {}, a second, by clients", what.row(), what.title());
                cells(report, title, |cell| cell.what == what, |cell| format!("{} clients", cell.clients))
            },
        );
    sections.extend(by_clients);
    sections.push(figures(report, "Row 6: change with a check, beside the check alone", 6, Unit::Micros));
    sections.push(latencies(report, "Row 7: p99 in microseconds, both stores asked at one rate"));
    sections.push(figures(report, "Rows 7 and 8: how much is stored", 7, Unit::Count));
    sections.push(figures(report, "Row 8: seconds", 8, Unit::Seconds));
    sections.push(figures(report, "Row 8: memory and size", 8, Unit::Bytes));
    sections.push(figures(report, "Row 9: with 1,000 watchers", 9, Unit::Micros));
    sections.push(figures(report, "Row 9: memory with 1,000 watchers", 9, Unit::Bytes));
    let spoken = format!("Row 10: dialects and the native calls beside them, a second, {SPOKEN} clients");
    sections.push(cells(report, spoken, |cell| cell.what.row() == 10, |cell| cell.what.title()));
    sections.push(figures(report, "Row 11: times as many updates as others", 11, Unit::Times));
    sections
}

/// Closed-loop rates where the bars are: at 64 clients, and of one caller where one is all there can be.
fn rates(report: &Report) -> Section {
    let alone = [What::Sync, What::SingleCommit];
    let title = format!("Rows 1 to 5: a second, at {JUDGED} clients, each one durable where it says so");
    let is_judged = |cell: &Cell| {
        cell.what.row() <= 5 && cell.clients == if alone.contains(&cell.what) { 1 } else { JUDGED }
    };
    cells(report, title, is_judged, |cell| cell.what.title())
}

/// Rates by the closed loop.
fn cells(
    report: &Report,
    title: String,
    wanted: impl Fn(&Cell) -> bool,
    label: impl Fn(&Cell) -> String,
) -> Section {
    let mut found: Vec<&Cell> =
        report.cells.iter().filter(|cell| cell.driver == Driver::Closed && wanted(cell)).collect();
    found.sort_by_key(|cell| (cell.what.row(), cell.what, cell.clients));
    let bars = found.into_iter().map(|cell| Line {
        label: label(cell),
        length: cell.rate.median,
        value: grouped(cell.rate.median),
        ours: is_ours(cell.what),
    });
    Section { title, bars: bars.collect() }
}

/// By the open loop, which is what is judged there.
fn latencies(report: &Report, title: &str) -> Section {
    let mut found: Vec<&Cell> =
        report.cells.iter().filter(|cell| cell.driver == Driver::Open && cell.what.row() == 7).collect();
    found.sort_by_key(|cell| cell.what);
    let bars = found.into_iter().map(|cell| Line {
        label: cell.what.title(),
        length: cell.p99_us.median,
        value: grouped(cell.p99_us.median),
        ours: true,
    });
    Section { title: title.to_owned(), bars: bars.collect() }
}

fn figures(report: &Report, title: &str, row: u8, unit: Unit) -> Section {
    let wanted = |figure: &&Figure| figure.name.row() == row && figure.unit == unit;
    let mut found: Vec<&Figure> = report.figures.iter().filter(wanted).collect();
    found.sort_by_key(|figure| figure.name as u8);
    let bars = found.into_iter().map(|figure| Line {
        label: figure.name.title().to_owned(),
        length: figure.value.max(0.0),
        value: amount(figure),
        ours: figure.name != Name::Check,
    });
    Section { title: title.to_owned(), bars: bars.collect() }
}

/// Not a yardstick.
const fn is_ours(what: What) -> bool {
    let yardstick =
        matches!(what, What::Bare | What::BareExchange | What::Sync | What::GroupCommit | What::SingleCommit);
    !yardstick
}

/// Gives where the next one begins.
fn draw(drawing: &mut String, section: &Section, mut top: f64) -> f64 {
    let most = section.bars.iter().map(|bar| bar.length).fold(f64::MIN_POSITIVE, f64::max);
    heading(drawing, &section.title, &mut top);
    for bar in &section.bars {
        let length = (WIDTH - LEFT - RIGHT) * bar.length / most;
        let (colour, middle) = (if bar.ours { "#2f6f4f" } else { "#9aa5b1" }, top + 13.0);
        let (before, after) = (LEFT - 10.0, LEFT + length + 8.0);
        let _ = writeln!(
            drawing,
            "<text x=\"{before}\" y=\"{middle}\" text-anchor=\"end\">{}</text>\n\
             <rect x=\"{LEFT}\" y=\"{top}\" width=\"{length:.1}\" height=\"{THICK}\" fill=\"{colour}\"/>\n\
             <text x=\"{after:.1}\" y=\"{middle}\">{}</text>",
            escaped(&bar.label),
            escaped(&bar.value),
        );
        top += STEP;
    }
    top + GAP
}

/// What was wanted and what was found, in words.
fn verdicts(drawing: &mut String, report: &Report, mut top: f64) -> f64 {
    let failed = report.failed.iter().map(|part| format!("not measured to its end: {part}"));
    let lines = report.bars.iter().map(|bar| {
        let verdict = if bar.verdict == Verdict::Met { "met" } else { "not met" };
        format!("{verdict}: {}, {}, wanted {}", bar.what, bar.found, bar.wanted)
    });
    heading(drawing, "The bars", &mut top);
    for line in lines.chain(failed) {
        let _ = writeln!(drawing, "<text x=\"24\" y=\"{}\">{}</text>", top + 13.0, escaped(&line));
        top += STEP;
    }
    top
}

fn heading(drawing: &mut String, title: &str, top: &mut f64) {
    let title = escaped(title);
    let _ = writeln!(drawing, "<text x=\"10\" y=\"{}\" font-weight=\"bold\">{title}</text>", *top + 13.0);
    *top += STEP;
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn frame(drawing: &str, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>What the numbers are on this machine</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"10\" y=\"26\" font-size=\"15\" font-weight=\"bold\">Strongroom: green is ours, grey a yardstick \
         on the same machine in the same run</text>\n{drawing}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Extent;
    use crate::machine::Machine;
    use crate::report::{Conditions, Figure};
    use crate::sample::Sample;

    #[test]
    fn what_is_measured_is_drawn_in_its_row() {
        let machine = Machine { cores: 2, processor: String::new(), kernel: String::new(), load_before: 0.0 };
        let mut report = Report::new(machine, Conditions { extent: Extent::Full, sync_delay_us: None });
        let sample = Sample { rate: 5_000.0, p50_us: 1.0, p99_us: 1_234.0, cpu_us: None, refused: 0 };
        for (what, clients, driver) in
            [(What::Change, JUDGED, Driver::Closed), (What::ListLarge, 8, Driver::Open)]
        {
            report.cells.push(Cell::of(what, clients, driver, None, &[sample]).unwrap());
        }
        report.add(Figure::bytes(Name::MemoryAtRest, 20_000_000));
        report.judge();
        let drawn = report.svg();
        for text in
            ["Row 5: change", ">5,000<", ">1,234<", "20.0 MB", "Row 11", "333 times", "met: memory at rest"]
        {
            assert!(drawn.contains(text), "{text}: {drawn}");
        }
        assert!(!drawn.contains("Row 6"), "nothing measured, nothing drawn");
    }
}
