//! `strongroom config explain`: what is in force, and who said so. Never a token.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::client::{Settings, TokenSource};
use crate::output::{Body, Cell, Output, View};
use crate::refusal::Refusal;

/// Shows them.
pub(crate) fn explain(settings: &Settings, output: &Output) -> Result<ExitCode, Refusal> {
    let mut items = vec![
        item("address", &settings.address.value.to_string(), &settings.address.origin.to_string()),
        item("workspace", &settings.workspace.value, &settings.workspace.origin.to_string()),
        item("profile", &settings.profile.value.to_string(), &settings.profile.origin.to_string()),
    ];
    items.push(match &settings.ca_cert {
        Some(file) => item("ca_cert", &file.value.display().to_string(), &file.origin.to_string()),
        None => item("ca_cert", "", "built-in"),
    });
    items.push(match &settings.token {
        Some(token) => item("token", &place(&token.value), &token.origin.to_string()),
        None => item("token", "none", "built-in"),
    });
    output.show(&Body::from(json!({ "items": items })), view)?;
    Ok(ExitCode::SUCCESS)
}

fn place(token: &TokenSource) -> String {
    match token {
        TokenSource::Variable => "(set, not shown)".to_owned(),
        TokenSource::File(path) => format!("in {}", path.display()),
    }
}

fn item(name: &str, value: &str, origin: &str) -> Value {
    json!({ "name": name, "value": value, "origin": origin })
}

fn view(list: &Value) -> View {
    let row = |item: &Value| {
        ["name", "value", "origin"]
            .into_iter()
            .map(|name| Cell::plain(item[name].as_str().unwrap_or_default()))
            .collect()
    };
    let rows = list["items"].as_array().into_iter().flatten().map(row).collect();
    View::List { columns: vec!["SETTING", "VALUE", "FROM"], rows }
}
