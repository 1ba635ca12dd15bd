//! `strongroom keys status`: which keys there are, what is on them, and whether they belong together.

use std::process::ExitCode;

use serde_json::{Value, json};
use strongroom_sealing::RootKeyId;
use strongroom_service::rotation;
use strongroom_store::Store;
use strongroom_store_sqlite::OpenError;

use super::Place;
use crate::arguments::Installation;
use crate::command::runtime;
use crate::control::{Order, as_json, ask};
use crate::output::{Body, Cell, Output, View};
use crate::refusal::{Exit, Refusal};
use crate::{data_folder, hardening, root_key};

/// Exit 8 where the data is under neither key. Whether it is cannot be said where only the server has the key.
pub(crate) fn status(of: &Installation, output: &Output) -> Result<ExitCode, Refusal> {
    hardening::apply();
    look(of, output).map_err(|refusal| refusal.named(Order::Status.undone()))
}

fn look(of: &Installation, output: &Output) -> Result<ExitCode, Refusal> {
    let place = Place::of(of)?;
    let root = root_key::known(&place.keys.root_key)?.map(|key| key.id());
    let next = root_key::next(&place.keys)?.map(|key| key.id());
    let mut found = runtime()?.block_on(found(&place))?;
    let fit = fit(&found, root, next);
    found["root_key"] = root.map(|id| id.to_string()).into();
    found["next_root_key"] = next.map(|id| id.to_string()).into();
    found["fits"] = (fit != Fit::Unknown).then_some(fit != Fit::Neither).into();
    output.show(&Body::from(found), |found| View::Record(fields(found, fit)))?;
    Ok(if fit == Fit::Neither { Exit::Fault.into() } else { ExitCode::SUCCESS })
}

/// Needs no key; asks the server where one holds the folder.
async fn found(place: &Place) -> Result<Value, Refusal> {
    if place.is_empty() {
        return Ok(json!({"in_force": [], "organizations": [], "server": "none"}));
    }
    let (mut found, server) = match data_folder::open(&place.data) {
        Ok(store) => {
            let status = rotation::status(store.as_ref()).await;
            store.close().await;
            (as_json(&status?), "none")
        }
        Err(OpenError::InUse { .. }) => {
            let told = tokio::task::block_in_place(|| ask(&place.data, &Order::Status, &mut |_| {}));
            (told?, "running")
        }
        Err(error) => return Err(error.into()),
    };
    found["server"] = server.into();
    Ok(found)
}

/// How the keys given and the data stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Empty,
    Root,
    Next,
    Neither,
    /// The root key is in an environment that is not this one.
    Unknown,
}

fn fit(found: &Value, root: Option<RootKeyId>, next: Option<RootKeyId>) -> Fit {
    let wanted: Vec<&str> =
        found["in_force"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is = |one: &str, key: Option<RootKeyId>| key.is_some_and(|key| one == key.to_string());
    match wanted.as_slice() {
        [] => Fit::Empty,
        [one] if is(one, root) => Fit::Root,
        [one] if is(one, next) => Fit::Next,
        [_] if root.is_none() => Fit::Unknown,
        _ => Fit::Neither,
    }
}

fn fields(found: &Value, fit: Fit) -> Vec<(&'static str, Cell)> {
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let wanted: Vec<&str> =
        found["in_force"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let data = match fit {
        Fit::Empty => "nothing is sealed yet".to_owned(),
        Fit::Root => "fits: it is under the root key".to_owned(),
        Fit::Next => "fits: it is under the next root key; make that one root_key_file".to_owned(),
        Fit::Unknown => {
            format!("is under root key {}; the variable with the root key is not set here", wanted.join(""))
        }
        Fit::Neither => format!("does not fit: it was sealed under root key {}", wanted.join(" and ")),
    };
    let mut fields = Vec::new();
    if found["root_key"].is_string() {
        fields.push(("root key", Cell::plain(text("root_key"))));
    }
    if found["next_root_key"].is_string() {
        fields.push(("next root key", Cell::plain(text("next_root_key"))));
    }
    fields.push(("data", Cell::plain(data)));
    fields.push(("server", Cell::plain(text("server"))));
    for organization in found["organizations"].as_array().into_iter().flatten() {
        fields.push(("organization", Cell::plain(sentence(organization))));
    }
    fields
}

/// Like `default: epoch 2 since 2026-01-01T00:00:00.000Z, 40 values`.
fn sentence(organization: &Value) -> String {
    let epoch = |one: &Value| {
        let since = one["since"].as_str().unwrap_or_default();
        format!("epoch {} since {since}, {} value(s)", one["epoch"], one["values"])
    };
    let epochs = organization["epochs"].as_array().into_iter().flatten().map(epoch);
    let mut parts: Vec<String> = epochs.collect();
    if organization["rotating"] == true {
        parts.push("a rotation is under way".to_owned());
    }
    if organization["astray"] != 0 {
        parts.push(format!("{} value(s) that name no key that is there", organization["astray"]));
    }
    format!("{}: {}", organization["slug"].as_str().unwrap_or_default(), parts.join("; "))
}
