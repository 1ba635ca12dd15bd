//! People at the pages and at the command line, over a real provider and the whole house.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use strongroom_connectors::Catalogue;
use strongroom_connectors::issuer::{Client as ProviderClient, IssuerSettings};
use strongroom_domain::identity::Algorithm;
use strongroom_domain::ids::NodeId;
use strongroom_domain::{Clock as _, Secret};
use strongroom_egress::{Policy, Roots};
use strongroom_sealing::{RootKey, SystemRng};
use strongroom_server::{AuditKeeping, Composition, Listener, People, Running, SystemClock, start};
use strongroom_service::{Limits, NamedIssuer, founding};
use strongroom_store_sqlite::SqliteStore;
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_testkit::http::{Client, Reply};
use strongroom_testkit::oidc::{CLI_CLIENT, CLIENT, CLIENT_SECRET};
use strongroom_testkit::{Chromium, Lead, OpenIdProvider, Visitor};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::process::strongroom;
use crate::promises::PROGRAM;

/// A server that trusts a real provider for people, with a token of an admin.
struct World {
    provider: OpenIdProvider,
    admin: Client,
    url: String,
    folder: TempDir,
    running: Option<Running>,
    runtime: Runtime,
}

impl World {
    fn open() -> Self {
        let provider = OpenIdProvider::start("http://127.0.0.1:9/console/callback");
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let (running, token) = runtime.block_on(serve(&provider, &folder));
        let url = format!("http://{}", running.address());
        provider.send_back_to(&format!("{url}/console/callback"));
        let admin = Client::anonymous(running.address()).with_token(token.expose());
        Self { provider, admin, url, folder, running: Some(running), runtime }
    }

    fn issue(&self, role: &str, subject: &str) -> Value {
        let new = json!({"name": "Ann", "kind": "user", "role": role, "workspace": "default",
            "identity": {"issuer": self.provider.issuer(), "subject": subject}});
        self.admin.post("/v1/tokens", &new).expect(201).value()
    }

