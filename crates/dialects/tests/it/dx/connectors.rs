//! Section 3.8 of the contract: every type with its keys, and what merging means where a kind has methods.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use strongroom_testkit::certificates::rsa_key;
use strongroom_testkit::vendor_words::VendorWords;

use super::{World, assert_plain};
use crate::house::text;
use crate::site::Site;

/// Type, our kind, settings and secrets that its setup page asks for.
fn documented() -> Vec<(&'static str, &'static str, Value, Value)> {
    let none = || json!({});
    let token = |name: &str| json!({name: "sk_first0123456789"});
    let azure = || json!({"organization": "acme"});
    let user = |name: &str| json!({name: "dx"});
    vec![
        ("jira_cloud", "jira_cloud", json!({"jira_user": "dx@a.example"}), token("api_token")),
        ("sonarcloud", "sonarcloud", none(), token("api_token")),
        ("github", "github_app", json!({"app_id": "123456"}), json!({"private_key": rsa_key()})),
        ("github_actions", "github_app", json!({"app_id": "Iv1.a1"}), json!({"private_key": rsa_key()})),
        ("gitlab", "gitlab", none(), token("access_token")),
        ("gitlab_pipelines", "gitlab", none(), token("access_token")),
        ("gitlab_commits_trunk", "gitlab", none(), token("access_token")),
        ("bitbucket", "bitbucket", json!({"workspace": "acme"}), token("access_token")),
        (
            "bitbucket",
            "bitbucket",
            json!({"workspace": "acme", "username": "dx@a.example"}),
            token("access_token"),
        ),
        ("bitbucket_data_center", "bitbucket_data_center", user("username"), token("password")),
        ("jira_data_center", "jira_data_center", user("jira_user"), token("password")),
        ("jira_data_center", "jira_data_center", user("jira_user"), token("api_token")),
        ("azure_devops_repos", "azure_devops", azure(), token("personal_access_token")),
        ("azure_devops_boards", "azure_devops", azure(), token("personal_access_token")),
        ("azure_devops_pipelines", "azure_devops", azure(), token("personal_access_token")),
        ("azure_devops_server_repos", "azure_devops", azure(), token("personal_access_token")),
        ("azure_devops_server_boards", "azure_devops", azure(), token("personal_access_token")),
        ("azure_devops_server_pipelines", "azure_devops", azure(), token("personal_access_token")),
        ("linear", "linear", none(), token("api_key")),
        ("cursor", "cursor", none(), token("api_key")),
        ("devin", "devin", none(), token("api_key")),
        ("pagerduty", "pagerduty", none(), token("api_key")),
        ("snyk", "snyk", none(), token("api_token")),
        ("buildkite", "buildkite", none(), token("api_token")),
        ("circleci", "circleci", json!({"project_slug": "gh/acme/app"}), token("api_token")),
        ("sonarqube", "sonarqube", none(), token("api_token")),
    ]
}

fn words(kind: &str) -> VendorWords {
    let connectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors");
    let file = match kind {
        // What goes out for it is signed first, so it is no file of the folder.
        "github_app" => "src/github_app/kind.toml".to_owned(),
        kind => format!("catalogue/{kind}.toml"),
    };
    VendorWords::of(&fs::read_to_string(connectors.join(file)).unwrap())
}

async fn vendor(world: &World, kind: &str) -> Site {
    let site = world.sites.open().await;
    site.says(words(kind).accepting(Some("one"), Some(&["read"])).bytes());
    site
}

#[tokio::test]
async fn every_type_is_a_kind_that_is_checked_at_its_connection() {
    let world = World::open().await;
    for (slug, kind, settings, secrets) in documented() {
        let site = vendor(&world, kind).await;
        let connection = world.connect(slug, json!({"base_url": site.address()})).await;
        let path = |method: &str| format!("/api/connections/{connection}/{method}");
        let body = json!({"settings": settings, "secrets": secrets});
        let made = world.dx.post(&path("credentials.create"), &body).await;
        assert_eq!((made.status, site.asked()), (201, 1), "{slug}: {}", made.text());
        let id = made.json()["credential"]["id"].as_u64().unwrap();
        let row = world.row(id).await;
        assert_eq!((text(&row, "kind"), text(&row["health"], "status")), (kind, "healthy"), "{slug}");
        let info = world.dx.get(&path(&format!("credentials.info/{id}"))).await.expect(200).json();
        assert_eq!(info["credential"]["settings"], settings, "{slug}: as it was sent");
        assert_eq!(info["credential"]["type"], slug);
        site.says(words(kind).refusing().bytes());
        let mut again = body.clone();
        again["id"] = json!(id);
        let refused = world.dx.post(&path("credentials.update"), &again).await.expect(422).json();
        assert_eq!(refused["error"], "Invalid credentials", "{slug}: {refused}");
        let row_after = world.row(id).await;
        assert_eq!(row_after, row, "{slug}");
        world.dx.post(&path("credentials.delete"), &json!({"id": id})).await.expect(200);
    }
}

