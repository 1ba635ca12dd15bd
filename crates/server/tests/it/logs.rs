//! The server's own log and numbers: which words they are made of, whatever clients send.

use std::collections::BTreeSet;
use std::io::Write as _;

use serde_json::{Value, json};
use strongroom_testkit::Canaries;

use crate::http::{connect, get, post, read};
use crate::process::{Server, run, strongroom};
use crate::site::Site;

/// A server with a log in JSON at its loudest.
fn loud(site: &Site) -> Server {
    let config = site.path("strongroom.toml");
    let mut command = strongroom(&["serve", "--config", config.to_str().unwrap()]);
    command.env("STRONGROOM_LOG", "trace");
    Server::spawn(command)
}

/// Everything that was logged, the lines before the first request included.
fn ended(server: &Server) -> Vec<String> {
    server.signal(rustix::process::Signal::TERM);
    let log: Vec<String> = server.log.iter().collect();
    let before = server.line.as_array().unwrap().iter().map(Value::to_string);
    before.chain(log).collect()
}

/// The only names under which anything is logged. Each is a word or a number of ours, never what a client, a file
/// or another server said: a new one is looked at before it stands here.
const FIELDS: [&str; 32] = [
    "address",
    "cause",
    "code",
    "consequence",
    "count",
    "dialect",
    "duration_us",
    "epoch",
    "error",
    "file",
    "fix",
    "level",
    "message",
    "method",
    "name",
    "node",
    "organization",
    "place",
    "request_id",
    "root_key",
    "route",
    "rows",
    "setting",
    "span",
    "spans",
    "status",
    "target",
    "timestamp",
    "token_id",
    "url",
    "workspace_id",
    "what",
];

