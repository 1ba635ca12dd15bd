//! What dialects differ in, as arguments of the use cases: aliases, views, opaque kinds, flat fields, habits.

use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::access::{Action, Denial};
use strongroom_domain::audit::AuditOutcome;
use strongroom_domain::change::{CredentialChange, Edit, Edits, FieldEdits};
use strongroom_domain::consumer::Consumer;
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::{Dialect, DialectView, View};
use strongroom_domain::error::{Code, Conflict};
use strongroom_domain::policy::{
    DeleteMode, DuplicatePolicy, DuplicateRules, FieldPolicy, SshHostKeys, VerifyMode, WorkspaceSettings,
};
use strongroom_domain::principal::Role;
use strongroom_domain::{Error, Secret};
use strongroom_service::Context;
use strongroom_service::options::{
    ChangeOptions, Changed, CredentialRef, DeleteOptions, Expected, ListOrder, ListRequest, NewAlias,
    NewCredential, Position, ResolveRequest, VerifyWhen,
};
use strongroom_service::workspaces::WorkspaceChange;
use strongroom_store::Store;
use strongroom_testkit::Postgres;
use strongroom_testkit::postgres::Account;

use crate::house::{CREDENTIALS, House};

const FLOWISE: View = View::Of(DialectView { dialect: Dialect::Flowise, kinds: &["smtp"] });
const DX: View = View::Of(DialectView { dialect: Dialect::Dx, kinds: &["postgresql"] });

/// As a dialect that validates nothing makes one.
fn lax() -> ChangeOptions {
    ChangeOptions {
        verify_habit: Some(VerifyMode::IfSupported),
        fields: FieldPolicy::AsGiven,
        ..ChangeOptions::default()
    }
}

fn flat(fields: &Value) -> Secret<FieldEdits> {
    let pairs = fields.as_object().unwrap().clone();
    Secret::new(Edits::Merge(pairs.into_iter().map(|(name, value)| (name, Edit::Set(value))).collect()))
}

fn new(kind: &str, fields: &Value, alias: Option<NewAlias>) -> NewCredential {
    let parts = CredentialChange { fields: flat(fields), ..CredentialChange::default() };
    NewCredential { kind: kind.to_owned(), method: None, name: "n".parse().unwrap(), alias, parts }
}

fn given(text: &str) -> NewAlias {
    NewAlias::Given { external: text.to_owned(), or: None }
}

fn by(text: &str) -> CredentialRef {
    CredentialRef::Alias { external: text.to_owned(), or: None }
}

async fn create(
    house: &House,
    context: &Context,
    kind: &str,
    alias: Option<NewAlias>,
) -> Result<Credential, Error> {
    let new = new(kind, &json!({"apiKey": "cnry-key"}), alias);
    // Ids of one millisecond have no order.
    house.clock.advance(Duration::from_millis(1));
    house.service.create(context, new, lax()).await.map(|changed| changed.credential)
}

async fn secrets(house: &House, context: &Context, named: &CredentialRef) -> Value {
    let name = "flow".parse().unwrap();
    let consumer = Consumer { name, instance: "one".parse().unwrap() };
    let request = ResolveRequest { consumer, hold_seconds: None, known: Vec::new() };
    let resolved = house.service.resolve(context, named, &request).await.unwrap();
    Value::Object(resolved.secrets.unwrap().expose().as_json().clone())
}

