//! `strongroom kind`: what can be stored, and with which fields.

use std::process::ExitCode;

use serde_json::Value;

use crate::arguments::KindCommand;
use crate::client::{Ask, Failure, KindSchema, Session, nearest};
use crate::output::{Cell, View};
use crate::refusal::Refusal;

/// Does what was asked.
pub(crate) async fn run(session: &Session, command: KindCommand) -> Result<ExitCode, Refusal> {
    match command {
        KindCommand::List => {
            let answer = session.submit(Ask::get(&["v1", "kinds"])).await;
            let answer =
                answer.map_err(|failure| failure.refuse(session, "the kinds were not listed", None))?;
            answer.map_or(Ok(()), |answer| session.output.show(&answer.body, many))?;
        }
        KindCommand::Get { name } => {
            let error = format!("kind \"{name}\" was not shown");
            match session.submit(Ask::get(&["v1", "kinds", &name])).await {
                Ok(answer) => answer.map_or(Ok(()), |answer| session.output.show(&answer.body, one))?,
                Err(failure) => return Err(refuse(session, failure, &name, &error).await),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The fields of a kind, for commands that fill them in.
pub(super) async fn schema(session: &Session, name: &str, error: &str) -> Result<KindSchema, Refusal> {
    match session.send(Ask::get(&["v1", "kinds", name])).await {
        Ok(answer) => Ok(KindSchema::new(answer.body.value())),
        Err(failure) => Err(refuse(session, failure, name, error).await),
    }
}

/// A kind that does not exist is nearly one that does.
async fn refuse(session: &Session, failure: Failure, name: &str, error: &str) -> Refusal {
    let is_unknown = failure.code() == Some("not_found");
    let refusal = failure.refuse(session, error, None);
    if !is_unknown {
        return refusal;
    }
    let known = session.send(Ask::get(&["v1", "kinds"])).await.ok();
    let names: Vec<&str> = known.iter().flat_map(|answer| names(answer.body.value())).collect();
    let guess = nearest(name, names).map_or_else(String::new, |guess| format!("; did you mean \"{guess}\"?"));
    refusal
        .because(format!("there is no kind \"{name}\"{guess}"), "strongroom kind list shows those there are")
}

/// For guessing what was meant.
fn names(list: &Value) -> impl Iterator<Item = &str> {
    list["items"].as_array().into_iter().flatten().filter_map(|kind| kind["name"].as_str())
}

/// Without the schemas, which are for forms.
fn many(list: &Value) -> View {
    let text = |kind: &Value, name: &str| Cell::plain(kind[name].as_str().unwrap_or_default());
    let row = |kind: &Value| {
        vec![text(kind, "name"), Cell::plain(methods(kind)), text(kind, "check"), text(kind, "description")]
    };
    let rows = list["items"].as_array().into_iter().flatten().map(row).collect();
    View::List { columns: vec!["NAME", "METHODS", "CHECK", "WHAT"], rows }
}

/// One line per field and method.
fn one(kind: &Value) -> View {
    let schema = KindSchema::new(kind);
    let mut rows = Vec::new();
    for branch in schema.branches() {
        for (field, is_required) in branch.fields() {
            let need = match field.default() {
                Some(default) => format!("default {default}"),
                None if is_required => "required".to_owned(),
                None => String::new(),
            };
            let sort = if field.is_secret() { "secret" } else { "setting" };
            let cells = [branch.method, field.name, sort, &field.form(), &need, field.title()];
            rows.push(cells.into_iter().map(Cell::plain).collect());
        }
    }
    View::List { columns: vec!["METHOD", "FIELD", "SORT", "FORM", "NEED", "TITLE"], rows }
}

fn methods(kind: &Value) -> String {
    let methods = kind["methods"].as_array().into_iter().flatten().filter_map(Value::as_str);
    methods.collect::<Vec<_>>().join(", ")
}
