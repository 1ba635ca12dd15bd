//! What holds for every kind there is, the next one included.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::{Cases, Tells, upholds};
use strongroom_domain::credential::{Candidate, Owner};
use strongroom_domain::kind::{CheckGrade, Field, FieldType, Kind, Mark};
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::validate::validate;
use strongroom_domain::text::Labels;
use strongroom_domain::verification::{Finding, Reason, Step, StepOutcome};
use strongroom_domain::{FieldMap, Secret};
use strongroom_egress::{Egress, Policy, Resolver, Roots, ScriptedDns};
use strongroom_testkit::Canaries;
use strongroom_testkit::openssh::{HostKey, make_key};
use strongroom_testkit::vendor_words::{Said, VendorWords};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::probing::{catalogue_with, egress, kind_files};
use crate::web::{Asked, Reply, WebServer};
use crate::world::{unreachable, verdict};
use crate::{aws, contract, github_app, sftp, smtp};

/// Kinds with a server of their own kind: what each of these tests iterates over, so what is run.
const BY_THEIR_OWN_SERVER: [&[&str]; 5] =
    [contract::HELD, sftp::contract::HELD, smtp::HELD, aws::HELD, github_app::HELD];

#[test]
fn every_kind_with_a_check_is_held_to_the_contract() {
    let files: Vec<String> = kind_files().into_iter().map(|(name, _)| name).collect();
    let by_server = BY_THEIR_OWN_SERVER.concat();
    let held: BTreeSet<&str> = files.iter().map(String::as_str).chain(by_server).collect();
    let catalogue = Catalogue::built_in();
    let checked = catalogue.kinds().filter(|kind| kind.check != CheckGrade::None);
    assert_eq!(checked.map(|kind| kind.name.as_str()).collect::<BTreeSet<_>>(), held);
}

/// Each against a stand-in of its vendor that knows one good secret.
#[tokio::test]
async fn every_kind_file_upholds_the_contract() {
    let mut canaries = Canaries::seeded(7);
    for (name, text) in kind_files() {
        let words = VendorWords::of(&text);
        let (good, bad) = (canaries.make("good"), canaries.make("bad"));
        let remote = canaries.make("remote");
        let movable = Movable::of(&name, &text);
        let server = one_good_request(words.accepting(Some("one"), Some(&["read"])), words.refusing()).await;
        let silent = WebServer::answering(|_| None).await;
        let hostile = [
            WebServer::https(Reply::new(500, "application/json", format!("\"{}\"", remote.text()))).await,
            WebServer::https(Reply::html(200, remote.text())).await,
            WebServer::https(Reply::json(302, &json!({})).with("location", remote.text())).await,
        ];
        let at = |url: &str, secret: &str| movable.candidate(url, secret);
        let tells = movable.tells(&words);
        let good_one = at(&server.https_url(), good.text());
        let cases = Cases {
            otherwise_spelt: if matches!(tells, Tells::Both | Tells::Count) {
                movable.otherwise_spelt(&good_one)
            } else {
                Vec::new()
            },
            good: good_one,
            bad: at(&server.https_url(), bad.text()),
            unreachable: at("https://127.0.0.1:1", good.text()),
            slow: at(&silent.http_url().replace("http:", "https:"), good.text()),
            hostile: hostile.iter().map(|server| at(&server.https_url(), good.text())).collect(),
            remote_text: remote.text().to_owned(),
            tells,
        };
        println!("{name}: {:?}", cases.tells);
        upholds(movable.catalogue.connector(&movable.name).unwrap(), &cases, egress()).await;
    }
}

/// Accepts the first request that it gets, and the same again; refuses every other.
async fn one_good_request(accepting: Said, refusing: Said) -> WebServer {
    let good: Arc<Mutex<Option<String>>> = Arc::default();
    WebServer::answering_over_tls(move |asked: &Asked| {
        let asked = format!("{}\n{}", asked.head, asked.body);
        let mut good = good.lock().unwrap();
        let is_good = *good.get_or_insert_with(|| asked.clone()) == asked;
        Some(reply(if is_good { &accepting } else { &refusing }))
    })
    .await
}

fn reply(said: &Said) -> Reply {
    let reply = Reply::json(said.status, &said.body);
    said.headers.iter().fold(reply, |reply, (name, value)| reply.with(name, value.as_str()))
}

/// A kind file whose host a field states, though the vendor has only one.
struct Movable {
    catalogue: Catalogue,
    name: String,
    base: String,
}

impl Movable {
    fn of(name: &str, text: &str) -> Self {
        let words = VendorWords::of(text);
        if let Some(base) = words.base().strip_prefix('{') {
            let base = base.trim_end_matches('}').to_owned();
            return Self { catalogue: Catalogue::built_in(), name: name.to_owned(), base };
        }
        let field = "[[fields]]\nname = \"moved_to\"\ntitle = \"Moved to\"\ntype = \"url\"\n\
                     marks = [\"required\", \"target\", \"identity\"]\n\n[probe]\n";
        let moved = text
            .replacen(&format!("name = \"{name}\""), &format!("name = \"moved_{name}\""), 1)
            .replacen(&format!("base = \"{}\"", words.base()), "base = \"{moved_to}\"", 1)
            .replacen("[probe]\n", field, 1);
        let catalogue = catalogue_with(&moved).unwrap();
        Self { catalogue, name: format!("moved_{name}"), base: "moved_to".to_owned() }
    }