#[tokio::test]
async fn an_alias_names_its_credential_and_is_taken_once() {
    let house = House::open().await;
    let flowise = house.context(Role::Admin, FLOWISE).await;
    let made = create(&house, &flowise, "flowise/openAIApi", Some(given("mine"))).await.unwrap();
    assert_eq!(made.foreign.aliases[&Dialect::Flowise], "mine");
    assert_eq!(house.service.credential(&flowise, &by("mine")).await.unwrap(), made);
    let or = Some(made.id);
    let either = CredentialRef::Alias { external: "neither".to_owned(), or };
    assert_eq!(house.service.credential(&flowise, &either).await.unwrap().id, made.id);
    for taken in [given("mine"), NewAlias::Given { external: made.id.uuid().to_string(), or }] {
        let refused = create(&house, &flowise, "flowise/openAIApi", Some(taken)).await.unwrap_err();
        assert!(matches!(refused, Error::Conflict(Conflict::AliasTaken)), "{refused:?}");
    }
    for odd in ["", "a\nb", &"x".repeat(256)] {
        let refused = create(&house, &flowise, "flowise/openAIApi", Some(given(odd))).await.unwrap_err();
        assert_eq!(refused.code(), Code::ValidationFailed, "{odd:?}");
    }
    let shown = house.admin().await.get(&format!("{CREDENTIALS}/{}", made.id)).await.expect(200).json();
    assert_eq!(
        (&shown["aliases"], &shown["kind"]),
        (&json!({"flowise": "mine"}), &json!("flowise/openAIApi"))
    );
    assert_eq!(shown["health"]["status"], "unknown");
    house
        .service
        .delete(&flowise, &by("mine"), &DeleteOptions::new(DeleteMode::Regardless, Expected::Unstated))
        .await
        .unwrap();
    assert!(matches!(house.service.credential(&flowise, &by("mine")).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn numbers_come_with_the_answer_and_with_its_twin() {
    let house = House::open().await;
    let dx = house.context(Role::Admin, DX).await;
    for expected in ["1", "2"] {
        let made = create(&house, &dx, "dx/linear", Some(NewAlias::Counted)).await.unwrap();
        assert_eq!(made.foreign.aliases[&Dialect::Dx], expected);
        assert_eq!(house.service.credential(&dx, &by(expected)).await.unwrap(), made);
    }
    let (route, key) = ("POST /x".to_owned(), "k".to_owned());
    let idempotency = Some(strongroom_service::options::Idempotency { route, key, body_mac: [1; 32] });
    for _ in 0..2 {
        let new = new("dx/linear", &json!({"apiKey": "x"}), Some(NewAlias::Counted));
        let options = ChangeOptions { idempotency: idempotency.clone(), ..lax() };
        let made = house.service.create(&dx, new, options).await.unwrap().credential;
        assert_eq!(made.foreign.aliases[&Dialect::Dx], "3");
    }
}

#[tokio::test]
async fn ten_01_a_dialect_shows_its_own_its_kinds_and_nothing_else() {
    let house = House::open().await;
    let (flowise, native) =
        (house.context(Role::Admin, FLOWISE).await, house.context(Role::Admin, View::All).await);
    let own = create(&house, &flowise, "flowise/openAIApi", None).await.unwrap();
    let skipping = |options| ChangeOptions { verify_habit: Some(VerifyMode::IfSupported), ..options };
    let make = async |kind: &str, options| {
        house.clock.advance(Duration::from_millis(1));
        let new = new(kind, &json!({"token": "x"}), None);
        house.service.create(&native, new, skipping(options)).await.unwrap().credential
    };
    let hidden = make("generic", ChangeOptions::default()).await;
    let mapped = make("smtp", lax()).await;
    let all = ListRequest::default();
    let whole = house.service.list_whole(&flowise, &all, |found| found.id).await.unwrap();
    assert_eq!(whole, [own.id, mapped.id]);
    assert_eq!(house.service.count(&flowise, &all).await.unwrap(), 2);
    assert_eq!(house.service.count(&native, &all).await.unwrap(), 3);
    let named = CredentialRef::Id(hidden.id);
    let service = &house.service;
    let change = CredentialChange { name: Some("x".parse().unwrap()), ..CredentialChange::default() };
    let refused = [
        service.credential(&flowise, &named).await.err(),
        service.change(&flowise, &named, change, lax()).await.err(),
        service
            .delete(&flowise, &named, &DeleteOptions::new(DeleteMode::Regardless, Expected::Unstated))
            .await
            .err(),
        service.verify_stored(&flowise, &named, SshHostKeys::Stated).await.err(),
        service.consumers(&flowise, &named).await.err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(Error::NotFound)), "{error:?}");
    }
    assert_eq!(service.credential(&native, &named).await.unwrap().id, hidden.id);
    let record = house.store.audit(&house.a, 0, 10_000).await.unwrap().pop().unwrap().record;
    assert_eq!((record.outcome, record.notes["dialect"].as_str()), (AuditOutcome::Denied, "flowise"));
}

#[tokio::test]
async fn pages_by_position_stay_inside_the_view() {
    let house = House::open().await;
    let flowise = house.context(Role::Admin, FLOWISE).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(create(&house, &flowise, "flowise/a", None).await.unwrap().id);
        house.credential(house.a, "native").await;
    }
    let order = ListOrder::NewestFirst;
    let at = |offset| ListRequest {
        limit: 2,
        position: Some(Position { offset, order }),
        created_by: Some(flowise.principal.id),
        ..ListRequest::default()
    };
    let page = house.service.list(&flowise, &at(1)).await.unwrap();
    assert_eq!(page.items.iter().map(|found| found.id).collect::<Vec<_>>(), [ids[1], ids[0]]);
    assert_eq!(page.next_cursor, None);
    let refused = house.service.list(&flowise, &at(10_001)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ValidationFailed);
}

