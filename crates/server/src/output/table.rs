//! Results for people: columns on a terminal, tab-separated lines in a pipe.

use unicode_width::UnicodeWidthStr;

use super::printable;

/// What is seen of a result.
#[derive(Debug)]
pub(crate) enum View {
    /// One thing: its fields below each other.
    Record(Vec<(&'static str, Cell)>),
    /// Several: one line each. In a pipe the line of the columns' names is left out.
    List { columns: Vec<&'static str>, rows: Vec<Vec<Cell>> },
}

/// A text with the tone in which a terminal says it.
#[derive(Debug)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Plain,
    Good,
    Bad,
    Doubtful,
}

impl Cell {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }

    /// A word of health, or the outcome of a check.
    pub(crate) fn judged(word: &str) -> Self {
        let tone = match word {
            "healthy" | "accepted" | "passed" | "ok" => Tone::Good,
            "failing" | "expired" | "rejected" | "failed" | "fault" => Tone::Bad,
            "expiring" | "unreachable" | "stale" | "warn" => Tone::Doubtful,
            _ => Tone::Plain,
        };
        Self { text: word.to_owned(), tone }
    }

    fn shown(&self) -> Shown {
        Shown { text: printable(&self.text).into_owned(), tone: self.tone }
    }
}

impl Tone {
    /// With the codes around it (ECMA-48 section 8.3.117).
    fn colour(self, text: &str) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            Self::Good => 32,
            Self::Bad => 31,
            Self::Doubtful => 33,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

impl View {
    pub(super) fn aligned(&self, colours: bool) -> String {
        if matches!(self, Self::List { rows, .. } if rows.is_empty()) {
            return "nothing found\n".to_owned();
        }
        let mut lines = self.lines(Heading::Shown);
        if matches!(self, Self::Record(_)) {
            // What one thing does not have needs no line; a pipe counts on every line.
            lines.retain(|line| line.last().is_some_and(|cell| !cell.text.is_empty()));
        }
        let widths = widths(&lines);
        lines.iter().map(|line| aligned_line(line, &widths, colours)).collect()
    }

    pub(super) fn tab_separated(&self) -> String {
        let line = |cells: &Vec<Shown>| {
            cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("\t") + "\n"
        };
        self.lines(Heading::Left).iter().map(line).collect()
    }

    fn lines(&self, heading: Heading) -> Vec<Vec<Shown>> {
        let plain = |text: &&str| Shown { text: (*text).to_owned(), tone: Tone::Plain };
        match self {
            Self::Record(fields) => {
                fields.iter().map(|(name, cell)| vec![plain(name), cell.shown()]).collect()
            }
            Self::List { columns, rows } => {
                let names = (heading == Heading::Shown).then(|| columns.iter().map(plain).collect());
                names
                    .into_iter()
                    .chain(rows.iter().map(|row| row.iter().map(Cell::shown).collect()))
                    .collect()
            }
        }
    }
}

/// The line of the columns' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heading {
    Shown,
    Left,
}

/// A cell whose text commands nothing.
struct Shown {
    text: String,
    tone: Tone,
}

const BETWEEN_COLUMNS: &str = "  ";

/// Of each column, by the widest text in it.
fn widths(lines: &[Vec<Shown>]) -> Vec<usize> {
    let mut widths = Vec::new();
    for line in lines {
        widths.resize(widths.len().max(line.len()), 0);
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.text.width().max(*width);
        }
    }
    widths
}

/// Padded by what is seen: codes of colour take no column.
fn aligned_line(cells: &[Shown], widths: &[usize], colours: bool) -> String {
    let mut line = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        line.push_str(&if colours { cell.tone.colour(&cell.text) } else { cell.text.clone() });
        if at + 1 < cells.len() {
            line.push_str(&" ".repeat(width - cell.text.width()));
            line.push_str(BETWEEN_COLUMNS);
        }
    }
    line.truncate(line.trim_end().len());
    line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> View {
        let row = |name: &str, health| vec![Cell::plain(name), Cell::judged(health)];
        View::List {
            columns: vec!["NAME", "HEALTH"],
            rows: vec![row("a\tb", "healthy"), row("株", "failing")],
        }
    }

    #[test]
    fn a_terminal_gets_columns_and_a_pipe_gets_tabs() {
        assert_eq!(list().aligned(false), "NAME  HEALTH\na\\tb  healthy\n株    failing\n");
        assert_eq!(list().tab_separated(), "a\\tb\thealthy\n株\tfailing\n");
    }

    #[test]
    fn colour_moves_no_column() {
        let plain = list().aligned(true).replace("\u{1b}[32m", "").replace("\u{1b}[31m", "");
        assert_eq!(plain.replace("\u{1b}[0m", ""), list().aligned(false));
    }
}
