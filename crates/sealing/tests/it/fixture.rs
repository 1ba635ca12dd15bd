//! One organization, one context, one value.

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Map, Value};
use strongroom_domain::ids::{CredentialId, OrganizationId, WorkspaceId};
use strongroom_domain::{FieldMap, Secret, Timestamp};
use strongroom_sealing::{Envelope, OrganizationKeys, RootKey, ValueContext, WrappedKey};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_micros(1_763_719_200_000_000);

/// Everything random in a test comes from here.
pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) struct Fixture {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) root: RootKey,
    pub(crate) keys: OrganizationKeys,
    pub(crate) rows: Vec<WrappedKey>,
    pub(crate) context: ValueContext<'static>,
}

pub(crate) fn fixture(seed: u64) -> Fixture {
    let mut rng = rng(seed);
    let root = RootKey::make(&mut rng);
    let organization = OrganizationId::make(NOW, &mut rng);
    let (keys, rows) = OrganizationKeys::make(&root, organization, NOW, &mut rng);
    let context = ValueContext {
        organization,
        workspace: WorkspaceId::make(NOW, &mut rng),
        credential: CredentialId::make(NOW, &mut rng),
        value_version: 3,
        kind: "postgres",
        target_digest: [7; 32],
    };
    Fixture { rng, root, keys, rows, context }
}

impl Fixture {
    pub(crate) fn seal(&mut self, secrets: &Secret<FieldMap>) -> Envelope {
        self.keys.seal(&self.context, secrets, &mut self.rng).unwrap()
    }
}

pub(crate) fn password() -> Secret<FieldMap> {
    Secret::new([("password", "cnry-password"), ("user", "app")].into_iter().collect())
}

/// The JSON text, in which the order of fields shows.
pub(crate) fn text(secrets: &Secret<FieldMap>) -> String {
    serde_json::to_string(secrets.expose()).unwrap()
}

/// Any secrets: all JSON types, nested, names of any letters in any order.
pub(crate) fn any_secrets() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    prop::collection::vec((any::<String>(), value), 0..8).prop_map(|fields| fields.into_iter().collect())
}