    fn page(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Signs in as whoever stands at the provider's door, and gives the page where that ends.
    fn sign_in(&self, visitor: &mut Visitor) -> (String, Reply) {
        visitor.get(&self.page("/console/login"), Lead::Typed).expect(200);
        visitor.follow(self.page("/console/login/oidc?issuer=0"), Lead::Page)
    }

    fn home(&self) -> std::path::PathBuf {
        let home = self.folder.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        home
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = strongroom(arguments);
        command.current_dir(self.home()).env("HOME", self.home()).env("STRONGROOM_ADDRESS", &self.url);
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

async fn serve(provider: &OpenIdProvider, folder: &TempDir) -> (Running, Secret<String>) {
    let now = SystemClock.now();
    let (root_key, data) = (RootKey::make(&mut SystemRng), folder.path().join("data"));
    let store = Arc::new(SqliteStore::open(&data, NodeId::make(now, &mut SystemRng)).unwrap());
    let first = founding::make_token(now);
    founding::found(store.as_ref(), &root_key, &first, now).await.unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let public_url = format!("http://{}", listener.address()).parse().ok();
    let people = People { issuers: vec![issuer(provider)], public_url, ..People::default() };
    let parts = Composition {
        store,
        root_key,
        // Public addresses alone: the provider is let in by being named.
        policy: Policy::default(),
        roots: Roots::load(&[]).unwrap(),
        catalogue: Catalogue::built_in(),
        limits: Limits::default(),
        events_kept: Duration::from_hours(1),
        clock: Arc::new(SystemClock),
        listener,
        mounts: Vec::new(),
        metrics: None,
        people,
        audit: AuditKeeping::default(),
    };
    (start(parts).await.unwrap(), first.reveal())
}

fn issuer(provider: &OpenIdProvider) -> NamedIssuer {
    let client = ProviderClient {
        id: CLIENT.to_owned(),
        secret: Some(Secret::new(CLIENT_SECRET.to_owned())),
        cli_id: Some(CLI_CLIENT.to_owned()),
    };
    let settings = IssuerSettings {
        url: provider.issuer().parse().unwrap(),
        client: Some(client),
        audiences: Vec::new(),
        algorithms: Algorithm::USUAL.to_vec(),
        leeway: Duration::from_secs(10),
    };
    NamedIssuer { settings, keys: None, organizations: Vec::new() }
}

const SESSION: &str = "strongroom_session";

#[test]
fn oau_15_a_person_signs_in_by_a_real_provider_and_out_again() {
    let world = World::open();
    world.issue("editor", "ann");
    world.provider.person("ann", "ann@example.com");
    let mut visitor = Visitor::default();
    // Nobody is signed in: to the page where one does.
    let refused = visitor.get(&world.page("/console"), Lead::Typed).expect(303);
    assert_eq!(refused.header("location"), Some("/console/login"));
    let login = visitor.get(&world.page("/console/login"), Lead::Typed).expect(200);
    let (button, field) = (position(&login, "/console/login/oidc"), position(&login, "name=\"token\""));
    assert!(button < field, "the issuer first, the token second");
    let (at, signed_in) = world.sign_in(&mut visitor);
    assert!(at.starts_with(&world.page("/console/callback")), "{at}");
    assert_eq!(signed_in.status, 200, "{}", text(&signed_in));
    assert!(text(&signed_in).contains("http-equiv=\"refresh\""));
    let home = visitor.get(&world.page("/console"), Lead::Page).expect(200);
    for said in ["Ann", "editor", "default", "ann"] {
        assert!(text(&home).contains(said), "{said}: {}", text(&home));
    }
    let session = visitor.cookie(&world.url, SESSION).unwrap();
    assert!(visitor.cookie(&world.url, "strongroom_sign_in").is_none(), "it has served its purpose");
    // AUT-10: signing out ends it at the server.
    let out = visitor.post(&world.page("/console/logout"), &[]).expect(303);
    assert_eq!(out.header("clear-site-data"), Some("\"cache\", \"cookies\", \"storage\""));
    assert!(visitor.cookie(&world.url, SESSION).is_none());
    visitor.plant(&world.url, SESSION, &session);
    visitor.get(&world.page("/console"), Lead::Typed).expect(303);
    // AUT-17: what counts at the pages counts nowhere else.
    let (_, _) = world.sign_in(&mut visitor);
    let session = visitor.cookie(&world.url, SESSION).unwrap();
    let bearer = Client::anonymous(world.admin.address()).with_token(&session);
    bearer.get("/v1/limits").expect(401);
}

#[test]
fn aut_14_a_real_browser_signs_in_by_both_ways_and_out() {
    let world = World::open();
    world.issue("editor", "ann");
    world.provider.person("ann", "ann@example.com");
    let mut browser = Chromium::start();
    browser.act("open", &json!(world.page("/console")));
    let page = browser.act("press", &json!("Sign in by"));
    assert_eq!(page["complaints"], json!([]));
    // The page after the issuer's leads on by itself, and the session is there: `Strict` holds.
    let home = browser.act("wait", &json!("/console"));
    assert!(home["text"].as_str().unwrap().contains("Ann"), "{home}");
    assert_eq!(home["complaints"], json!([]));
    let session =
        home["cookies"].as_array().unwrap().iter().find(|it| it["name"] == SESSION).unwrap().clone();
    assert_eq!((&session["httpOnly"], &session["sameSite"]), (&json!(true), &json!("Strict")));
    let out = browser.act("press", &json!("Sign out"));
    assert!(out["url"].as_str().unwrap().ends_with("/console/login"), "{out}");
    assert!(!out["cookies"].as_array().unwrap().iter().any(|it| it["name"] == SESSION), "{out}");
    let token = world
        .admin
        .post(
            "/v1/tokens",
            &json!({"name": "Bob", "kind": "user", "role": "viewer",
        "workspace": "default"}),
        )
        .expect(201)
        .value();
    browser.act("fill", &json!({"label": "Token", "text": token["token"]}));
    let home = browser.act("press", &json!("^Sign in$"));
    assert!(home["text"].as_str().unwrap().contains("Bob"), "{home}");
    assert_eq!(home["complaints"], json!([]));
}

#[test]
fn aut_14_the_session_is_new_at_every_sign_in() {
    let world = World::open();
    world.issue("viewer", "ann");
    world.provider.person("ann", "ann@example.com");
    let mut visitor = Visitor::default();
    visitor.plant(&world.url, SESSION, "srb_chosen-by-somebody-else");
    world.sign_in(&mut visitor);
    let first = visitor.cookie(&world.url, SESSION).unwrap();
    assert_ne!(first, "srb_chosen-by-somebody-else");
    world.sign_in(&mut visitor);
    assert_ne!(visitor.cookie(&world.url, SESSION).unwrap(), first);
}

#[test]
fn aut_18_who_has_nothing_to_do_here_is_told_their_subject() {
    let world = World::open();
    world.issue("viewer", "ann");
    // The same address, another subject.
    world.provider.person("eve", "ann@example.com");
    let mut visitor = Visitor::default();
    let (_, refused) = world.sign_in(&mut visitor);
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("eve") && text(&refused).contains(world.provider.issuer()));
    assert!(visitor.cookie(&world.url, SESSION).is_none());
    // A changed address changes nothing.
    world.provider.person("ann", "somebody-else@example.com");
    let (_, signed_in) = world.sign_in(&mut Visitor::default());
    assert_eq!(signed_in.status, 200, "{}", text(&signed_in));
}

#[test]
fn aut_10_revoking_the_identity_ends_the_session_at_once() {
    let world = World::open();
    let issued = world.issue("viewer", "ann");
    world.provider.person("ann", "ann@example.com");
    let mut visitor = Visitor::default();
    world.sign_in(&mut visitor);
    visitor.get(&world.page("/console"), Lead::Page).expect(200);
    world.admin.delete(&format!("/v1/tokens/{}", issued["id"].as_str().unwrap())).expect(204);
    visitor.get(&world.page("/console"), Lead::Page).expect(303);
    let (_, refused) = world.sign_in(&mut visitor);
    assert_eq!(refused.status, 403, "known there, and nobody here");
}

#[test]
fn oau_01_an_answer_counts_for_the_browser_that_asked_and_once() {
    let world = World::open();
    world.issue("viewer", "ann");
    world.provider.person("ann", "ann@example.com");
    let mut visitor = Visitor::default();
    let asked = visitor.get(&world.page("/console/login/oidc?issuer=0"), Lead::Typed).expect(303);
    let question = asked.header("location").unwrap().to_owned();
    assert!(question.contains("code_challenge_method=S256") && question.contains("nonce="), "{question}");
    assert!(question.contains(&format!(
        "redirect_uri=http%3A%2F%2F{}",
        world.admin.address().to_string().replace(':', "%3A")
    )));
    let kept = visitor.cookie(&world.url, "strongroom_sign_in").unwrap();
    // The person at the provider, as far as the address that leads back.
    let mut at_provider = Visitor::default();
    let back = redirected_to(&mut at_provider, question, &world.page("/console/callback"));
    let state = parameter(&back, "state");
    for odd in [
        world.page("/console/callback"),
        world.page("/console/callback?code=x"),
        world.page(&format!("/console/callback?state={state}")),
        back.replace(&state, ""),
        back.replace(&state, &"A".repeat(43)),
        world.page("/console/callback?error=access_denied&error_description=%3Cb%3Ecnry"),
    ] {
        let refused = visitor.get(&odd, Lead::OtherSite).expect(401);
        assert!(!text(&refused).contains("cnry"));
    }
    // Another browser, and one that was logged out of its question.
    Visitor::default().get(&back, Lead::OtherSite).expect(401);
    let mut other = Visitor::default();
    other.get(&world.page("/console/login/oidc?issuer=0"), Lead::Typed).expect(303);
    other.get(&back, Lead::OtherSite).expect(401);
    // The one that asked: its cookie was not used up by what was refused before, which it sent as well.
    visitor.plant(&world.url, "strongroom_sign_in", &kept);
    let signed_in = visitor.get(&back, Lead::OtherSite);
    assert_eq!(signed_in.status, 200, "{}", text(&signed_in));
    assert!(visitor.cookie(&world.url, SESSION).is_some());
    let mut again = Visitor::default();
    again.plant(&world.url, "strongroom_sign_in", &kept);
    again.get(&back, Lead::OtherSite).expect(401);
}

#[test]
fn oau_02_an_answer_of_another_issuer_is_none() {
    let world = World::open();
    world.issue("viewer", "ann");
    world.provider.person("ann", "ann@example.com");
    let mut visitor = Visitor::default();
    let asked = visitor.get(&world.page("/console/login/oidc?issuer=0"), Lead::Typed).expect(303);
    let question = asked.header("location").unwrap().to_owned();
    let back = redirected_to(&mut Visitor::default(), question, &world.page("/console/callback"));
    let own = parameter(&back, "iss");
    assert!(!own.is_empty(), "the provider names itself (RFC 9207)");
    let _before = world.provider.requests();
    visitor
        .get(&back.replace(&format!("iss={own}"), "iss=https%3A%2F%2Fevil.example"), Lead::OtherSite)
        .expect(401);
    visitor.get(&back.replace(&format!("&iss={own}"), ""), Lead::OtherSite).expect(401);
    assert_eq!(world.provider.requests(), [""; 0], "the code was sent nowhere");
}

#[test]
fn aut_05_what_a_request_says_of_its_host_has_no_say() {
    let world = World::open();
    let client = Client::anonymous(world.admin.address());
    for header in ["x-forwarded-host", "x-original-host", "forwarded", "origin", "referer"] {
        let value = if header == "forwarded" { "host=evil.example" } else { "evil.example" };
        let asked = client.send("GET", "/console/login/oidc?issuer=0", &[(header, value)], b"").expect(303);
        assert!(!asked.header("location").unwrap().contains("evil"), "{header}");
    }
    let raw = concat!(
        "GET /console/login/oidc?issuer=0 HTTP/1.1\r\nhost: evil.example\r\n",
        "connection: close\r\n\r\n"
    );
    let asked = client.exchange(raw.as_bytes()).unwrap().expect(303);
    let location = asked.header("location").unwrap();
    assert!(!location.contains("evil") && location.starts_with(world.provider.issuer()), "{location}");
}

#[test]
fn web_01_another_site_changes_nothing_and_begins_nothing() {
    let world = World::open();
    world.issue("viewer", "ann");
    world.provider.person("ann", "ann@example.com");
    let mut visitor = Visitor::default();
    world.sign_in(&mut visitor);
    // A link elsewhere leads to the page without the session, which is `Strict`, and signs nobody in.
    visitor.get(&world.page("/console"), Lead::OtherSite).expect(303);
    let led = visitor.get(&world.page("/console/login/oidc?issuer=0"), Lead::OtherSite).expect(303);
    assert_eq!(led.header("location"), Some("/console/login"), "nobody asked for it");
    let mut elsewhere = Visitor::default();
    elsewhere.get(&format!("{}/", world.provider.issuer()), Lead::Typed);
    elsewhere.post(&world.page("/console/login"), &[("token", "srt_u_x")]).expect(403);
    let client = Client::anonymous(world.admin.address());
    client.send("POST", "/console/logout", &[], b"").expect(403);
    client
        .send("POST", "/console/login", &[("content-type", "application/x-www-form-urlencoded")], b"token=x")
        .expect(403);
    visitor.get(&world.page("/console"), Lead::Typed).expect(200);
}

#[test]
fn web_03_every_page_forbids_what_it_does_not_need() {
    let world = World::open();
    let mut visitor = Visitor::default();
    for path in ["/console/login", "/console", "/console/none", "/console/style.css", "/console/callback"] {
        let page = visitor.get(&world.page(path), Lead::Typed);
        let policy = page.header("content-security-policy").unwrap_or_default();
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        let may_be_kept = path == "/console/style.css";
        assert_eq!(page.header("cache-control") == Some("no-store"), !may_be_kept, "{path}");
        assert!(!text(&page).contains("<script") && !text(&page).contains("style="), "{path}");
    }
}

#[test]
fn aut_17_a_token_signs_in_at_the_page_and_nothing_else_does() {
    let world = World::open();
    let token = world
        .admin
        .post(
            "/v1/tokens",
            &json!({"name": "Bob <b>", "kind": "user", "role": "viewer",
        "workspace": "default"}),
        )
        .expect(201)
        .value();
    let mut visitor = Visitor::default();
    visitor.get(&world.page("/console/login"), Lead::Typed).expect(200);
    for odd in ["", "null", "srt_u_x", "srb_x", "eyJhbGciOiJub25lIn0.e30."] {
        let refused = visitor.post(&world.page("/console/login"), &[("token", odd)]).expect(401);
        assert!(text(&refused).contains("That was not taken"));
        let once = visitor.post(&world.page("/console/login"), &[("once", odd)]).expect(401);
        assert_eq!(text(&once), text(&refused), "every refusal is the same");
    }
    visitor.post(&world.page("/console/login"), &[("token", token["token"].as_str().unwrap())]).expect(303);
    let home = visitor.get(&world.page("/console"), Lead::Page).expect(200);
    assert!(text(&home).contains("Bob &lt;b&gt;"), "WEB-02: {}", text(&home));
    // AUT-10: a rotated token is another.
    let id = token["id"].as_str().unwrap();
    world.admin.post(&format!("/v1/tokens/{id}/rotate"), &json!({})).expect(200);
    visitor.get(&world.page("/console"), Lead::Page).expect(303);
    // LOG-03: shown here, its old text is on record like anywhere else.
    visitor.post(&world.page("/console/login"), &[("token", token["token"].as_str().unwrap())]).expect(401);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    let refusals = "/v1/workspaces/default/audit?action=token.use&outcome=denied";
    let refused = loop {
        let found = world.admin.get(refusals).expect(200).value()["items"].as_array().unwrap().clone();
        if !found.is_empty() {
            break found;
        }
        assert!(tokio::time::Instant::now() < deadline, "it is not on record");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(refused[0]["record"]["object"]["id"], id);
}

#[test]
fn aut_05_the_link_of_dev_signs_in_once_and_not_by_being_looked_at() {
    let folder = DataFolder::default();
    let server = DevServer::start(PROGRAM, &folder.path());
    let link = server.ready["console"].as_str().unwrap().to_owned();
    let address = server.ready["address"].as_str().unwrap().to_owned();
    let once = link.split_once("?once=").unwrap().1.to_owned();
    assert!(link.starts_with(&format!("{address}/console/login?once=")), "{link}");
    // Previews of mail programs and chats.
    for _ in 0..3 {
        Visitor::default().get(&link, Lead::OtherSite).expect(200);
    }
    let mut visitor = Visitor::default();
    let page = visitor.get(&link, Lead::Typed).expect(200);
    assert!(text(&page).contains(&once) && visitor.cookie(&address, SESSION).is_none());
    visitor.post(&format!("{address}/console/login"), &[("once", &once)]).expect(303);
    let home = visitor.get(&format!("{address}/console"), Lead::Page).expect(200);
    assert!(text(&home).contains("first admin") && text(&home).contains("admin"), "{}", text(&home));
    let mut second = Visitor::default();
    second.get(&link, Lead::Typed).expect(200);
    second.post(&format!("{address}/console/login"), &[("once", &once)]).expect(401);
    // LOG-03: somebody else has the link too, which its holder ought to learn.
    let admin = server.admin();
    let reused = "/v1/workspaces/default/audit?action=session.begin&outcome=denied";
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while admin.get(reused).expect(200).value()["items"].as_array().unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "it is not on record");
        std::thread::sleep(Duration::from_millis(50));
    }
    // It is no token, and it stands in no file and no log.
    server.anonymous().with_token(&once).get("/v1/limits").expect(401);
    assert!(!String::from_utf8_lossy(&server.log()).contains(&once));
    for file in std::fs::read_dir(folder.path().join("data")).unwrap().flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        assert!(!bytes.windows(once.len()).any(|part| part == once.as_bytes()), "{}", file.path().display());
    }
}

