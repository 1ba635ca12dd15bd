//! What the crate promises, shown through its public interface. Names carry the case of
//! `security/CATALOGUE.md` that a test stands for.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod envelope;
mod fixture;
mod keys;
mod root_key;
mod statement;