/// LOG-02: nothing has to be masked, because only named, safe fields are logged at all.
#[test]
fn log_02_only_named_fields_are_logged() {
    let site = Site::new();
    let server = loud(&site);
    let token = site.token();
    get(&server.address, "/v1/kinds", Some(&token));
    get(&server.address, "/v1/kinds", None);
    post(
        &server.address,
        "/v1/workspaces/default/credentials",
        &token,
        &json!({"kind": "generic"}).to_string(),
    );
    post(&server.address, "/v1/workspaces/default/credentials", &token, "{");
    let new = json!({"kind": "generic", "name": "x", "secrets": {"token": "cnry-logged"}}).to_string();
    assert_eq!(post(&server.address, "/v1/workspaces/default/credentials", &token, &new).status, 201);
    let log = ended(&server);
    assert!(log.len() > 5, "{log:?}");
    for line in &log {
        let line: Value = serde_json::from_str(line).unwrap();
        let mut names: BTreeSet<String> = line.as_object().unwrap().keys().cloned().collect();
        for span in line["spans"].as_array().into_iter().flatten().chain([&line["span"]]) {
            names.extend(span.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        }
        let strange: Vec<&String> = names.iter().filter(|name| !FIELDS.contains(&name.as_str())).collect();
        assert!(strange.is_empty(), "{strange:?} in {line}");
    }
    assert!(!log.concat().contains("cnry"));
}

/// LOG-04: one record per event, whatever is in names, ids and headers; none of it is in the log at all.
#[test]
fn log_04_nothing_that_is_sent_breaks_or_fills_the_log() {
    const HOSTILE: [&str; 5] = [
        "%0d%0a{\"level\":\"ERROR\"}",
        "%1b[31m%1b]0;x%07",
        "%e2%80%ae%e2%81%a6",
        "%00",
        "\",\"level\":\"ERROR",
    ];
    let site = Site::new();
    let server = loud(&site);
    let token = site.token();
    for hostile in HOSTILE {
        let spaceless = hostile.replace('"', "%22");
        for path in [format!("/v1/cnry{spaceless}"), format!("/v1/kinds/cnry{spaceless}?cnry={spaceless}")] {
            get(&server.address, &path, Some(&token));
        }
    }
    let named =
        json!({"kind": "generic", "name": "cnry\u{202e}\u{2066}\"}", "description": "cnry\n\u{1b}[31m"});
    post(&server.address, "/v1/workspaces/default/credentials", &token, &named.to_string());
    let endless = "cnry".repeat(4_000);
    let mut stream = connect(&server.address);
    let request = format!(
        "GET /v1/kinds HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: {endless}\r\nX-Request-Id: \x1b[31mcnry\t{endless}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let _refused_or_not = read(stream);
    let huge = json!({"kind": "generic", "name": "cnry".repeat(50_000)}).to_string();
    post(&server.address, "/v1/workspaces/default/credentials", &token, &huge);
    let log = ended(&server);
    assert!(log.iter().filter(|line| line.contains("answered")).count() >= 11, "{log:?}");
    for line in log {
        let record: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not one record: {line}"));
        assert!(record["level"] != "ERROR" && !line.contains("cnry"), "{line}");
        assert!(line.len() < 2_000 && line.chars().all(|letter| !letter.is_control()), "{line}");
    }
}

/// LOG-11: what clients send makes no label, so there are never more of them than routes, methods and statuses.
#[test]
fn log_11_labels_are_ours_and_bounded() {
    let site = Site::new();
    let server = loud(&site);
    let token = site.token();
    let ask = |from: usize| {
        for nth in from..from + 40 {
            get(
                &server.address,
                &format!("/v1/workspaces/cnry-{nth}/credentials/cred_{nth}?a={nth}"),
                Some(&token),
            );
            get(&server.address, &format!("/cnry-{nth}"), Some(&token));
            let mut stream = connect(&server.address);
            let odd = format!("CNRY{nth} /v1/kinds HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            stream.write_all(odd.as_bytes()).unwrap();
            let _refused = read(stream);
        }
        get(&server.address, "/metrics", Some(&token)).text
    };
    let (once, again) = (ask(0), ask(1_000));
    let series = |page: &str| page.lines().filter(|line| line.contains("route=\"")).count();
    // The page itself is one more route the second time.
    assert!(series(&again) <= series(&once) + 30, "{} and {}", series(&once), series(&again));
    assert!(!again.to_lowercase().contains("cnry"), "{again}");
    server.stop();
}

/// LOG-12: what is made to be shown to others holds no key and no token. There is no support bundle; these are the
/// commands that tell of the configuration.
#[test]
fn log_12_what_commands_tell_of_the_configuration_holds_no_secret() {
    let site = Site::new();
    site.serve().stop();
    let mut canaries = Canaries::seeded(12);
    let token = canaries.make("token");
    let root: Vec<String> =
        std::fs::read(site.path("root.key")).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    let root = root.concat();
    let own = site.token();
    let config = site.path("strongroom.toml");
    let config = config.to_str().unwrap();
    let commands: [&[&str]; 4] = [
        &["config", "explain"],
        &["config", "explain", "-o", "json"],
        &["doctor", "--config", config, "-o", "json"],
        &["keys", "status", "--config", config],
    ];
    for arguments in commands {
        let mut command = strongroom(arguments);
        command.env("STRONGROOM_TOKEN", token.text()).env("HOME", site.path(""));
        let output = run(command);
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.is_empty(), "{arguments:?}");
        assert_eq!(token.find_in(&said), [""; 0], "{arguments:?}");
        let text = String::from_utf8(said).unwrap();
        assert!(!text.contains(&root[..16]) && !text.contains(own.rsplit('_').nth(1).unwrap()), "{text}");
    }
}

/// LOG-15: who reads the log finds ids there, and none of them opens anything.
#[test]
fn log_15_what_stands_in_the_log_grants_nothing() {
    let site = Site::new();
    let server = loud(&site);
    let address = server.address.clone();
    let token = site.token();
    let new = json!({"kind": "generic", "name": "x", "secrets": {"token": "cnry-logged"}}).to_string();
    for _ in 0..3 {
        assert_eq!(post(&address, "/v1/workspaces/default/credentials", &token, &new).status, 201);
    }
    let listed = get(&address, "/v1/workspaces/default/credentials?limit=1", Some(&token)).text;
    let listed: Value = serde_json::from_str(listed.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let mut words: BTreeSet<String> = listed["next_cursor"].as_str().map(str::to_owned).into_iter().collect();
    assert!(!words.is_empty(), "{listed}");
    let mut lines: Vec<String> = server.line.as_array().unwrap().iter().map(Value::to_string).collect();
    while let Ok(line) = server.log.recv_timeout(std::time::Duration::from_millis(500)) {
        lines.push(line);
    }
    for line in &lines {
        words.extend(line.split(['"', ' ', ',']).filter(|word| word.len() > 8).map(str::to_owned));
    }
    assert!(
        words.iter().any(|word| word.starts_with("req_"))
            && words.iter().any(|word| word.starts_with("tok_"))
    );
    for word in &words {
        assert_eq!(get(&address, "/v1/kinds", Some(word)).status, 401, "{word}");
    }
    let cursor = listed["next_cursor"].as_str().unwrap();
    let turned = format!("/v1/tokens?limit=1&cursor={cursor}");
    assert!(matches!(get(&address, &turned, Some(&token)).status, 400 | 422), "a cursor is of one list");
    let path = format!("/v1/workspaces/default/credentials?limit=1&cursor={cursor}");
    assert_eq!(get(&address, &path, None).status, 401, "a cursor is no key");
    server.stop();
}