#[tokio::test]
async fn an_opaque_kind_belongs_to_its_dialect() {
    let house = House::open().await;
    let flowise = house.context(Role::Admin, FLOWISE).await;
    for kind in ["superai/x", "nothing", "flowise/a b", "native/x"] {
        let refused = create(&house, &flowise, kind, None).await.unwrap_err();
        assert_eq!(refused.code(), Code::UnknownKind, "{kind}");
    }
    let body = json!({"kind": "flowise/openAIApi", "name": "n", "secrets": {"apiKey": "x"}});
    assert_eq!(house.admin().await.post(CREDENTIALS, &body).await.expect(422).code(), "unknown_kind");
    let made = create(&house, &flowise, "flowise/openAIApi", None).await.unwrap();
    assert_eq!(made.secret_fields, ["apiKey"], "everything is sealed");
    let path = format!("{CREDENTIALS}/{}", made.id);
    let edits = json!({"secrets": {"apiKey": "new"}, "settings": {"region": "north"}});
    house.admin().await.patch(&path, &edits).await.expect(200);
    let other = json!({"name": "x"});
    assert_eq!(house.admin().await.patch(&path, &other).await.expect(200).json()["value_version"], 2);
    let named = CredentialRef::Id(made.id);
    assert_eq!(secrets(&house, &flowise, &named).await, json!({"apiKey": "new"}));
    let kinds = house.admin().await.get("/v1/kinds").await.expect(200).text();
    assert!(!kinds.contains("flowise"), "{kinds}");
}

#[tokio::test]
async fn flat_fields_of_a_known_kind_find_their_place_and_what_does_not_fit_is_kept() {
    let house = House::open().await;
    let flowise = house.context(Role::Admin, FLOWISE).await;
    let fields =
        json!({"host": "mail.example", "username": "me", "password": "cnry", "port": "25", "x": null});
    let made = house.service.create(&flowise, new("smtp", &fields, None), lax()).await.unwrap();
    assert_eq!(made.verification.unwrap().outcome.code(), "unsupported", "nothing was tried");
    let named = CredentialRef::Id(made.credential.id);
    assert_eq!(made.credential.settings.text("host"), Some("mail.example"));
    assert_eq!(
        secrets(&house, &flowise, &named).await,
        json!({"password": "cnry", "x": null, "port": "25"}),
        "what does not fit is sealed as it was given"
    );
    let strict = ChangeOptions { fields: FieldPolicy::StoreUnknownSealed, ..lax() };
    let refused = house.service.create(&flowise, new("smtp", &fields, None), strict).await.unwrap_err();
    assert_eq!(refused.code(), Code::ValidationFailed);
}

#[tokio::test]
async fn ten_07_a_flat_change_of_the_target_asks_for_the_secrets_again() {
    let house = House::open().await;
    let flowise = house.context(Role::Admin, FLOWISE).await;
    let fields = json!({"host": "mail.example", "username": "me", "password": "cnry"});
    let made = house.service.create(&flowise, new("smtp", &fields, None), lax()).await.unwrap();
    let named = CredentialRef::Id(made.credential.id);
    let to = |fields: &Value| CredentialChange { fields: flat(fields), ..CredentialChange::default() };
    let moved = to(&json!({"host": "evil.example"}));
    let refused = house.service.change(&flowise, &named, moved, lax()).await.unwrap_err();
    assert_eq!(refused.code(), Code::SecretsRequired);
    let whole = to(&json!({"host": "new.example", "password": "again"}));
    house.service.change(&flowise, &named, whole, lax()).await.unwrap();
}

