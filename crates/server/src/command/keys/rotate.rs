//! `strongroom keys rotate`: new keys for what is sealed, while a server runs or without one.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;
use strongroom_config::RootKeySource;

use super::Place;
use crate::arguments::Rotate;
use crate::command::runtime;
use crate::control::{Begin, Heard, Order};
use crate::output::{Body, Cell, Output, View};
use crate::refusal::{Exit, Refusal, UNCHANGED};
use crate::{hardening, root_key};

/// Runs to the end, or says how to go on.
pub(crate) fn rotate(rotate: &Rotate, output: &Output) -> Result<ExitCode, Refusal> {
    hardening::apply();
    let undone = if rotate.what.root { "the root key was not rotated" } else { "no key was rotated" };
    carry_out(rotate, output).map_err(|refusal| refusal.named(undone))
}

fn carry_out(rotate: &Rotate, output: &Output) -> Result<ExitCode, Refusal> {
    let place = Place::of(&rotate.of)?;
    if place.is_empty() {
        return Err(Refusal::failed(
            "no key was rotated",
            format!("nothing is sealed yet in {}", place.data.display()),
            "name the right folder or file; a new installation has a new key",
        ));
    }
    let order = order(rotate, &place)?;
    // Before the folder is opened: this may start the program anew.
    let keys = root_key::both(&place.keys);
    let mut hear = |heard: Heard| output.moving(&line(&heard));
    let done = runtime()?.block_on(place.act(keys, &order, &mut hear));
    output.still();
    let done = done?;
    if matches!(order, Order::RotateRoot { .. }) {
        show_root(output, done, &place)
    } else {
        show_kek(output, done)
    }
}

fn order(rotate: &Rotate, place: &Place) -> Result<Order, Refusal> {
    if !rotate.what.root {
        let begin = if rotate.resume { Begin::Nothing } else { Begin::Epoch };
        return Ok(Order::RotateKek { organization: rotate.organization.clone(), begin });
    }
    match &place.keys.next_root_key_file {
        Some(file) if file.exists() => Ok(Order::RotateRoot { file: absolute(file.clone()) }),
        Some(file) => Err(no_next(
            format!("there is no {}", file.display()),
            format!("make the new key: strongroom keys init --file '{}'", file.display()),
        )),
        None => Err(no_next(
            "the configuration names no next_root_key_file".to_owned(),
            "make a key with `strongroom keys init`, and name its file in [keys] next_root_key_file"
                .to_owned(),
        )),
    }
}

/// The server has a working folder of its own.
fn absolute(file: PathBuf) -> PathBuf {
    std::path::absolute(&file).unwrap_or(file)
}

fn no_next(cause: String, fix: String) -> Refusal {
    Refusal::new(Exit::Usage, "the root key was not rotated", cause, fix).leaving(UNCHANGED)
}

fn line(heard: &Heard) -> String {
    let Heard { organization, walk, done, total } = heard;
    let act = if *walk == 1 { "rewrapping" } else { "checking" };
    format!("{organization}: {act} {done} of {total} credentials")
}

fn show_kek(output: &Output, done: Value) -> Result<ExitCode, Refusal> {
    let body = Body::from(done);
    output.show(&body, |done| View::List {
        columns: vec!["ORGANIZATION", "EPOCH", "REWRAPPED", "DESTROYED", "KEPT", "DAMAGED"],
        rows: rows(done).iter().map(row).collect(),
    })?;
    if let Some(refusal) = failed(rows(body.value())) {
        return Err(refusal);
    }
    let damaged: Vec<&Value> =
        rows(body.value()).iter().filter_map(|one| one["damaged"].as_array()).flatten().collect();
    if damaged.is_empty() {
        output.say(
            "Everything is under the newest epoch. What lay under a destroyed one opens nowhere any more.",
        );
        return Ok(ExitCode::SUCCESS);
    }
    for one in damaged {
        output.say(format!(
            "{} in {} does not open; its old key is kept",
            one["credential"].as_str().unwrap_or_default(),
            one["workspace"].as_str().unwrap_or_default(),
        ));
    }
    output.say("Restore or replace these values, then run: strongroom keys rotate --kek --resume");
    Ok(Exit::Fault.into())
}

/// One refusal for all whose rotation did not come to its end; the rows have each one's own.
fn failed(rows: &[Value]) -> Option<Refusal> {
    let failed: Vec<&Value> = rows.iter().filter(|one| one["error"].is_object()).collect();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let cause = |one: &&Value| format!("{}: {}", text(one, "slug"), text(&one["error"], "cause"));
    let causes: Vec<String> = failed.iter().map(cause).collect();
    let first = failed.first()?;
    let error = format!("the keys of {} of {} organization(s) were not rotated", failed.len(), rows.len());
    let refusal = Refusal::failed(error, causes.join("; "), text(&first["error"], "fix"));
    Some(refusal.leaving("every value that opened before still opens"))
}

fn rows(done: &Value) -> &[Value] {
    done["organizations"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn row(one: &Value) -> Vec<Cell> {
    let epochs = |name: &str| {
        let list = one[name].as_array().map(Vec::as_slice).unwrap_or_default();
        Cell::plain(list.iter().map(Value::to_string).collect::<Vec<_>>().join(" "))
    };
    if one["error"].is_object() {
        let nothing = (0..4).map(|_| Cell::plain(""));
        let slug = Cell::plain(one["slug"].as_str().unwrap_or_default());
        return [slug].into_iter().chain(nothing).chain([Cell::judged("fault")]).collect();
    }
    vec![
        Cell::plain(one["slug"].as_str().unwrap_or_default()),
        Cell::plain(one["epoch"].to_string()),
        Cell::plain(one["rewrapped"].to_string()),
        epochs("destroyed"),
        epochs("kept"),
        Cell::plain(one["damaged"].as_array().map_or(0, Vec::len).to_string()),
    ]
}

fn show_root(output: &Output, done: Value, place: &Place) -> Result<ExitCode, Refusal> {
    let body = Body::from(done);
    output.show(&body, |done| {
        let text = |name: &str| Cell::plain(done[name].as_str().unwrap_or_default());
        View::Record(vec![
            ("in force", text("root_key")),
            ("before", text("previous_root_key")),
            ("keys", Cell::plain(done["keys"].to_string())),
            ("file", text("file")),
        ])
    })?;
    let file = body.value()["file"].as_str().unwrap_or_default();
    output.say(format!("From the next start on, have {file} as root_key_file, without next_root_key_file."));
    let old = match &place.keys.root_key {
        RootKeySource::File(path) => path.display().to_string(),
        RootKeySource::Environment(name) => format!("the key in {name}"),
    };
    output.say(format!(
        "Keep {old} with the backups made before now, for they open with it alone; remove it when the last of them is gone."
    ));
    Ok(ExitCode::SUCCESS)
}
