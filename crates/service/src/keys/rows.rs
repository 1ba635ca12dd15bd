//! Wrapped keys as the store's rows, and back. Owns the text that names a wrapping key.

use strongroom_sealing::{KeyId, KeyPurpose, RootKeyId, WrappedKey, WrappingKey};
use strongroom_store::{KeyOwner, KeyRow};

pub(crate) fn to_row(key: &WrappedKey) -> KeyRow {
    KeyRow {
        owner: key.organization.map_or(KeyOwner::System, KeyOwner::Organization),
        purpose: key.purpose.code().to_owned(),
        epoch: key.epoch,
        key_id: *key.key_id.as_bytes(),
        wrapped_by: name_of(key.wrapped_by),
        blob: key.blob.clone(),
        created_at: key.created_at,
    }
}

pub(crate) fn from_row(row: &KeyRow) -> Option<WrappedKey> {
    Some(WrappedKey {
        purpose: KeyPurpose::from_code(&row.purpose)?,
        organization: match row.owner {
            KeyOwner::System => None,
            KeyOwner::Organization(id) => Some(id),
        },
        epoch: row.epoch,
        key_id: KeyId::from_bytes(row.key_id),
        wrapped_by: wrapping_key(&row.wrapped_by)?,
        created_at: row.created_at,
        blob: row.blob.clone(),
    })
}

/// A wrapping key as `KeyRow::wrapped_by` names it.
pub(crate) fn name_of(key: WrappingKey) -> String {
    match key {
        WrappingKey::Root(id) => format!("root:{}", hex(id.as_bytes())),
        WrappingKey::Kek { id, epoch } => format!("kek:{}:{epoch}", hex(id.as_bytes())),
    }
}

fn wrapping_key(text: &str) -> Option<WrappingKey> {
    if let Some(id) = text.strip_prefix("root:") {
        return unhex(id).map(|bytes| WrappingKey::Root(RootKeyId::from_bytes(bytes)));
    }
    let (id, epoch) = text.strip_prefix("kek:")?.split_once(':')?;
    Some(WrappingKey::Kek { id: KeyId::from_bytes(unhex(id)?), epoch: epoch.parse().ok()? })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use strongroom_domain::Timestamp;
    use strongroom_domain::ids::OrganizationId;
    use strongroom_sealing::{OrganizationKeys, RootKey, SystemRng};

    use super::*;

    #[test]
    fn key_rows_come_back_as_they_went() {
        let root = RootKey::make(&mut SystemRng);
        let organization = OrganizationId::from_bytes([1; 16]);
        let (_, keys) =
            OrganizationKeys::make(&root, organization, Timestamp::from_unix_micros(7), &mut SystemRng);
        for key in keys {
            assert_eq!(from_row(&to_row(&key)), Some(key));
        }
    }
}