#[tokio::test]
async fn another_kind_begins_with_its_own_method() {
    let house = House::open().await;
    let flowise = house.context(Role::Admin, FLOWISE).await;
    let made = create(&house, &flowise, "flowise/a", None).await.unwrap();
    let named = CredentialRef::Id(made.id);
    let to = |kind: &str| CredentialChange { kind: Some(kind.to_owned()), ..CredentialChange::default() };
    let changed = house.service.change(&flowise, &named, to("smtp"), lax()).await.unwrap().credential;
    assert_eq!((changed.kind.as_str(), changed.value_version), ("smtp", 2));
    assert_ne!(changed.method, "fields");
    assert_eq!(secrets(&house, &flowise, &named).await, json!({"apiKey": "cnry-key"}), "nothing is lost");
    let refused = house.service.change(&flowise, &named, to("superai/x"), lax()).await.unwrap_err();
    assert_eq!(refused.code(), Code::UnknownKind);
}

#[tokio::test]
async fn annotations_are_public_and_no_part_of_the_value() {
    let house = House::open().await;
    let flowise = house.context(Role::Admin, FLOWISE).await;
    let made = create(&house, &flowise, "flowise/a", None).await.unwrap();
    let annotations = Edits::Merge(vec![("shown".to_owned(), Edit::Set("x".into()))]);
    let change = CredentialChange { annotations, ..CredentialChange::default() };
    let named = CredentialRef::Id(made.id);
    let changed = house.service.change(&flowise, &named, change, lax()).await.unwrap().credential;
    assert_eq!((changed.version, changed.value_version), (2, 1));
    let read = house.service.credential(&flowise, &named).await.unwrap();
    assert_eq!(read.foreign.noted(Dialect::Flowise).unwrap().text("shown"), Some("x"));
    assert_eq!(read.foreign.origin, Dialect::Flowise);
    let native = house.admin().await.get(&format!("{CREDENTIALS}/{}", made.id)).await.expect(200).text();
    assert!(!native.contains("shown"), "{native}");
}

#[tokio::test]
async fn deletion_may_not_ask_about_holds_and_says_what_the_request_said() {
    let house = House::open().await;
    let (flowise, editor) =
        (house.context(Role::Admin, FLOWISE).await, house.context(Role::Editor, FLOWISE).await);
    let named = CredentialRef::Id(create(&house, &flowise, "flowise/a", None).await.unwrap().id);
    secrets(&house, &flowise, &named).await;
    for (mode, code) in [(DeleteMode::UnlessHeld, Code::InUse), (DeleteMode::Force, Code::Forbidden)] {
        let refused = house
            .service
            .delete(&editor, &named, &DeleteOptions::new(mode, Expected::Unstated))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), code);
    }
    let notes = [("operator".to_owned(), "ops@example.com".to_owned())].into();
    let options = DeleteOptions { notes, ..DeleteOptions::new(DeleteMode::Regardless, Expected::Unstated) };
    house.service.delete(&editor, &named, &options).await.unwrap();
    let record = house.store.audit(&house.a, 0, 10_000).await.unwrap().pop().unwrap().record;
    assert_eq!(record.notes["operator"], "ops@example.com");
}

#[tokio::test]
async fn a_caller_that_a_contract_turns_away_is_on_record() {
    let house = House::open().await;
    let flowise = house.context(Role::Admin, FLOWISE).await;
    let error = house.service.deny(&flowise, Action::Create).await;
    assert!(matches!(error, Error::Forbidden(Denial { action: Action::Create, .. })));
    let record = house.store.audit(&house.a, 0, 10_000).await.unwrap().pop().unwrap().record;
    assert_eq!((record.outcome, record.code.as_deref()), (AuditOutcome::Denied, Some("forbidden")));
}

