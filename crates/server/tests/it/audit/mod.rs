//! The log in the files of a real server's folder, and what `strongroom audit verify` says of what is done to it.

mod erased;
mod forged;
mod offline;
mod tampered;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rusqlite::Connection;
use serde_json::{Value, json};
use strongroom_testkit::binary::DevServer;
use strongroom_testkit::http::Client;
use tempfile::TempDir;

use crate::process::{run, strongroom};
use crate::promises::{CREDENTIALS, PROGRAM};

/// A log over two runs of a server, and a copy of the data from between them.
pub(crate) struct Kept {
    folder: TempDir,
}

impl Kept {
    fn whole(&self) -> PathBuf {
        self.folder.path().join("dev")
    }

    /// The whole folder as it was after the first run.
    fn earlier(&self) -> PathBuf {
        self.folder.path().join("earlier")
    }
}

/// Made once, with a thousand records; every test works on a copy.
fn kept() -> &'static Kept {
    static KEPT: OnceLock<Kept> = OnceLock::new();
    KEPT.get_or_init(|| Kept::of(5))
}

impl Kept {
    /// With so many hundreds of records in each run.
    fn of(hundreds: usize) -> Self {
        let kept = Self { folder: tempfile::tempdir().unwrap() };
        let server = DevServer::start(PROGRAM, &kept.whole());
        act(&server.admin(), hundreds);
        assert_eq!(server.stop(), Some(0));
        copy(&kept.whole(), &kept.earlier());
        let server = DevServer::start(PROGRAM, &kept.whole());
        act(&server.admin(), hundreds);
        assert_eq!(server.stop(), Some(0));
        kept
    }
}

/// Makes credentials and resolves them: a hundred records each time.
pub(crate) fn act(admin: &Client, times: usize) {
    let body = |number: usize| json!({"kind": "generic", "name": format!("number {number}"), "secrets": {"key": "value"}});
    let id = |number| {
        let made = admin.post(CREDENTIALS, &body(number)).expect(201).value();
        made["id"].as_str().unwrap().to_owned()
    };
    let ids: Vec<String> = (0..5).map(id).collect();
    let hundred: Vec<_> = (0..100).map(|number| &ids[number % ids.len()]).collect();
    for _ in 0..times {
        let resolved = admin.post(&format!("{CREDENTIALS}/resolve"), &json!({"ids": hundred})).expect(200);
        assert_eq!(resolved.value()["items"].as_array().unwrap().len(), 100);
    }
}

/// A copy to be harmed.
pub(crate) struct Copy {
    folder: TempDir,
}

impl Copy {
    fn new() -> Self {
        Self::of(&kept().whole())
    }

    fn of(source: &Path) -> Self {
        let copied = Self { folder: tempfile::tempdir().unwrap() };
        copy(source, &copied.path());
        copied
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("dev")
    }

    fn database(&self) -> Connection {
        Connection::open(self.path().join("data/strongroom.db")).unwrap()
    }

    /// Does this to the rows, as whoever may write the file could.
    fn harm(&self, sql: &str) {
        self.database().execute_batch(sql).unwrap();
    }

    /// One number of it.
    fn number(&self, sql: &str) -> u64 {
        self.database().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
    }

    /// What the command finds.
    fn verified(&self) -> Verified {
        Verified::of(&["--data", self.path().to_str().unwrap()])
    }
}

/// Exit code and findings.
#[derive(Debug)]
pub(crate) struct Verified {
    code: Option<i32>,
    found: Value,
    said: String,
}

impl Verified {
    fn of(arguments: &[&str]) -> Self {
        let output = run(strongroom(&[&["audit", "verify", "-o", "json"], arguments].concat()));
        let said = String::from_utf8(output.stderr).unwrap();
        let found = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Self { code: output.status.code(), found, said }
    }

    #[track_caller]
    fn sound(self) -> Value {
        assert_eq!((self.code, self.found["verdict"].as_str()), (Some(0), Some("sound")), "{self:?}");
        self.found
    }

    /// It is not whole: the first finding, and all kinds of them.
    #[track_caller]
    fn broken(&self) -> (Option<u64>, Vec<&str>) {
        assert_eq!((self.code, self.found["verdict"].as_str()), (Some(8), Some("broken")), "{self:?}");
        assert!(self.said.contains("the audit log is not whole"), "{self:?}");
        let findings = self.found["findings"].as_array().unwrap();
        let kinds = findings.iter().map(|finding| finding["kind"].as_str().unwrap()).collect();
        (findings[0]["node_seq"].as_u64(), kinds)
    }

    /// It is not whole, and this entry is the first bad one.
    #[track_caller]
    fn broken_at(&self, node_seq: u64, kind: &str) {
        let (first, kinds) = self.broken();
        assert!(first == Some(node_seq) && kinds.contains(&kind), "{self:?}");
    }

    /// It is not whole, and this is among the reasons.
    #[track_caller]
    fn broken_by(&self, kind: &str) {
        assert!(self.broken().1.contains(&kind), "{self:?}");
    }
}

/// A folder with all that is in it, closed files only.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A record in the middle of the log, with leaves before and behind it in full tiles.
fn middle(copy: &Copy) -> u64 {
    copy.number("SELECT node_seq FROM audit ORDER BY node_seq LIMIT 1 OFFSET 400")
}
