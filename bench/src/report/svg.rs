//! One picture: the closed-loop rates at 64 clients, side by side.

use std::fmt::Write as _;

use super::{Report, What};
use crate::driver::Driver;
use crate::plan::JUDGED;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = 90.0;
const TOP: f64 = 48.0;
const STEP: f64 = 36.0;
const THICK: f64 = 24.0;

/// What is drawn, and at how many clients.
const DRAWN: [(What, usize); 6] = [
    (What::Bare, JUDGED),
    (What::BareExchange, JUDGED),
    (What::Resolve, JUDGED),
    (What::GroupCommit, JUDGED),
    (What::Change, JUDGED),
    (What::SingleCommit, 1),
];

pub(super) fn of(report: &Report) -> String {
    let rate = |&(what, clients): &(What, usize)| {
        report.cell(what, clients, Driver::Closed).map(|cell| (what, cell.rate.median))
    };
    let rates: Vec<(What, f64)> = DRAWN.iter().filter_map(rate).collect();
    let most = rates.iter().map(|(_, rate)| *rate).fold(1.0, f64::max);
    let mut drawing = String::new();
    let mut top = TOP;
    for (what, rate) in &rates {
        draw_bar(&mut drawing, *what, *rate, (WIDTH - LEFT - RIGHT) * rate / most, top);
        top += STEP;
    }
    frame(&drawing, top + 12.0)
}

fn draw_bar(drawing: &mut String, what: What, rate: f64, length: f64, top: f64) {
    let ours = matches!(what, What::Resolve | What::Change);
    let (colour, middle) = (if ours { "#2f6f4f" } else { "#9aa5b1" }, top + 17.0);
    let (before, after) = (LEFT - 10.0, LEFT + length + 8.0);
    let _ = writeln!(
        drawing,
        "<text x=\"{before}\" y=\"{middle}\" text-anchor=\"end\">{}</text>\n\
         <rect x=\"{LEFT}\" y=\"{top}\" width=\"{length:.1}\" height=\"{THICK}\" fill=\"{colour}\"/>\n\
         <text x=\"{after:.1}\" y=\"{middle}\">{rate:.0}</text>",
        what.title(),
    );
}

fn frame(drawing: &str, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"14\">\n\
         <title>Rates at 64 clients</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"10\" y=\"26\" font-weight=\"bold\">A second, at 64 clients, each one durable where it \
         says so</text>\n{drawing}</svg>\n"
    )
}
