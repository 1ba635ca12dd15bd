//! The release binary, started over a folder, and what is made in it before it is loaded.
//!
//! Owns the paths and bodies of the native API that are used here (API.md).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use strongroom_domain::dialect::Dialect;
use strongroom_testkit::http::Client;

use crate::driver::{COUNTER, Request};
use crate::process::{Memory, Process};
use crate::seed::Filled;
use crate::slow_disk::SlowDisk;

const CREDENTIALS: &str = "/v1/workspaces/default/credentials";

/// How many credentials a list shows at once.
const PAGE: usize = 50;

/// The program that is measured.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) slow_disk: Option<SlowDisk>,
}

/// A running `strongroom dev`.
#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    client: Client,
    token: String,
    dialects: BTreeMap<String, String>,
}

impl Program {
    /// Starts it over a folder. Returns when it accepts requests.
    pub(crate) fn start(&self, folder: &Path) -> Result<Server> {
        let mut command = Command::new(&self.path);
        command.args(["dev", "--listen", "127.0.0.1:0", "-o", "json", "--data"]).arg(folder);
        if let Some(slow_disk) = &self.slow_disk {
            slow_disk.apply(&mut command);
        }
        let process = Process::start(command)?;
        let ready: Value = serde_json::from_str(&process.first_line).context("the ready line is JSON")?;
        let url = ready["address"].as_str().context("the ready line names the address")?;
        let address = url.strip_prefix("http://").context("the address is HTTP")?.parse()?;
        let named = ready["dialects"].as_object().context("the ready line names the dialects")?;
        let base = |base: &Value| Some(base.as_str()?.strip_prefix(url)?.to_owned());
        let dialects = named.iter().filter_map(|(name, place)| Some((name.clone(), base(place)?))).collect();
        let token = ready["token"].as_str().context("the ready line holds the token")?.to_owned();
        let client = Client::anonymous(address).with_token(&token);
        Ok(Server { process, client, token, dialects })
    }
}

