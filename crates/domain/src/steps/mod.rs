//! The pure steps of a change, in the order of DESIGN.md section 4: (spell,) merge, validate, bind, duplicate,
//! judge.
//!
//! Each takes loaded values and gives a decision; none reads a clock, a store or a socket.

pub mod bind;
pub mod duplicate;
pub mod judge;
pub mod merge;
pub mod spell;
pub mod validate;