/// Every row of section 3.8 stands beside all others in one workspace, with one site and one token per family; the
/// same once more, of the same type, is a duplicate.
#[tokio::test]
async fn all_types_stand_side_by_side() {
    let world = World::open().await;
    let key = json!({"private_key": rsa_key()});
    let mut sites: BTreeMap<&str, Site> = BTreeMap::new();
    for (slug, kind, settings, secrets) in documented() {
        if !sites.contains_key(kind) {
            sites.insert(kind, vendor(&world, kind).await);
        }
        let (settings, secrets) = match kind {
            "github_app" => (json!({"app_id": "123456"}), key.clone()),
            _ => (settings, secrets),
        };
        let body = json!({"settings": settings, "secrets": secrets});
        let create = async || {
            let connection = world.connect(slug, json!({"base_url": sites[kind].address()})).await;
            world.dx.post(&format!("/api/connections/{connection}/credentials.create"), &body).await
        };
        let made = create().await;
        assert_eq!(made.status, 201, "{slug}: {}", made.text());
        let again = create().await.expect(422).json();
        assert_eq!(again["error"], "Duplicate secrets", "{slug}");
    }
}

/// Types that take several credentials [D13] take several tokens of one organization; one user twice is one
/// account.
#[tokio::test]
async fn tokens_of_one_organization_are_no_duplicates() {
    let world = World::open().await;
    for (slug, kind, settings, secret, second) in [
        (
            "azure_devops_repos",
            "azure_devops",
            json!({"organization": "acme"}),
            "personal_access_token",
            None,
        ),
        ("bitbucket", "bitbucket", json!({"workspace": "acme"}), "access_token", None),
        ("gitlab", "gitlab", json!({}), "access_token", None),
        (
            "jira_cloud",
            "jira_cloud",
            json!({"jira_user": "dx@a.example"}),
            "api_token",
            Some("Duplicate settings"),
        ),
    ] {
        let site = vendor(&world, kind).await;
        let connection = world.connect(slug, json!({"base_url": site.address()})).await;
        let path = format!("/api/connections/{connection}/credentials.create");
        let create = async |token: &str| {
            world.dx.post(&path, &json!({"settings": settings, "secrets": {secret: token}})).await
        };
        create("sk_first0123456789").await.expect(201);
        let other = create("sk_second0123456789").await;
        assert_eq!(other.json()["error"].as_str(), second, "{slug}: {}", other.text());
    }
}

/// The addresses that setup pages ask for may be a credential's own too.
#[tokio::test]
async fn an_address_may_stand_with_the_credential() {
    let world = World::open().await;
    for (slug, kind, name, secret) in [
        ("gitlab", "gitlab", "api_base_url", "access_token"),
        ("sonarqube", "sonarqube", "base_url", "api_token"),
        ("jira_data_center", "jira_data_center", "base_url", "api_token"),
    ] {
        let site = vendor(&world, kind).await;
        let connection = world.connect(slug, json!({})).await;
        let settings = json!({name: site.address()});
        let body = json!({"settings": settings, "secrets": {secret: "sk_first0123456789"}});
        let path = format!("/api/connections/{connection}/credentials.create");
        let made = world.dx.post(&path, &body).await.expect(201).json();
        let id = made["credential"]["id"].as_u64().unwrap();
        let info = world.dx.get(&format!("/api/connections/{connection}/credentials.info/{id}")).await.json();
        assert_eq!((&info["credential"]["settings"], site.asked()), (&settings, 1), "{slug}");
        // Another address is another target: the stored secret does not follow.
        let elsewhere = json!({"id": id, "settings": {name: "https://localhost:9"}});
        let path = format!("/api/connections/{connection}/credentials.update");
        assert_plain(&world.dx.post(&path, &elsewhere).await, "invalid_arguments");
    }
}

