//! `strongroom config explain`: what is in force, and who said so. Never a token.

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, ValueEnum};
use serde_json::{Value, json};

use crate::arguments::{Connection, Talk};
use crate::client::{Settings, TokenSource};
use crate::output::{Body, Cell, Output, View};
use crate::refusal::Refusal;

/// Shows them.
pub(crate) fn explain(
    talk: &Talk,
    connection: &Connection,
    matches: &ArgMatches,
    output: &Output,
) -> Result<ExitCode, Refusal> {
    let settings = Settings::of(connection, matches)?;
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
    items.extend(flags(talk, connection).map(|(name, value)| item(name, &value, &origin(matches, name))));
    output.show(&Body::from(json!({ "items": items })), view)?;
    Ok(ExitCode::SUCCESS)
}

/// What only flags and variables say.
fn flags(talk: &Talk, connection: &Connection) -> impl Iterator<Item = (&'static str, String)> {
    let form = talk.output.and_then(|form| Some(form.to_possible_value()?.get_name().to_owned()));
    let switches = [
        ("quiet", talk.quiet),
        ("verbose", talk.verbose),
        ("yes", connection.yes),
        ("no_input", talk.no_input),
        ("no_color", talk.no_color),
        ("no_progress", talk.no_progress),
        ("curl", connection.curl),
    ];
    let texts = [
        ("output", form.unwrap_or_else(|| "table".to_owned())),
        ("field", talk.field.clone().unwrap_or_default()),
    ];
    texts.into_iter().chain(switches.into_iter().map(|(name, is_on)| (name, is_on.to_string())))
}

fn origin(matches: &ArgMatches, name: &str) -> String {
    match matches.value_source(name) {
        Some(ValueSource::CommandLine) => format!("--{}", name.replace('_', "-")),
        Some(ValueSource::EnvVariable) => format!("STRONGROOM_{}", name.to_ascii_uppercase()),
        _ => "built-in".to_owned(),
    }
}

/// Where, never what.
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
