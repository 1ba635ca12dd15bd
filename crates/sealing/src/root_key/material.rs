//! What is accepted as a root key: its three spellings, and the test for weakness (AUT-13).
//!
//! Owns the decoding. Must never say in which position a text is wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Weakness;
use crate::hazmat::{KeyBytes, Stay};

/// The longest spelling: 64 hex digits and a line end of two bytes.
pub(super) const MAX_LEN: usize = 66;

/// Raw bytes or text, as a file holds it. The length decides: 32 bytes are raw, anything else must be a
/// line of text. No text of 32 characters is a spelling, so the two cannot be confused.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<KeyBytes, Weakness> {
    let Ok(raw) = <&[u8; KeyBytes::LEN]>::try_from(bytes) else { return from_text(bytes) };
    // 32 random bytes are all printable once in 10^13 keys; 32 typed characters always are.
    if raw.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Weakness::Printable);
    }
    let mut key = KeyBytes::zeroed(Stay::Kept);
    key.bytes_mut().copy_from_slice(raw);
    Ok(key)
}

/// One line of text, with or without its line end. Nothing else is trimmed: a blank inside or before a
/// key is a slip of the hand, and what else was slipped cannot be known.
pub(super) fn from_text(line: &[u8]) -> Result<KeyBytes, Weakness> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.len() {
        64 => from_hex(line),
        44 => from_base64(line),
        _ => None,
    }
    .ok_or(Weakness::Form)
}

/// Refuses what no random source gives: fewer than 8 different bytes, a pattern that repeats within
/// the key, or bytes in equal steps. All of it together hits a random key less than once in 2^100.
pub(super) fn refuse_weak(key: &[u8; KeyBytes::LEN]) -> Result<(), Weakness> {
    let mut seen = [false; 256];
    for byte in key {
        seen[usize::from(*byte)] = true;
    }
    let few = seen.iter().filter(|seen| **seen).count() < 8;
    // Up to half the key, whether or not the period divides its length.
    let repeats = (1..=KeyBytes::LEN / 2).any(|period| key[period..] == key[..KeyBytes::LEN - period]);
    // Wraps, so that counting down and counting across 255 are seen; a step of 0 is one byte repeated.
    let step = key[1].wrapping_sub(key[0]);
    let counts = key.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step);
    if few || repeats || counts { Err(Weakness::Pattern) } else { Ok(()) }
}

/// Straight into wiped memory: a decoder that returns a vector would leave it to the caller.
fn from_hex(digits: &[u8]) -> Option<KeyBytes> {
    let mut key = KeyBytes::zeroed(Stay::Kept);
    for (byte, pair) in key.bytes_mut().iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Some(key)
}

const fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The standard alphabet with its padding (RFC 4648, section 4), decoded strictly: one key, one spelling.
fn from_base64(text: &[u8]) -> Option<KeyBytes> {
    // The decoder wants room for 33 bytes because it looks at the length before the padding.
    let mut decoded = Zeroizing::new([0; KeyBytes::LEN + 1]);
    let length = STANDARD.decode_slice(text, decoded.as_mut_slice()).ok()?;
    if length != KeyBytes::LEN {
        return None;
    }
    let mut key = KeyBytes::zeroed(Stay::Kept);
    key.bytes_mut().copy_from_slice(&decoded[..KeyBytes::LEN]);
    Some(key)
}
