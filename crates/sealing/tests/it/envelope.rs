//! Seal, unseal, rewrap.

use std::collections::HashSet;

use proptest::prelude::*;
use strongroom_domain::ids::{CredentialId, OrganizationId, WorkspaceId};
use strongroom_domain::{FieldMap, Secret};
use strongroom_sealing::{Envelope, MAX_SECRETS_BYTES, SealingError, ValueContext};

use crate::fixture::{NOW, any_secrets, fixture, password, text};

/// Where things are in an envelope: format, suite, length, KEK id, epoch, salt, commitment, DEK, tag,
/// length, salt, commitment, ciphertext, tag.
const DEK_LENGTH_AT: usize = 2;
const DEK_SALT_AT: usize = 26;
const PAYLOAD_LENGTH_AT: usize = 138;
const PAYLOAD_AT: usize = PAYLOAD_LENGTH_AT + 4;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_was_sealed_comes_back_in_its_order(secrets in any_secrets(), seed: u64) {
        let mut f = fixture(seed);
        let secrets = Secret::new(FieldMap::from(secrets));
        let envelope = f.seal(&secrets);
        let opened = f.keys.unseal(&f.context, &envelope).unwrap();
        prop_assert_eq!(text(&opened), text(&secrets));
    }

    #[test]
    fn cry_02_no_bytes_open_or_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let f = fixture(1);
        let envelope = Envelope::from_bytes(bytes);
        prop_assert!(f.keys.unseal(&f.context, &envelope).is_err());
        prop_assert_eq!(envelope.kek_epoch().is_some(), envelope.payload_digest().is_some());
    }

    #[test]
    fn cry_02_several_bytes_changed_never_open(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1..=u8::MAX), 1..6),
    ) {
        let mut f = fixture(1);
        let sealed = f.seal(&password());
        let mut bytes = sealed.as_bytes().to_vec();
        for (index, flip) in changes {
            let at = index.index(bytes.len());
            bytes[at] ^= flip;
        }
        prop_assume!(bytes != sealed.as_bytes());
        prop_assert!(f.keys.unseal(&f.context, &Envelope::from_bytes(bytes)).is_err());
    }
}

/// The offsets above are what the other tests aim with.
#[test]
fn envelope_is_laid_out_as_documented() {
    let mut f = fixture(14);
    let bytes = f.seal(&password()).into_bytes();
    let length = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(bytes[..2], [1, 1]);
    assert_eq!(DEK_LENGTH_AT + 4 + length(DEK_LENGTH_AT), PAYLOAD_LENGTH_AT);
    assert_eq!(PAYLOAD_AT + length(PAYLOAD_LENGTH_AT), bytes.len());
    assert_eq!(length(PAYLOAD_LENGTH_AT), text(&password()).len() + 32 + 32 + 16);
    assert_eq!(bytes[DEK_SALT_AT - 4..DEK_SALT_AT], [0, 0, 0, 1]);
}

#[test]
fn cry_02_every_flipped_bit_is_refused_with_the_same_error() {
    let mut f = fixture(2);
    let mut bytes = f.seal(&password()).into_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            let damaged = Envelope::from_bytes(bytes.clone());
            assert_eq!(
                f.keys.unseal(&f.context, &damaged).unwrap_err(),
                SealingError::Unopenable,
                "{at}/{bit}"
            );
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(f.keys.unseal(&f.context, &Envelope::from_bytes(bytes)).is_ok());
}

#[test]
fn cry_02_every_truncation_and_extension_is_refused_with_the_same_error() {
    let mut f = fixture(3);
    let whole = f.seal(&password()).into_bytes();
    let extended = (1..40).map(|more| [&whole[..], &vec![0; more]].concat());
    for bytes in (0..whole.len()).map(|length| whole[..length].to_vec()).chain(extended) {
        let length = bytes.len();
        let refused = f.keys.unseal(&f.context, &Envelope::from_bytes(bytes)).unwrap_err();
        assert_eq!(refused, SealingError::Unopenable, "{length} bytes");
    }
}

#[test]
fn cry_02_swapped_salt_and_commitment_and_swapped_blobs_are_refused() {
    let mut f = fixture(4);
    let (one, other) = (f.seal(&password()).into_bytes(), f.seal(&password()).into_bytes());
    for at in [DEK_SALT_AT, PAYLOAD_AT] {
        let mut bytes = one.clone();
        let (salt, commitment) = bytes[at..at + 64].split_at_mut(32);
        salt.swap_with_slice(commitment);
        refused(&f.context, &f.keys, bytes);
    }
    // The DEK of one, the payload of the other: both sound, for the same context.
    refused(&f.context, &f.keys, [&one[..PAYLOAD_LENGTH_AT], &other[PAYLOAD_LENGTH_AT..]].concat());
}

#[test]
fn cry_07_shorter_tags_are_refused_even_where_all_lengths_agree() {
    let mut f = fixture(5);
    let whole = f.seal(&password()).into_bytes();
    for cut in [4, 12, 15, 16] {
        let mut bytes = whole[..whole.len() - cut].to_vec();
        let length = u32::try_from(bytes.len() - PAYLOAD_AT).unwrap();
        bytes[PAYLOAD_LENGTH_AT..PAYLOAD_AT].copy_from_slice(&length.to_be_bytes());
        assert_eq!(Envelope::from_bytes(bytes.clone()).kek_epoch(), Some(1), "still has the form of one");
        refused(&f.context, &f.keys, bytes);
    }
    let mut bytes = whole;
    bytes.drain(PAYLOAD_LENGTH_AT - 4..PAYLOAD_LENGTH_AT);
    bytes[DEK_LENGTH_AT..DEK_LENGTH_AT + 4].copy_from_slice(&(20_u32 + 112 - 4).to_be_bytes());
    refused(&f.context, &f.keys, bytes);
}

