//! New wrappings: around keys, around sealed values, and the end of a key.

use strongroom_domain::ids::CredentialId;

use super::Fixture;
use crate::{
    Clash, Expectation, KeyOwner, KeyRow, Page, RewrappedValue, SealedPage, Store, StoreError,
    StoredCredential, Write,
};

async fn stored(store: &dyn Store, fixture: &Fixture, id: CredentialId) -> StoredCredential {
    store.credential(&fixture.scope, id).await.unwrap().unwrap()
}

/// What a sweep would write for the value that is there now.
fn rewrapped(fixture: &mut Fixture, found: &StoredCredential) -> RewrappedValue {
    RewrappedValue {
        credential: found.credential.id,
        value_version: found.value.value_version,
        from: found.value.envelope.clone(),
        to: fixture.bytes::<160>().to_vec(),
    }
}

async fn write(store: &dyn Store, fixture: &mut Fixture, write: Write) -> crate::Result<()> {
    let commit = fixture.act().write(write);
    store.commit(&fixture.scope, commit).await
}

async fn page(store: &dyn Store, fixture: &Fixture, limit: usize, after: Option<CredentialId>) -> SealedPage {
    store.sealed_values(&fixture.scope, Page { limit, after }).await.unwrap()
}

/// Exactly once and whole, page by page; those of another workspace are another walk's.
pub async fn every_value_is_walked_once(store: &dyn Store) {
    let mut fixture = Fixture::new(130);
    let mut elsewhere = fixture.other_workspace();
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(fixture.create(store, &format!("number {number}")).await.id);
        elsewhere.create(store, &format!("elsewhere {number}")).await;
    }
    for limit in [1, 3, 7, 8] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let found = page(store, &fixture, limit, after).await;
            assert!(found.values.len() <= limit && found.damaged.is_empty());
            for value in found.values {
                let whole = stored(store, &fixture, value.credential).await;
                assert_eq!((value.kind, value.value_version), (whole.credential.kind, 1));
                assert_eq!(
                    (value.target_digest, value.envelope),
                    (whole.value.target_digest, whole.value.envelope)
                );
                seen.push(value.credential);
            }
            assert!(seen.len() <= ids.len(), "the walk does not end: {seen:?}");
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ids, "pages of {limit}");
    }
}

/// The envelope is another one; everything else is as it was, and nobody who watches versions notices.
pub async fn a_rewrap_moves_no_version(store: &dyn Store) {
    let mut fixture = Fixture::new(131);
    let rich = super::credential::rich(&mut fixture);
    let id = fixture.store(store, rich).await.id;
    let before = stored(store, &fixture, id).await;
    let value = rewrapped(&mut fixture, &before);
    let commit = fixture
        .act()
        .expect(Expectation::Version(id, before.credential.version))
        .write(Write::Rewrap(Box::new(value.clone())));
    store.commit(&fixture.scope, commit).await.unwrap();
    let mut expected = before;
    expected.value.envelope = value.to;
    assert_eq!(stored(store, &fixture, id).await, expected);
    let print = expected.value.fingerprint.unwrap();
    assert_eq!(
        store
            .credentials_with_fingerprint(&fixture.scope, crate::Fingerprint::Whole(print), None)
            .await
            .unwrap(),
        [id]
    );
}