/// A `PostgreSQL` login through the DX view, checked at every change.
async fn checked(house: &House, context: &Context, account: &Account) -> Result<Changed, Error> {
    let fields = json!({"host": "127.0.0.1", "port": Postgres::shared().port(), "database": account.database,
        "username": account.role, "password": "first", "sslmode": "disable"});
    house.service.create(context, new("postgresql", &fields, Some(NewAlias::Counted)), always()).await
}

fn always() -> ChangeOptions {
    ChangeOptions {
        verify_habit: Some(VerifyMode::Required),
        verify_when: VerifyWhen::Always,
        duplicates: Some(DuplicateRules::both(DuplicatePolicy::Refuse)),
        ..ChangeOptions::default()
    }
}

fn renamed(name: &str) -> CredentialChange {
    CredentialChange { name: Some(name.parse().unwrap()), ..CredentialChange::default() }
}

#[tokio::test]
async fn a_rename_can_ask_for_a_check_and_leaves_the_value_alone() {
    let house = House::open().await;
    let dx = house.context(Role::Admin, DX).await;
    let account = Postgres::shared().create_account("first");
    let made = checked(&house, &dx, &account).await.unwrap().credential;
    let named = CredentialRef::Id(made.id);
    house.clock.advance(Duration::from_secs(5));
    let changed = house.service.change(&dx, &named, renamed("new"), always()).await.unwrap();
    assert_eq!((changed.credential.version, changed.credential.value_version), (2, 1));
    let read = house.service.credential(&dx, &named).await.unwrap();
    assert_eq!(read.verification, changed.verification, "what the check showed is kept");
    assert!(read.verification.unwrap().checked_at > made.verification.unwrap().checked_at);

    Postgres::shared().set_password(&account.role, "other");
    let before = house.service.credential(&dx, &named).await.unwrap();
    let refused = house.service.change(&dx, &named, renamed("newer"), always()).await.unwrap_err();
    assert_eq!(refused.code(), Code::VerificationRejected);
    assert_eq!(house.service.credential(&dx, &named).await.unwrap(), before, "as it was");
}

#[tokio::test]
async fn a_workspace_that_never_checks_never_does() {
    let house = House::open().await;
    let dx = house.context(Role::Admin, DX).await;
    let settings = |settings: &mut WorkspaceSettings| settings.verify = VerifyMode::Skip;
    let never = WorkspaceChange { name: None, settings: &settings, fields: Vec::new() };
    let native = house.context(Role::Admin, View::All).await;
    let unstated = strongroom_service::options::Expected::Unstated;
    house.service.change_workspace(&native, &never, &unstated).await.unwrap();
    let account = Postgres::shared().create_account("not the one sent");
    assert_eq!(checked(&house, &dx, &account).await.unwrap().verification, None);
}

#[tokio::test]
async fn duplicates_of_secrets_and_of_settings_are_told_apart() {
    let house = House::open().await;
    let dx = house.context(Role::Editor, DX).await;
    let account = Postgres::shared().create_account("first");
    let first = checked(&house, &dx, &account).await.unwrap().credential.id;
    let again = checked(&house, &dx, &account).await.unwrap_err();
    assert!(
        matches!(again, Error::Conflict(Conflict::DuplicateSecrets(Some(other))) if other == first),
        "{again:?}"
    );
    // The old password is still what the first one holds; the database takes the new one.
    Postgres::shared().set_password(&account.role, "second");
    let fields = json!({"host": "127.0.0.1", "port": Postgres::shared().port(), "database": account.database,
        "username": account.role, "password": "second", "sslmode": "disable"});
    let alike = house.service.create(&dx, new("postgresql", &fields, None), always()).await.unwrap_err();
    assert!(
        matches!(alike, Error::Conflict(Conflict::DuplicateSettings(Some(other))) if other == first),
        "{alike:?}"
    );
    let off = ChangeOptions { duplicates: Some(DuplicateRules::both(DuplicatePolicy::Off)), ..always() };
    house.service.create(&dx, new("postgresql", &fields, None), off).await.unwrap();
}
