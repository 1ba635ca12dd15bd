//! Credentials as they come back, and their slugs.

use std::time::Duration;

use strongroom_domain::credential::{Accepted, Credential, Owner};
use strongroom_domain::dialect::{Dialect, Foreign};
use strongroom_domain::health::{Health, HealthStatus};
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::text::Slug;
use strongroom_domain::verification::Reason;

use super::Fixture;
use crate::{Clash, Store, StoreError, Write};

/// With everything a credential can have, none of it as by default.
pub(super) fn rich(fixture: &mut Fixture) -> Credential {
    let now = fixture.tick();
    Credential {
        slug: Some("rich-one".parse().unwrap()),
        description: Some("Several lines\nof text, \u{fc}ber alles".parse().unwrap()),
        // Order and types of JSON are part of what is stored.
        settings: [
            ("port", 5432.into()),
            ("host", "db.example.com".into()),
            ("deep", serde_json::json!({"b": [1, null], "a": 0.5})),
        ]
        .into_iter()
        .collect::<strongroom_domain::FieldMap>(),
        secret_fields: vec!["password".to_owned(), "extra".to_owned()],
        labels: [
            ("env".parse().unwrap(), "prod".parse().unwrap()),
            ("team".parse().unwrap(), "".parse().unwrap()),
        ]
        .into(),
        owner: Owner::EndUser { id: "customer 7".parse().unwrap() },
        integration: Some(IntegrationId::from_bytes(fixture.bytes())),
        expires_at: Some(now.plus(Duration::from_mins(1))),
        version: 7,
        value_version: 3,
        health: Health { status: HealthStatus::Failing, reason: Some(Reason::AuthFailed), since: now },
        verification: Some(fixture.accepted()),
        accepted: Some(Accepted { account: Some("me".to_owned()), scopes: Some(vec!["repo".to_owned()]) }),
        foreign: Foreign {
            origin: Dialect::Zstack,
            annotations: [(Dialect::Dx, [("b", 1), ("a", 2)].into_iter().collect())].into(),
            ..Foreign::default()
        },
        ..fixture.credential("R\u{e9}ch one")
    }
}

/// Nothing is lost or made up on the way.
pub async fn all_fields_come_back(store: &dyn Store) {
    let mut fixture = Fixture::new(10);
    let credential = rich(&mut fixture);
    fixture.store(store, credential.clone()).await;
    let stored = store.credential(&fixture.scope, credential.id).await.unwrap().unwrap();
    assert_eq!(stored.credential, credential);
    let names = |credential: &Credential| credential.settings.names().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(names(&stored.credential), names(&credential), "the order of settings");
}

/// Absent stays absent.
pub async fn the_smallest_comes_back(store: &dyn Store) {
    let mut fixture = Fixture::new(11);
    let credential = fixture.create(store, "small").await;
    let stored = store.credential(&fixture.scope, credential.id).await.unwrap().unwrap();
    assert_eq!(stored.credential, credential);
}

/// From everything to almost nothing: no field of the row before shines through.
pub async fn a_change_replaces_all_of_it(store: &dyn Store) {
    let mut fixture = Fixture::new(12);
    let before = rich(&mut fixture);
    fixture.store(store, before.clone()).await;
    // With a new value: what checks showed of the old one stays as long as that does.
    let mut after = Credential { id: before.id, version: 8, value_version: 9, ..fixture.credential("plain") };
    let commit = fixture
        .change(before.id)
        .write(Write::Credential(Box::new(after.clone())))
        .write(Write::Value(before.id, fixture.value(9)));
    store.commit(&fixture.scope, commit).await.unwrap();
    // Where it came from is what no change is about.
    after.foreign.origin = before.foreign.origin;
    assert_eq!(store.credential(&fixture.scope, before.id).await.unwrap().unwrap().credential, after);
}