#[test]
fn aut_17_the_command_line_signs_in_by_a_browser_and_out_again() {
    let world = World::open();
    world.issue("editor", "ann");
    world.provider.person("ann", "ann@example.com");
    let (mut child, url) = begin_login(&world);
    // Who does not know the state is told so, and waited past.
    let port = parameter(&url, "redirect_uri").replace("%3A", ":").replace("%2F", "/");
    Visitor::default().get(&format!("{port}?code=x&state=y"), Lead::OtherSite).expect(400);
    let (_, done) = Visitor::default().follow(url, Lead::Typed);
    assert!(text(&done).contains("You can close this window"), "{}", text(&done));
    assert!(child.wait().unwrap().success());
    let stored = world.home().join(".config/strongroom/profiles/default.token");
    let kept = std::fs::read_to_string(&stored).unwrap();
    assert!(kept.starts_with("srb_"));
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&stored).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    let me = said(&mut world.command(&["whoami", "-o", "json"]));
    let me: Value = serde_json::from_str(&me).unwrap();
    assert_eq!(
        (&me["name"], &me["role"], &me["authenticated_by"]),
        (&json!("Ann"), &json!("editor"), &json!("session"))
    );
    said(&mut world.command(&["credential", "list"]));
    assert!(world.command(&["logout"]).output().unwrap().status.success());
    assert!(!stored.exists());
    Client::anonymous(world.admin.address()).with_token(kept.trim()).get("/v1/whoami").expect(401);
}

