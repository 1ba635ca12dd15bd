//! The Flowise API over a whole house: what was captured of the original, and what is ours on purpose.

mod beyond;
mod changes;
mod checks;
mod documented;
mod exceptions;
mod leaks;
mod manner;
mod pages;
mod registry;
mod replay;
mod world;
