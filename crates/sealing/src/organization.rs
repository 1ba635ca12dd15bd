//! The keys of one organization, and everything that is done with them.
//!
//! Owns the KEK epochs and the life of a DEK, which is made in [`OrganizationKeys::seal`], encrypts one
//! payload, and from then on exists wrapped only. Must never give out a key, and never seal for
//! another organization.

use std::fmt;
use std::time::Duration;

use rand_core::CryptoRng;
use serde_json::Value;
use strongroom_domain::ids::OrganizationId;
use strongroom_domain::{FieldMap, Secret, Timestamp};

use crate::envelope::{FORMAT, Parts};
use crate::hazmat::{self, Binding, KeyBytes, MacKey, Stay, Suite};
use crate::wrapped_key::KeyLabel;
use crate::{
    Envelope, Fingerprint, KeyId, KeyPurpose, RootKey, SealingError, ValueContext, WrappedKey, WrappingKey,
    plaintext,
};

/// How long one KEK seals new values. A crypto-period far below what SP 800-57 allows, because the
/// destruction of an old epoch is what makes deleted values unreadable in old copies (CRY-11).
pub const EPOCH_DAYS: u32 = 30;

/// One organization's keys, opened: every KEK epoch that still exists, and the fingerprint key.
///
/// Immutable: a new epoch is a new value, so readers that hold the old one go on opening what they can
/// while the commit is on its way. Cheap enough to clone once a month, meant to be shared otherwise.
///
/// ```
/// # use strongroom_domain::{FieldMap, Secret, Timestamp, ids::*};
/// # use strongroom_sealing::{OrganizationKeys, RootKey, SystemRng, ValueContext, target_digest};
/// # let (now, rng) = (Timestamp::from_unix_micros(1_763_719_200_000_000), &mut SystemRng);
/// let root = RootKey::make(rng);
/// let organization = OrganizationId::make(now, rng);
/// let (keys, rows) = OrganizationKeys::make(&root, organization, now, rng);
/// // Store the rows, and later, in another process:
/// let keys = OrganizationKeys::open(&root, organization, &rows)?;
///
/// let context = ValueContext {
///     organization,
///     workspace: WorkspaceId::make(now, rng),
///     credential: CredentialId::make(now, rng),
///     value_version: 1,
///     kind: "postgres",
///     target_digest: target_digest([("host", &"db.example.com".into())].into_iter()),
/// };
/// let secrets: FieldMap = [("password", "correct horse")].into_iter().collect();
/// let envelope = keys.seal(&context, &Secret::new(secrets), rng)?;
/// assert!(keys.unseal(&context, &envelope).is_ok());
///
/// // The same row with last week's value in it, and nothing else changed:
/// let newer = ValueContext { value_version: 2, ..context };
/// assert!(keys.unseal(&newer, &envelope).is_err());
/// # Ok::<(), strongroom_sealing::SealingError>(())
/// ```
#[derive(Clone)]
pub struct OrganizationKeys {
    /// Part of every binding made here; a context that names another is refused.
    organization: OrganizationId,
    /// Ascending by epoch and never empty: the last one seals.
    keks: Vec<Kek>,
    /// Not a [`Kek`], so that the compiler keeps it from wrapping anything.
    fingerprint: Kept,
}

