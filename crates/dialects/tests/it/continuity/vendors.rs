//! Every kind file: accounts and scopes as the vendor tells them, held against the last accepted ones.

use serde_json::{Value, json};

use super::Held;
use super::vendor::{Vendor, kind_files};
use crate::client::Client;
use crate::house::text;

const BOTH: &[&str] = &["read", "write"];
const FEWER: &[&str] = &["read"];

/// A change to another secret, in every secret field of the draft.
fn to_secret(draft: &Value, secret: &str) -> Value {
    let names = draft["secrets"].as_object().unwrap().keys();
    let secrets: serde_json::Map<String, Value> = names.map(|name| (name.clone(), json!(secret))).collect();
    json!({ "secrets": secrets })
}

async fn saved(vendor: &mut Vendor) -> (Held, Value) {
    vendor.says(Some("one"), Some(BOTH));
    let house = vendor.house().await;
    let draft = vendor.draft("sk_first0123456789");
    (Held::create(house, &draft).await, draft)
}

#[tokio::test]
async fn another_account_is_not_taken_silently() {
    let mut tried = Vec::new();
    for (name, file) in kind_files() {
        let mut vendor = Vendor::of(&name, &file).await;
        if !vendor.words.tell_account() {
            continue;
        }
        let (held, draft) = saved(&mut vendor).await;
        vendor.says(Some("two"), Some(BOTH));
        let change = to_secret(&draft, "sk_second0123456789");
        held.saves_when_meant(&change, "account_changed", "accept_account_change").await;
        // What was meant is what counts from now on.
        held.saves(&to_secret(&draft, "sk_third0123456789")).await;
        if vendor.words.may_keep_the_account_back() {
            vendor.says(None, Some(BOTH));
            held.saves(&to_secret(&draft, "sk_fourth0123456789")).await;
            vendor.says(Some("three"), Some(BOTH));
            held.refuses(&to_secret(&draft, "sk_fifth0123456789"), "account_changed").await;
        }
        tried.push(name);
    }
    for known in ["anthropic", "github", "gitlab", "jira_cloud", "openai", "slack", "stripe"] {
        assert!(tried.iter().any(|name| name == known), "{known} is not among {tried:?}");
    }
}

/// Being let in proves the setting that names the account: another one is another account.
#[tokio::test]
async fn another_account_by_a_setting_is_not_taken_silently() {
    let mut tried = Vec::new();
    for (name, file) in kind_files() {
        let mut vendor = Vendor::of(&name, &file).await;
        for setting in vendor.words.settings_of_account() {
            let (held, draft) = saved(&mut vendor).await;
            held.saves(&to_secret(&draft, "sk_second0123456789")).await;
            let mut change = to_secret(&draft, "sk_third0123456789");
            change["settings"] = json!({ setting.clone(): "somebody-else" });
            held.saves_when_meant(&change, "account_changed", "accept_account_change").await;
            tried.push(name.clone());
        }
    }
    assert!(tried.iter().any(|name| name == "http_basic"), "{tried:?}");
}

#[tokio::test]
async fn fewer_rights_are_not_taken_silently() {
    let mut tried = Vec::new();
    for (name, file) in kind_files() {
        let mut vendor = Vendor::of(&name, &file).await;
        if !vendor.words.tell_scopes() {
            continue;
        }
        let (held, draft) = saved(&mut vendor).await;
        vendor.says(Some("one"), Some(&["write", "read", "admin"]));
        held.saves(&to_secret(&draft, "sk_more0123456789")).await;
        vendor.says(Some("one"), Some(FEWER));
        let change = to_secret(&draft, "sk_fewer0123456789");
        held.saves_when_meant(&change, "scope_reduced", "accept_fewer_scopes").await;
        held.saves(&to_secret(&draft, "sk_again0123456789")).await;
        vendor.says(Some("one"), Some(&[]));
        held.refuses(&to_secret(&draft, "sk_none0123456789"), "scope_reduced").await;
        // Kept back is not taken away: it is remembered what there was.
        if vendor.words.may_keep_the_scopes_back() {
            vendor.says(Some("one"), None);
            held.saves(&to_secret(&draft, "sk_silent0123456789")).await;
            vendor.says(Some("one"), Some(&["other"]));
            held.refuses(&to_secret(&draft, "sk_other0123456789"), "scope_reduced").await;
        }
        tried.push(name);
    }
    for known in ["github", "gitlab", "slack"] {
        assert!(tried.iter().any(|name| name == known), "{known} is not among {tried:?}");
    }
}

