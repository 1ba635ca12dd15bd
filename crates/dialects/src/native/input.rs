//! From a body to what the service takes. All faults at once; none holds a value.

use serde_json::{Map, Value};
use strongroom_domain::Error;
use strongroom_domain::change::{CredentialChange, Edit, Edits, FieldEdits, LabelEdits};
use strongroom_domain::consumer::Consumer;
use strongroom_domain::credential::Owner;
use strongroom_domain::fields::wipe;
use strongroom_domain::limits;
use strongroom_domain::policy::{OnUnreachable, VerifyMode, VerifyRequest};
use strongroom_domain::steps::judge::Accepting;
use strongroom_domain::text::{LabelKey, LabelValue, Name};
use strongroom_service::options::{ChangeOptions, NewCredential, Rebind};
use strongroom_web::{Document, Fields};

/// What a map in the body does to the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// A key given is set, null removes, absent stays.
    Merge,
    /// The map is afterwards what the body says. Absent settings are none; absent secrets and labels stay.
    Replace,
}

/// The body of a create.
pub(super) fn creation(document: Document) -> Result<(NewCredential, ChangeOptions), Error> {
    let mut fields = Fields::of(document);
    fields.require("name");
    let name = fields.parsed("name");
    let options = options(&mut fields);
    new_credential(fields, name).map(|new| (new, options))
}

/// The body of a check of a draft: the same without what concerns saving. A draft needs no name.
pub(super) fn draft(document: Document) -> Result<NewCredential, Error> {
    let mut fields = Fields::of(document);
    let name = if fields.contains("name") { fields.parsed("name") } else { "draft".parse().ok() };
    new_credential(fields, name)
}

/// The body of a change.
pub(super) fn change(document: Document, rule: Rule) -> Result<(CredentialChange, ChangeOptions), Error> {
    let mut fields = Fields::of(document);
    let options = options(&mut fields);
    let mut change = parts(&mut fields, rule);
    change.name = fields.parsed("name");
    change.method = fields.text("method");
    fields.complete(Some((change, options)))
}

/// On whose behalf: the token itself where the body does not say.
pub(super) fn consumer(fields: &mut Fields, own: Consumer) -> Option<Consumer> {
    if !fields.contains("consumer") {
        return Some(own);
    }
    let unnamed = own.instance;
    fields.object("consumer", |consumer| {
        consumer.require("name");
        let name = consumer.parsed("name");
        let instance =
            if consumer.contains("instance") { consumer.parsed("instance") } else { Some(unnamed) };
        Some(Consumer { name: name?, instance: instance? })
    })
}

/// For how long, in seconds.
pub(super) fn hold_seconds(fields: &mut Fields) -> Option<u64> {
    fields.number("hold_seconds", 1..=limits::HOLD_SECONDS)
}

fn new_credential(mut fields: Fields, name: Option<Name>) -> Result<NewCredential, Error> {
    fields.require("kind");
    let kind = fields.text("kind");
    let method = fields.text("method");
    let parts = parts(&mut fields, Rule::Merge);
    let new = name.zip(kind).map(|(name, kind)| NewCredential { kind, method, name, alias: None, parts });
    fields.complete(new)
}

/// What create and change have in common.
fn parts(fields: &mut Fields, rule: Rule) -> CredentialChange {
    CredentialChange {
        slug: fields.parsed_or_null("slug"),
        description: fields.parsed_or_null("description"),
        labels: labels(fields),
        owner: owner(fields),
        integration: fields.parsed_or_null("integration_id"),
        expires_at: fields.parsed_or_null("expires_at"),
        settings: settings(fields, rule),
        secrets: field_edits(fields, "secrets", rule).into(),
        ..CredentialChange::default()
    }
}

fn settings(fields: &mut Fields, rule: Rule) -> FieldEdits {
    if rule == Rule::Replace && !fields.contains("settings") {
        return Edits::Replace(Vec::new());
    }
    field_edits(fields, "settings", rule)
}

