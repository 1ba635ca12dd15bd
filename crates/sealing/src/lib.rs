#![doc = include_str!("../README.md")]

mod canonical;
mod context;
mod envelope;
mod error;
mod fingerprint;
mod hazmat;
pub mod log;
mod organization;
mod plaintext;
mod random;
mod root_key;
mod statement;
mod system;
mod wrapped_key;

#[cfg(test)]
mod vector_tests;

pub use context::{ValueContext, target_digest};
pub use envelope::{Envelope, MAX_SECRETS_BYTES};
pub use error::SealingError;
pub use fingerprint::Fingerprint;
pub use hazmat::{KeyMemoryRefusal, key_memory, macs_match};
pub use organization::{EPOCH_DAYS, OrganizationKeys};
pub use random::SystemRng;
pub use root_key::{RootKey, RootKeyError, RootKeyId, Weakness};
pub use statement::{NotKeys, PublishedKeys, Statement, StatementFault};
pub use system::SystemKeys;
pub use wrapped_key::{KeyId, KeyPurpose, WrappedKey, WrappingKey};
