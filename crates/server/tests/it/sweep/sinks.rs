//! Where a canary must not be.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::types::ValueRef;
use strongroom_testkit::memory::each_region;

use super::Sweep;
use super::bait::Bait;
use crate::site::walk;

impl Sweep {
    /// What the kernel tells others of the process.
    pub(super) fn search_the_process(&mut self) {
        let pid = self.server.pid();
        for file in ["cmdline", "environ", "comm", "status"] {
            match fs::read(format!("/proc/{pid}/{file}")) {
                Ok(bytes) => self.search(&format!("/proc/PID/{file}"), &bytes),
                Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{file}"),
            }
        }
    }

    /// Every row of every table, whole: what is cut in two by a page of the file is not cut here. Audit records,
    /// events and what is kept under idempotency keys are among them.
    pub(super) fn search_the_records(&mut self) {
        let file = self.folder.path().join("data/strongroom.db");
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = rusqlite::Connection::open_with_flags(file, flags).unwrap();
        let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let tables: Vec<String> =
            tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut rows_seen = BTreeMap::new();
        for table in tables {
            let mut all = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            let columns = all.column_count();
            let mut rows = all.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for column in 0..columns {
                    if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(column).unwrap() {
                        self.search(&format!("a row of {table}"), bytes);
                    }
                }
                *rows_seen.entry(table.clone()).or_insert(0) += 1;
            }
        }
        for table in ["audit", "credential", "credential_value", "event", "idempotency"] {
            assert!(
                rows_seen.keys().any(|seen| seen.starts_with(table)),
                "there is none in {table}: {rows_seen:?}"
            );
        }
    }

    /// The data folder, the files beside it, and what was put in its folder for temporary files.
    pub(super) fn search_the_files(&mut self, when: &str) {
        let folder = self.folder.path();
        let found = files_below(folder.parent().unwrap(), &self.bait, when);
        self.found.extend(found);
    }

    /// What a core file would hold, and what is kept out of one. Only root can look; for anybody else it is
    /// enough that they cannot.
    pub(super) fn search_the_memory(&mut self, when: &str) {
        // At rest: connections are closed, and what was deferred is done.
        thread::sleep(Duration::from_secs(3));
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let looked = each_region(self.server.pid(), |region| {
            for what in self.bait.find_in_memory(&region.bytes) {
                *counts.entry(format!("{what} in memory {}{when}", region.name)).or_default() += 1;
            }
        });
        if let Err(error) = looked {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            assert!(!rustix::process::geteuid().is_root());
        }
        self.found.extend(counts.into_iter().map(|(what, count)| format!("{what}: {count} times")));
    }
}

pub(super) fn files_below(folder: &Path, bait: &Bait, when: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in walk(folder).into_iter().filter(|path| path.is_file()) {
        let bytes = fs::read(&path).unwrap_or_default();
        found.extend(
            bait.find_in(&bytes).into_iter().map(|what| format!("{what} in {} {when}", path.display())),
        );
    }
    found
}
