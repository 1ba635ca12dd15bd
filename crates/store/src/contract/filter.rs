//! Each part of a filter: what it finds, and what it leaves out.

use std::time::Duration;

use strongroom_domain::credential::{Credential, Owner};
use strongroom_domain::dialect::{Dialect, DialectView, Foreign, View};
use strongroom_domain::health::{EXPIRING_WITHIN, Health, HealthStatus};
use strongroom_domain::ids::{CredentialId, IntegrationId};
use strongroom_domain::principal::Reach;
use strongroom_domain::text::Labels;

use super::Fixture;
use crate::{Alias, CredentialFilter, HealthFilter, Page, Store, Write};

/// The names that a filter finds, in their order.
async fn names(store: &dyn Store, fixture: &Fixture, filter: &CredentialFilter) -> Vec<String> {
    let page = Page { limit: 100, after: None };
    let found = store.credentials(&fixture.scope, filter, page).await.unwrap();
    found.into_iter().map(|credential| credential.name.to_string()).collect()
}

fn words(words: &[&str]) -> CredentialFilter {
    CredentialFilter {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        ..CredentialFilter::default()
    }
}

/// The ids given and no others; an empty list is a narrow token's with no reach at all.
pub async fn only(store: &dyn Store) {
    let mut fixture = Fixture::new(40);
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(fixture.create(store, name).await.id);
    }
    let mut filter =
        CredentialFilter { reach: ids_only(Some(vec![ids[2], ids[0]])), ..CredentialFilter::default() };
    assert_eq!(names(store, &fixture, &filter).await, ["a", "c"]);
    filter.reach = ids_only(Some(vec![fixture.credential_id()]));
    assert!(names(store, &fixture, &filter).await.is_empty());
    filter.reach = ids_only(Some(Vec::new()));
    assert!(names(store, &fixture, &filter).await.is_empty());
    filter.reach = ids_only(None);
    assert_eq!(names(store, &fixture, &filter).await, ["a", "b", "c"]);
}

/// A reach by kind and label narrows what the caller asks for, and nothing it asks for widens it (TEN-10).
pub async fn reach_by_kind_and_label(store: &dyn Store) {
    let mut fixture = Fixture::new(53);
    let team = |team: &str| Labels::from([("team".parse().unwrap(), team.parse().unwrap())]);
    for (name, kind, labels) in [
        ("a", "smtp", team("data")),
        ("b", "sftp", team("data")),
        ("c", "smtp", team("web")),
        ("d", "smtp", Labels::new()),
    ] {
        let credential = Credential { kind: kind.to_owned(), labels, ..fixture.credential(name) };
        fixture.store(store, credential).await;
    }
    let kinds = Some(vec!["smtp".to_owned()]);
    let both = Reach { kinds, labels: team("data"), credentials: None };
    let by_label = Reach { labels: team("data"), ..Reach::default() };
    let none = Reach { kinds: Some(Vec::new()), ..Reach::default() };
    for (reach, kinds, expected) in [
        (both.clone(), vec![], vec!["a"]),
        (both, vec!["sftp".to_owned()], vec![]),
        (by_label, vec![], vec!["a", "b"]),
        (none, vec![], vec![]),
    ] {
        let filter = CredentialFilter { reach, kinds, ..CredentialFilter::default() };
        assert_eq!(names(store, &fixture, &filter).await, expected);
    }
}

/// The same judgement as [`View::shows`]: by origin, by kind, by alias.
pub async fn view(store: &dyn Store) {
    let mut fixture = Fixture::new(52);
    let by = |origin| Foreign { origin, ..Foreign::default() };
    let mut ids = Vec::new();
    for (name, kind, origin) in [
        ("a", "smtp", Dialect::Native),
        ("b", "smtp", Dialect::Flowise),
        ("c", "sftp", Dialect::Native),
        ("d", "smtp", Dialect::Superai),
        ("e", "smtp", Dialect::Native),
    ] {
        let credential =
            Credential { kind: kind.to_owned(), foreign: by(origin), ..fixture.credential(name) };
        ids.push(fixture.store(store, credential).await.id);
    }
    let aliased = Write::Alias(ids[4], Dialect::Flowise, Alias::Given("e".to_owned()));
    let commit = fixture.change(ids[4]).write(aliased);
    store.commit(&fixture.scope, commit).await.unwrap();
    let view = View::Of(DialectView { dialect: Dialect::Flowise, kinds: &["sftp"] });
    let filter = CredentialFilter { view, ..CredentialFilter::default() };
    assert_eq!(names(store, &fixture, &filter).await, ["b", "c", "e"]);
    assert_eq!(store.credentials_matching(&fixture.scope, &filter).await.unwrap(), 3);
    for id in ids {
        let credential = store.credential(&fixture.scope, id).await.unwrap().unwrap().credential;
        let name = credential.name.to_string();
        assert_eq!(view.shows(&credential), ["b", "c", "e"].contains(&name.as_str()), "{name}");
    }
}

