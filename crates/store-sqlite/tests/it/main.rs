//! The embedded store against the suite of every store, and against what only its files can show.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod batch;
mod crash;
mod damage;
mod events;
mod files;
mod journal;
mod opening;
mod remanence;
mod throughput;

use std::path::{Path, PathBuf};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use strongroom_domain::Timestamp;
use strongroom_domain::ids::NodeId;
use strongroom_store::contract::Subject;
use strongroom_store_sqlite::SqliteStore;
use tempfile::TempDir;

mod contract {
    strongroom_store::store_contract!(crate::fresh);
}

/// An empty store in a folder that goes with it.
#[expect(clippy::unused_async, reason = "the suite awaits it: other stores have to")]
async fn fresh() -> Subject {
    let folder = Folder::new();
    let store = folder.open();
    Subject::new(store, folder)
}

/// A place for one data folder.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path(), node(0)).unwrap()
    }

    /// A connection of another program's, as an operator or an attacker might have.
    fn connect(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join("strongroom.db")).unwrap()
    }

    /// What a crash at this moment would leave behind, as a folder of its own.
    fn crashed(&self) -> Self {
        let copy = Self::new();
        copy_files(&self.path(), &copy.path());
        copy
    }
}

fn copy_files(from: &Path, to: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn node(seed: u64) -> NodeId {
    NodeId::make(Timestamp::from_unix_micros(0), &mut ChaCha20Rng::seed_from_u64(seed))
}
