//! Why a command did not do it: what failed, why, what to do, and what holds now (UX.md section 3).
//!
//! Owns the shape on standard error, for people and as JSON. Must never hold a secret or a token.

mod causes;
mod exit;

use std::fmt;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use crate::output::printable;

pub(crate) use exit::Exit;

/// Three lines, an exit code, and where there is something to say a fourth line: the API's code, the
/// request, what state the system is in.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// `None` where only the command knows what it was about: the same missing file stops a start, a look at
    /// the keys and their rotation.
    error: Option<String>,
    cause: String,
    fix: String,
    more: Box<More>,
    pub(crate) exit: Exit,
}

/// What not every refusal has.
#[derive(Debug, Default)]
struct More {
    code: Option<String>,
    request: Option<String>,
    state: Option<String>,
}

/// What holds where nothing was done, whether or not somebody was asked.
pub(crate) const UNCHANGED: &str = "nothing was changed";
/// What holds where no request has left.
pub(crate) const UNSENT: &str = "nothing was sent, so nothing was changed";

/// Where not even the command has said more.
const NOT_DONE: &str = "the command was not carried out";

impl Refusal {
    /// With the exit code that says what sort of failure it is.
    pub(crate) fn new(
        exit: Exit,
        error: impl Into<String>,
        cause: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let (error, cause, fix) = (Some(error.into()), cause.into(), fix.into());
        Self { error, cause, fix, more: Box::default(), exit }
    }

    /// Exit 1.
    pub(crate) fn failed(error: impl Into<String>, cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Exit::Failed, error, cause, fix)
    }

    /// Nothing was sent: what was typed makes no request. Exit 2.
    pub(crate) fn unsent(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "nothing was sent", cause, fix).leaving(UNCHANGED)
    }

    /// The command did not begin; it says itself what that means ([`Refusal::named`]). Exit 1.
    pub(crate) fn bad_start(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { error: None, cause: cause.into(), fix: fix.into(), more: Box::default(), exit: Exit::Failed }
    }

    /// The command did not begin: something it was told is wrong. Exit 2.
    pub(crate) fn bad_setting(cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::bad_start(cause, fix).ending(Exit::Usage)
    }

    /// The same cause and fix, of this failure.
    pub(crate) fn about(self, error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..self }
    }

    /// Of this failure, unless it says already of which.
    pub(crate) fn named(self, error: &str) -> Self {
        Self { error: Some(self.error.unwrap_or_else(|| error.to_owned())), ..self }
    }

    /// The same, of another sort.
    pub(crate) fn ending(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// The same failure, with a cause and a fix that know more.
    pub(crate) fn because(self, cause: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { cause: cause.into(), fix: fix.into(), ..self }
    }

    /// The API's code and the id of the request that it answered.
    pub(crate) fn answered(mut self, code: String, request: Option<String>) -> Self {
        (self.more.code, self.more.request) = (Some(code), request);
        self
    }

    /// What holds now, of the thing that was to be changed.
    pub(crate) fn leaving(mut self, state: impl Into<String>) -> Self {
        self.more.state = Some(state.into());
        self
    }

    /// The system refused something about this path.
    pub(crate) fn system(path: &Path, source: &io::Error) -> Self {
        Self::bad_start(
            format!("{}: {source}", path.display()),
            "check that this account owns it, may enter its folder, and that the disk is not full",
        )
    }

    /// What `-o json` shows: the same, under the API's names.
    pub(crate) fn as_json(&self) -> Value {
        let mut error = json!({
            "code": self.more.code.as_deref().unwrap_or(self.exit.word()),
            "message": self.error(),
            "cause": self.cause,
            "fix": self.fix,
            "request_id": self.more.request,
        });
        if let Some(state) = &self.more.state {
            error["state"] = state.as_str().into();
        }
        json!({ "error": error })
    }

    /// A refusal that another process of this program has told as [`Refusal::as_json`] does.
    pub(crate) fn of_json(told: &Value) -> Option<Self> {
        let error = &told["error"];
        let text = |name: &str| error[name].as_str().map(str::to_owned);
        let exit = Exit::of_word(error["code"].as_str()?);
        let refusal = Self::new(exit, text("message")?, text("cause")?, text("fix")?);
        Some(match text("state") {
            Some(state) => refusal.leaving(state),
            None => refusal,
        })
    }

    fn error(&self) -> &str {
        self.error.as_deref().unwrap_or(NOT_DONE)
    }

    fn last_line(&self) -> String {
        let code = self.more.code.as_ref().map(|code| format!("code {code}"));
        let request = self.more.request.as_ref().map(|request| format!("request {request}"));
        let parts: Vec<String> = [code, request, self.more.state.clone()].into_iter().flatten().collect();
        parts.join(", ")
    }
}

/// Some of it came from a server or a file: nothing in it may command the terminal.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| printable(text).into_owned();
        write!(
            f,
            "error: {}\n  cause: {}\n  fix:   {}",
            line(self.error()),
            line(&self.cause),
            line(&self.fix)
        )?;
        match self.last_line() {
            last if last.is_empty() => Ok(()),
            last => write!(f, "\n  {}", line(&last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_what_has_no_name_and_nothing_else() {
        let line = |refusal: Refusal| refusal.to_string().lines().next().map(str::to_owned);
        let bare = || Refusal::bad_start("because", "do that");
        assert_eq!(line(bare()).as_deref(), Some("error: the command was not carried out"));
        assert_eq!(line(bare().named("no key was rotated")).as_deref(), Some("error: no key was rotated"));
        let said = Refusal::failed("it did not", "because", "do that").named("no key was rotated");
        assert_eq!(line(said).as_deref(), Some("error: it did not"));
    }

    #[test]
    fn three_lines_and_the_fourth_where_there_is_more_to_say() {
        let bare = Refusal::failed("it did not", "because", "do that");
        assert_eq!(bare.to_string(), "error: it did not\n  cause: because\n  fix:   do that");
        let full = bare.answered("busy".to_owned(), Some("req_1".to_owned())).leaving("nothing was changed");
        assert!(full.to_string().ends_with("\n  code busy, request req_1, nothing was changed"));
    }

    #[test]
    fn json_has_the_same_under_the_apis_names() {
        let refusal = Refusal::new(Exit::Conflict, "a", "b", "c");
        let expected = json!({"error": {"code": "conflict", "message": "a", "cause": "b", "fix": "c", "request_id": null}});
        assert_eq!(refusal.as_json(), expected);
    }

    #[test]
    fn nothing_in_it_commands_the_terminal() {
        let text = Refusal::failed("a\u{1b}[2Jb", "two\nlines", "c\u{202e}d").to_string();
        assert_eq!(text, "error: a\\u{1b}[2Jb\n  cause: two\\nlines\n  fix:   c\\u{202e}d");
    }
}