    fn kind(&self) -> &Kind {
        self.catalogue.kind(&self.name).unwrap()
    }

    fn candidate(&self, url: &str, secret: &str) -> Candidate {
        let kind = self.kind();
        let method = &kind.default_method().name;
        let mut candidate = blank(kind, method);
        for field in kind.fields_of(method) {
            if field.name == self.base {
                candidate.settings.set(field.name.clone(), url);
            } else {
                fill(&mut candidate, field, secret);
            }
        }
        candidate
    }

    /// The URL with the name of this machine, and each name of the account in capitals.
    fn otherwise_spelt(&self, good: &Candidate) -> Vec<Candidate> {
        let spelt = |name: &str, text: String| {
            let mut candidate = good.clone();
            candidate.settings.set(name, text);
            candidate
        };
        let base = good.settings.text(&self.base).unwrap();
        let moved = base.replace("localhost", "127.0.0.1");
        assert_ne!(moved, base);
        let identities = self
            .kind()
            .fields_of(&good.method)
            .filter(|field| field.is(Mark::Identity) && !field.is(Mark::Secret) && field.name != self.base);
        let capitals = identities.filter_map(|field| {
            let text = good.settings.text(&field.name)?;
            Some(spelt(&field.name, text.to_uppercase()))
        });
        capitals.chain([spelt(&self.base, moved)]).collect()
    }

    /// By the schema and the file, not by what the engine does with them.
    fn tells(&self, words: &VendorWords) -> Tells {
        let kind = self.kind();
        let is_public_identity =
            |field: &Field| field.is(Mark::Identity) && !field.is(Mark::Secret) && field.name != self.base;
        let candidate = self.candidate("https://127.0.0.1:1", "x");
        let counted = kind
            .fields_of(&candidate.method)
            .any(|field| is_public_identity(field) && candidate.settings.text(&field.name).is_some());
        // A setting may name the account as well: being let in proves it.
        match (counted, words.tell_account() || words.setting_names_account()) {
            (true, true) => Tells::Both,
            (true, false) => Tells::Count,
            (false, true) => Tells::Evidence,
            (false, false) => Tells::Nothing,
        }
    }
}