impl Server {
    pub(crate) const fn address(&self) -> SocketAddr {
        self.client.address()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What is mounted beside the native API.
    pub(crate) fn dialects(&self) -> impl Iterator<Item = &String> {
        self.dialects.keys().filter(|name| *name != Dialect::Native.code())
    }

    /// The path that a dialect's own begin after.
    pub(crate) fn base(&self, dialect: Dialect) -> Result<&str> {
        let base = self.dialects.get(dialect.code()).map(String::as_str);
        base.with_context(|| format!("{dialect} is not mounted"))
    }

    pub(crate) fn memory(&self) -> Result<Memory> {
        self.process.memory()
    }

    /// SIGTERM; returns when it has finished.
    pub(crate) fn stop(self) -> Result<()> {
        self.process.stop()
    }

    /// Creates credentials that no outside system knows. Gives their ids.
    pub(crate) fn create(&self, count: usize) -> Result<Vec<String>> {
        (0..count).map(|number| self.create_one(&generic(number))).collect()
    }

    /// Creates one credential. Gives its id.
    pub(crate) fn create_one(&self, body: &Value) -> Result<String> {
        let created = self.call("POST", CREDENTIALS, body)?;
        created["id"].as_str().map(str::to_owned).context("a created credential has an id")
    }

    /// The first page, once.
    pub(crate) fn list_once(&self) -> Result<()> {
        self.call("GET", &list_path(), &Value::Null).map(drop)
    }

    /// How many bytes a resolve answers.
    pub(crate) fn resolve_size(&self, id: &str) -> Result<usize> {
        Ok(self.call("POST", &format!("{CREDENTIALS}/{id}/resolve"), &consumer(0))?.to_string().len())
    }

    /// Gives out the secrets, to the consumer of this number.
    pub(crate) fn resolve(&self, id: &str, consumer_number: usize) -> Request {
        let path = format!("{CREDENTIALS}/{id}/resolve");
        Request::json("POST", &path, &self.token, &consumer(consumer_number).to_string())
    }

    /// The first token's text.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Sets the secret to a new one.
    pub(crate) fn change(&self, id: &str) -> Request {
        let body = json!({"secrets": {"api_key": format!("canary-{COUNTER}-bench")}});
        Request::json("PATCH", &format!("{CREDENTIALS}/{id}"), &self.token, &body.to_string())
    }

    /// A token for one run that may resolve this credential.
    pub(crate) fn exchange(&self, id: &str) -> Request {
        let body = json!({"credentials": [id], "consumer": {"name": "flow-42", "run": "run-7"}, "ttl": 600});
        Request::json("POST", "/v1/tokens/exchange", &self.token, &body.to_string())
    }

    /// Sets the password, which is tried first.
    pub(crate) fn change_password(&self, id: &str, password: &str) -> Request {
        let body = json!({"secrets": {"password": password}});
        Request::json("PATCH", &format!("{CREDENTIALS}/{id}"), &self.token, &body.to_string())
    }

    /// A page of credentials.
    pub(crate) fn list(&self) -> Request {
        Request::get(&list_path(), &self.token)
    }

    /// The ids of the first page.
    pub(crate) fn ids(&self) -> Result<Vec<String>> {
        let page = self.call("GET", &list_path(), &Value::Null)?;
        let items = page["items"].as_array().context("a list has items")?;
        let id = |item: &Value| item["id"].as_str().map(str::to_owned).context("an item has an id");
        items.iter().map(id).collect()
    }

    /// One credential.
    pub(crate) fn show(&self, id: &str) -> Request {
        self.get(&format!("{CREDENTIALS}/{id}"))
    }

    /// Sets one secret to a new one.
    pub(crate) fn change_secret(&self, id: &str, name: &str, value: &str) -> Request {
        self.json("PATCH", &format!("{CREDENTIALS}/{id}"), &json!({"secrets": {name: value}}))
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        Request::get(path, &self.token)
    }

    pub(crate) fn json(&self, method: &str, path: &str, body: &Value) -> Request {
        Request::json(method, path, &self.token, &body.to_string())
    }

    /// Listens to what happens from now on.
    pub(crate) fn watch(&self) -> Request {
        Request::get("/v1/workspaces/default/events", &self.token)
    }

    /// One call, outside of what is measured.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("content-type", "application/json")];
        let headers = if body.is_null() { &[][..] } else { &headers[..] };
        let reply = self.client.try_send(method, path, headers, text.as_bytes())?;
        let code = || String::from_utf8_lossy(&reply.body).into_owned();
        ensure!((200..300).contains(&reply.status), "{method} {path}: {} {}", reply.status, code());
        serde_json::from_slice(&reply.body).context("the server answers JSON")
    }
}

/// Gives out the secrets of one credential of a workspace.
pub(crate) fn resolve_in(place: &Filled, id: &str, consumer_number: usize) -> Request {
    let path = format!("/v1/workspaces/{}/credentials/{id}/resolve", place.workspace);
    Request::json("POST", &path, &place.token, &consumer(consumer_number).to_string())
}

/// A page of credentials of a workspace.
pub(crate) fn list_in(place: &Filled) -> Request {
    let path = format!("/v1/workspaces/{}/credentials?limit={PAGE}", place.workspace);
    Request::get(&path, &place.token)
}

fn list_path() -> String {
    format!("{CREDENTIALS}?limit={PAGE}")
}

fn consumer(number: usize) -> Value {
    json!({"consumer": {"name": "bench", "instance": format!("worker-{number}")}})
}

fn generic(number: usize) -> Value {
    json!({
        "kind": "generic",
        "name": format!("bench {number}"),
        "settings": {"base_url": "https://api.example.com/v1", "region": "north"},
        "secrets": {"api_key": format!("canary-{number:016}-bench")},
        "labels": {"team": "data"},
    })
}
