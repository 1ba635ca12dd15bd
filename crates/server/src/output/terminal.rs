//! What is at the other end: a person at a terminal, a pipe, a log.
//!
//! Owns the answer to "may I ask, colour, move?" Must never be asked twice with different answers: it is
//! looked up once, from flags, the usual variables and the streams themselves.

use std::io::{IsTerminal, stderr, stdin, stdout};

use strongroom_config::text_variable;

use crate::arguments::Talk;

/// Looked at once, when the command begins.
#[expect(clippy::struct_excessive_bools, reason = "six answers to six questions")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Standard output is a terminal.
    pub(crate) shows: bool,
    /// Somebody can be asked.
    pub(crate) asks: bool,
    /// A line on standard error may move.
    pub(crate) moves: bool,
    /// A person reads standard error, and wants more than the result.
    pub(crate) tells: bool,
    /// Standard output takes colour.
    pub(crate) colours_output: bool,
    /// Standard error takes colour.
    pub(crate) colours_talk: bool,
}

impl Terminal {
    pub(crate) fn of(talk: &Talk) -> Self {
        let is_ci = text_variable("CI").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        let (input, shows, talks) = (stdin().is_terminal(), stdout().is_terminal(), stderr().is_terminal());
        let dumb = text_variable("TERM").is_none_or(|term| term == "dumb");
        let colour = Colour::of(talk, is_ci, dumb);
        Self {
            shows,
            asks: input && talks && !is_ci && !talk.no_input,
            moves: talks && !dumb && !is_ci && !talk.no_progress && !talk.quiet,
            tells: talks && !is_ci && !talk.quiet,
            colours_output: colour.on(shows),
            colours_talk: colour.on(talks),
        }
    }
}

/// Who has said something about colour.
enum Colour {
    Never,
    Always,
    OnTerminals,
}

impl Colour {
    /// The flag goes before every variable; `CLICOLOR_FORCE` before those that say no (bixense.com/clicolors).
    fn of(talk: &Talk, is_ci: bool, is_dumb: bool) -> Self {
        let is_set = |name| text_variable(name).is_some_and(|value| !value.is_empty());
        if talk.no_color {
            Self::Never
        } else if text_variable("CLICOLOR_FORCE").is_some_and(|value| !matches!(value.as_str(), "" | "0")) {
            Self::Always
        } else if is_set("NO_COLOR") || is_dumb || is_ci {
            Self::Never
        } else {
            Self::OnTerminals
        }
    }

    const fn on(&self, is_terminal: bool) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::OnTerminals => is_terminal,
        }
    }
}
