//! The stock UI of Flowise, unmodified and in a real browser, over the real binary.

use serde_json::{Value, json};
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_testkit::http::Client;
use strongroom_testkit::{FlowiseUi, Postgres};

const CREDENTIALS: &str = "/v1/workspaces/default/credentials";
const PLACEHOLDER: &str = "_FLOWISE_BLANK_07167752-1a71-43b1-bf8f-4f32252165db";
const BULLETS: &str = "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}";

/// What the server has, as its own API shows it.
fn stored(admin: &Client) -> Vec<Value> {
    admin.get(CREDENTIALS).expect(200).value()["items"].as_array().unwrap().clone()
}

fn secrets(admin: &Client, credential: &Value) -> Value {
    let path = format!("{CREDENTIALS}/{}/resolve", credential["id"].as_str().unwrap());
    admin.post(&path, &json!({"consumer": {"name": "test", "instance": "one"}})).expect(200).value()["secrets"].clone()
}

#[test]
fn the_stock_ui_signs_in_lists_adds_edits_and_deletes() {
    let folder = DataFolder::default();
    let server = DevServer::start(env!("CARGO_BIN_EXE_strongroom"), &folder.path());
    let admin = server.admin();
    let mut ui = FlowiseUi::open(server.ready["dialects"]["flowise"].as_str().unwrap());

    let answer = ui.act("signIn", &json!({"password": "Wrong-Passw0rd!"}));
    assert_eq!(answer["message"], "Incorrect Email or Password");
    let answer = ui.act("signIn", &json!({"password": server.ready["token"]}));
    assert_eq!(answer["rows"], json!([]));
    // Its first page is not ours to fill.
    assert_eq!(answer["refused"], json!([]));

    let fields =
        json!({"credName": "Azure", "azureOpenAIApiKey": "key-1", "azureOpenAIApiInstanceName": "inst"});
    let add = json!({"search": "azureopenai", "type": "Azure OpenAI API", "fields": fields});
    let answer = ui.act("add", &add);
    assert_eq!((&answer["message"], &answer["rows"]), (&json!("New Credential added"), &json!(["Azure"])));
    assert_eq!(secrets(&admin, &stored(&admin)[0])["azureOpenAIApiKey"], "key-1");

    let edit =
        json!({"name": "Azure", "fields": {"credName": "Azure 2", "azureOpenAIApiInstanceName": "other"}});
    let answer = ui.act("edit", &edit);
    assert_eq!(answer["shown"]["azureOpenAIApiKey"], PLACEHOLDER);
    assert_eq!((&answer["message"], &answer["rows"]), (&json!("Credential saved"), &json!(["Azure 2"])));
    let kept = &stored(&admin)[0];
    assert_eq!(kept["settings"]["azureOpenAIApiInstanceName"], "other");
    assert_eq!(secrets(&admin, kept)["azureOpenAIApiKey"], "key-1", "the dots in the form mean keep");

    let answer = ui.act("remove", &json!({"name": "Azure 2"}));
    assert_eq!((&answer["message"], &answer["rows"]), (&json!("Credential deleted"), &json!([])));
    assert_eq!(stored(&admin), [Value::Null; 0]);
    assert_eq!(answer["refused"], json!([]));
}

#[test]
fn the_stock_ui_shows_why_a_credential_was_refused_and_a_url_on_demand() {
    let folder = DataFolder::default();
    let server = DevServer::start(env!("CARGO_BIN_EXE_strongroom"), &folder.path());
    let admin = server.admin();
    let mut ui = FlowiseUi::open(server.ready["dialects"]["flowise"].as_str().unwrap());
    ui.act("signIn", &json!({"password": server.ready["token"]}));

    let database = Postgres::shared();
    let account = database.create_account("right-password");
    let url = |password: &str| {
        let (role, port) = (&account.role, database.port());
        format!("postgresql://{role}:{password}@127.0.0.1:{port}/{}?sslmode=disable", account.database)
    };
    let add = |password: &str| {
        let fields = json!({"credName": "Database", "postgresUrl": url(password)});
        json!({"search": "postgresurl", "type": "Postgres URL", "fields": fields})
    };
    let answer = ui.act("add", &add("wrong-password"));
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("The server refused the password"), "{message}");
    assert_eq!((&answer["rows"], stored(&admin).len()), (&json!([]), 0));

    let answer = ui.act("add", &add("right-password"));
    assert_eq!(answer["message"], "New Credential added");
    assert_eq!(stored(&admin)[0]["health"]["status"], "healthy");

    let fields = json!({"postgresUrl": url("wrong-again")});
    let edit = json!({"name": "Database", "reveal": "postgresUrl", "fields": fields});
    let answer = ui.act("edit", &edit);
    assert_eq!(answer["shown"]["postgresUrl"], url(BULLETS));
    assert_eq!(answer["seen"], url("right-password"));
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("nothing was changed"), "{message}");
    assert_eq!(secrets(&admin, &stored(&admin)[0])["connection_string"], url("right-password"));
}
