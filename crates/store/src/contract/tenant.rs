//! Organizations and workspaces.

use strongroom_domain::policy::{VerifyMode, WorkspaceSettings};

use super::Fixture;
use crate::{Clash, EveryOrganization, Expectation, KeyOwner, Store, StoreError, WorkspaceRow, Write};

/// With its settings.
pub async fn a_workspace_comes_back(store: &dyn Store) {
    let mut fixture = Fixture::new(130);
    let settings =
        WorkspaceSettings { verify: VerifyMode::Skip, hold_seconds: 7, ..WorkspaceSettings::default() };
    let row = WorkspaceRow { settings, ..fixture.workspace_row("main") };
    assert_eq!(store.workspace(&fixture.scope).await.unwrap(), None);
    let commit = fixture.act().write(Write::Workspace(row.clone()));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.workspace(&fixture.scope).await.unwrap(), Some(row));
}

/// By its next version.
pub async fn a_workspace_is_replaced(store: &dyn Store) {
    let mut fixture = Fixture::new(131);
    let first = fixture.workspace_row("main");
    let name = "Another name".parse().unwrap();
    let second = WorkspaceRow { slug: "moved".parse().unwrap(), name, version: 2, ..first.clone() };
    for row in [first, second] {
        let commit = fixture.act().write(Write::Workspace(row.clone()));
        store.commit(&fixture.scope, commit).await.unwrap();
        assert_eq!(store.workspace(&fixture.scope).await.unwrap(), Some(row));
    }
}

/// Each with its own.
pub async fn organizations_and_their_workspaces(store: &dyn Store) {
    let mut first = Fixture::new(132);
    let (mut second, mut foreign) = (first.other_workspace(), first.other_organization());
    let organization = first.organization_row("first");
    let other = foreign.organization_row("foreign");
    for (fixture, organization, slug) in [
        (&mut first, &organization, "prod"),
        (&mut second, &organization, "dev"),
        (&mut foreign, &other, "prod"),
    ] {
        let commit = fixture.act().write(Write::Organization(organization.clone()));
        let commit = commit.write(Write::Workspace(fixture.workspace_row(slug)));
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    let mut expected = [organization.clone(), other.clone()];
    expected.sort_by_key(|row| row.id);
    assert_eq!(store.organizations(None, 10).await.unwrap(), expected);
    assert_eq!(store.organizations(None, 1).await.unwrap(), expected[..1]);
    assert_eq!(store.organizations(Some(expected[0].id), 10).await.unwrap(), expected[1..]);
    assert_eq!(store.organizations(Some(expected[1].id), 10).await.unwrap(), []);
    let (mut every, mut walked) = (EveryOrganization::of(store), Vec::new());
    while let Some(row) = every.next().await.unwrap() {
        walked.push(row);
    }
    assert_eq!(walked, expected);
    let mut slugs: Vec<_> =
        store.workspaces(&organization).await.unwrap().into_iter().map(|row| row.slug.to_string()).collect();
    slugs.sort();
    assert_eq!(slugs, ["dev", "prod"]);
    let rows = store.workspaces(&other).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [foreign.scope.workspace()]);
}

/// Organizations among each other, workspaces inside one.
pub async fn slugs_of_tenants_are_unique(store: &dyn Store) {
    let mut first = Fixture::new(133);
    let (mut second, mut foreign) = (first.other_workspace(), first.other_organization());
    let commit = first.act().write(Write::Organization(first.organization_row("same")));
    let commit = commit.write(Write::Workspace(first.workspace_row("same")));
    store.commit(&first.scope, commit).await.unwrap();
    let twins = [
        (second.scope, second.act().write(Write::Workspace(second.workspace_row("same")))),
        (foreign.scope, foreign.act().write(Write::Organization(foreign.organization_row("same")))),
    ];
    for (scope, commit) in twins {
        let error = store.commit(&scope, commit).await.unwrap_err();
        assert!(matches!(error, StoreError::Clash(Clash::Slug)), "{error:?}");
    }
    let commit = foreign.act().write(Write::Workspace(foreign.workspace_row("same")));
    store.commit(&foreign.scope, commit).await.unwrap();
}

/// In its organization alone: two tenants may use one slug.
pub async fn ten_15_a_workspace_is_found_by_its_slug(store: &dyn Store) {
    let mut fixture = Fixture::new(154);
    let mut foreign = fixture.other_organization();
    let slug = "prod".parse().unwrap();
    for one in [&mut fixture, &mut foreign] {
        let commit = one.act().write(Write::Workspace(one.workspace_row("prod")));
        store.commit(&one.scope, commit).await.unwrap();
        let found = store.workspace_with_slug(one.scope.organization(), &slug).await.unwrap();
        assert_eq!(found, Some(one.scope.workspace()));
    }
    let other = "staging".parse().unwrap();
    assert_eq!(store.workspace_with_slug(fixture.scope.organization(), &other).await.unwrap(), None);
}

