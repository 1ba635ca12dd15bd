//! What a command says: the result on standard output, everything else on standard error.
//!
//! Owns forms, colour and the end of a pipe. Must never send to standard output what is not the result,
//! or let text from elsewhere command the terminal.

mod body;
mod env;
mod field;
mod table;
mod terminal;
mod text;

use std::fmt::Display;
use std::io::{self, Write, stderr, stdout};

use serde_json::Value;

use crate::arguments::{Format, Talk};
use crate::refusal::{Exit, Refusal};

pub(crate) use body::Body;
pub(crate) use env::assignments;
pub(crate) use table::{Cell, View};
pub(crate) use terminal::Terminal;
pub(crate) use text::printable;

/// How this command writes. One per process.
#[derive(Debug)]
pub(crate) struct Output {
    format: Option<Format>,
    field: Option<String>,
    quiet: bool,
    verbose: bool,
    pub(crate) terminal: Terminal,
}

impl Output {
    pub(crate) fn of(talk: &Talk) -> Self {
        let (format, field) = (talk.output, talk.field.clone());
        Self { format, field, quiet: talk.quiet, verbose: talk.verbose, terminal: Terminal::of(talk) }
    }

    /// The form that was asked for; `None` where nobody did.
    pub(crate) const fn format(&self) -> Option<Format> {
        self.format
    }

    /// The field that was asked for.
    pub(crate) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The result. `view` makes what people see of it; every other form comes from the body itself.
    pub(crate) fn show(&self, body: &Body, view: impl FnOnce(&Value) -> View) -> Result<(), Refusal> {
        let value = body.value();
        if let Some(field) = &self.field {
            return self.show_field(value, field);
        }
        match self.format.unwrap_or(Format::Table) {
            Format::Table if self.terminal.shows => print(&view(value).aligned(self.terminal.colours_output)),
            Format::Table => print(&view(value).tab_separated()),
            // The API's bytes, with the end of line that a terminal and a shell's `read` expect.
            Format::Json if self.terminal.shows => {
                self.print(&format!("{}\n", String::from_utf8_lossy(body.bytes())))
            }
            Format::Json => write(&[body.bytes(), b"\n"].concat()),
            Format::Yaml => self.print(&yaml(value)),
            Format::Env => self.print(&env::of(value)?),
            Format::Value => self.print_bare(field::ids(value)?),
        }
    }

    /// Bare, unless another form was asked for by name.
    fn show_field(&self, value: &Value, field: &str) -> Result<(), Refusal> {
        let found = field::find(value, field)?;
        match self.format {
            Some(Format::Json) => self.print(&format!("{}\n", found.whole())),
            Some(Format::Yaml) => self.print(&yaml(&found.whole())),
            Some(Format::Env) => self.print(&assignments([(field, &found.whole())])?),
            None | Some(Format::Table | Format::Value) => self.print_bare(found),
        }
    }

    /// Values without quotes. One alone has an end of line on a terminal only, so that `$(...)` and files
    /// get exactly the value; several have one each.
    pub(crate) fn print_bare(&self, found: field::Found<'_>) -> Result<(), Refusal> {
        match found {
            field::Found::One(value) if self.terminal.shows => self.print(&format!("{}\n", bare(value))),
            field::Found::One(value) => self.print(&bare(value)),
            field::Found::Several(values) => {
                self.print(&values.into_iter().map(|value| bare(value) + "\n").collect::<String>())
            }
        }
    }

    /// One value alone.
    pub(crate) fn print_one(&self, value: &Value) -> Result<(), Refusal> {
        self.print_bare(field::Found::One(value))
    }

    /// A result that holds other people's words: as it stands into a pipe or a file, harmless on a terminal.
    pub(crate) fn print(&self, text: &str) -> Result<(), Refusal> {
        if self.terminal.shows { print(&text::harmless(text)) } else { print(text) }
    }

    /// A line for people, unless they asked for quiet.
    pub(crate) fn say(&self, line: impl Display) {
        if !self.quiet {
            talk(&line.to_string());
        }
    }

    /// A line that replaces the moving line before it, where lines may move.
    pub(crate) fn moving(&self, line: &str) {
        if self.terminal.moves {
            draw(&format!("{CLEAR}{}", printable(line)));
        }
    }

    /// Takes the moving line away.
    pub(crate) fn still(&self) {
        if self.terminal.moves {
            draw(CLEAR);
        }
    }

    /// A line for those who asked for more.
    pub(crate) fn explain(&self, line: impl Display) {
        if self.verbose {
            talk(&line.to_string());
        }
    }
}

/// Text as it stands, to standard output.
pub(crate) fn print(text: &str) -> Result<(), Refusal> {
    write(text.as_bytes())
}

fn write(bytes: &[u8]) -> Result<(), Refusal> {
    let mut output = stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        // `| head` has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| {
            let cause = format!("standard output: {error}");
            Refusal::failed("the result was not written", cause, "check where the output goes")
        }),
    }
}

/// The error, for people or as JSON, and the exit code.
pub(crate) fn refuse(refusal: &Refusal, format: Option<Format>, colours: bool) -> std::process::ExitCode {
    match (format, colours) {
        (Some(Format::Json), _) => talk(&refusal.as_json().to_string()),
        (_, true) => talk(&refusal.to_string().replacen("error:", "\u{1b}[1;31merror:\u{1b}[0m", 1)),
        (_, false) => talk(&refusal.to_string()),
    }
    refusal.exit.into()
}

/// Back to the beginning of the line, and nothing on it (ECMA-48 section 8.3.41).
pub(crate) const CLEAR: &str = "\r\u{1b}[2K";

/// At once and unbuffered: a line that moves late is worse than none.
pub(crate) fn draw(text: &str) {
    let mut talk = stderr().lock();
    let _nobody_looks = talk.write_all(text.as_bytes()).and_then(|()| talk.flush());
}

/// To standard error; nobody may be reading.
pub(crate) fn talk(line: &str) {
    let _nobody_reads = writeln!(stderr().lock(), "{line}");
}

/// A text without its quotes, anything else as JSON.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One document, without its marks.
fn yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).expect("a JSON value has a YAML form")
}

/// There is nothing to print in the form that was asked for. Nothing was lost: only the form is wrong.
fn no_such_form(cause: impl Into<String>, fix: impl Into<String>) -> Refusal {
    Refusal::new(Exit::Usage, "the result cannot be shown like that", cause, fix)
}
