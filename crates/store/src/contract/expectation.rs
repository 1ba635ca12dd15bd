//! Each expectation, kept and broken, and the clash it names.

use std::time::Duration;

use super::Fixture;
use strongroom_domain::dialect::Dialect;

use crate::{Clash, Expectation, KeyOwner, Made, Store, StoreError, Write};

/// Commits nothing but the expectation; answers with the clash.
async fn clash(store: &dyn Store, fixture: &mut Fixture, expectation: Expectation) -> Option<Clash> {
    let commit = fixture.act().expect(expectation);
    match store.commit(&fixture.scope, commit).await {
        Ok(()) => None,
        Err(StoreError::Clash(clash)) => Some(clash),
        Err(error) => panic!("{error:?}"),
    }
}

/// Another version, older or newer, and no credential at all.
pub async fn version(store: &dyn Store) {
    let mut fixture = Fixture::new(20);
    let id = fixture.create(store, "one").await.id;
    let missing = fixture.credential_id();
    assert_eq!(clash(store, &mut fixture, Expectation::Version(id, 1)).await, None);
    assert_eq!(clash(store, &mut fixture, Expectation::Version(id, 0)).await, Some(Clash::Version));
    assert_eq!(clash(store, &mut fixture, Expectation::Version(id, 2)).await, Some(Clash::Version));
    assert_eq!(clash(store, &mut fixture, Expectation::Version(missing, 1)).await, Some(Clash::Version));
}

/// Counts by itself: a change of the rest does not move it.
pub async fn value_version(store: &dyn Store) {
    let mut fixture = Fixture::new(21);
    let mut credential = fixture.create(store, "one").await;
    credential.version = 2;
    let id = credential.id;
    let commit = fixture.change(id).write(Write::Credential(Box::new(credential)));
    store.commit(&fixture.scope, commit).await.unwrap();
    let missing = fixture.credential_id();
    assert_eq!(clash(store, &mut fixture, Expectation::ValueVersion(id, 1)).await, None);
    assert_eq!(clash(store, &mut fixture, Expectation::ValueVersion(id, 2)).await, Some(Clash::ValueVersion));
    assert_eq!(
        clash(store, &mut fixture, Expectation::ValueVersion(missing, 1)).await,
        Some(Clash::ValueVersion)
    );
    let commit = fixture.change(id).write(Write::Value(id, fixture.value(2)));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, Expectation::ValueVersion(id, 1)).await, Some(Clash::ValueVersion));
    assert_eq!(clash(store, &mut fixture, Expectation::ValueVersion(id, 2)).await, None);
}

/// Broken until the very moment the hold ends.
pub async fn no_hold(store: &dyn Store) {
    let mut fixture = Fixture::new(22);
    let id = fixture.create(store, "one").await.id;
    let hold = fixture.hold(id, "flow", "1");
    let end = hold.hold_until;
    assert_eq!(clash(store, &mut fixture, Expectation::NoHold(id, end)).await, None);
    let commit = fixture.change(id).write(Write::Hold(hold));
    store.commit(&fixture.scope, commit).await.unwrap();
    let just_before = end.minus(Duration::from_micros(1));
    assert_eq!(clash(store, &mut fixture, Expectation::NoHold(id, just_before)).await, Some(Clash::Held));
    assert_eq!(clash(store, &mut fixture, Expectation::NoHold(id, end)).await, None);
}

/// Of the whole organization.
pub async fn credentials_below(store: &dyn Store) {
    let mut fixture = Fixture::new(23);
    assert_eq!(clash(store, &mut fixture, Expectation::CredentialsBelow(1)).await, None);
    fixture.other_workspace().create(store, "one").await;
    assert_eq!(clash(store, &mut fixture, Expectation::CredentialsBelow(1)).await, Some(Clash::Quota));
    assert_eq!(clash(store, &mut fixture, Expectation::CredentialsBelow(2)).await, None);
}

