//! The server's own log, on standard error.
//!
//! Owns which records are written. Must never write what a dependency says: only our own crates keep to
//! named, safe fields (LOG-02), so only theirs pass.

use std::io;
use std::panic::{self, PanicHookInfo};

use strongroom_config::{Level, LogFormat};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

/// Every crate of ours begins with it.
const OURS: &str = "strongroom";

/// Begins the log. The variable `STRONGROOM_LOG` goes before `level`.
pub(crate) fn start(format: LogFormat, level: Level) {
    let level = strongroom_config::log_level().unwrap_or(level);
    let ours = Targets::new().with_target(OURS, filter(level));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false);
    // A second log in one process, as in tests, goes to the first.
    let _first_wins = match format {
        LogFormat::Json => registry().with(lines.json().flatten_event(true)).with(ours).try_init(),
        LogFormat::Text => registry().with(lines).with(ours).try_init(),
    };
}

/// A panic says where and in which request, never with what words: its message may hold anything (REM-11).
pub(crate) fn quiet_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = place(panic);
        if tracing::dispatcher::has_been_set() {
            // The request's id is in the span that is current where it happened.
            tracing::error!(place, "a thread panicked");
        } else {
            eprintln!("error: internal fault at {place}");
        }
    }));
}

fn place(panic: &PanicHookInfo<'_>) -> String {
    panic.location().map_or_else(String::new, |location| format!("{}:{}", location.file(), location.line()))
}

const fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn rem_11_a_panic_says_where_and_not_what() {
        let this = std::env::current_exe().unwrap();
        let panicking = ["--exact", "logging::tests::panics", "--ignored", "--nocapture"];
        let output = Command::new(this).args(panicking).output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(text.contains("internal fault at ") && text.contains("logging.rs:"), "{text}");
        assert!(!text.contains("cnry"), "{text}");
    }

    #[test]
    #[ignore = "run by the test above in a process of its own"]
    fn panics() {
        quiet_panics();
        panic!("cnry-{}", 1);
    }
}
