//! Cryptography on bare keys and bytes, where a wrong argument is a hole.
//!
//! Owns the one construction that encrypts (`blob`), the keyed hash (`mac`), signatures (`sign`), the type of
//! every key (`key`) and the pages where those that stay are kept (`arena`). The rest of the crate offers it only under names that cannot be misused: which key, which
//! label and which associated data is decided there once, never by a caller. Must never be public,
//! and must never offer encryption without a [`Binding`].

mod arena;
mod blob;
mod key;
mod mac;
mod sign;

pub use arena::{Refusal as KeyMemoryRefusal, key_memory};
pub(crate) use blob::{Binding, OVERHEAD, Refused, Suite, open, open_key, seal, seal_key};
pub(crate) use key::{KeyBytes, Stay};
pub use mac::macs_match;
pub(crate) use mac::{Digest, Mac, MacKey, derive_id};
pub(crate) use sign::{PUBLIC_BYTES, SIGNATURE_BYTES, Signer, verifies};