#[test]
fn cry_01_and_cry_03_any_other_context_is_refused() {
    let mut f = fixture(6);
    let envelope = f.seal(&password());
    let context = f.context;
    let others = [
        ValueContext { organization: OrganizationId::make(NOW, &mut f.rng), ..context },
        ValueContext { workspace: WorkspaceId::make(NOW, &mut f.rng), ..context },
        ValueContext { credential: CredentialId::make(NOW, &mut f.rng), ..context },
        ValueContext { value_version: 2, ..context },
        ValueContext { value_version: 4, ..context },
        ValueContext { kind: "postgre", ..context },
        ValueContext { kind: "", ..context },
        ValueContext { target_digest: [8; 32], ..context },
    ];
    let (newer, _) = f.keys.add_epoch(&f.root, NOW, &mut f.rng);
    for other in others {
        assert_eq!(f.keys.unseal(&other, &envelope).unwrap_err(), SealingError::Unopenable, "{other:?}");
        let rewrapped = newer.rewrap(&other, &envelope, &mut f.rng);
        assert_eq!(rewrapped.unwrap_err(), SealingError::Unopenable, "{other:?}");
    }
    assert!(f.keys.unseal(&context, &envelope).is_ok());
}

#[test]
fn cry_01_another_organizations_keys_neither_open_nor_seal() {
    let (mut a, mut b) = (fixture(7), fixture(8));
    let envelope = a.seal(&password());
    assert!(b.keys.unseal(&a.context, &envelope).is_err());
    assert!(b.keys.unseal(&b.context, &envelope).is_err());
    let sealed = b.keys.seal(&a.context, &password(), &mut b.rng);
    assert_eq!(sealed.unwrap_err(), SealingError::OtherOrganization);
}

#[test]
fn cry_05_salts_and_wrapped_keys_never_repeat() {
    let mut f = fixture(9);
    let mut seen = HashSet::new();
    for _ in 0..2_000 {
        let bytes = f.seal(&password()).into_bytes();
        for part in [&bytes[DEK_SALT_AT..DEK_SALT_AT + 32], &bytes[DEK_SALT_AT + 64..DEK_SALT_AT + 96]] {
            assert!(seen.insert(part.to_vec()));
        }
        assert!(seen.insert(bytes[PAYLOAD_AT..PAYLOAD_AT + 32].to_vec()));
    }
}

#[test]
fn rewrap_moves_the_dek_and_keeps_the_payload() {
    let mut f = fixture(10);
    let old = f.seal(&password());
    let (newer, _) = f.keys.add_epoch(&f.root, NOW, &mut f.rng);
    let new = newer.rewrap(&f.context, &old, &mut f.rng).unwrap().unwrap();
    assert_eq!((old.kek_epoch(), new.kek_epoch()), (Some(1), Some(2)));
    assert_eq!(old.as_bytes()[PAYLOAD_LENGTH_AT..], new.as_bytes()[PAYLOAD_LENGTH_AT..]);
    assert_eq!(old.payload_digest(), new.payload_digest());
    assert_ne!(
        old.as_bytes()[DEK_SALT_AT..PAYLOAD_LENGTH_AT],
        new.as_bytes()[DEK_SALT_AT..PAYLOAD_LENGTH_AT]
    );
    // Both open while the sweep runs; a second rewrap has nothing to do.
    for envelope in [&old, &new] {
        assert_eq!(text(&newer.unseal(&f.context, envelope).unwrap()), text(&password()));
    }
    assert_eq!(newer.rewrap(&f.context, &new, &mut f.rng), Ok(None));
    // A node that has not loaded epoch 2 yet is told so.
    assert_eq!(f.keys.unseal(&f.context, &new).unwrap_err(), SealingError::KeyMissing { epoch: 2 });
}

#[test]
fn payload_digest_follows_the_payload() {
    let mut f = fixture(11);
    let (one, other) = (f.seal(&password()), f.seal(&password()));
    assert_ne!(one.payload_digest(), other.payload_digest());
}

#[test]
fn too_large_is_refused_when_sealed_and_the_largest_opens() {
    let mut f = fixture(12);
    let around = r#"{"k":""}"#.len();
    let of = |length| Secret::new([("k", "x".repeat(length))].into_iter().collect::<FieldMap>());
    let largest = f.seal(&of(MAX_SECRETS_BYTES - around));
    assert!(f.keys.unseal(&f.context, &largest).is_ok());
    let larger = f.keys.seal(&f.context, &of(MAX_SECRETS_BYTES - around + 1), &mut f.rng);
    assert_eq!(larger.unwrap_err(), SealingError::TooLarge);
}

#[test]
fn no_plaintext_and_no_debug_output_shows() {
    let mut f = fixture(13);
    let envelope = f.seal(&password());
    let shown = format!("{envelope:?} {:?} {:?} {:?}", f.keys, f.root, f.rows);
    assert!(!shown.contains("cnry"));
    assert!(!envelope.as_bytes().windows(4).any(|bytes| bytes == b"cnry"));
}

fn refused(context: &ValueContext<'_>, keys: &strongroom_sealing::OrganizationKeys, bytes: Vec<u8>) {
    assert_eq!(keys.unseal(context, &Envelope::from_bytes(bytes)).unwrap_err(), SealingError::Unopenable);
}