#[tokio::test]
async fn a_switch_of_method_drops_the_other_group() {
    let world = World::open().await;
    let site = vendor(&world, "jira_data_center").await;
    let connection = world.connect("jira_data_center", json!({"base_url": site.address()})).await;
    let path = |method: &str| format!("/api/connections/{connection}/{method}");
    let body = json!({"settings": {"jira_user": "dx"}, "secrets": {"password": "cnry-password-1"}});
    let made = world.dx.post(&path("credentials.create"), &body).await.expect(201).json();
    let id = made["credential"]["id"].as_u64().unwrap();
    let shown = async || {
        let row = world.row(id).await;
        let info = world.dx.get(&path(&format!("credentials.info/{id}"))).await.expect(200).json();
        let (method, own) = (text(&row, "method").to_owned(), row["settings"].clone());
        (method, own, info["credential"]["settings"].clone(), world.secrets(id).await)
    };
    let user = json!({"jira_user": "dx"});
    let (method, own, settings, secrets) = shown().await;
    assert_eq!((method.as_str(), own), ("password", json!({"username": "dx"})));
    assert_eq!((settings, secrets), (user.clone(), json!({"password": "cnry-password-1"})));

    let token = json!({"id": id, "secrets": {"api_token": "cnry-token-1"}});
    world.dx.post(&path("credentials.update"), &token).await.expect(200);
    let (method, own, settings, secrets) = shown().await;
    assert_eq!((method.as_str(), own), ("token", json!({})), "the user of the password is gone");
    assert_eq!(
        (settings, secrets),
        (user.clone(), json!({"token": "cnry-token-1"})),
        "what the client set is shown"
    );

    let back = json!({"id": id, "secrets": {"password": "cnry-password-2"}});
    world.dx.post(&path("credentials.update"), &back).await.expect(200);
    let (method, own, settings, secrets) = shown().await;
    assert_eq!((method.as_str(), own), ("password", json!({"username": "dx"})));
    assert_eq!((settings, secrets), (user, json!({"password": "cnry-password-2"})));
}

#[tokio::test]
async fn one_word_for_two_sorts_of_token_is_told_apart_by_the_user() {
    let world = World::open().await;
    let site = vendor(&world, "bitbucket").await;
    let connection = world.connect("bitbucket", json!({"base_url": site.address()})).await;
    let path = |method: &str| format!("/api/connections/{connection}/{method}");
    let body = json!({"settings": {"workspace": "acme"}, "secrets": {"access_token": "cnry-token-1"}});
    let made = world.dx.post(&path("credentials.create"), &body).await.expect(201).json();
    let id = made["credential"]["id"].as_u64().unwrap();
    assert_eq!(world.secrets(id).await, json!({"access_token": "cnry-token-1"}));
    let user = json!({"id": id, "settings": {"username": "dx@a.example"}});
    assert_plain(&world.dx.post(&path("credentials.update"), &user).await, "invalid_arguments");
    let both = json!({"id": id, "settings": {"username": "dx@a.example"}, "secrets": {"access_token": "cnry-token-2"}});
    world.dx.post(&path("credentials.update"), &both).await.expect(200);
    assert_eq!(world.secrets(id).await, json!({"api_token": "cnry-token-2"}));
    let third = json!({"id": id, "secrets": {"access_token": "cnry-token-3"}});
    world.dx.post(&path("credentials.update"), &third).await.expect(200);
    assert_eq!(world.secrets(id).await, json!({"api_token": "cnry-token-3"}), "the method stays");
}

#[tokio::test]
async fn a_type_that_nobody_knows_takes_any_keys() {
    let world = World::open().await;
    let connection = world.connect("any_tool", json!({"base_url": "https://tool.example"})).await;
    let path = format!("/api/connections/{connection}/credentials.create");
    let body = json!({"settings": {"region": "eu", "deep": {"a": [1]}}, "secrets": {"k-1": "cnry", "n": 7}});
    let made = world.dx.post(&path, &body).await.expect(201).json();
    let id = made["credential"]["id"].as_u64().unwrap();
    assert_eq!(world.row(id).await["kind"], "dx/any_tool");
    assert_eq!(world.secrets(id).await, body["secrets"]);
    let info = world.dx.get(&format!("/api/connections/{connection}/credentials.info/{id}")).await.json();
    assert_eq!(info["credential"]["settings"], body["settings"], "and not what the connection says");
}
