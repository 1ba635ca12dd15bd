//! The hierarchy: what opens under what, epochs, root keys, fingerprints.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use strongroom_domain::ids::OrganizationId;
use strongroom_domain::{FieldMap, Secret, Timestamp};
use strongroom_sealing::{
    EPOCH_DAYS, KeyId, KeyPurpose, OrganizationKeys, RootKey, SealingError, SystemKeys, WrappedKey,
    WrappingKey, macs_match,
};

use crate::fixture::{NOW, any_secrets, fixture, password, rng, text};

#[test]
fn keys_open_again_from_their_rows() {
    let mut f = fixture(1);
    let envelope = f.seal(&password());
    let again = OrganizationKeys::open(&f.root, f.context.organization, &f.rows).unwrap();
    assert_eq!(text(&again.unseal(&f.context, &envelope).unwrap()), text(&password()));

    let (system, rows) = SystemKeys::make(&f.root, NOW, &mut f.rng);
    let again = SystemKeys::open(&f.root, &rows).unwrap();
    assert!(macs_match(&system.token_mac(b"t"), &again.token_mac(b"t")));
    assert!(macs_match(&system.body_mac(&[b"b"]), &again.body_mac(&[b"b"])));
    assert!(macs_match(&system.cursor_mac(&[b"c"]), &again.cursor_mac(&[b"c"])));
}

#[test]
fn cry_04_another_root_key_is_told_by_name_and_opens_nothing() {
    let mut f = fixture(2);
    let other = RootKey::make(&mut f.rng);
    let expected = SealingError::OtherRootKey { wanted: f.root.id(), given: other.id() };
    let (_, system_rows) = SystemKeys::make(&f.root, NOW, &mut f.rng);
    assert_eq!(SystemKeys::open(&other, &system_rows).unwrap_err(), expected);
    assert_eq!(OrganizationKeys::open(&other, f.context.organization, &f.rows).unwrap_err(), expected);
    // Rows that lie about their root key do not open either.
    let mut rows = system_rows;
    for row in &mut rows {
        row.wrapped_by = WrappingKey::Root(other.id());
    }
    assert_eq!(SystemKeys::open(&other, &rows).unwrap_err(), SealingError::Unopenable);
}

#[test]
fn cry_04_absent_keys_are_never_made_anew() {
    let mut f = fixture(3);
    let (_, rows) = SystemKeys::make(&f.root, NOW, &mut f.rng);
    for position in 0..rows.len() {
        let mut fewer = rows.clone();
        let purpose = fewer.remove(position).purpose;
        assert_eq!(SystemKeys::open(&f.root, &fewer).unwrap_err(), SealingError::KeyAbsent { purpose });
    }
    for position in 0..f.rows.len() {
        let mut fewer = f.rows.clone();
        let purpose = fewer.remove(position).purpose;
        let opened = OrganizationKeys::open(&f.root, f.context.organization, &fewer);
        assert_eq!(opened.unwrap_err(), SealingError::KeyAbsent { purpose });
    }
}

/// Every public field of a row is bound to its blob.
#[test]
fn cry_13_a_row_with_any_field_changed_does_not_open() {
    let mut f = fixture(4);
    let organization = f.context.organization;
    let changes: [fn(&mut WrappedKey); 4] = [
        |row| row.epoch += 1,
        |row| row.key_id = KeyId::from_bytes([9; 16]),
        |row| row.created_at = row.created_at.plus(Duration::from_micros(1)),
        |row| row.blob[20] ^= 1,
    ];
    for position in 0..f.rows.len() {
        for change in changes {
            let mut rows = f.rows.clone();
            change(&mut rows[position]);
            assert!(OrganizationKeys::open(&f.root, organization, &rows).is_err());
        }
    }
    let (_, rows) = SystemKeys::make(&f.root, NOW, &mut f.rng);
    for change in changes {
        let mut rows = rows.clone();
        change(&mut rows[0]);
        assert_eq!(SystemKeys::open(&f.root, &rows).unwrap_err(), SealingError::Unopenable);
    }
}

#[test]
fn cry_13_a_key_does_not_open_for_another_purpose() {
    let mut f = fixture(5);
    let (_, mut rows) = SystemKeys::make(&f.root, NOW, &mut f.rng);
    let (pepper, cursor) = (rows[0].purpose, rows[2].purpose);
    (rows[0].purpose, rows[2].purpose) = (cursor, pepper);
    assert_eq!(SystemKeys::open(&f.root, &rows).unwrap_err(), SealingError::Unopenable);

    // The fingerprint key in the place of a KEK.
    let mut rows = f.rows.clone();
    rows[1].purpose = KeyPurpose::OrganizationKek;
    let opened = OrganizationKeys::open(&f.root, f.context.organization, &rows);
    assert_eq!(opened.unwrap_err(), SealingError::Unopenable);
}

#[test]
fn cry_01_rows_of_another_organization_are_refused() {
    let mut f = fixture(6);
    let other = OrganizationId::make(NOW, &mut f.rng);
    let opened = OrganizationKeys::open(&f.root, other, &f.rows);
    assert_eq!(opened.unwrap_err(), SealingError::OtherOrganization);
    let mut rows = f.rows.clone();
    for row in &mut rows {
        row.organization = Some(other);
    }
    assert_eq!(OrganizationKeys::open(&f.root, other, &rows).unwrap_err(), SealingError::Unopenable);
}

#[test]
fn an_epoch_is_due_after_thirty_days() {
    let f = fixture(7);
    let epoch = Duration::from_hours(24) * EPOCH_DAYS;
    assert!(!f.keys.epoch_is_due(NOW.plus(epoch).minus(Duration::from_micros(1))));
    assert!(f.keys.epoch_is_due(NOW.plus(epoch)));
    // A clock that was set back starts no epoch.
    assert!(!f.keys.epoch_is_due(Timestamp::from_unix_micros(0)));
}

