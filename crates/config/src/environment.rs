//! The environment, read here and nowhere else.
//!
//! Owns the names of the variables that the server itself looks at. Proxy variables are not among them
//! (SSR-08). Must never list the environment: it is full of other people's secrets.

use std::env;

use strongroom_domain::Secret;

use crate::section::log::Level;

/// What a variable that should hold the root key holds.
#[derive(Debug)]
pub enum Variable {
    /// It is not set, or not text.
    Absent,
    /// It is `-`: the key is the first line of standard input.
    StandardInput,
    /// The key itself.
    Value(Secret<String>),
}

/// Reads the variable of this name. It stays in the environment: taking it out of a running process is
/// the caller's business (a variable that is merely unset can still be read in `/proc`).
pub fn variable(name: &str) -> Variable {
    match read(name) {
        None => Variable::Absent,
        Some(text) if text == "-" => Variable::StandardInput,
        Some(text) => Variable::Value(Secret::new(text)),
    }
}

/// The level in `STRONGROOM_LOG`, which goes before `log.level`. Anything but a level counts as not set:
/// a word in the environment does not stop a server.
pub fn log_level() -> Option<Level> {
    read("STRONGROOM_LOG")?.parse().ok()
}

/// A variable that holds no secret: what a terminal can do, where folders are.
pub fn text_variable(name: &str) -> Option<String> {
    read(name)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn read(name: &str) -> Option<String> {
    env::var(name).ok()
}
