//! The data folder of the embedded store.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strongroom_domain::Clock;
use strongroom_domain::ids::NodeId;
use strongroom_sealing::SystemRng;
use strongroom_server::SystemClock;
use strongroom_store_sqlite::{OpenError, Reserve, SqliteStore};

/// Opens the store, which makes the folder where it is missing.
pub(crate) fn open(folder: &Path) -> Result<Arc<SqliteStore>, OpenError> {
    open_with(folder, Reserve::default())
}

/// The same, keeping so much room on the disk.
pub(crate) fn open_with(folder: &Path, reserve: Reserve) -> Result<Arc<SqliteStore>, OpenError> {
    // Only a new store takes this node; one that is there keeps its own.
    let node = NodeId::make(SystemClock.now(), &mut SystemRng);
    SqliteStore::open_with(folder, node, reserve).map(Arc::new)
}

/// Whether nothing was ever kept there. A folder that cannot be read is not empty.
pub(crate) fn is_empty(folder: &Path) -> bool {
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Where a path leads, also where its last parts are not there yet; `None` where that cannot be said.
pub(crate) fn whole(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    let mut missing = Vec::new();
    let mut there = absolute.as_path();
    loop {
        if let Ok(found) = there.canonicalize() {
            return Some(missing.iter().rev().fold(found, |path, name| path.join(name)));
        }
        missing.push(there.file_name()?);
        there = there.parent()?;
    }
}
