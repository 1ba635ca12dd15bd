//! The kinds whose request the caller states, against a real web server.

use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_connectors::contract::{Cases, Tells, upholds};
use strongroom_domain::credential::Candidate;
use strongroom_domain::verification::{Outcome, Reason};
use strongroom_testkit::{Canaries, Nginx};

use crate::probing::{egress, stated};
use crate::web::{Reply, WebServer};
use crate::world::{ACCEPTED, unreachable, verdict};

/// Kind, its path at the server, its secret.
const KINDS: [(&str, &str, &str); 3] = [
    ("http_api_key", "/key", "api_key"),
    ("http_basic", "/basic", "password"),
    ("http_bearer", "/bearer", "token"),
];

fn candidate((kind, path, field): (&str, &str, &str), base: &str, secret: &str) -> Candidate {
    let mut settings = json!({"base_url": base, "probe_path": path});
    if kind == "http_basic" {
        settings["username"] = "app".into();
    }
    let secrets: Value = json!({field: secret});
    stated(kind, settings, secrets).candidate
}

#[tokio::test]
async fn the_stated_kinds_uphold_the_contract_against_nginx() {
    let mut canaries = Canaries::seeded(11);
    let (good, bad, remote) = (canaries.make("good"), canaries.make("bad"), canaries.make("remote"));
    let nginx = Nginx::start("app", good.text());
    let silent = WebServer::answering(|_| None).await;
    let hostile = [
        WebServer::http(Reply::new(500, "application/json", format!("\"{}\"", remote.text()))).await,
        WebServer::http(Reply::html(200, remote.text())).await,
        WebServer::http(Reply::json(302, &json!({})).with("location", remote.text())).await,
    ];
    for kind in KINDS {
        let at = |base: &str, secret: &str| candidate(kind, base, secret);
        let is_counted = kind.0 == "http_basic";
        let cases = Cases {
            good: at(&nginx.url(), good.text()),
            bad: at(&nginx.url(), bad.text()),
            otherwise_spelt: if is_counted {
                vec![at(&nginx.url().replace("127.0.0.1", "LOCALHOST"), good.text())]
            } else {
                Vec::new()
            },
            unreachable: at("http://127.0.0.1:1", good.text()),
            slow: at(&silent.http_url(), good.text()),
            hostile: hostile.iter().map(|server| at(&server.http_url(), good.text())).collect(),
            remote_text: remote.text().to_owned(),
            tells: if is_counted { Tells::Both } else { Tells::Nothing },
        };
        upholds(Catalogue::built_in().connector(kind.0).unwrap(), &cases, egress()).await;
    }
}

#[tokio::test]
async fn con_18_a_real_public_path_proves_no_secret() {
    let nginx = Nginx::start("app", "right");
    for kind in KINDS {
        for secret in ["right", "wrong"] {
            let at = |path| candidate((kind.0, path, kind.2), &nginx.url(), secret);
            let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
            let finding = Catalogue::built_in().check(&at("/open"), egress(), deadline).await;
            assert_eq!(verdict(&finding), unreachable(Reason::MisconfiguredTarget), "{kind:?}: {finding:?}");
            assert_eq!(finding.evidence.account, None, "{kind:?}");
            let before = nginx.requests().len();
            let finding = Catalogue::built_in().check(&at(kind.1), egress(), deadline).await;
            let asked = nginx.requests().split_off(before);
            if secret == "right" {
                assert_eq!(verdict(&finding), ACCEPTED, "{kind:?}: {finding:?}");
                assert_eq!(asked, [format!("200 GET {}", kind.1), format!("401 GET {}", kind.1)]);
            } else {
                assert_eq!(finding.outcome, Outcome::Rejected, "{kind:?}: {finding:?}");
                assert_eq!(asked, [format!("401 GET {}", kind.1)], "con_15: nothing wrong is sent twice");
            }
        }
    }
}