#[test]
fn oau_05_a_code_without_its_verifier_is_worth_nothing() {
    let world = World::open();
    world.issue("editor", "ann");
    world.provider.person("ann", "ann@example.com");
    let (mut child, url) = begin_login(&world);
    let callback = parameter(&url, "redirect_uri").replace("%3A", ":").replace("%2F", "/");
    let back = redirected_to(&mut Visitor::default(), url, &callback);
    let code = parameter(&back, "code");
    // Whoever reads the code on its way has neither the verifier nor a nonce of ours that would be theirs.
    let provider = world.provider.issuer().trim_start_matches("http://").parse().unwrap();
    let redirect_uri = callback.replace(':', "%3A").replace('/', "%2F");
    let form = format!(
        "grant_type=authorization_code&code={code}&client_id={CLI_CLIENT}&redirect_uri={redirect_uri}"
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let stolen = Client::anonymous(provider).send("POST", "/token", &headers, form.as_bytes());
    assert_eq!(stolen.status, 400, "{}", text(&stolen));
    // Who asked has it, and gets on.
    Visitor::default().get(&back, Lead::OtherSite).expect(200);
    assert!(child.wait().unwrap().success());
}

/// `login --oidc --no-browser`, as far as the address that a person is to open.
fn begin_login(world: &World) -> (Child, String) {
    let mut command = world.command(&["login", "--oidc", "--no-browser"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut heard = String::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        if line.starts_with("http://") {
            // The rest is read by nobody: it is little.
            std::thread::spawn(move || lines.for_each(drop));
            return (child, line);
        }
        heard = heard + &line + "\n";
    }
    let _ended = child.wait();
    panic!("no address to open: {heard}")
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Follows the provider's own redirects as far as one that leads to `callback`, and gives that.
fn redirected_to(visitor: &mut Visitor, mut url: String, callback: &str) -> String {
    for _ in 0..10 {
        let reply = visitor.get(&url, Lead::Page);
        let location =
            reply.header("location").unwrap_or_else(|| panic!("{url}: {}", text(&reply))).to_owned();
        if location.starts_with(callback) {
            return location;
        }
        url = if location.starts_with('/') {
            let end = url[7..].find('/').map_or(url.len(), |at| at + 7);
            format!("{}{location}", &url[..end])
        } else {
            location
        };
    }
    panic!("it leads nowhere: {url}")
}

/// As it stands in the URL.
fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
}

fn position(page: &Reply, part: &str) -> usize {
    text(page).find(part).unwrap_or_else(|| panic!("{part} in {}", text(page)))
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}
