//! Where checks may go: the rules in words, and what they say about one target.

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use strongroom_config::Config;
use strongroom_domain::host::Host;
use strongroom_egress::{Egress, Judged, Resolver, Roots, Target, Unjudged};
use tokio::time::Instant;

use super::{Finding, Subject};
use crate::arguments::EgressQuestion;
use crate::output::{Body, Cell, Output, View};
use crate::refusal::{Exit, Refusal};

/// For the resolver, and for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn examine(subject: &Subject) -> Vec<Finding> {
    let mut findings = policy(subject);
    findings.push(resolver());
    findings.push(trust(subject.config.as_ref()));
    findings.push(front(subject.config.as_ref()));
    findings
}

fn policy(subject: &Subject) -> Vec<Finding> {
    let policy = subject.policy();
    let listed = |ranges: &[_]| ranges.iter().map(ToString::to_string).collect::<Vec<String>>().join(", ");
    let mut parts = vec!["public addresses".to_owned()];
    if !policy.allow.is_empty() {
        parts.push(format!("and {}", listed(&policy.allow)));
    }
    if !policy.deny.is_empty() {
        parts.push(format!("never {}", listed(&policy.deny)));
    }
    if !policy.allow_names.is_empty() {
        parts.push(format!("short names {}", policy.allow_names.join(", ")));
    }
    let mut findings = vec![Finding::ok("egress", parts.join("; "))];
    findings.extend(policy.idle_allowances().map(|range| {
        let fix = "list the range inside the special one that it lies in, or take it out of egress.allow";
        Finding::warn("egress", format!("{range} of egress.allow opens nothing"), fix)
    }));
    findings
}

fn resolver() -> Finding {
    let text = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let servers = text.lines().filter(|line| line.trim_start().starts_with("nameserver")).count();
    if servers > 0 {
        return Finding::ok("dns", format!("{servers} name server(s); `doctor egress HOST:PORT` asks them"));
    }
    Finding::warn("dns", "/etc/resolv.conf names no server", "name one, unless checks go to addresses only")
}

fn trust(config: Option<&Config>) -> Finding {
    let files = config.map(|config| config.egress.ca_files.clone()).unwrap_or_default();
    match Roots::load(&files) {
        Ok(roots) if roots.is_empty() => {
            let fix = "install the system's certificates (ca-certificates), or name files in egress.ca_files";
            Finding::warn("trust", "no trusted certificate: every check over TLS will fail", fix)
        }
        Ok(_) => Finding::ok("trust", "certificates of the system and of egress.ca_files"),
        Err(error) => Finding::fault("trust", error.to_string(), "correct egress.ca_files"),
    }
}

/// TLS of our own is not built: a proxy ends it, or nothing leaves this machine.
fn front(config: Option<&Config>) -> Finding {
    let Some(config) = config else { return Finding::ok("front", "plain HTTP on loopback, for development") };
    let listen = config.server.listen;
    if listen.ip().to_canonical().is_loopback() {
        return Finding::ok("front", format!("plain HTTP on {listen}: a proxy of this machine ends TLS"));
    }
    let fix = "let nobody but the proxy that ends TLS reach it; tokens and secrets pass there in clear";
    Finding::warn("front", format!("plain HTTP on {listen}, as plain_http says"), fix)
}

/// Exit 8 where it would not be dialled, or was not reached.
pub(super) async fn answer(question: &EgressQuestion, output: &Output) -> Result<ExitCode, Refusal> {
    let subject = Subject::of(&question.of)?;
    let target = target(&question.target)?;
    let files = subject.config.as_ref().map(|config| config.egress.ca_files.clone()).unwrap_or_default();
    let egress = Egress::new(subject.policy(), &Roots::load(&files)?, Resolver::System);
    let judged = egress.explain(&target, Instant::now() + PATIENCE).await;
    let allowed = judged.as_ref().is_ok_and(|all| all.iter().all(|one| one.verdict.is_ok()));
    let connected = if question.connect && allowed { Some(connect(&egress, &target).await) } else { None };
    let good = allowed && connected.as_ref().is_none_or(|found: &Value| found["reached"] == true);
    let body = Body::from(as_json(&target, allowed, &judged, connected.as_ref()));
    output.show(&body, view)?;
    Ok(if good { ExitCode::SUCCESS } else { Exit::Fault.into() })
}

/// The same spellings as in the API: `127.1` and `0x7f.1` are no hosts.
fn target(text: &str) -> Result<Target, Refusal> {
    let refused = |cause: String| {
        let fix = "write HOST:PORT, like db.example.com:5432, 192.0.2.1:22 or [2001:db8::1]:443";
        Refusal::new(Exit::Usage, "this target is not one", cause, fix)
    };
    let (host, port) = text.rsplit_once(':').ok_or_else(|| refused("there is no port".to_owned()))?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').ok_or_else(|| refused("a bracket is open".to_owned()))?,
        None if host.contains(':') => return Err(refused("an IPv6 address stands in brackets".to_owned())),
        None => host,
    };
    let host: Host = host.parse().map_err(|fault| refused(format!("the host {fault}")))?;
    let port = port.parse().map_err(|_| refused("the port is no number up to 65535".to_owned()))?;
    Ok(Target { host, port })
}

async fn connect(egress: &Egress, target: &Target) -> Value {
    let began = Instant::now();
    let reached = egress.dial(target, began + PATIENCE).await;
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    json!({"reached": reached.is_ok(), "error": reached.err().map(|error| error.to_string()), "ms": millis})
}

fn as_json(
    target: &Target,
    allowed: bool,
    judged: &Result<Vec<Judged>, Unjudged>,
    connected: Option<&Value>,
) -> Value {
    let (addresses, reason) = match judged {
        Ok(all) => (all.iter().map(judged_json).collect(), None),
        Err(reason) => (Vec::new(), Some(reason.to_string())),
    };
    json!({
        "target": target.to_string(),
        "allowed": allowed,
        "reason": reason,
        "addresses": addresses,
        "connection": connected,
    })
}

fn judged_json(one: &Judged) -> Value {
    let rule = one.verdict.map_or_else(|refused| refused.to_string(), |permitted| permitted.to_string());
    json!({"address": one.address.to_string(), "allowed": one.verdict.is_ok(), "rule": rule})
}

/// Like `10.0.0.7: in 10.0.0.0/8 of egress.allow`.
fn view(found: &Value) -> View {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut fields = vec![("target", Cell::plain(text(&found["target"])))];
    for one in found["addresses"].as_array().into_iter().flatten() {
        let verdict = if one["allowed"] == true { "may be reached" } else { "refused" };
        let says = format!("{}: {verdict}, {}", text(&one["address"]), text(&one["rule"]));
        fields.push(("address", Cell::plain(says)));
    }
    if found["reason"].is_string() {
        fields.push(("reason", Cell::plain(text(&found["reason"]))));
    }
    let dialled = if found["allowed"] == true { "yes" } else { "no: one refused address refuses the target" };
    let dialled = if found["reason"].is_string() { "no" } else { dialled };
    fields.push(("dialled", Cell::plain(dialled)));
    if let Some(connection) = found["connection"].as_object() {
        let says = match connection["error"].as_str() {
            Some(error) => error.to_owned(),
            None => format!("reached in {} ms", connection["ms"]),
        };
        fields.push(("connection", Cell::plain(says)));
    }
    View::Record(fields)
}
