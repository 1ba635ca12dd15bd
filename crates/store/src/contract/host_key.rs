//! Pinned host keys: one an endpoint, in one workspace.

use super::Fixture;
use crate::{Clash, HostKeyPin, Store, StoreError, Write};

fn pin(fixture: &mut Fixture, endpoint: &str, key: &str) -> HostKeyPin {
    let (pinned_by, pinned_at) = (fixture.principal_id(), fixture.tick());
    HostKeyPin { endpoint: endpoint.to_owned(), key: format!("ssh-ed25519 {key}"), pinned_by, pinned_at }
}

async fn keep(store: &dyn Store, fixture: &mut Fixture, pin: &HostKeyPin) -> Result<(), StoreError> {
    let commit = fixture.act().write(Write::PinHostKey(pin.clone()));
    store.commit(&fixture.scope, commit).await
}

/// With who saw it and when.
pub async fn a_pin_comes_back(store: &dyn Store) {
    let mut fixture = Fixture::new(150);
    let first = pin(&mut fixture, "files.example:22", "SHA256:a");
    assert_eq!(store.host_key_pin(&fixture.scope, &first.endpoint).await.unwrap(), None);
    keep(store, &mut fixture, &first).await.unwrap();
    assert_eq!(store.host_key_pin(&fixture.scope, &first.endpoint).await.unwrap(), Some(first));
    assert_eq!(store.host_key_pin(&fixture.scope, "files.example:2222").await.unwrap(), None);
}

/// The first one stays until it is taken away: the same key again is no change, another one a clash.
pub async fn con_05_another_key_clashes(store: &dyn Store) {
    let mut fixture = Fixture::new(151);
    let first = pin(&mut fixture, "files.example:22", "SHA256:a");
    keep(store, &mut fixture, &first).await.unwrap();
    let again = pin(&mut fixture, "files.example:22", "SHA256:a");
    keep(store, &mut fixture, &again).await.unwrap();
    let other = pin(&mut fixture, "files.example:22", "SHA256:b");
    let error = keep(store, &mut fixture, &other).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::HostKey)), "{error:?}");
    let endpoint = &first.endpoint;
    assert_eq!(store.host_key_pin(&fixture.scope, endpoint).await.unwrap().as_ref(), Some(&first));
    let commit = fixture.act().write(Write::UnpinHostKey(endpoint.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.host_key_pin(&fixture.scope, endpoint).await.unwrap(), None);
    keep(store, &mut fixture, &other).await.unwrap();
    assert_eq!(store.host_key_pin(&fixture.scope, endpoint).await.unwrap(), Some(other));
}

/// By endpoint, each page behind the one before.
pub async fn pins_are_listed_by_endpoint(store: &dyn Store) {
    let mut fixture = Fixture::new(152);
    let mut kept = Vec::new();
    for endpoint in ["c:22", "a:22", "b:22"] {
        let pin = pin(&mut fixture, endpoint, "SHA256:a");
        keep(store, &mut fixture, &pin).await.unwrap();
        kept.push(pin);
    }
    kept.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
    assert_eq!(store.host_key_pins(&fixture.scope, None, 100).await.unwrap(), kept);
    assert_eq!(store.host_key_pins(&fixture.scope, None, 2).await.unwrap(), kept[..2]);
    assert_eq!(store.host_key_pins(&fixture.scope, Some("b:22"), 2).await.unwrap(), kept[2..]);
}

/// What one workspace trusts is no other one's business, nor to be undone by it.
pub async fn ten_01_workspaces_do_not_share_pins(store: &dyn Store) {
    let mut fixture = Fixture::new(153);
    let first = pin(&mut fixture, "files.example:22", "SHA256:a");
    keep(store, &mut fixture, &first).await.unwrap();
    for mut outside in [fixture.other_workspace(), fixture.other_organization()] {
        assert_eq!(store.host_key_pin(&outside.scope, &first.endpoint).await.unwrap(), None);
        assert_eq!(store.host_key_pins(&outside.scope, None, 100).await.unwrap(), []);
        let commit = outside.act().write(Write::UnpinHostKey(first.endpoint.clone()));
        store.commit(&outside.scope, commit).await.unwrap();
        let other = pin(&mut outside, "files.example:22", "SHA256:b");
        keep(store, &mut outside, &other).await.unwrap();
    }
    assert_eq!(store.host_key_pin(&fixture.scope, &first.endpoint).await.unwrap(), Some(first));
}