#[test]
fn cry_11_a_destroyed_epoch_takes_its_values_with_it_and_no_others() {
    let mut f = fixture(8);
    let old = f.seal(&password());
    let (newer, added) = f.keys.add_epoch(&f.root, NOW, &mut f.rng);
    let rewrapped = newer.rewrap(&f.context, &old, &mut f.rng).unwrap().unwrap();
    // The store after the commit and after the destruction of epoch 1: only the added rows are left.
    let left = OrganizationKeys::open(&f.root, f.context.organization, &added).unwrap();
    assert_eq!(left.newest_epoch(), 2);
    assert!(left.unseal(&f.context, &rewrapped).is_ok());
    assert_eq!(left.unseal(&f.context, &old).unwrap_err(), SealingError::KeyMissing { epoch: 1 });
}

#[test]
fn cry_09_rows_move_to_a_new_root_key() {
    let mut f = fixture(9);
    let envelope = f.seal(&password());
    let new = RootKey::make(&mut f.rng);
    let by_root = |row: &WrappedKey| matches!(row.wrapped_by, WrappingKey::Root(_));
    let moved: Vec<_> = f
        .rows
        .iter()
        .map(|row| if by_root(row) { new.rewrap(&f.root, row, &mut f.rng).unwrap() } else { row.clone() })
        .collect();
    let keys = OrganizationKeys::open(&new, f.context.organization, &moved).unwrap();
    assert!(keys.unseal(&f.context, &envelope).is_ok());
    assert!(OrganizationKeys::open(&f.root, f.context.organization, &moved).is_err());
    // A row that is there already is refused and not wrapped twice.
    assert!(new.rewrap(&f.root, &moved[0], &mut f.rng).is_err());
}

#[test]
fn cry_16_fingerprints_differ_between_organizations_and_survive_epochs() {
    let (mut a, b) = (fixture(10), fixture(11));
    let (user, key) = (json!("app"), json!({"b": 1, "a": "cnry"}));
    let (again, same) = (json!({"a": "cnry", "b": 1}), json!("app"));
    let identity = [("user", &user), ("key", &key)];
    let print = a.keys.fingerprint("postgres", &identity);
    assert_eq!(print, a.keys.fingerprint("postgres", &[("key", &again), ("user", &same)]));
    assert_ne!(print, b.keys.fingerprint("postgres", &identity));
    assert_ne!(print, a.keys.fingerprint("mysql", &identity));
    assert_ne!(print, a.keys.fingerprint("postgres", &identity[..1]));

    // Over two epochs, and from the rows that are left when the first is destroyed.
    let (second, _) = a.keys.add_epoch(&a.root, NOW, &mut a.rng);
    let (third, rows) = second.add_epoch(&a.root, NOW, &mut a.rng);
    assert_eq!(print, third.fingerprint("postgres", &identity));
    let reopened = OrganizationKeys::open(&a.root, a.context.organization, &rows).unwrap();
    assert_eq!(print, reopened.fingerprint("postgres", &identity));
}

#[test]
fn every_part_of_a_mac_counts_with_its_length() {
    let mut rng = rng(12);
    let (keys, _) = SystemKeys::make(&RootKey::make(&mut rng), NOW, &mut rng);
    assert_ne!(keys.body_mac(&[b"ab", b"c"]), keys.body_mac(&[b"a", b"bc"]));
    assert_ne!(keys.cursor_mac(&[b"ab", b"c"]), keys.cursor_mac(&[b"abc"]));
    assert_ne!(keys.token_mac(b"a"), keys.token_mac(b"b"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Values sealed in any epoch open after any number of later ones, rewrapped or not.
    #[test]
    fn values_open_over_epochs(secrets in any_secrets(), before in 0_usize..3, after in 0_usize..3, seed: u64) {
        let mut f = fixture(seed);
        let mut rows = f.rows.clone();
        for _ in 0..before {
            add_epoch(&mut f, &mut rows);
        }
        let secrets = Secret::new(FieldMap::from(secrets));
        let sealed = f.seal(&secrets);
        for _ in 0..after {
            add_epoch(&mut f, &mut rows);
        }
        let keys = OrganizationKeys::open(&f.root, f.context.organization, &rows).unwrap();
        prop_assert_eq!(text(&keys.unseal(&f.context, &sealed).unwrap()), text(&secrets));
        let rewrapped = keys.rewrap(&f.context, &sealed, &mut f.rng).unwrap();
        prop_assert_eq!(rewrapped.is_some(), after > 0);
        if let Some(rewrapped) = rewrapped {
            prop_assert_eq!(rewrapped.kek_epoch(), Some(keys.newest_epoch()));
            prop_assert_eq!(text(&keys.unseal(&f.context, &rewrapped).unwrap()), text(&secrets));
        }
    }

    #[test]
    fn fingerprints_of_different_values_differ(left in any::<String>(), right in any::<String>()) {
        prop_assume!(left != right);
        let f = fixture(13);
        let print = |text: &str| f.keys.fingerprint("k", &[("secret", &Value::from(text))]);
        prop_assert_ne!(print(&left), print(&right));
    }
}

/// As a store does it: a row replaces the one with the same key id.
fn add_epoch(f: &mut crate::fixture::Fixture, rows: &mut Vec<WrappedKey>) {
    let (keys, added) = f.keys.add_epoch(&f.root, NOW, &mut f.rng);
    rows.retain(|row| added.iter().all(|new| new.key_id != row.key_id));
    rows.extend(added);
    f.keys = keys;
}
