//! The Flowise API over a whole house: what was captured of the original, and what is ours on purpose.

mod changes;
mod checks;
mod documented;
mod exceptions;
mod leaks;
mod pages;
mod registry;
mod replay;
mod world;
