//! What a person sees while they wait: one line per step, on standard error.

/// Says what begins now.
pub(crate) fn step(what: &str) {
    eprintln!("bench: {what}");
}
