//! Tokens: found, listed, revoked.

use std::time::Duration;

use strongroom_domain::identity::Identity;
use strongroom_domain::principal::{Grant, Place, PrincipalKind, Reach, Role};
use strongroom_domain::text::Labels;

use super::Fixture;
use crate::{Clash, Page, PreviousSecret, Store, StoreError, TokenRow, Write};

const PAGE: Page<strongroom_domain::ids::TokenId> = Page { limit: 100, after: None };

/// Nothing is lost or made up on the way; a list of no credentials is not the same as no list.
pub async fn all_fields_come_back(store: &dyn Store) {
    let mut fixture = Fixture::new(140);
    let (created_by, soon) = (Some(fixture.principal_id()), fixture.now.plus(Duration::from_mins(1)));
    let reach = Reach {
        credentials: Some(vec![fixture.credential_id(), fixture.credential_id()]),
        kinds: Some(vec!["sftp".to_owned()]),
        labels: Labels::from([("team".parse().unwrap(), "data".parse().unwrap())]),
    };
    let rich = TokenRow {
        kind: PrincipalKind::Workload,
        role: Role::Runner,
        reach,
        grants: vec![Grant { place: Place::Organization, role: Role::Auditor, reach: Reach::default() }],
        previous: Some(PreviousSecret { mac: [7; 32], until: soon }),
        networks: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
        created_by,
        expires_at: Some(soon),
        revoked_at: Some(fixture.now),
        last_used_at: Some(fixture.now),
        ..fixture.token("rich")
    };
    let nothing = Reach { credentials: Some(Vec::new()), ..Reach::default() };
    let narrow = TokenRow { reach: nothing, ..fixture.token("narrow") };
    for token in [rich, narrow, fixture.token("plain")] {
        let commit = fixture.act().write(Write::Token(Box::new(token.clone())));
        store.commit(&fixture.scope, commit).await.unwrap();
        assert_eq!(store.token(token.id).await.unwrap(), Some(token));
    }
}

/// The look-up is what gives a request its scope, so it has none itself.
pub async fn found_whatever_its_scope(store: &dyn Store) {
    let mut fixture = Fixture::new(141);
    let mut foreign = fixture.other_organization();
    let (mine, theirs) = (fixture.issue(store, "mine").await, foreign.issue(store, "theirs").await);
    assert_eq!(store.token(mine.id).await.unwrap().unwrap().scope, fixture.scope);
    assert_eq!(store.token(theirs.id).await.unwrap().unwrap().scope, foreign.scope);
    assert_eq!(store.token(fixture.token_id()).await.unwrap(), None);
}

/// A second revocation does not move the time of the first.
pub async fn revoked_once(store: &dyn Store) {
    let mut fixture = Fixture::new(142);
    let id = fixture.issue(store, "one").await.id;
    let (first, second) = (fixture.tick(), fixture.tick());
    for at in [first, second] {
        let commit = fixture.act().write(Write::RevokeToken(id, at));
        store.commit(&fixture.scope, commit).await.unwrap();
        assert_eq!(store.token(id).await.unwrap().unwrap().revoked_at, Some(first));
    }
}

/// Listed and counted; those of other workspaces are counted alone.
pub async fn listed_until_revoked(store: &dyn Store) {
    let mut fixture = Fixture::new(143);
    let (first, second) = (fixture.issue(store, "first").await, fixture.issue(store, "second").await);
    fixture.other_workspace().issue(store, "third").await;
    assert_eq!(store.tokens(&fixture.scope, PAGE).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(store.token_count(&fixture.scope).await.unwrap(), 3);
    let commit = fixture.act().write(Write::RevokeToken(first.id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.tokens(&fixture.scope, PAGE).await.unwrap(), [second]);
    assert_eq!(store.token_count(&fixture.scope).await.unwrap(), 2);
}

/// By its next state, and by another token of the same principal.
pub async fn a_token_can_be_replaced(store: &dyn Store) {
    let mut fixture = Fixture::new(144);
    let first = fixture.issue(store, "one").await;
    let changed = TokenRow { role: Role::Viewer, mac: fixture.bytes(), ..first.clone() };
    let next = TokenRow { principal: first.principal, ..fixture.token("two") };
    let commit = fixture.act().write(Write::Token(Box::new(changed.clone())));
    let commit = commit.write(Write::Token(Box::new(next.clone())));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.token(first.id).await.unwrap(), Some(changed));
    assert_eq!(store.token(next.id).await.unwrap(), Some(next));
}

/// Neither case nor white space nor the issuer is overlooked, and a revoked one is not found.
pub async fn aut_18_an_identity_is_its_bytes(store: &dyn Store) {
    let mut fixture = Fixture::new(145);
    let ann = identity("https://id.example.com", "Ann");
    let token = TokenRow { identity: Some(ann.clone()), ..fixture.token("ann") };
    issue(store, &mut fixture, &token).await.unwrap();
    assert_eq!(store.token_of_identity(&ann).await.unwrap(), Some(token.clone()));
    assert_eq!(store.token(token.id).await.unwrap().unwrap().identity, Some(ann.clone()));
    for (issuer, subject) in [
        ("https://id.example.com", "ann"),
        ("https://id.example.com", "An"),
        ("https://id.example.com", "Ann%"),
        ("https://id.example.com/", "Ann"),
        ("https://ID.example.com", "Ann"),
        ("Ann", "https://id.example.com"),
    ] {
        assert_eq!(
            store.token_of_identity(&identity(issuer, subject)).await.unwrap(),
            None,
            "{issuer} {subject}"
        );
    }
    let commit = fixture.act().write(Write::RevokeToken(token.id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.token_of_identity(&ann).await.unwrap(), None);
}

/// Over all organizations: a statement must never mean two.
pub async fn aut_18_an_identity_stands_for_one_live_token(store: &dyn Store) {
    let mut fixture = Fixture::new(146);
    let mut foreign = fixture.other_organization();
    let ann = Some(identity("https://id.example.com", "ann"));
    let first = TokenRow { identity: ann.clone(), ..fixture.token("first") };
    issue(store, &mut fixture, &first).await.unwrap();
    let second = TokenRow { identity: ann.clone(), ..fixture.token("second") };
    assert_eq!(clash_of(&issue(store, &mut fixture, &second).await), Some(Clash::Identity));
    let theirs = TokenRow { identity: ann, ..foreign.token("theirs") };
    assert_eq!(clash_of(&issue(store, &mut foreign, &theirs).await), Some(Clash::Identity));
    assert_eq!(store.token(theirs.id).await.unwrap(), None, "nothing of a refused commit is there");
    let other =
        TokenRow { identity: Some(identity("https://id.example.com", "bob")), ..foreign.token("bob") };
    issue(store, &mut foreign, &other).await.unwrap();
    let commit = fixture.act().write(Write::RevokeToken(first.id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    issue(store, &mut foreign, &theirs).await.unwrap();
}

fn identity(issuer: &str, subject: &str) -> Identity {
    Identity { issuer: issuer.to_owned(), subject: subject.parse().unwrap() }
}

async fn issue(store: &dyn Store, fixture: &mut Fixture, token: &TokenRow) -> Result<(), StoreError> {
    let commit = fixture.act().write(Write::Token(Box::new(token.clone())));
    store.commit(&fixture.scope, commit).await
}

fn clash_of(outcome: &Result<(), StoreError>) -> Option<Clash> {
    match outcome {
        Err(StoreError::Clash(clash)) => Some(*clash),
        _ => None,
    }
}
