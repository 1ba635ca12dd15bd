//! Opens envelopes that somebody with write access to the rows might have made. Only the sound one opens.
//!
//! Random bytes alone would never get past the header, so the first byte chooses: the rest is either the
//! whole envelope, or is laid over a sound one with exclusive or and then cut or extended.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use strongroom_domain::ids::{CredentialId, OrganizationId, WorkspaceId};
use strongroom_domain::{Secret, Timestamp};
use strongroom_sealing::{Envelope, OrganizationKeys, RootKey, ValueContext};

struct Sound {
    keys: OrganizationKeys,
    context: ValueContext<'static>,
    bytes: Vec<u8>,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let now = Timestamp::from_unix_micros(1_763_719_200_000_000);
    let root = RootKey::make(&mut rng);
    let organization = OrganizationId::make(now, &mut rng);
    let (keys, _) = OrganizationKeys::make(&root, organization, now, &mut rng);
    let context = ValueContext {
        organization,
        workspace: WorkspaceId::make(now, &mut rng),
        credential: CredentialId::make(now, &mut rng),
        value_version: 1,
        kind: "postgres",
        target_digest: [7; 32],
    };
    let secrets = Secret::new([("password", "sealed")].into_iter().collect());
    let envelope = keys.seal(&context, &secrets, &mut rng).expect("a small value is sealed");
    Sound { keys, context, bytes: envelope.into_bytes() }
});

fuzz_target!(|input: &[u8]| {
    let Some((&mode, rest)) = input.split_first() else { return };
    let bytes = match mode {
        0..64 => rest.to_vec(),
        64..128 => overlaid(&SOUND.bytes, rest),
        128..192 => overlaid(&SOUND.bytes, rest)[..SOUND.bytes.len().min(rest.len())].to_vec(),
        192.. => [&SOUND.bytes, rest].concat(),
    };
    let same = bytes == SOUND.bytes;
    let opened = SOUND.keys.unseal(&SOUND.context, &Envelope::from_bytes(bytes));
    assert_eq!(opened.is_ok(), same, "{opened:?}");
});

fn overlaid(sound: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    bytes.iter_mut().zip(changes).for_each(|(byte, change)| *byte ^= change);
    bytes
}
