//! The ZStack API over a whole house: every documented answer of its contract, and what is ours on purpose.

mod changes;
mod checks;
mod documented;
mod isolation;
mod lists;
mod refusals;
mod removal;
mod world;