/// An id or slug that nothing has is an answer, not an error.
pub async fn what_is_not_there_is_none(store: &dyn Store) {
    let mut fixture = Fixture::new(13);
    let (id, slug) = (fixture.credential_id(), "nothing".parse().unwrap());
    assert_eq!(store.credential(&fixture.scope, id).await.unwrap(), None);
    assert_eq!(store.credential_with_slug(&fixture.scope, &slug).await.unwrap(), None);
    assert_eq!(store.holds(&fixture.scope, id, fixture.now).await.unwrap(), []);
    assert_eq!(store.history(&fixture.scope, id, None, 10).await.unwrap(), []);
    assert_eq!(store.credential_count(&fixture.scope).await.unwrap(), 0);
}

/// Refused for a creation and for a change; the same slug in another workspace is another slug.
pub async fn a_slug_is_unique_in_its_workspace(store: &dyn Store) {
    let mut fixture = Fixture::new(14);
    let slug: Slug = "one".parse().unwrap();
    let first = Credential { slug: Some(slug.clone()), ..fixture.credential("first") };
    fixture.store(store, first.clone()).await;
    let second = fixture.create(store, "second").await;
    let stolen = Credential { slug: Some(slug.clone()), ..second };
    let commit = fixture.change(stolen.id).write(Write::Credential(Box::new(stolen)));
    let error = store.commit(&fixture.scope, commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Clash(Clash::Slug)), "{error:?}");
    let mut elsewhere = fixture.other_workspace();
    let twin = Credential { slug: Some(slug.clone()), ..elsewhere.credential("twin") };
    let twin = elsewhere.store(store, twin).await;
    let found = store.credential_with_slug(&elsewhere.scope, &slug).await.unwrap();
    assert_eq!(found, Some(twin.id));
    let found = store.credential_with_slug(&fixture.scope, &slug).await.unwrap();
    assert_eq!(found, Some(first.id));
}

/// One that gives up its slug leaves it to others.
pub async fn a_slug_can_be_passed_on(store: &dyn Store) {
    let mut fixture = Fixture::new(15);
    let mut first = Credential { slug: Some("one".parse().unwrap()), ..fixture.credential("first") };
    fixture.store(store, first.clone()).await;
    let slug = first.slug.take();
    let commit = fixture.change(first.id).write(Write::Credential(Box::new(first)));
    store.commit(&fixture.scope, commit).await.unwrap();
    let second = Credential { slug: slug.clone(), ..fixture.credential("second") };
    let second = fixture.store(store, second).await;
    let found = store.credential_with_slug(&fixture.scope, &slug.unwrap()).await.unwrap();
    assert_eq!(found, Some(second.id));
}

/// A tombstone has no slug.
pub async fn a_slug_is_free_after_deletion(store: &dyn Store) {
    let mut fixture = Fixture::new(16);
    let slug = Some("one".parse().unwrap());
    let first = Credential { slug: slug.clone(), ..fixture.credential("first") };
    fixture.store(store, first.clone()).await;
    let commit = fixture.change(first.id).write(Write::Delete(first.id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.credential_with_slug(&fixture.scope, &slug.clone().unwrap()).await.unwrap(), None);
    let second = Credential { slug, ..fixture.credential("second") };
    fixture.store(store, second).await;
}

/// Over all workspaces of the organization, and no others; deletions count down, changes do not count.
pub async fn credentials_are_counted(store: &dyn Store) {
    let mut fixture = Fixture::new(17);
    let first = fixture.create(store, "first").await;
    fixture.create(store, "second").await;
    fixture.other_workspace().create(store, "third").await;
    fixture.other_organization().create(store, "foreign").await;
    let commit = fixture.change(first.id).write(Write::Credential(Box::new(first.clone())));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.credential_count(&fixture.scope).await.unwrap(), 3);
    let commit = fixture.change(first.id).write(Write::Delete(first.id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.credential_count(&fixture.scope).await.unwrap(), 2);
}