#[tokio::test]
async fn a_kind_that_cannot_tell_is_not_blocked() {
    let mut tried = Vec::new();
    for (name, file) in kind_files() {
        let mut vendor = Vendor::of(&name, &file).await;
        if vendor.words.tell_account() || vendor.words.tell_scopes() || vendor.words.setting_names_account() {
            continue;
        }
        let (held, draft) = saved(&mut vendor).await;
        vendor.says(Some("two"), Some(FEWER));
        let changed = held.saves(&to_secret(&draft, "sk_second0123456789")).await.json();
        assert_eq!(text(&changed["verification"], "outcome"), "accepted", "{name}");
        tried.push(name);
    }
    assert!(tried.iter().any(|name| name == "http_bearer"), "{tried:?}");
}

/// Rights that grew by a wider scope are not fewer because the narrower one is no longer named.
#[tokio::test]
async fn a_wider_scope_is_not_a_loss_and_a_narrower_one_is() {
    for (kind, narrow, wide) in [
        ("github", &["public_repo", "read:org"][..], &["admin:org", "repo"][..]),
        ("gitlab", &["read_api", "read_user"][..], &["api"][..]),
    ] {
        let (name, file) = kind_files().into_iter().find(|(name, _)| name == kind).unwrap();
        let mut vendor = Vendor::of(&name, &file).await;
        vendor.says(Some("one"), Some(narrow));
        let house = vendor.house().await;
        let draft = vendor.draft("sk_first0123456789");
        let held = Held::create(house, &draft).await;
        vendor.says(Some("one"), Some(wide));
        held.saves(&to_secret(&draft, "sk_wider0123456789")).await;
        vendor.says(Some("one"), Some(narrow));
        held.refuses(&to_secret(&draft, "sk_narrow0123456789"), "scope_reduced").await;
    }
}

async fn github() -> (Vendor, Held, Value) {
    let (name, file) = kind_files().into_iter().find(|(name, _)| name == "github").unwrap();
    let mut vendor = Vendor::of(&name, &file).await;
    let (held, draft) = saved(&mut vendor).await;
    (vendor, held, draft)
}

async fn evidence(admin: &Client, path: &str) -> Value {
    admin.get(path).await.expect(200).json()["verification"]["evidence"].clone()
}

/// A check of what is stored tells what the same value shows today: nothing is changed, so nothing is refused,
/// and the next change is held against what was seen last.
#[tokio::test]
async fn a_check_of_what_is_stored_is_what_later_changes_are_held_against() {
    let (vendor, held, draft) = github().await;
    vendor.says(Some("one"), Some(FEWER));
    let verification = held.admin.post(&format!("{}/verify", held.path), &json!({})).await.expect(200).json();
    assert_eq!(text(&verification, "outcome"), "accepted");
    assert_eq!(evidence(&held.admin, &held.path).await["scopes"], json!(FEWER));
    held.saves(&to_secret(&draft, "sk_second0123456789")).await;
    vendor.says(Some("one"), Some(&[]));
    held.refuses(&to_secret(&draft, "sk_third0123456789"), "scope_reduced").await;
}

#[tokio::test]
async fn a_report_is_a_check_like_any_other() {
    let (vendor, held, draft) = github().await;
    vendor.says(Some("two"), Some(BOTH));
    held.house.clock.advance(std::time::Duration::from_mins(1));
    let report = json!({"value_version": 1, "outcome": "rejected", "consumer": {"name": "flow-42"}});
    let runner = held.house.holder(held.house.a, strongroom_domain::principal::Role::Runner).await;
    let answer = runner.post(&format!("{}/report", held.path), &report).await.expect(200).json();
    assert_eq!(text(&answer, "verdict"), "still_accepted");
    held.saves(&to_secret(&draft, "sk_second0123456789")).await;
    vendor.says(Some("one"), Some(BOTH));
    held.refuses(&to_secret(&draft, "sk_third0123456789"), "account_changed").await;
}

#[tokio::test]
async fn a_draft_and_a_skipped_check_are_held_against_nothing() {
    let (vendor, held, draft) = github().await;
    vendor.says(Some("two"), Some(FEWER));
    let tried = held.admin.post("/v1/workspaces/default/credentials/verify", &draft).await.expect(200).json();
    assert_eq!(text(&tried, "outcome"), "accepted");
    let mut unchecked = to_secret(&draft, "sk_second0123456789");
    unchecked["verify"] = json!("skip");
    held.saves(&unchecked).await;
    // What was accepted last is still remembered.
    held.refuses(&to_secret(&draft, "sk_third0123456789"), "account_changed").await;
}
