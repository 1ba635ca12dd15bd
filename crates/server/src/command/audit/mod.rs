//! `strongroom audit`: what was done, and whether the log of it is whole.

mod check;
mod exported;
mod proof;
mod records;
mod verify;

pub(crate) use records::run;
pub(crate) use verify::verify;
