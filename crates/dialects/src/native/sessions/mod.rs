//! Sessions of people who sign in by an issuer: for command lines, one endpoint per file.

pub(super) mod begin;
pub(super) mod end;
pub(super) mod sign_in;
pub(super) mod whoami;
