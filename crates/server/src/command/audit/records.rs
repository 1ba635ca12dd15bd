//! The log as the API shows it.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::super::page;
use crate::arguments::{AuditQuestion, Format, Page, ProofOf, RecordFilter, Records, Tail};
use crate::client::{Ask, Session};
use crate::output::{Body, Cell, View};
use crate::refusal::Refusal;

/// How often a tail looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Records of one page where all are wanted.
const PAGE: &str = "200";

/// Does what was asked.
pub(crate) async fn run(session: &Session, question: AuditQuestion) -> Result<ExitCode, Refusal> {
    match question {
        AuditQuestion::List(records) => list(session, &records).await,
        AuditQuestion::Tail(tail) => self::tail(session, &tail).await,
        AuditQuestion::Export => export(session).await,
        AuditQuestion::Checkpoint => checkpoint(session).await,
        AuditQuestion::Proof(of) => proof(session, &of).await,
    }
}

/// What people call it when it did not work.
const UNREAD: &str = "the audit log was not read";

fn question(session: &Session, filter: &RecordFilter) -> Ask {
    let mut ask = Ask::get(&session.in_workspace(&["audit"]));
    for action in &filter.actions {
        ask = ask.query("action", action);
    }
    ask.query_if("actor", filter.actor.as_deref())
        .query_if("object", filter.object.as_deref())
        .query_if("outcome", filter.outcome.as_deref())
        .query_if("consumer", filter.consumer.as_deref())
        .query_if("since", filter.since.as_deref())
        .query_if("until", filter.until.as_deref())
}

async fn list(session: &Session, records: &Records) -> Result<ExitCode, Refusal> {
    let part = Page { limit: records.limit, cursor: records.cursor.clone() };
    let order = records.oldest.then_some("oldest");
    let ask = question(session, &records.filter).query_if("order", order);
    let submitted = session.submit(page::paged(ask, &part)).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, UNREAD, None))?;
    page::show(session, answer, many)
}

/// The last ones in the order in which they were made; then, where that was asked for, each as it comes.
async fn tail(session: &Session, tail: &Tail) -> Result<ExitCode, Refusal> {
    let lines = tail.lines.to_string();
    let mut last = None;
    let mut newest = take(session, question(session, &tail.filter).query("limit", &lines)).await?;
    let Some(found) = &mut newest else { return Ok(ExitCode::SUCCESS) };
    found.items.reverse();
    show_all(session, &found.items, &mut last)?;
    if tail.follow { follow(session, &tail.filter, last).await } else { Ok(ExitCode::SUCCESS) }
}

/// Until it is interrupted.
async fn follow(
    session: &Session,
    filter: &RecordFilter,
    mut last: Option<u64>,
) -> Result<ExitCode, Refusal> {
    loop {
        sleep(LOOK_EVERY).await;
        // Nothing yet: from the first record on.
        let ask = question(session, filter).query("order", "oldest").query("limit", PAGE);
        let ask = match last {
            Some(position) => ask.query("after", &u64::to_string(&position)),
            None => ask,
        };
        let mut cursor = None;
        while let Some(found) = take(session, ask.again().query_if("cursor", cursor.as_deref())).await? {
            show_all(session, &found.items, &mut last)?;
            cursor = found.next;
            if cursor.is_none() {
                break;
            }
        }
    }
}

/// Every line is the leaf of a record, or the hash of one that is not for this token.
async fn export(session: &Session) -> Result<ExitCode, Refusal> {
    let ask = Ask::get(&session.in_workspace(&["audit"]));
    let ask = ask.query("order", "oldest").query("hashes", "true").query("limit", PAGE);
    let mut cursor = None;
    while let Some(found) = take(session, ask.again().query_if("cursor", cursor.as_deref())).await? {
        show_lines(session, &found.items)?;
        cursor = found.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn checkpoint(session: &Session) -> Result<ExitCode, Refusal> {
    let submitted = session.submit(Ask::get(&["v1", "audit", "checkpoint"])).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, UNREAD, None))?;
    answer.map_or(Ok(()), |answer| session.output.show(&answer.body, head))?;
    Ok(ExitCode::SUCCESS)
}

async fn proof(session: &Session, of: &ProofOf) -> Result<ExitCode, Refusal> {
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let ask = Ask::get(&["v1", "audit", "proof"])
        .query_if("position", number(of.position).as_deref())
        .query_if("from", number(of.from).as_deref());
    let submitted = session.submit(ask).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, "the proof was not made", None))?;
    let Some(answer) = answer else { return Ok(ExitCode::SUCCESS) };
    // A proof is for a program to check: it has no other form.
    session.output.print(&format!("{}\n", answer.body.value()))?;
    Ok(ExitCode::SUCCESS)
}

/// One page.
struct Found {
    items: Vec<Value>,
    next: Option<String>,
}

async fn take(session: &Session, ask: Ask) -> Result<Option<Found>, Refusal> {
    let submitted = session.submit(ask).await;
    let answer = submitted.map_err(|failure| failure.refuse(session, UNREAD, None))?;
    Ok(answer.map(|answer| {
        let body = answer.body.value();
        let items = body["items"].as_array().cloned().unwrap_or_default();
        Found { items, next: body["next_cursor"].as_str().map(str::to_owned) }
    }))
}

/// One line of JSON each.
fn show_lines(session: &Session, items: &[Value]) -> Result<(), Refusal> {
    items.iter().try_for_each(|item| session.output.print(&format!("{item}\n")))
}

/// One line each: of JSON where that was asked for.
fn show_all(session: &Session, items: &[Value], last: &mut Option<u64>) -> Result<(), Refusal> {
    for item in items {
        *last = item["position"].as_u64().or(*last);
        if session.output.format() == Some(Format::Json) {
            session.output.print(&format!("{item}\n"))?;
        } else {
            let alone = serde_json::json!({ "items": [item] });
            let line = |alone: &Value| View::List { columns: Vec::new(), rows: rows(alone) };
            session.output.show(&Body::from(alone), line)?;
        }
    }
    Ok(())
}

fn many(list: &Value) -> View {
    let columns = vec!["POSITION", "TIME", "ACTION", "OUTCOME", "OBJECT", "ACTOR", "FOR", "FROM"];
    View::List { columns, rows: rows(list) }
}

fn rows(list: &Value) -> Vec<Vec<Cell>> {
    list["items"].as_array().into_iter().flatten().map(row).collect()
}

fn row(item: &Value) -> Vec<Cell> {
    let record = &item["record"];
    let text = |value: &Value| Cell::plain(value.as_str().unwrap_or_default());
    let object = &record["object"];
    let object = object["id"].as_str().or(object["type"].as_str()).unwrap_or_default();
    let actor = &record["actor"];
    let actor = actor["name"].as_str().or(actor["type"].as_str()).unwrap_or_default();
    vec![
        Cell::plain(item["position"].to_string()),
        text(&record["at"]),
        text(&record["action"]),
        text(&record["outcome"]),
        Cell::plain(object),
        Cell::plain(actor),
        text(&record["on_behalf_of"]["name"]),
        text(&record["source"]),
    ]
}

fn head(body: &Value) -> View {
    let text = |name: &str| Cell::plain(body[name].as_str().map_or(body[name].to_string(), str::to_owned));
    View::Record(vec![
        ("log", text("origin")),
        ("records", text("size")),
        ("root", text("root")),
        ("verifier", text("verifier")),
        ("checkpoint", text("checkpoint")),
    ])
}
