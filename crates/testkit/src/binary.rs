//! The real binary, started for a test and ended with it.
//!
//! Owns the process. Must never leave one behind: it is killed when the handle is dropped.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::http::Client;

/// A running `strongroom dev`.
pub struct DevServer {
    child: Child,
    /// The line it printed when it was ready.
    pub ready: Value,
    client: Client,
    log: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl DevServer {
    /// Starts `program dev` over `folder` on a free port, and waits for its line. Logs everything.
    ///
    /// # Panics
    ///
    /// Panics when it does not get ready: the test has failed; what it said is in the message.
    pub fn start(program: impl AsRef<Path>, folder: &Path) -> Self {
        let mut child = Command::new(program.as_ref())
            .args(["dev", "--listen", "127.0.0.1:0", "-o", "json", "--data"])
            .arg(folder)
            .env("STRONGROOM_LOG", "trace")
            // Whatever is put aside is found beside its data.
            .env("TMPDIR", folder.parent().unwrap_or(folder))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let (log, reader) = collect(child.stderr.take().expect("stderr is piped"));
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        stdout.read_line(&mut line).expect("stdout can be read");
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let _ = child.wait();
            panic!(
                "not ready: {line}{}",
                String::from_utf8_lossy(&log.lock().unwrap_or_else(PoisonError::into_inner))
            )
        });
        let address: SocketAddr = ready["address"]
            .as_str()
            .and_then(|url| url.strip_prefix("http://"))
            .and_then(|address| address.parse().ok())
            .expect("the line names the address");
        let token = ready["token"].as_str().expect("the line holds the token");
        let client = Client::anonymous(address).with_token(token);
        Self { child, client, ready, log, reader: Some(reader) }
    }

    /// A client with the admin token.
    pub fn admin(&self) -> Client {
        self.client.clone()
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Client {
        Client::anonymous(self.client.address())
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to standard error so far.
    pub fn log(&self) -> Vec<u8> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// SIGKILL, as at a power cut: nothing is finished.
    pub fn kill(mut self) {
        self.end(Signal::KILL);
    }

    /// SIGTERM, and its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.end(Signal::TERM)
    }

    fn end(&mut self, signal: Signal) -> Option<i32> {
        let pid = Pid::from_child(&self.child);
        let _ = kill_process(pid, signal);
        let status = self.child.wait().ok();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        status.and_then(|status| status.code())
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        if self.reader.is_some() {
            self.end(Signal::KILL);
        }
    }
}

fn collect(mut stderr: impl Read + Send + 'static) -> (Arc<Mutex<Vec<u8>>>, JoinHandle<()>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&log);
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = stderr.read(&mut buffer) {
            kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..read]);
        }
    });
    (log, reader)
}

/// A folder for one server, removed with the handle.
pub struct DataFolder(tempfile::TempDir);

impl Default for DataFolder {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }
}

impl DataFolder {
    /// Where the server keeps everything; made by its first start.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("strongroom-dev")
    }
}
