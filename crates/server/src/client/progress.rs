//! What a person sees of a check: a moving line while it runs, its steps when it is over.
//!
//! All of it on standard error, and only at a terminal. A server answers once, when a check has ended: no step can be
//! shown before.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, interval};

use crate::output::{CLEAR, Output, draw, printable};

const TURN: Duration = Duration::from_millis(100);
const FRAMES: [char; 8] = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇', '⠏', '⠛'];

/// Waits for `work`, with a line that shows that and how long.
pub(crate) async fn waiting<T>(output: &Output, what: &str, work: impl Future<Output = T>) -> T {
    if !output.terminal.moves {
        return work.await;
    }
    let line = Line;
    let (mut turns, began) = (interval(TURN), Instant::now());
    let mut frames = FRAMES.iter().cycle();
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                drop(line);
                return done;
            }
            _ = turns.tick() => {
                let (frame, seconds) = (frames.next().unwrap_or(&' '), began.elapsed().as_secs_f32());
                draw(&format!("{CLEAR}{frame} {what} {seconds:.1} s"));
            }
        }
    }
}

/// The line that moves; gone when it is dropped, also at Ctrl-C.
struct Line;

impl Drop for Line {
    fn drop(&mut self) {
        draw(CLEAR);
    }
}

/// The steps of a verification, one per line, then its outcome. Nothing where nothing was tried.
pub(crate) fn show_check(output: &Output, verification: &Value) {
    if !output.terminal.tells || !verification.is_object() {
        return;
    }
    let steps = verification["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    for step in steps {
        output.say(step_line(step, output.terminal.colours_talk));
    }
    output.say(outcome_line(verification, output.terminal.colours_talk));
}

/// Names are the API's; a step that this program does not know is shown all the same.
fn step_line(step: &Value, colours: bool) -> String {
    let name = printable(step["name"].as_str().unwrap_or_default()).replace('_', " ");
    let (sign, colour) = if step["outcome"] == "passed" { ('✓', 32) } else { ('✗', 31) };
    let sign = if colours { format!("\u{1b}[{colour}m{sign}\u{1b}[0m") } else { sign.to_string() };
    let took = step["duration_ms"].as_u64().map_or_else(String::new, |took| format!("{took:>6} ms"));
    format!("{sign} {name:<14}{took}")
}

fn outcome_line(verification: &Value, colours: bool) -> String {
    let outcome = printable(verification["outcome"].as_str().unwrap_or_default());
    let colour = match &*outcome {
        "accepted" => 32,
        "rejected" => 31,
        _ => 33,
    };
    let word = if colours { format!("\u{1b}[{colour}m{outcome}\u{1b}[0m") } else { outcome.into_owned() };
    let message = printable(verification["message"].as_str().unwrap_or_default());
    let took = verification["duration_ms"].as_u64().unwrap_or_default();
    format!("{word}: {message} ({took} ms)")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_is_a_line_with_its_time() {
        let step = json!({"name": "host_key", "outcome": "passed", "duration_ms": 3});
        assert_eq!(step_line(&step, false), "✓ host key           3 ms");
        let step = json!({"name": "authenticate", "outcome": "failed", "duration_ms": 1200});
        assert_eq!(step_line(&step, true), "\u{1b}[31m✗\u{1b}[0m authenticate    1200 ms");
        assert_eq!(
            step_line(&json!({"name": "a\u{1b}b", "outcome": "failed"}), false).trim_end(),
            "✗ a\\u{1b}b"
        );
    }

    #[test]
    fn con_13_an_outcome_from_elsewhere_commands_no_terminal() {
        let verification = json!({"outcome": "a\u{1b}]0;t\u{7}", "message": "b\u{9b}"});
        assert_eq!(outcome_line(&verification, false), "a\\u{1b}]0;t\\u{7}: b\\u{9b} (0 ms)");
    }

    #[test]
    fn the_outcome_comes_last() {
        let verification = json!({"outcome": "accepted", "message": "Logged in.", "duration_ms": 7});
        assert_eq!(outcome_line(&verification, false), "accepted: Logged in. (7 ms)");
    }
}