impl OrganizationKeys {
    /// New keys in epoch 1 and the rows to store, in the commit that creates the organization: a second
    /// set of keys for an organization that has values would open none of them.
    pub fn make(
        root: &RootKey,
        organization: OrganizationId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> (Self, Vec<WrappedKey>) {
        let kek = Kek::make(organization, 1, now, rng);
        let fingerprint = Kept::make(organization, KeyPurpose::Fingerprint, 1, now, rng);
        let rows = vec![root.wrap(kek.0.label, &kek.0.key, rng), kek.wrap(&fingerprint, rng)];
        (Self { organization, keks: vec![kek], fingerprint }, rows)
    }

    /// The keys of these rows. All of them must be this organization's and every one must open: a
    /// damaged epoch is an incident and not a key fewer.
    ///
    /// Fails with [`SealingError::OtherRootKey`], [`SealingError::KeyAbsent`], [`SealingError::KeyReused`],
    /// [`SealingError::OtherOrganization`], or [`SealingError::Unopenable`] for a damaged row.
    pub fn open(
        root: &RootKey,
        organization: OrganizationId,
        rows: &[WrappedKey],
    ) -> Result<Self, SealingError> {
        if rows.iter().any(|row| row.organization != Some(organization)) {
            return Err(SealingError::OtherOrganization);
        }
        let of = |purpose| rows.iter().filter(move |row| row.purpose == purpose);
        let mut keks = of(KeyPurpose::OrganizationKek)
            .map(|row| Ok(Kek(Kept { label: row.label(), key: root.unwrap(row)? })))
            .collect::<Result<Vec<_>, SealingError>>()?;
        if keks.is_empty() {
            return Err(SealingError::KeyAbsent { purpose: KeyPurpose::OrganizationKek });
        }
        keks.sort_by_key(Kek::epoch);
        let row = of(KeyPurpose::Fingerprint)
            .max_by_key(|row| row.epoch)
            .ok_or(SealingError::KeyAbsent { purpose: KeyPurpose::Fingerprint })?;
        let fingerprint = open_fingerprint(&keks, row)?;
        // Rows cannot be made without the root key, so this would be a fault in key making (CRY-13).
        if keks.iter().any(|kek| kek.0.key.same_as(&fingerprint.key)) {
            return Err(SealingError::KeyReused);
        }
        Ok(Self { organization, keks, fingerprint })
    }

    /// Whose keys these are.
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The epoch that seals. Envelopes of lower ones are what a sweep has to rewrap.
    pub fn newest_epoch(&self) -> u32 {
        self.newest().epoch()
    }

    /// The KEKs that were followed by a newer one and not destroyed yet: as long as there are any, values may
    /// be wrapped by them. Oldest first.
    pub fn older_epochs(&self) -> impl Iterator<Item = (u32, WrappingKey)> {
        let older = &self.keks[..self.keks.len() - 1];
        older.iter().map(|kek| (kek.epoch(), kek.wrapping_key()))
    }

    /// Whether the newest epoch has served its [`EPOCH_DAYS`]. Nothing stops to work when nobody acts on
    /// it: values are then sealed under the old epoch for longer, and can be shredded later.
    pub fn epoch_is_due(&self, now: Timestamp) -> bool {
        self.newest().0.label.created_at <= Self::due_if_made_by(now)
    }

    /// An epoch that began at this time or before has served its [`EPOCH_DAYS`].
    pub fn due_if_made_by(now: Timestamp) -> Timestamp {
        const DAY: Duration = Duration::from_hours(24);
        now.minus(DAY * EPOCH_DAYS)
    }

    /// The keys with one epoch more, and the rows to write in one commit: the new KEK, and the
    /// fingerprint key wrapped by it, which replaces its old row (the same `key_id`).
    ///
    /// The commit must refuse a second KEK of that organization and epoch, so that of two nodes which
    /// begin an epoch at once one loses and loads the other's.
    pub fn add_epoch(
        &self,
        root: &RootKey,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> (Self, Vec<WrappedKey>) {
        let kek = self.newest().make_next(self.organization, now, rng);
        let rows = vec![root.wrap(kek.0.label, &kek.0.key, rng), kek.wrap(&self.fingerprint, rng)];
        // The old epochs stay: what they have wrapped must open until the sweep has come past it.
        let mut grown = self.clone();
        grown.keks.push(kek);
        (grown, rows)
    }

    /// Seals the secrets of one value under a fresh DEK and the newest epoch.
    ///
    /// Sealing the same secrets twice gives two envelopes that have nothing in common, so equality of
    /// values does not show in the store. Fails with [`SealingError::TooLarge`], and with
    /// [`SealingError::OtherOrganization`] for a context that is not of this organization.
    pub fn seal(
        &self,
        context: &ValueContext<'_>,
        secrets: &Secret<FieldMap>,
        rng: &mut impl CryptoRng,
    ) -> Result<Envelope, SealingError> {
        let binding = self.payload_binding(context, Suite::CURRENT).ok_or(SealingError::OtherOrganization)?;
        let plaintext = plaintext::encode(secrets)?;
        let dek = KeyBytes::make(Stay::Brief, rng);
        let mut payload = Vec::new();
        hazmat::seal(&dek, &binding, &plaintext, rng, &mut payload);
        Ok(self.newest().envelop(&binding, &dek, Suite::CURRENT, &payload, rng))
    }

    /// The secrets of one value, in the order in which they were sealed.
    ///
    /// The hot path of a resolve: two blobs of one HKDF pass each, and one allocation of the plaintext's
    /// size. Fails with [`SealingError::KeyMissing`], which may be retried once after the keys were
    /// loaded again, and with [`SealingError::Unopenable`] for everything else.
    pub fn unseal(
        &self,
        context: &ValueContext<'_>,
        envelope: &Envelope,
    ) -> Result<Secret<FieldMap>, SealingError> {
        let parts = envelope.parts().ok_or(SealingError::Unopenable)?;
        let binding = self.payload_binding(context, parts.suite).ok_or(SealingError::Unopenable)?;
        let dek = self.open_dek(&parts, &binding)?;
        plaintext::decode(&hazmat::open(&dek, &binding, parts.payload)?)
    }

    /// The same value under the newest epoch, or `None` if it is there already. Opens and wraps the
    /// DEK only: the payload stays the same byte for byte, and so does its digest. An envelope whose DEK
    /// does not open is reported and never carried over, so a sweep finds damage; it does not cure it.
    pub fn rewrap(
        &self,
        context: &ValueContext<'_>,
        envelope: &Envelope,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Envelope>, SealingError> {
        let parts = envelope.parts().ok_or(SealingError::Unopenable)?;
        let binding = self.payload_binding(context, parts.suite).ok_or(SealingError::Unopenable)?;
        let dek = self.open_dek(&parts, &binding)?;
        let newest = self.newest();
        if newest.is_named_by(&parts) {
            return Ok(None);
        }
        Ok(Some(newest.envelop(&binding, &dek, parts.suite, parts.payload, rng)))
    }

    /// The fingerprint of a value: of its kind and the fields that its kind marks as identity, in
    /// whatever order. Whether they say enough to be compared at all is the caller's to decide.
    pub fn fingerprint(&self, kind: &str, identity: &[(&str, &Value)]) -> Fingerprint {
        Fingerprint::derive(&MacKey::new(&self.fingerprint.key), self.organization, kind, identity)
    }

    /// The one place where a context meets these keys. `None` when the value belongs to another
    /// organization, which sealing and opening report differently.
    fn payload_binding(&self, context: &ValueContext<'_>, suite: Suite) -> Option<Binding> {
        (context.organization == self.organization).then(|| context.binding(FORMAT, suite))
    }

    fn open_dek(&self, parts: &Parts<'_>, payload: &Binding) -> Result<KeyBytes, SealingError> {
        let kek = self.named_kek(parts)?;
        let binding = kek.dek_binding(payload, parts.suite);
        // Every resolve opens one: it lives as long as the call, and no other call waits for its place.
        Ok(hazmat::open_key(&kek.0.key, &binding, parts.dek_blob, Stay::Brief)?)
    }

    /// The KEK that the envelope names. Missing is only what agrees with no key at all; id of one and
    /// epoch of another is damage, so that one flipped byte is always the same error.
    fn named_kek(&self, parts: &Parts<'_>) -> Result<&Kek, SealingError> {
        let Parts { kek_id, kek_epoch, .. } = *parts;
        if let Some(kek) = self.keks.iter().rev().find(|kek| kek.is_named_by(parts)) {
            return Ok(kek);
        }
        if self.keks.iter().any(|kek| kek.id() == kek_id || kek.epoch() == kek_epoch) {
            return Err(SealingError::Unopenable);
        }
        Err(SealingError::KeyMissing { epoch: kek_epoch })
    }

    fn newest(&self) -> &Kek {
        self.keks.last().expect("an organization has at least one KEK")
    }
}

impl fmt::Debug for OrganizationKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrganizationKeys")
            .field("organization", &self.organization)
            .field("epochs", &self.keks.iter().map(Kek::epoch).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The fingerprint key may be wrapped by any epoch that exists: the newest one normally, an older one
/// after a restore. Never by the root key, so that it is shredded with its organization's KEKs.
fn open_fingerprint(keks: &[Kek], row: &WrappedKey) -> Result<Kept, SealingError> {
    let WrappingKey::Kek { epoch, .. } = row.wrapped_by else { return Err(SealingError::Unopenable) };
    let kek = keks
        .iter()
        .find(|kek| kek.wrapping_key() == row.wrapped_by)
        .ok_or(SealingError::KeyMissing { epoch })?;
    Ok(Kept { label: row.label(), key: row.unwrap_with(&kek.0.key)? })
}

/// A key with what its row says about it, which is needed to wrap it anew.
#[derive(Clone)]
struct Kept {
    label: KeyLabel,
    key: KeyBytes,
}

impl Kept {
    fn make(
        organization: OrganizationId,
        purpose: KeyPurpose,
        epoch: u32,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let key_id = KeyId::make(rng);
        let label = KeyLabel { purpose, organization: Some(organization), epoch, key_id, created_at: now };
        Self { label, key: KeyBytes::make(Stay::Kept, rng) }
    }
}

/// A key-encryption key: the only sort of kept key that wraps others.
#[derive(Clone)]
struct Kek(Kept);

impl Kek {
    fn make(organization: OrganizationId, epoch: u32, now: Timestamp, rng: &mut impl CryptoRng) -> Self {
        Self(Kept::make(organization, KeyPurpose::OrganizationKek, epoch, now, rng))
    }

    fn make_next(&self, organization: OrganizationId, now: Timestamp, rng: &mut impl CryptoRng) -> Self {
        let epoch = self.epoch().checked_add(1).expect("2^32 epochs take 350 million years");
        Self::make(organization, epoch, now, rng)
    }

    const fn id(&self) -> KeyId {
        self.0.label.key_id
    }

    const fn epoch(&self) -> u32 {
        self.0.label.epoch
    }

    const fn wrapping_key(&self) -> WrappingKey {
        WrappingKey::Kek { id: self.id(), epoch: self.epoch() }
    }

    /// Both must agree. Neither is trusted: the binding repeats them, so a lie does not open.
    fn is_named_by(&self, parts: &Parts<'_>) -> bool {
        self.id() == parts.kek_id && self.epoch() == parts.kek_epoch
    }

    /// Wraps another key of the same organization; `kept` keeps its id, date and epoch.
    fn wrap(&self, kept: &Kept, rng: &mut impl CryptoRng) -> WrappedKey {
        WrappedKey::wrap(kept.label, &kept.key, self.wrapping_key(), &self.0.key, rng)
    }

    /// Wraps the DEK and puts it before the payload.
    fn envelop(
        &self,
        payload_binding: &Binding,
        dek: &KeyBytes,
        suite: Suite,
        payload: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Envelope {
        let mut dek_blob = Vec::new();
        hazmat::seal_key(&self.0.key, &self.dek_binding(payload_binding, suite), dek, rng, &mut dek_blob);
        let (kek_id, kek_epoch) = (self.id(), self.epoch());
        Parts { suite, kek_id, kek_epoch, dek_blob: &dek_blob, payload }.join()
    }

    /// A wrapped DEK is bound to its KEK, and to all that its payload is bound to: a transplant is
    /// refused here already, also by a rewrap, which never looks at the payload.
    fn dek_binding(&self, payload: &Binding, suite: Suite) -> Binding {
        Binding::new("strongroom/wrapped-dek", FORMAT, suite)
            .field(self.id().as_bytes())
            .field(&self.epoch().to_be_bytes())
            .field(payload.as_bytes())
    }
}