/// Of one principal and no other.
pub async fn created_by(store: &dyn Store) {
    let mut fixture = Fixture::new(53);
    let mine = fixture.create(store, "mine").await;
    fixture.create(store, "another's").await;
    let filter = CredentialFilter { created_by: Some(mine.created_by), ..CredentialFilter::default() };
    assert_eq!(names(store, &fixture, &filter).await, ["mine"]);
}

/// Any of several.
pub async fn kinds(store: &dyn Store) {
    let mut fixture = Fixture::new(41);
    for (name, kind) in [("a", "postgres"), ("b", "sftp"), ("c", "smtp")] {
        let credential = Credential { kind: kind.to_owned(), ..fixture.credential(name) };
        fixture.store(store, credential).await;
    }
    let mut filter = CredentialFilter { kinds: vec!["smtp".to_owned(), "postgres".to_owned()], ..words(&[]) };
    assert_eq!(names(store, &fixture, &filter).await, ["a", "c"]);
    filter.kinds = vec!["post".to_owned()];
    assert!(names(store, &fixture, &filter).await.is_empty());
}

/// Any of several, of kinds that share their names.
pub async fn methods(store: &dyn Store) {
    let mut fixture = Fixture::new(54);
    for (name, kind, method) in
        [("a", "sftp", "password"), ("b", "sftp", "key"), ("c", "smtp", "password"), ("d", "linear", "key")]
    {
        let (kind, method) = (kind.to_owned(), method.to_owned());
        let credential = Credential { kind, method, ..fixture.credential(name) };
        fixture.store(store, credential).await;
    }
    let of = |kinds: &[&str], methods: &[&str]| {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        CredentialFilter { kinds: owned(kinds), methods: owned(methods), ..CredentialFilter::default() }
    };
    assert_eq!(names(store, &fixture, &of(&[], &["key"])).await, ["b", "d"]);
    assert_eq!(names(store, &fixture, &of(&["sftp", "smtp"], &["password", "none"])).await, ["a", "c"]);
    assert!(names(store, &fixture, &of(&[], &["ke"])).await.is_empty());
    assert_eq!(store.credentials_matching(&fixture.scope, &of(&["sftp"], &["key"])).await.unwrap(), 1);
}

/// All of several; key and value both.
pub async fn labels(store: &dyn Store) {
    let mut fixture = Fixture::new(42);
    let label = |key: &str, value: &str| (key.parse().unwrap(), value.parse().unwrap());
    for (name, pairs) in [
        ("a", vec![label("env", "prod"), label("team", "x")]),
        ("b", vec![label("env", "prod"), label("team", "y")]),
        ("c", vec![label("env", "dev"), label("x", "team")]),
    ] {
        let credential = Credential { labels: pairs.into_iter().collect(), ..fixture.credential(name) };
        fixture.store(store, credential).await;
    }
    let filter = |labels| CredentialFilter { labels, ..CredentialFilter::default() };
    assert_eq!(names(store, &fixture, &filter(vec![label("env", "prod")])).await, ["a", "b"]);
    let both = vec![label("team", "x"), label("env", "prod")];
    assert_eq!(names(store, &fixture, &filter(both)).await, ["a"]);
    assert!(names(store, &fixture, &filter(vec![label("team", "")])).await.is_empty());
}

/// Beginnings of words of name, slug and description; all of several, in any order.
pub async fn words_begin_with(store: &dyn Store) {
    let mut fixture = Fixture::new(43);
    let first = Credential {
        slug: Some("billing-eu".parse().unwrap()),
        description: Some("Ledger of \u{c9}tienne".parse().unwrap()),
        ..fixture.credential("Stripe Live")
    };
    fixture.store(store, first).await;
    fixture.create(store, "Stripe test").await;
    for (given, expected) in [
        (&["stripe"][..], &["Stripe Live", "Stripe test"][..]),
        (&["str"], &["Stripe Live", "Stripe test"]),
        (&["live", "stri"], &["Stripe Live"]),
        (&["bill"], &["Stripe Live"]),
        (&["eu"], &["Stripe Live"]),
        (&["\u{e9}t"], &["Stripe Live"]),
        (&["tripe"], &[]),
        (&["stripes"], &[]),
        (&["stripe", "nothing"], &[]),
    ] {
        assert_eq!(names(store, &fixture, &words(given)).await, expected, "{given:?}");
    }
}

