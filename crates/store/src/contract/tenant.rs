//! Organizations and workspaces.

use strongroom_domain::policy::{VerifyMode, WorkspaceSettings};

use super::Fixture;
use crate::{Clash, Store, StoreError, WorkspaceRow, Write};

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
    let mut organizations = store.organizations().await.unwrap();
    organizations.sort_by_key(|row| row.slug.clone());
    assert_eq!(organizations, [organization.clone(), other.clone()]);
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
