//! Where a page ended, as text that cannot be forged: position and MAC, bound to the scope and the query.

use strongroom_domain::{Error, Fault};
use strongroom_sealing::{SystemKeys, macs_match};

use crate::Context;
use crate::keys::hex;

/// Bytes of the MAC that are kept: 128 bits.
const MAC_BYTES: usize = 16;

/// The cursor for a position; `query` says which list it belongs to.
pub(crate) fn make(keys: &SystemKeys, context: &Context, query: &str, position: &[u8]) -> String {
    format!("{}{}", hex(position), hex(&mac(keys, context, query, position)))
}

/// The position of a cursor, whose length the list knows.
///
/// # Errors
///
/// `validation_failed` where it was tampered with, or belongs to another list or scope.
pub(crate) fn position<const N: usize>(
    keys: &SystemKeys,
    context: &Context,
    query: &str,
    cursor: &str,
) -> Result<[u8; N], Error> {
    let bytes = unhex(cursor).filter(|bytes| bytes.len() == N + MAC_BYTES);
    let genuine = bytes.as_deref().and_then(|bytes| {
        let (position, given) = bytes.split_first_chunk()?;
        macs_match(&mac(keys, context, query, position), given).then_some(*position)
    });
    genuine.ok_or_else(|| {
        Error::invalid(vec![Fault::new(
            "/cursor",
            "is not a cursor of this list: leave it out to begin again",
        )])
    })
}

fn mac(keys: &SystemKeys, context: &Context, query: &str, position: &[u8]) -> [u8; MAC_BYTES] {
    let scope = context.scope();
    let full = keys.cursor_mac(&[
        scope.organization().as_bytes(),
        scope.workspace().as_bytes(),
        context.principal.id.as_bytes(),
        query.as_bytes(),
        position,
    ]);
    let mut short = [0; MAC_BYTES];
    short.copy_from_slice(&full[..MAC_BYTES]);
    short
}

/// At most 64 bytes: no cursor of ours is longer.
fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() > 128 || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