/// The workspace's own, or one customer's.
pub async fn owner(store: &dyn Store) {
    let mut fixture = Fixture::new(44);
    let end_user = |id: &str| Owner::EndUser { id: id.parse().unwrap() };
    for (name, owner) in [("a", Owner::Workspace), ("b", end_user("7")), ("c", end_user("77"))] {
        let credential = Credential { owner, ..fixture.credential(name) };
        fixture.store(store, credential).await;
    }
    let filter = |owner| CredentialFilter { owner: Some(owner), ..CredentialFilter::default() };
    assert_eq!(names(store, &fixture, &filter(Owner::Workspace)).await, ["a"]);
    assert_eq!(names(store, &fixture, &filter(end_user("7"))).await, ["b"]);
    assert!(names(store, &fixture, &filter(end_user("8"))).await.is_empty());
}

/// Of one integration.
pub async fn integration(store: &dyn Store) {
    let mut fixture = Fixture::new(45);
    let integration = Some(IntegrationId::from_bytes(fixture.bytes()));
    fixture.create(store, "a").await;
    let credential = Credential { integration, ..fixture.credential("b") };
    fixture.store(store, credential).await;
    let filter = CredentialFilter { integration, ..CredentialFilter::default() };
    assert_eq!(names(store, &fixture, &filter).await, ["b"]);
}

/// From `host`, `url` or `base_url`; a name that ends alike is another one.
pub async fn target_host(store: &dyn Store) {
    let mut fixture = Fixture::new(46);
    for (name, setting, value) in [
        ("a", "host", "DB.example.com"),
        ("b", "url", "https://someone@db.example.com:8443/path?x=1"),
        ("c", "base_url", "http://db.example.com"),
        ("d", "host", "2001:db8::1"),
        ("e", "url", "https://[2001:DB8::1]:443/"),
        ("f", "host", "evil-db.example.com"),
        ("g", "url", "https://other.example/?db.example.com"),
        ("h", "note", "db.example.com"),
    ] {
        let credential =
            Credential { settings: [(setting, value)].into_iter().collect(), ..fixture.credential(name) };
        fixture.store(store, credential).await;
    }
    let filter =
        |host: &str| CredentialFilter { target_host: Some(host.to_owned()), ..CredentialFilter::default() };
    assert_eq!(names(store, &fixture, &filter("db.example.com")).await, ["a", "b", "c"]);
    assert_eq!(names(store, &fixture, &filter("2001:db8::1")).await, ["d", "e"]);
    assert!(names(store, &fixture, &filter("example.com")).await.is_empty());
}

/// Strictly before; without an end it never ends.
pub async fn expiring_before(store: &dyn Store) {
    let mut fixture = Fixture::new(47);
    let end = fixture.now.plus(Duration::from_mins(1));
    for (name, expires_at) in [("a", None), ("b", Some(end)), ("c", Some(end.plus(Duration::from_micros(1))))]
    {
        let credential = Credential { expires_at, ..fixture.credential(name) };
        fixture.store(store, credential).await;
    }
    let filter = |at| CredentialFilter { expiring_before: Some(at), ..CredentialFilter::default() };
    assert!(names(store, &fixture, &filter(end)).await.is_empty());
    assert_eq!(names(store, &fixture, &filter(end.plus(Duration::from_micros(1)))).await, ["b"]);
    assert_eq!(names(store, &fixture, &filter(end.plus(Duration::from_secs(1)))).await, ["b", "c"]);
}

/// The same judgement as [`Health::at`], for every status, every end, and every moment around it.
pub async fn health_is_seen_at_a_time(store: &dyn Store) {
    let mut fixture = Fixture::new(48);
    let end = fixture.now.plus(EXPIRING_WITHIN * 2);
    let mut all = Vec::new();
    for status in [HealthStatus::Unknown, HealthStatus::Healthy, HealthStatus::Failing] {
        for expires_at in [None, Some(end)] {
            let health = Health { status, reason: None, since: fixture.now };
            let name = format!("{status:?} {expires_at:?}");
            let credential = Credential { health, expires_at, ..fixture.credential(&name) };
            all.push(fixture.store(store, credential).await);
        }
    }
    let moment = Duration::from_micros(1);
    let turn = end.minus(EXPIRING_WITHIN);
    for now in
        [fixture.now, turn.minus(moment), turn, turn.plus(moment), end.minus(moment), end, end.plus(moment)]
    {
        for status in [
            HealthStatus::Unknown,
            HealthStatus::Healthy,
            HealthStatus::Expiring,
            HealthStatus::Expired,
            HealthStatus::Failing,
        ] {
            let seen =
                |credential: &&Credential| credential.health.at(now, credential.expires_at).status == status;
            let expected: Vec<String> =
                all.iter().filter(seen).map(|credential| credential.name.to_string()).collect();
            let filter = CredentialFilter {
                health: Some(HealthFilter { status, now }),
                ..CredentialFilter::default()
            };
            assert_eq!(names(store, &fixture, &filter).await, expected, "{status:?} at {now}");
        }
    }
}