pub(super) fn field_edits(fields: &mut Fields, name: &str, rule: Rule) -> FieldEdits {
    let Some(map) = fields.map(name) else { return Edits::Keep };
    match rule {
        Rule::Merge => Edits::Merge(map.into_iter().map(|(key, value)| (key, edit(value))).collect()),
        Rule::Replace => Edits::Replace(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
    }
}

fn edit(value: Value) -> Edit<Value> {
    if value.is_null() { Edit::Remove } else { Edit::Set(value) }
}

/// Labels are merged by PUT too: only settings and secrets are ever replaced as a whole.
fn labels(fields: &mut Fields) -> LabelEdits {
    let Some(mut map) = fields.map("labels") else { return Edits::Keep };
    let edits = map.iter().map(|(key, value)| label(fields, key, value)).collect();
    wipe_all(&mut map);
    match edits {
        Some(edits) => Edits::Merge(edits),
        None => Edits::Keep,
    }
}

/// A key that is no label's is not repeated: its author may have put anything there.
fn label(fields: &mut Fields, key: &str, value: &Value) -> Option<(LabelKey, Edit<LabelValue>)> {
    let key: LabelKey = match key.parse() {
        Ok(key) => key,
        Err(error) => {
            fields.fault("labels", format!("a key {error}"));
            return None;
        }
    };
    match value {
        Value::Null => Some((key, Edit::Remove)),
        Value::String(text) => match text.parse() {
            Ok(value) => Some((key, Edit::Set(value))),
            Err(error) => {
                fields.fault("labels", format!("a value {error}"));
                None
            }
        },
        _ => {
            fields.fault("labels", "a value must be a string or null");
            None
        }
    }
}

fn wipe_all(map: &mut Map<String, Value>) {
    map.values_mut().for_each(wipe);
}

fn owner(fields: &mut Fields) -> Option<Owner> {
    fields.object("owner", |owner| {
        owner.require("type");
        if owner.choice("type", &[("workspace", true), ("end_user", false)])? {
            return Some(Owner::Workspace);
        }
        owner.require("id");
        owner.parsed("id").map(|id| Owner::EndUser { id })
    })
}

pub(super) fn options(fields: &mut Fields) -> ChangeOptions {
    let rebind = fields.boolean("rebind").unwrap_or_default();
    ChangeOptions {
        verify: verify(fields),
        rebind: if rebind { Rebind::Yes } else { Rebind::No },
        accepting: Accepting {
            account_change: fields.boolean("accept_account_change").unwrap_or_default(),
            fewer_scopes: fields.boolean("accept_fewer_scopes").unwrap_or_default(),
        },
        ..ChangeOptions::default()
    }
}

const MODES: [(&str, VerifyMode); 3] = [
    ("required", VerifyMode::Required),
    ("if_supported", VerifyMode::IfSupported),
    ("skip", VerifyMode::Skip),
];
const ON_UNREACHABLE: [(&str, OnUnreachable); 2] =
    [("refuse", OnUnreachable::Refuse), ("save_unverified", OnUnreachable::SaveUnverified)];

/// A word, or an object that says more.
fn verify(fields: &mut Fields) -> VerifyRequest {
    if !fields.peek("verify").is_some_and(Value::is_object) {
        return VerifyRequest { mode: fields.choice("verify", &MODES), ..VerifyRequest::default() };
    }
    let read = fields.object("verify", |verify| {
        Some(VerifyRequest {
            mode: verify.choice("policy", &MODES),
            on_unreachable: verify.choice("on_unreachable", &ON_UNREACHABLE),
            // A line of text like a name: it is shown in the audit log.
            reason: verify.parsed::<Name>("reason").map(|reason| reason.to_string()),
        })
    });
    read.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use strongroom_domain::Fault;

    use super::*;

    fn places(result: Result<impl Sized, Error>) -> Vec<String> {
        match result {
            Err(Error::Invalid(_, faults)) => {
                faults.into_iter().map(|Fault { pointer, .. }| pointer).collect()
            }
            Err(other) => panic!("{other:?}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn put_replaces_settings_and_keeps_absent_secrets() {
        let body = json!({"settings": {"host": "a", "port": null}});
        let (change, _) = change(body.into(), Rule::Replace).unwrap();
        assert!(change.settings == Edits::Replace(vec![("host".to_owned(), "a".into())]));
        assert!(change.secrets.expose().is_keep());
        let (bare, _) = super::change(json!({}).into(), Rule::Replace).unwrap();
        assert!(bare.settings == Edits::Replace(vec![]));
    }

    #[test]
    fn patch_sets_removes_and_leaves() {
        let body = json!({"secrets": {"password": "x", "old": null}, "slug": null, "labels": {"team": null}});
        let (change, _) = change(body.into(), Rule::Merge).unwrap();
        let edits = vec![("password".to_owned(), Edit::Set("x".into())), ("old".to_owned(), Edit::Remove)];
        assert!(*change.secrets.expose() == Edits::Merge(edits));
        assert!(change.settings.is_keep() && change.name.is_none());
        assert_eq!(change.slug, Some(None));
        assert!(change.labels == Edits::Merge(vec![("team".parse().unwrap(), Edit::Remove)]));
    }

    #[test]
    fn prp_01_what_is_not_the_callers_is_refused_by_name() {
        let body = json!({"kind": "opaque", "id": "cred_1", "workspaceId": "ws_1", "cnry": 1});
        assert_eq!(places(change(body.into(), Rule::Merge)), ["/kind", "/id", "/workspaceId", ""]);
    }

    #[test]
    fn wrong_shapes_are_named_all_at_once() {
        let body = json!({"name": null, "settings": [], "secrets": "cnry", "labels": {"a": 1, "": "b"},
            "owner": {"type": "end_user"}, "integration_id": "int_1", "expires_at": 5,
            "verify": {"policy": "x", "on_unreachable": null, "reason": ""}, "rebind": "true"});
        let expected = [
            "/rebind",
            "/verify/policy",
            "/verify/on_unreachable",
            "/verify/reason",
            "/labels",
            "/owner/id",
            "/integration_id",
            "/expires_at",
            "/settings",
            "/secrets",
            "/name",
            "/kind",
        ];
        let mut found = places(creation(body.into()));
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_consumer_is_the_token_where_nobody_says() {
        let own = Consumer { name: "worker".parse().unwrap(), instance: "default".parse().unwrap() };
        let mut fields = Fields::of(json!({}).into());
        assert_eq!(consumer(&mut fields, own.clone()).unwrap(), own);
        let mut fields = Fields::of(json!({"consumer": {"name": "flow"}}).into());
        let found = consumer(&mut fields, own.clone()).unwrap();
        assert_eq!((found.name.as_str(), found.instance.as_str()), ("flow", "default"));
        let mut fields = Fields::of(json!({"consumer": null}).into());
        assert_eq!(consumer(&mut fields, own), None);
    }
}
