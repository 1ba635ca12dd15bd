//! Who may read the numbers, and what the server says to those who may not.

use std::time::Duration;

use serde_json::json;
use strongroom_testkit::http::Client;

use crate::http::get;
use crate::site::{SOUND, Site};

#[test]
fn log_11_ops_04_metrics_need_a_token() {
    let site = Site::new();
    let server = site.serve();
    let (address, token) = (&server.address, site.token());
    for refused in [None, Some(""), Some("srt_u_nobody"), Some(&token[1..])] {
        assert_eq!(get(address, "/metrics", refused).status, 401, "{refused:?}");
    }
    // LOG-03: one who is known and may not is on record, in the log of its own organization.
    let admin =
        Client::anonymous(address.strip_prefix("http://").unwrap().parse().unwrap()).with_token(&token);
    let viewer = admin.post(
        "/v1/tokens",
        &json!({"name": "v", "kind": "service", "role": "viewer", "workspace": "default"}),
    );
    let viewer = viewer.expect(201).value()["token"].as_str().unwrap().to_owned();
    assert_eq!(get(address, "/metrics", Some(&viewer)).status, 403);
    let denied = "/v1/workspaces/default/audit?action=organization.read&outcome=denied";
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while admin.get(denied).expect(200).value()["items"].as_array().unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "it is not on record");
        std::thread::sleep(Duration::from_millis(50));
    }
    get(address, "/v1/cnry-path?token=cnry-query", Some(&token));
    let text = get(address, "/metrics", Some(&token)).text;
    for name in
        ["strongroom_store_commits_total", "strongroom_scrub_pending_seconds", "process_start_time_seconds"]
    {
        assert!(text.contains(&format!("\n{name} ")), "{name}: {text}");
    }
    assert!(text.contains("{route=\"/metrics\",method=\"GET\",status=\"4xx\"} 5\n"), "{text}");
    assert!(text.contains("strongroom_http_request_duration_seconds_bucket{"), "{text}");
    assert!(!text.contains("cnry"), "{text}");
    server.stop();
}

#[test]
fn a_listener_of_their_own_needs_no_token_and_has_nothing_else() {
    let site = Site::new();
    site.configure(&format!("{SOUND}[metrics]\nlisten = \"127.0.0.1:0\"\n"));
    let server = site.serve();
    // A free port is the server's to choose: one that a test lets go of first may be anybody's by then.
    let said = server.line.as_array().unwrap().iter();
    let mut said =
        said.filter(|line| line["message"].as_str().is_some_and(|text| text.starts_with("metrics")));
    let free = said.next_back().expect("the log says where")["address"].as_str().unwrap().to_owned();
    assert!(get(&free, "/metrics", None).text.contains("strongroom_store_syncs_total"));
    for path in ["/healthz", "/v1/kinds", "/"] {
        assert_eq!(get(&free, path, None).status, 401, "{path}");
    }
    assert_eq!(get(&server.address, "/metrics", Some(&site.token())).status, 404);
    server.stop();
}

#[test]
fn ops_05_unknown_paths_tell_nothing() {
    let site = Site::new();
    let server = site.serve();
    for path in ["/", "/v0/x", "/docs", "/openapi/unknown.json", "/healthz/", "/.git/config"] {
        assert_eq!(get(&server.address, path, None).status, 401, "{path}");
        assert_eq!(get(&server.address, path, Some(&site.token())).status, 404, "{path}");
    }
    for path in ["/", "/healthz", "/readyz", "/metrics"] {
        let text = get(&server.address, path, None).text.to_lowercase();
        for banner in ["\r\nserver:", "0.1.0", "hyper", "axum", "strongroom"] {
            assert!(!text.contains(banner), "{path}: {text}");
        }
    }
    server.stop();
}