/// All of it is gone, nothing of its neighbour is; the log of the organization still has what happened.
pub async fn ten_18_an_erased_workspace_leaves_nothing(store: &dyn Store) {
    let mut fixture = Fixture::new(155);
    let mut neighbour = fixture.other_workspace();
    let mut ids = Vec::new();
    for (one, slug) in [(&mut fixture, "one"), (&mut neighbour, "two")] {
        let commit = one.act().write(Write::Workspace(one.workspace_row(slug)));
        store.commit(&one.scope, commit).await.unwrap();
        ids.push((one.create(store, "kept").await.id, one.issue(store, "token").await.id));
    }
    let records = store.audit(&fixture.scope, 0, 100).await.unwrap().len();
    let erase = neighbour.act();
    // Of the scope it is committed in, whoever commits it.
    store.commit(&fixture.scope, erase.write(Write::EraseWorkspace)).await.unwrap();
    assert_eq!(store.workspace(&fixture.scope).await.unwrap(), None);
    assert_eq!(store.credential(&fixture.scope, ids[0].0).await.unwrap(), None);
    assert_eq!(store.token(ids[0].1).await.unwrap(), None);
    assert!(store.workspace(&neighbour.scope).await.unwrap().is_some());
    assert!(store.credential(&neighbour.scope, ids[1].0).await.unwrap().is_some());
    assert!(store.token(ids[1].1).await.unwrap().is_some());
    assert_eq!(store.credential_count(&neighbour.scope).await.unwrap(), 1);
    assert_eq!(store.audit(&fixture.scope, 0, 100).await.unwrap().len(), records + 1);
}

/// With its keys; another tenant with the same slug comes after it as if it had never been.
pub async fn ten_18_an_erased_organization_leaves_nothing(store: &dyn Store) {
    let mut fixture = Fixture::new(156);
    let mut gone = fixture.other_organization();
    let organization = gone.scope.organization();
    let commit = gone.act().write(Write::Organization(gone.organization_row("customer")));
    let commit = commit.write(Write::Workspace(gone.workspace_row("main")));
    let commit = commit.write(Write::Key(gone.key(KeyOwner::Organization(organization), "kek", 1)));
    store.commit(&gone.scope, commit).await.unwrap();
    let (id, token) = (gone.create(store, "theirs").await.id, gone.issue(store, "theirs").await.id);
    let mine = fixture.create(store, "mine").await.id;
    let erase = fixture.act().write(Write::EraseOrganization(organization));
    store.commit(&fixture.scope, erase).await.unwrap();
    assert_eq!(store.organization(organization).await.unwrap(), None);
    assert_eq!(store.credential(&gone.scope, id).await.unwrap(), None);
    assert_eq!(store.token(token).await.unwrap(), None);
    assert!(store.keys(KeyOwner::Organization(organization)).await.unwrap().is_empty());
    super::log::grow(store, &fixture).await;
    assert!(store.audit(&gone.scope, 0, 100).await.unwrap().is_empty());
    assert!(store.credential(&fixture.scope, mine).await.unwrap().is_some());
    assert!(!store.audit(&fixture.scope, 0, 100).await.unwrap().is_empty());
    let mut next = fixture.other_organization();
    let commit = next.act().write(Write::Organization(next.organization_row("customer")));
    store.commit(&next.scope, commit).await.unwrap();
}

/// A token that is at home elsewhere outlives the workspace; what it does there comes too late (CCR-07).
pub async fn ten_18_nothing_comes_to_lie_in_an_erased_workspace(store: &dyn Store) {
    let mut fixture = Fixture::new(157);
    let token = fixture.issue(store, "spanning").await.id;
    let mut other = fixture.other_workspace();
    let commit = other.act().write(Write::Workspace(other.workspace_row("gone")));
    store.commit(&other.scope, commit).await.unwrap();
    let erase = other.act().write(Write::EraseWorkspace);
    store.commit(&other.scope, erase).await.unwrap();
    let late = other.act().expect(Expectation::TokenLive(token));
    let outcome = store.commit(&other.scope, late).await;
    assert!(matches!(outcome, Err(StoreError::Clash(Clash::Workspace))), "{outcome:?}");
}