/// Made from a value that was replaced or deleted meanwhile, or for another scope: what is there stays.
pub async fn a_rewrap_loses_to_a_change(store: &dyn Store) {
    let mut fixture = Fixture::new(132);
    let id = fixture.create(store, "one").await.id;
    let found = stored(store, &fixture, id).await;
    let stale = rewrapped(&mut fixture, &found);
    let newer = fixture.value(2);
    let commit = fixture.change(id).write(Write::Value(id, newer.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
    write(store, &mut fixture, Write::Rewrap(Box::new(stale.clone()))).await.unwrap();
    // The same version with other bytes, as a second sweep would leave it.
    let other_bytes = RewrappedValue { value_version: 2, ..stale };
    write(store, &mut fixture, Write::Rewrap(Box::new(other_bytes))).await.unwrap();
    let found = stored(store, &fixture, id).await;
    let right = rewrapped(&mut fixture, &found);
    for mut outside in [fixture.other_workspace(), fixture.other_organization()] {
        write(store, &mut outside, Write::Rewrap(Box::new(right.clone()))).await.unwrap();
    }
    assert_eq!(stored(store, &fixture, id).await.value, newer);
    let commit = fixture.change(id).write(Write::Delete(id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    write(store, &mut fixture, Write::Rewrap(Box::new(right))).await.unwrap();
    assert_eq!(page(store, &fixture, 10, None).await, SealedPage::default());
}

/// Of every owner, in one commit.
pub async fn all_keys_under_a_name_are_rewrapped(store: &dyn Store) {
    let mut fixture = Fixture::new(133);
    let rows = furnish(store, &mut fixture).await;
    let renamed: Vec<KeyRow> = rows.iter().map(|row| under("root:2", row, &mut fixture)).collect();
    write(store, &mut fixture, Write::RewrapKeys("root:1".to_owned(), renamed.clone())).await.unwrap();
    for row in &renamed {
        assert!(store.keys(row.owner).await.unwrap().contains(row));
    }
    // Those under other names are not touched.
    let mine = store.keys(rows[1].owner).await.unwrap();
    assert_eq!(mine.iter().filter(|row| row.wrapped_by == "kek:1").count(), 1);
}

/// One that is left out, one that is not there, one that is under another name: none of them is changed.
pub async fn keys_are_rewrapped_all_or_none(store: &dyn Store) {
    let mut fixture = Fixture::new(134);
    let rows = furnish(store, &mut fixture).await;
    let renamed: Vec<KeyRow> = rows.iter().map(|row| under("root:2", row, &mut fixture)).collect();
    let mut one_too_many = renamed.clone();
    one_too_many.push(fixture.key(KeyOwner::System, "cursor_mac", 1));
    let mut another_key = renamed.clone();
    another_key[0].key_id = fixture.bytes();
    for (from, keys) in [
        ("root:1", renamed[1..].to_vec()),
        ("root:1", one_too_many),
        ("root:1", another_key),
        ("root:0", renamed),
    ] {
        let error = write(store, &mut fixture, Write::RewrapKeys(from.to_owned(), keys)).await.unwrap_err();
        assert!(matches!(error, StoreError::Clash(Clash::Keys)), "{error:?}");
        for row in &rows {
            assert!(store.keys(row.owner).await.unwrap().contains(row));
        }
    }
}

/// Once; of another organization never, and of the system neither.
pub async fn a_key_can_be_destroyed(store: &dyn Store) {
    let mut fixture = Fixture::new(135);
    let rows = furnish(store, &mut fixture).await;
    let (mine, scope) = (rows[1].owner, fixture.scope);
    let destroy = |owner| Write::DestroyKey(owner, "kek".to_owned(), 1);
    let mut stranger = fixture.other_organization();
    assert!(write(store, &mut stranger, destroy(mine)).await.is_err());
    assert!(write(store, &mut fixture, destroy(rows[2].owner)).await.is_err());
    assert!(
        write(store, &mut fixture, Write::DestroyKey(KeyOwner::System, "pepper".to_owned(), 1))
            .await
            .is_err()
    );
    assert_eq!(store.keys(mine).await.unwrap().len(), 2);
    for _ in 0..2 {
        let commit = fixture.act().write(destroy(mine));
        store.commit(&scope, commit).await.unwrap();
        let left = store.keys(mine).await.unwrap();
        assert_eq!(left.iter().map(|row| row.purpose.as_str()).collect::<Vec<_>>(), ["fingerprint"]);
    }
    assert!(store.keys(rows[2].owner).await.unwrap().contains(&rows[2]));
}

/// The system's key, one tenant's and another's, under `root:1`; and a key under the first tenant's.
async fn furnish(store: &dyn Store, fixture: &mut Fixture) -> Vec<KeyRow> {
    let mut other = fixture.other_organization();
    let (mine, theirs) = (
        KeyOwner::Organization(fixture.scope.organization()),
        KeyOwner::Organization(other.scope.organization()),
    );
    let rows: Vec<KeyRow> = [(KeyOwner::System, "pepper"), (mine, "kek"), (theirs, "kek")]
        .map(|(owner, purpose)| KeyRow { wrapped_by: "root:1".to_owned(), ..fixture.key(owner, purpose, 1) })
        .into();
    let below = KeyRow { wrapped_by: "kek:1".to_owned(), ..fixture.key(mine, "fingerprint", 1) };
    let commit = fixture.act().write(Write::Key(rows[0].clone())).write(Write::Key(rows[1].clone()));
    store.commit(&fixture.scope, commit.write(Write::Key(below))).await.unwrap();
    write(store, &mut other, Write::Key(rows[2].clone())).await.unwrap();
    rows
}

fn under(name: &str, row: &KeyRow, fixture: &mut Fixture) -> KeyRow {
    KeyRow { wrapped_by: name.to_owned(), blob: fixture.bytes::<96>().to_vec(), ..row.clone() }
}