/// Of the workspace, made through this dialect by this principal, or of these kinds.
pub async fn made_below(store: &dyn Store) {
    let mut fixture = Fixture::new(138);
    let (me, other) = (fixture.principal_id(), fixture.principal_id());
    let mut add = async |kind: &str, through: Dialect, by| {
        let mut credential = fixture.credential("one");
        (credential.kind, credential.created_by) = (kind.to_owned(), by);
        credential.foreign.origin = through;
        fixture.store(store, credential).await.id
    };
    let mine = add("sftp", Dialect::Superai, me).await;
    add("superai/google", Dialect::Superai, other).await;
    add("sftp", Dialect::Native, me).await;
    add("sftp", Dialect::Flowise, me).await;
    let made = |by, kinds: &[&str]| Made {
        through: Dialect::Superai,
        by,
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    for (made, count) in [
        (made(None, &[]), 2),
        (made(Some(me), &[]), 1),
        (made(None, &["sftp"]), 1),
        (made(None, &["sftp", "superai/google"]), 2),
        (made(Some(other), &["sftp"]), 0),
    ] {
        let below = |most| Expectation::MadeBelow(made.clone(), most);
        assert_eq!(clash(store, &mut fixture, below(count)).await, Some(Clash::Quota), "{made:?}");
        assert_eq!(clash(store, &mut fixture, below(count + 1)).await, None, "{made:?}");
        let mut elsewhere = fixture.other_workspace();
        assert_eq!(clash(store, &mut elsewhere, below(1)).await, None, "{made:?}");
    }
    let commit = fixture.change(mine).write(Write::Delete(mine, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    let below = Expectation::MadeBelow(made(Some(me), &[]), 1);
    assert_eq!(clash(store, &mut fixture, below).await, None, "what is gone does not count");
}

/// Of the whole organization; revoked ones do not count.
pub async fn tokens_below(store: &dyn Store) {
    let mut fixture = Fixture::new(24);
    let mut elsewhere = fixture.other_workspace();
    let token = elsewhere.issue(store, "one").await;
    assert_eq!(clash(store, &mut fixture, Expectation::TokensBelow(1)).await, Some(Clash::Quota));
    let commit = elsewhere.act().write(Write::RevokeToken(token.id, elsewhere.now));
    store.commit(&elsewhere.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, Expectation::TokensBelow(1)).await, None);
}

/// There, and not revoked.
pub async fn token_live(store: &dyn Store) {
    let mut fixture = Fixture::new(25);
    let token = fixture.issue(store, "one").await.id;
    let missing = fixture.token_id();
    assert_eq!(clash(store, &mut fixture, Expectation::TokenLive(token)).await, None);
    assert_eq!(clash(store, &mut fixture, Expectation::TokenLive(missing)).await, Some(Clash::Token));
    // A grant may reach further than the workspace that the token is at home in, and never further than this.
    let mut elsewhere = fixture.other_workspace();
    assert_eq!(clash(store, &mut elsewhere, Expectation::TokenLive(token)).await, Some(Clash::Workspace));
    let commit = elsewhere.act().write(Write::Workspace(elsewhere.workspace_row("elsewhere")));
    store.commit(&elsewhere.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut elsewhere, Expectation::TokenLive(token)).await, None);
    let mut foreign = fixture.other_organization();
    assert_eq!(clash(store, &mut foreign, Expectation::TokenLive(token)).await, Some(Clash::Token));
    let commit = fixture.act().write(Write::RevokeToken(token, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, Expectation::TokenLive(token)).await, Some(Clash::Token));
}

/// Of two rotations at once one is refused.
pub async fn token_secret(store: &dyn Store) {
    let mut fixture = Fixture::new(28);
    let token = fixture.issue(store, "one").await;
    let (right, wrong) =
        (Expectation::TokenSecret(token.id, token.mac), Expectation::TokenSecret(token.id, [9; 32]));
    assert_eq!(clash(store, &mut fixture, right.clone()).await, None);
    assert_eq!(clash(store, &mut fixture, wrong).await, Some(Clash::Version));
    let mut foreign = fixture.other_organization();
    assert_eq!(clash(store, &mut foreign, right).await, Some(Clash::Version));
}

/// Nothing is written for an organization that is gone.
pub async fn organization_there(store: &dyn Store) {
    let mut fixture = Fixture::new(29);
    let there = Expectation::OrganizationThere;
    assert_eq!(clash(store, &mut fixture, there.clone()).await, Some(Clash::Workspace));
    let commit = fixture.act().write(Write::Organization(fixture.organization_row("here")));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, there).await, None);
}

/// Of the workspace of the scope, which must be there.
pub async fn workspace_version(store: &dyn Store) {
    let mut fixture = Fixture::new(26);
    assert_eq!(clash(store, &mut fixture, Expectation::WorkspaceVersion(1)).await, Some(Clash::Workspace));
    let commit = fixture.act().write(Write::Workspace(fixture.workspace_row("main")));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, Expectation::WorkspaceVersion(1)).await, None);
    assert_eq!(clash(store, &mut fixture, Expectation::WorkspaceVersion(2)).await, Some(Clash::Workspace));
}