/// Parts narrow each other.
pub async fn all_parts_must_match(store: &dyn Store) {
    let mut fixture = Fixture::new(49);
    let rich = super::credential::rich(&mut fixture);
    fixture.store(store, rich.clone()).await;
    let health = HealthFilter { status: HealthStatus::Failing, now: fixture.now };
    let all = CredentialFilter {
        reach: ids_only(Some(vec![rich.id])),
        view: View::Of(DialectView { dialect: rich.foreign.origin, kinds: &[] }),
        created_by: Some(rich.created_by),
        kinds: vec![rich.kind.clone()],
        methods: vec![rich.method.clone()],
        health: Some(health),
        labels: rich.labels.clone().into_iter().collect(),
        words: vec!["several".to_owned(), "rich".to_owned()],
        integration: rich.integration,
        owner: Some(rich.owner.clone()),
        target_host: Some("db.example.com".to_owned()),
        expiring_before: rich.expires_at.map(|end| end.plus(Duration::from_secs(1))),
    };
    assert_eq!(names(store, &fixture, &all).await, [rich.name.to_string()]);
    for one_off in [
        CredentialFilter { reach: ids_only(Some(Vec::new())), ..all.clone() },
        CredentialFilter {
            view: View::Of(DialectView { dialect: Dialect::Flowise, kinds: &["other"] }),
            ..all.clone()
        },
        CredentialFilter { created_by: Some(fixture.principal_id()), ..all.clone() },
        CredentialFilter { kinds: vec!["other".to_owned()], ..all.clone() },
        CredentialFilter { methods: vec!["other".to_owned()], ..all.clone() },
        CredentialFilter {
            health: Some(HealthFilter { status: HealthStatus::Healthy, ..health }),
            ..all.clone()
        },
        CredentialFilter { labels: vec![("env".parse().unwrap(), "dev".parse().unwrap())], ..all.clone() },
        CredentialFilter { words: vec!["other".to_owned()], ..all.clone() },
        CredentialFilter { integration: Some(IntegrationId::from_bytes([0; 16])), ..all.clone() },
        CredentialFilter { owner: Some(Owner::Workspace), ..all.clone() },
        CredentialFilter { target_host: Some("example.com".to_owned()), ..all.clone() },
        CredentialFilter { expiring_before: rich.expires_at, ..all.clone() },
    ] {
        assert!(names(store, &fixture, &one_off).await.is_empty(), "{one_off:?}");
    }
}

/// Search sees the words of now, not those of before; labels too.
pub async fn words_follow_a_change(store: &dyn Store) {
    let mut fixture = Fixture::new(50);
    let label = ("env".parse().unwrap(), "prod".parse().unwrap());
    let before = Credential { labels: [label.clone()].into(), ..fixture.credential("before") };
    fixture.store(store, before.clone()).await;
    let after = Credential { name: "after".parse().unwrap(), labels: [].into(), ..before };
    let commit = fixture.change(after.id).write(Write::Credential(Box::new(after)));
    store.commit(&fixture.scope, commit).await.unwrap();
    assert!(names(store, &fixture, &words(&["before"])).await.is_empty());
    assert_eq!(names(store, &fixture, &words(&["after"])).await, ["after"]);
    let filter = CredentialFilter { labels: vec![label], ..CredentialFilter::default() };
    assert!(names(store, &fixture, &filter).await.is_empty());
}

/// No character has a meaning in a search (INP-08).
pub async fn odd_words_are_only_words(store: &dyn Store) {
    let mut fixture = Fixture::new(51);
    fixture.create(store, "plain").await;
    for word in ["%", "_", "pl%", "p_ain", "'", "\" OR 1=1 --", "*", "[a-z]", "\\", "pl?in", "\u{0}"] {
        assert!(names(store, &fixture, &words(&[word])).await.is_empty(), "{word:?}");
    }
}

/// A reach of these credentials alone.
pub(super) const fn ids_only(credentials: Option<Vec<CredentialId>>) -> Reach {
    Reach { credentials, kinds: None, labels: Labels::new() }
}
