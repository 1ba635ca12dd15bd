//! The table that is written down, and how it is compared.

use std::fmt::Write as _;
use std::path::Path;

use strongroom_web::Route;

use super::caller::Caller;
use crate::client::Answer;

const WRITTEN: &str = include_str!("matrix.txt");

/// One route and what everybody is answered.
pub(super) struct Line {
    /// Method and path as they are declared.
    pub(super) name: String,
    pub(super) answers: Vec<(Caller, Cell)>,
    /// What an admin is answered for an id of others, or of nobody, in each place for one.
    pub(super) foreign: Vec<u16>,
}

/// What one caller is answered.
pub(super) struct Cell {
    pub(super) status: u16,
    /// Whether the answer is another one than strangers get.
    pub(super) is_let_in: bool,
    /// As it stands in the table: the status, and with it the word of a dialect whose errors share one.
    text: String,
}

impl Cell {
    pub(super) fn of(dialect: &str, answer: &Answer, is_let_in: bool) -> Self {
        let body = answer.json();
        let word = body["error"].as_str().filter(|_| dialect == "dx");
        let text = word.map_or_else(|| answer.status.to_string(), |word| format!("{}:{word}", answer.status));
        Self { status: answer.status, is_let_in, text }
    }
}

impl Line {
    pub(super) fn of(route: &Route) -> Self {
        let declaration = route.declaration();
        let name = format!("{:<6} {}", declaration.method.as_str(), declaration.path);
        Self { name, answers: Vec::new(), foreign: Vec::new() }
    }

    /// As it stands in the table.
    fn text(&self) -> String {
        let mut text = format!("{:<78}", self.name);
        for (_, cell) in &self.answers {
            write!(text, " {:>5}", cell.text).expect("a string takes everything");
        }
        let foreign: Vec<String> = self.foreign.iter().map(u16::to_string).collect();
        write!(text, "  {}", if foreign.is_empty() { "-".to_owned() } else { foreign.join("/") })
            .expect("a string takes everything");
        text
    }

    /// Why not even an admin succeeds, where the table says so.
    pub(super) fn reason(&self) -> Option<&'static str> {
        let own = |line: &&str| line.starts_with(&format!("{} ", self.name));
        WRITTEN.lines().find(own).and_then(|line| line.split_once(';')).map(|(_, reason)| reason.trim())
    }

    /// Whether a 501 is the whole of its contract.
    pub(super) fn is_not_served(&self) -> bool {
        let only = |(_, cell): &(Caller, Cell)| cell.status < 500 || cell.status == 501;
        self.reason().is_some_and(|reason| reason.contains("not served")) && self.answers.iter().all(only)
    }
}

/// Every dialect that has a section, in order.
pub(super) fn dialects() -> Vec<&'static str> {
    WRITTEN.lines().filter_map(|line| line.strip_prefix("# ")).collect()
}

/// Compares what was found with the section of a dialect; `Err` says what differs and which file holds the section
/// as it would have to be.
pub(super) fn compare(dialect: &str, found: &[Line]) -> Result<(), String> {
    let bare = |line: &str| line.split(';').next().unwrap_or_default().trim_end().to_owned();
    let written: Vec<String> = section(dialect).map(bare).collect();
    let text: Vec<String> = found.iter().map(Line::text).collect();
    let surplus = written.iter().filter(|line| !text.contains(line)).map(|line| format!("- {line}"));
    let missing = text.iter().filter(|line| !written.contains(line)).map(|line| format!("+ {line}"));
    let differences: Vec<String> = surplus.chain(missing).collect();
    if differences.is_empty() {
        return Ok(());
    }
    let file = propose(dialect, found);
    Err(format!("{}\n{dialect}: the section as it was found is in {file}", differences.join("\n")))
}

fn section(dialect: &str) -> impl Iterator<Item = &'static str> {
    let head = format!("# {dialect}");
    let after = WRITTEN.lines().skip_while(move |line| *line != head).skip(1);
    after
        .take_while(|line| !line.starts_with("# "))
        .filter(|line| !line.is_empty() && !line.starts_with("##"))
}

/// Writes the section with the reasons that stand in it today.
fn propose(dialect: &str, found: &[Line]) -> String {
    let heads = Caller::ALL.map(|caller| format!(" {:>5}", caller.head())).concat();
    let mut text = format!("# {dialect}\n{:<78}{heads}  ids\n", "##");
    for line in found {
        let reason = line.reason().map(|reason| format!("  ; {reason}")).unwrap_or_default();
        writeln!(text, "{}{reason}", line.text()).expect("a string takes everything");
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("matrix-{dialect}.txt"));
    std::fs::write(&file, text).expect("the folder for such files can be written");
    file.display().to_string()
}
