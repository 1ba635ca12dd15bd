//! For people: everything in aligned columns.

use std::fmt::Write as _;

use super::figures::{Figure, Name, Unit};
use super::{Cell, Ratio, Report};
use crate::driver::Driver;
use crate::report::bars::Verdict;
use crate::sample::Spread;

pub(super) fn of(report: &Report) -> String {
    let mut text = head(report);
    text.push('\n');
    text.push_str(&columns(&cells(report)));
    text.push('\n');
    text.push_str(&columns(&ratios(report)));
    text.push('\n');
    text.push_str(&columns(&figures(report)));
    text.push('\n');
    text.push_str(&columns(&bars(report)));
    for part in &report.failed {
        let _ = writeln!(text, "failed: {part}; what it had measured until then stands above");
    }
    text
}

fn head(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!("{} cores of {}, Linux {}\n", machine.cores, machine.processor, machine.kernel);
    for note in &report.notes {
        let _ = writeln!(text, "- {note}");
    }
    text
}

fn cells(report: &Report) -> Vec<Vec<String>> {
    let head =
        ["row", "what", "clients", "driver", "a second", "", "p50 us", "p99 us", "", "cpu us", "refused"];
    let mut cells: Vec<&Cell> = report.cells.iter().collect();
    cells.sort_by_key(|cell| (cell.what.row(), cell.what, cell.driver as u8, cell.clients));
    std::iter::once(head.map(str::to_owned).to_vec()).chain(cells.into_iter().map(cell)).collect()
}

fn cell(cell: &Cell) -> Vec<String> {
    let driver = match cell.driver {
        Driver::Closed => "closed",
        Driver::Open => "open",
    };
    vec![
        cell.what.row().to_string(),
        cell.what.title(),
        cell.clients.to_string(),
        driver.to_owned(),
        grouped(cell.rate.median),
        between(&cell.rate),
        grouped(cell.p50_us.median),
        grouped(cell.p99_us.median),
        between(&cell.p99_us),
        cell.cpu_us.map_or_else(|| "-".to_owned(), |cpu| grouped(cpu.median)),
        cell.refused.to_string(),
    ]
}

fn ratios(report: &Report) -> Vec<Vec<String>> {
    let head = ["ratio", "of", "clients", "rate", "p99", "cpu"].map(str::to_owned).to_vec();
    let two = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
    let line = |ratio: &Ratio| {
        let (what, of) = (ratio.what.title(), ratio.of.title());
        vec![what, of, ratio.clients.to_string(), two(Some(ratio.rate)), two(Some(ratio.p99)), two(ratio.cpu)]
    };
    std::iter::once(head).chain(report.ratios.iter().map(line)).collect()
}

fn figures(report: &Report) -> Vec<Vec<String>> {
    let mut figures: Vec<&Figure> = report.figures.iter().collect();
    figures.sort_by_key(|figure| (figure.name.row(), figure.name as u8));
    let line =
        |figure: &Figure| vec![figure.name.row().to_string(), figure.name.title().to_owned(), amount(figure)];
    let unbuilt = (!figures.iter().any(|figure| figure.name == Name::CleanBuild))
        .then(|| vec!["8".to_owned(), Name::CleanBuild.title().to_owned(), "with --build".to_owned()]);
    figures.into_iter().map(line).chain(unbuilt).collect()
}

pub(super) fn amount(figure: &Figure) -> String {
    match figure.unit {
        Unit::Bytes => format!("{:.1} MB", figure.value / 1e6),
        Unit::Count => grouped(figure.value),
        Unit::Micros => format!("{} us", grouped(figure.value)),
        Unit::Seconds => format!("{:.3} s", figure.value),
        Unit::Times => format!("{} times", grouped(figure.value)),
    }
}

fn bars(report: &Report) -> Vec<Vec<String>> {
    let line = |bar: &super::Bar| {
        let verdict = match bar.verdict {
            Verdict::Met => "met",
            Verdict::NotMet => "not met",
        };
        [verdict, &bar.what, &bar.found, &bar.wanted].map(str::to_owned).to_vec()
    };
    let head = ["bar", "what", "found", "wanted"].map(str::to_owned).to_vec();
    std::iter::once(head).chain(report.bars.iter().map(line)).collect()
}

fn between(spread: &Spread) -> String {
    format!("({}-{})", grouped(spread.low), grouped(spread.high))
}

/// Whole, with a comma between thousands; small numbers keep one digit after the point.
pub(super) fn grouped(number: f64) -> String {
    if number.abs() < 100.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Pads every column to its widest entry; those that begin with a digit are set to the right.
fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let padded = row.iter().zip(&widths).map(|(entry, width)| {
            let number = entry.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, ',' | '.'));
            if number { format!("{entry:>width$}") } else { format!("{entry:<width$}") }
        });
        let line = padded.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        let shown = [1_234_567.8, 999.0, 12.34, 1_000.0, -1_500.0, -150.0].map(grouped);
        assert_eq!(shown, ["1,234,568", "999", "12.3", "1,000", "-1,500", "-150"]);
    }

    #[test]
    fn columns_line_up() {
        let rows = [["a", "1"], ["bcd", "10"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows), "a     1\nbcd  10\n");
    }
}
