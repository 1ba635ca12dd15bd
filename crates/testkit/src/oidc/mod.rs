//! A real OpenID provider: npm's `oidc-provider` on 127.0.0.1, with people who sign in by themselves.
//!
//! The packages come from the npm registry into `target/`, once, exactly those of the lock file beside this one;
//! none of them runs a script of its own. Must never speak to any address but loopback, nor outlive this process:
//! it ends when its standard input does.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::folder::Folder;

/// A provider that answers. Dropping it ends it.
pub struct OpenIdProvider {
    process: Child,
    talk: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
    folder: Folder,
    issuer: String,
}

/// The client of the server's pages, as the provider knows it; its secret is [`CLIENT_SECRET`].
pub const CLIENT: &str = "strongroom";
/// The public client of the command line.
pub const CLI_CLIENT: &str = "strongroom-cli";
/// The secret of [`CLIENT`]; it has signs that a form and a header must escape.
pub const CLIENT_SECRET: &str = "s3cr+t/%:& of a test";

impl OpenIdProvider {
    /// Starts one; blocks for a second, and where the packages have to be fetched for half a minute. Its pages'
    /// client may send people back to `redirect_uri`.
    pub fn start(redirect_uri: &str) -> Self {
        let packages = packages();
        let folder = Folder::make("strongroom-oidc-", None);
        let log = File::create(folder.path().join("log")).expect("the folder is ours");
        let mut command = Command::new("node");
        command.arg("provider.mjs").current_dir(packages).env_clear().env("HOME", folder.path());
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("Node.js is installed (Debian: apt-get install nodejs npm)");
        let input = process.stdin.take().expect("standard input is piped");
        let mut output = BufReader::new(process.stdout.take().expect("standard output is piped")).lines();
        let ready = next(&mut output, &folder);
        let issuer = ready["issuer"].as_str().expect("the provider names itself").to_owned();
        let provider = Self { process, talk: Mutex::new((input, output)), folder, issuer };
        provider.send_back_to(redirect_uri);
        provider
    }

    /// Its URL.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Lets its pages' client send people back there, and nowhere else.
    pub fn send_back_to(&self, redirect_uri: &str) {
        let clients = json!([
            {"client_id": CLIENT, "client_secret": CLIENT_SECRET, "redirect_uris": [redirect_uri]},
            {
                "client_id": CLI_CLIENT,
                "application_type": "native",
                "token_endpoint_auth_method": "none",
                "redirect_uris": ["http://127.0.0.1/callback"],
            },
        ]);
        self.act("clients", &clients);
    }

    /// Who stands at the door from now on.
    pub fn person(&self, subject: &str, email: &str) {
        self.act("person", &json!({"sub": subject, "email": email, "email_verified": true}));
    }

    /// Its keys from now on, by name and sort (`rsa`, `ec`, `ed`); a name that is there already keeps its key.
    pub fn keys(&self, keys: &[(&str, &str)]) {
        self.act("keys", &json!(keys));
    }

    /// A key that it does not publish.
    pub fn stranger(&self, name: &str, sort: &str) {
        self.act("stranger", &json!([name, sort]));
    }

    /// Its key set, as it publishes it.
    pub fn published(&self) -> Value {
        self.act("published", &Value::Null)
    }

    /// A statement signed by the key of this name, by nothing (`none`), or by a MAC under a public key
    /// (`public:NAME`). Header parameters of null are left out.
    pub fn sign(&self, by: &str, header: &Value, claims: &Value) -> String {
        let signed = self.act("sign", &json!({"by": by, "header": header, "claims": claims}));
        signed.as_str().expect("a statement is a text").to_owned()
    }

    /// What it was asked since the last time: method and path.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.act("requests", &Value::Null);
        requests
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|line| line.as_str().map(str::to_owned))
            .collect()
    }

    fn act(&self, act: &str, with: &Value) -> Value {
        let mut talk = self.talk.lock().expect("no test goes on after a panic");
        writeln!(talk.0, "{}", json!({"act": act, "with": with})).expect("the provider listens");
        let answer = next(&mut talk.1, &self.folder);
        assert!(answer["error"].is_null(), "{act}: {}", answer["error"].as_str().unwrap_or_default());
        answer["answer"].clone()
    }
}

fn next(output: &mut Lines<BufReader<ChildStdout>>, folder: &Folder) -> Value {
    let line = output.next().and_then(Result::ok);
    line.and_then(|line| serde_json::from_str(&line).ok()).unwrap_or_else(|| {
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        panic!("the provider gives no answer: {log}")
    })
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder that has the provider and its packages.
fn packages() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let folder = target.join("testkit-oidc");
    fs::create_dir_all(&folder).expect("the build folder is ours");
    let lock = File::create(target.join("testkit-oidc.lock")).expect("the build folder is ours");
    // Tests are processes of their own and begin together; the first one fetches.
    lock.lock().expect("files can be locked");
    let installed = folder.join("installed-lock.json");
    if fs::read(&installed).ok().as_deref() != Some(LOCK.as_bytes()) {
        fs::write(folder.join("package.json"), PACKAGE).expect("the folder is ours");
        fs::write(folder.join("package-lock.json"), LOCK).expect("the folder is ours");
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        let output = npm.stdin(Stdio::null()).output();
        let output = output.expect("npm is installed (Debian: apt-get install npm)");
        assert!(output.status.success(), "npm ci failed: {}", String::from_utf8_lossy(&output.stderr));
        fs::write(&installed, LOCK).expect("the folder is ours");
    }
    if fs::read(folder.join("provider.mjs")).ok().as_deref() != Some(PROVIDER.as_bytes()) {
        fs::write(folder.join("provider.mjs"), PROVIDER).expect("the folder is ours");
    }
    fs::canonicalize(folder).expect("it has just been made")
}

const PACKAGE: &str = include_str!("package.json");
const LOCK: &str = include_str!("package-lock.json");
const PROVIDER: &str = include_str!("provider.mjs");
