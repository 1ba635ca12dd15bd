//! Asking a person at the terminal.
//!
//! Owns standard input while it asks. Must never leave the terminal without its echo, and never ask where
//! nobody can answer: callers look at `Terminal::asks` first.

use std::fs::File;
use std::io::{self, Read, Write, stderr, stdin};
use std::sync::{Mutex, PoisonError};

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use strongroom_domain::Secret;
use zeroize::Zeroizing;

use crate::output::printable;
use crate::refusal::{Exit, Refusal, UNSENT};

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    EndOfLine,
    /// Ctrl-D: keys and certificates have several lines.
    EndOfInput,
}

/// A line in clear.
pub(crate) async fn ask(question: &str) -> Result<String, Refusal> {
    let question = format!("{}: ", printable(question));
    let answer = at_the_terminal(move || {
        say(&question)?;
        read(Until::EndOfLine)
    });
    Ok(answer.await?.trim().to_owned())
}

/// What nobody may read over the shoulder.
pub(crate) async fn ask_hidden(question: &str, until: Until) -> Result<Secret<String>, Refusal> {
    let end = if until == Until::EndOfInput { " (not shown; end with Ctrl-D)" } else { " (not shown)" };
    let question = format!("{}{end}: ", printable(question));
    let answer = at_the_terminal(move || {
        // Hidden first: what is typed as soon as the question stands must be neither shown nor lost.
        let hidden = Hidden::begin()?;
        say(&question)?;
        let answer = read(until);
        drop(hidden);
        if until == Until::EndOfInput {
            say("\n")?;
        }
        answer
    });
    answer.await.map(|answer| Secret::new(answer.to_string()))
}

/// Whether to go on; anything but a clear yes means no.
pub(crate) async fn confirm(question: &str) -> Result<bool, Refusal> {
    let answer = ask(&format!("{question} [y/N]")).await?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// The person said no.
pub(crate) fn declined(what: &str) -> Refusal {
    Refusal::new(
        Exit::Interrupted,
        what,
        "the question was not answered with yes",
        "run it again, or give --yes",
    )
    .leaving(UNSENT)
}

/// On a thread of its own, so that Ctrl-C is heard meanwhile.
async fn at_the_terminal(
    talk: impl FnOnce() -> io::Result<Zeroizing<String>> + Send + 'static,
) -> Result<Zeroizing<String>, Refusal> {
    let answer = tokio::task::spawn_blocking(talk).await.map_err(io::Error::other).flatten();
    answer.map_err(|error| {
        Refusal::unsent(
            format!("the question was not answered: {error}"),
            "give what is asked for as flags; --no-input asks nothing",
        )
    })
}

fn say(text: &str) -> io::Result<()> {
    let mut talk = stderr().lock();
    talk.write_all(text.as_bytes())?;
    talk.flush()
}

/// Byte by byte past every buffer, which would keep a copy of a secret.
fn read(until: Until) -> io::Result<Zeroizing<String>> {
    let mut input = File::from(rustix::io::dup(stdin())?);
    let mut answer = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let mut byte = Zeroizing::new([0_u8]);
    while input.read(byte.as_mut_slice())? == 1 {
        if byte[0] == b'\n' && until == Until::EndOfLine {
            return text(&answer);
        }
        answer.push(byte[0]);
    }
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    text(&answer)
}

fn text(bytes: &[u8]) -> io::Result<Zeroizing<String>> {
    let text = str::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// What the terminal was like, while it hides what is typed.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The terminal shows nothing until this is dropped.
struct Hidden;

impl Hidden {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        tcsetattr(stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal its echo back: also at Ctrl-C, when the asking thread never ends.
pub(crate) fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _gone = tcsetattr(stdin(), OptionalActions::Now, &before);
    }
}

/// Stops this process, as a terminal's Ctrl-Z wants it, and gives the terminal its echo back meanwhile.
pub(crate) fn pause() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let hidden = before.as_ref().and_then(|_| tcgetattr(stdin()).ok());
    if let Some(before) = &before {
        let _gone = tcsetattr(stdin(), OptionalActions::Now, before);
    }
    let _own_process = kill_process(getpid(), Signal::STOP);
    if let Some(hidden) = &hidden {
        let _gone = tcsetattr(stdin(), OptionalActions::Now, hidden);
    }
}