fn blank(kind: &Kind, method: &str) -> Candidate {
    Candidate {
        name: "test".parse().unwrap(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: kind.name.clone(),
        method: method.to_owned(),
        settings: FieldMap::new(),
        secrets: Secret::new(FieldMap::new()),
    }
}

/// A value that the field takes; a secret whatever its pattern says.
fn fill(candidate: &mut Candidate, field: &Field, secret: &str) {
    let name = field.name.clone();
    if field.is(Mark::Secret) {
        if field.is(Mark::Required) {
            candidate.secrets.expose_mut().set(name, secret);
        }
    } else if let Some(default) = &field.default {
        candidate.settings.set(name, default.clone());
    } else if field.is(Mark::Required) {
        let value: Value = match &field.kind {
            FieldType::Choice(words) => words[0].clone().into(),
            FieldType::Port => 443.into(),
            _ if name == "probe_path" => "/v1/me".into(),
            _ if name == "access_key_id" => "AKIAIOSFODNN7EXAMPLE".into(),
            _ => "a@b.example".into(),
        };
        candidate.settings.set(name, value);
    }
}

/// A candidate of each kind and method that goes to `host` and `port`, with whether a field names the host.
pub(crate) fn aimed(kind: &Kind, host: &str, port: u16) -> Vec<(Candidate, Aim)> {
    let methods = kind.methods.iter().map(|method| &method.name);
    methods.map(|method| aimed_by(kind, method, host, port)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// A field, or a part of one, says where it goes.
    Stated,
    /// The kind does.
    Fixed,
}

fn aimed_by(kind: &Kind, method: &str, host: &str, port: u16) -> (Candidate, Aim) {
    let in_url = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let (mut candidate, mut aim) = (blank(kind, method), Aim::Fixed);
    let (private_key, _) = make_key(HostKey::Ed25519, "");
    for field in kind.fields_of(method) {
        let secret = match field.name.as_str() {
            "private_key" if kind.name == "github_app" => github_app::readable_key(),
            "private_key" => private_key.clone(),
            "connection_string" => format!("postgresql://app:pw@{in_url}:{port}/app"),
            _ => "sk_aimed0123456789".to_owned(),
        };
        let is_target = field.is(Mark::Target);
        match field.kind {
            FieldType::Host if is_target => candidate.settings.set("host", host),
            FieldType::Url if is_target => {
                candidate.settings.set(field.name.clone(), format!("https://{in_url}:{port}"));
            }
            FieldType::Port => candidate.settings.set("port", port),
            _ => fill(&mut candidate, field, &secret),
        }
        let names_host = matches!(field.kind, FieldType::Host | FieldType::Url) && is_target;
        if names_host || field.name == "connection_string" {
            aim = Aim::Stated;
        }
        if field.name == "host_key" {
            candidate.settings.set("host_key", format!("SHA256:{}", "A".repeat(43)));
        }
    }
    (candidate, aim)
}

async fn try_out(candidate: &Candidate, egress: &Egress) -> Finding {
    Catalogue::built_in().check(candidate, egress, Instant::now() + Duration::from_secs(10)).await
}

fn door(policy: Policy, dns: &ScriptedDns) -> Egress {
    Egress::new(policy, &Roots::load(&[]).unwrap(), Resolver::Scripted(dns.clone()))
}

/// Nothing was dialled, and the finding says no more than that it may not be.
pub(crate) fn assert_refused(finding: &Finding, what: &str) {
    assert_eq!(verdict(finding), unreachable(Reason::TargetNotAllowed), "{what}: {finding:?}");
    let steps: Vec<_> = finding.steps.iter().map(|step| (step.name, step.outcome)).collect();
    assert_eq!(steps, [(Step::Resolve, StepOutcome::Failed)], "{what}");
    assert!(!finding.counts(), "{what}: no proof left");
}

fn kinds_with_a_check() -> Vec<Kind> {
    let catalogue = Catalogue::built_in();
    catalogue.kinds().filter(|kind| kind.check != CheckGrade::None).cloned().collect()
}

#[tokio::test]
async fn ssr_01_no_kind_reaches_an_address_that_is_not_allowed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let egress = door(Policy::default(), &ScriptedDns::default());
    for kind in kinds_with_a_check() {
        for host in [
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "fd00:ec2::254",
            "localhost",
            "a.localhost",
        ] {
            for (candidate, aim) in aimed(&kind, host, port) {
                if aim == Aim::Stated {
                    let what = format!("{} {} {host}", kind.name, candidate.method);
                    assert_refused(&try_out(&candidate, &egress).await, &what);
                }
            }
        }
    }
    let heard = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(heard.is_err(), "no packet was sent");
}

/// The names that fixed kinds go to are looked up like any other, once, and judged by their addresses.
#[tokio::test]
async fn ssr_02_every_kind_resolves_once_and_dials_what_was_judged() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let closing = tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    let private = IpAddr::from([10, 0, 0, 1]);
    for kind in kinds_with_a_check() {
        for (candidate, aim) in aimed(&kind, "target.example.com", port) {
            let what = format!("{} {}", kind.name, candidate.method);
            let name =
                if aim == Aim::Stated { "target.example.com".to_owned() } else { fixed_host(&kind.name) };
            // Allowed first, another address at the second look: there is no second look.
            let dns = ScriptedDns::default().answer(&name, &[here]).answer(&name, &[private]);
            let finding = try_out(&candidate, &door(Policy::development(), &dns)).await;
            assert_ne!(finding.reason, Some(Reason::TargetNotAllowed), "{what}: {finding:?}");
            assert!(finding.steps.iter().any(|step| step.name == Step::Connect), "{what}: {finding:?}");
            assert_eq!(dns.lookups(&name), 1, "{what}");
            // One address that may be reached, and one that may not.
            for mixed in [[here, private], [private, here]] {
                let dns = ScriptedDns::default().answer(&name, &mixed);
                assert_refused(&try_out(&candidate, &door(Policy::development(), &dns)).await, &what);
                assert_eq!(dns.lookups(&name), 1, "{what}");
            }
        }
    }
    closing.abort();
}

fn fixed_host(kind: &str) -> String {
    if kind.starts_with("aws") {
        return "sts.us-east-1.amazonaws.com".to_owned();
    }
    let (_, text) = kind_files().into_iter().find(|(name, _)| name == kind).unwrap();
    let words = VendorWords::of(&text);
    words.base().strip_prefix("https://").unwrap().split(['/', ':']).next().unwrap().to_owned()
}

#[test]
fn ssr_05_no_kind_takes_a_host_in_another_spelling() {
    let catalogue = Catalogue::built_in();
    for kind in kinds_with_a_check() {
        for host in [
            "2130706433",
            "0177.0.0.1",
            "127.1",
            "0x7f.1",
            "0",
            "a,b",
            "/tmp/socket",
            "@abstract",
            "%2Ftmp%2Fsocket",
            "fe80::1%lo",
            "\u{ff11}27.0.0.1",
            "a b",
            "user@host",
            "host:1:2",
        ] {
            for (candidate, aim) in aimed(&kind, host, 5_000) {
                if aim == Aim::Fixed {
                    continue;
                }
                let what = format!("{} {} {host}", kind.name, candidate.method);
                let connector = catalogue.connector(&kind.name).unwrap();
                let is_refused = match validate(candidate, &kind, FieldPolicy::Strict) {
                    Err(faults) => !faults.is_empty(),
                    Ok(candidate) => !connector.examine(&candidate).is_empty(),
                };
                assert!(is_refused, "{what}");
            }
        }
    }
}