/// Per owner.
pub async fn no_keys(store: &dyn Store) {
    let mut fixture = Fixture::new(27);
    let owner = KeyOwner::Organization(fixture.scope.organization());
    assert_eq!(clash(store, &mut fixture, Expectation::NoKeys(owner)).await, None);
    let commit = fixture.act().write(Write::Key(fixture.key(owner, "kek", 1)));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, Expectation::NoKeys(owner)).await, Some(Clash::Keys));
    assert_eq!(clash(store, &mut fixture, Expectation::NoKeys(KeyOwner::System)).await, None);
}

/// Per owner and purpose; of no keys, none is the newest.
pub async fn newest_epoch(store: &dyn Store) {
    let mut fixture = Fixture::new(29);
    let owner = KeyOwner::Organization(fixture.scope.organization());
    let newest = |epoch| Expectation::NewestEpoch(owner, "kek".to_owned(), epoch);
    assert_eq!(clash(store, &mut fixture, newest(1)).await, Some(Clash::Keys));
    for (purpose, epoch) in [("kek", 1), ("kek", 2), ("other", 3)] {
        let commit = fixture.act().write(Write::Key(fixture.key(owner, purpose, epoch)));
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    assert_eq!(clash(store, &mut fixture, newest(2)).await, None);
    assert_eq!(clash(store, &mut fixture, newest(1)).await, Some(Clash::Keys));
    assert_eq!(clash(store, &mut fixture, newest(3)).await, Some(Clash::Keys));
    let system = Expectation::NewestEpoch(KeyOwner::System, "kek".to_owned(), 2);
    assert_eq!(clash(store, &mut fixture, system).await, Some(Clash::Keys));
}

/// Of this owner, under exactly this name.
pub async fn key_under(store: &dyn Store) {
    let mut fixture = Fixture::new(136);
    let owner = KeyOwner::Organization(fixture.scope.organization());
    let key = fixture.key(owner, "kek", 1);
    let under = |owner, name: &str| Expectation::KeyUnder(owner, name.to_owned());
    assert_eq!(clash(store, &mut fixture, under(owner, &key.wrapped_by)).await, Some(Clash::Keys));
    let commit = fixture.act().write(Write::Key(key.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, under(owner, &key.wrapped_by)).await, None);
    assert_eq!(clash(store, &mut fixture, under(owner, "file:0")).await, Some(Clash::Keys));
    let system = under(KeyOwner::System, &key.wrapped_by);
    assert_eq!(clash(store, &mut fixture, system).await, Some(Clash::Keys));
}

/// Whosever the key is.
pub async fn nothing_under(store: &dyn Store) {
    let mut fixture = Fixture::new(137);
    let mut other = fixture.other_organization();
    let key = other.key(KeyOwner::Organization(other.scope.organization()), "kek", 1);
    let nothing = |name: &str| Expectation::NothingUnder(name.to_owned());
    assert_eq!(clash(store, &mut fixture, nothing(&key.wrapped_by)).await, None);
    let commit = other.act().write(Write::Key(key.clone()));
    store.commit(&other.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, nothing(&key.wrapped_by)).await, Some(Clash::Keys));
    assert_eq!(clash(store, &mut fixture, nothing("file:0")).await, None);
}

/// Of this owner and purpose alone.
pub async fn no_key_for(store: &dyn Store) {
    let mut fixture = Fixture::new(138);
    let owner = KeyOwner::Organization(fixture.scope.organization());
    let none = |owner, purpose: &str| Expectation::NoKeyFor(owner, purpose.to_owned());
    assert_eq!(clash(store, &mut fixture, none(owner, "kek")).await, None);
    let key = fixture.key(owner, "kek", 1);
    let commit = fixture.act().write(Write::Key(key));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(clash(store, &mut fixture, none(owner, "kek")).await, Some(Clash::Keys));
    assert_eq!(clash(store, &mut fixture, none(owner, "fingerprint")).await, None);
    assert_eq!(clash(store, &mut fixture, none(KeyOwner::System, "kek")).await, None);
}

/// The first that does not hold is named.
pub async fn all_of_them_must_hold(store: &dyn Store) {
    let mut fixture = Fixture::new(28);
    let id = fixture.create(store, "one").await.id;
    let commit = fixture
        .act()
        .expect(Expectation::Version(id, 1))
        .expect(Expectation::CredentialsBelow(1))
        .expect(Expectation::ValueVersion(id, 9));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Quota)), "{error:?}");
}
