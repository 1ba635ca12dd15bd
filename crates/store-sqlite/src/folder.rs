//! The data folder: who may enter it, and that one store at a time does.
//!
//! Owns the lock and the modes of what lies in the folder. Must never leave a mode to the umask.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::OpenError;

/// A data folder that is ours until this value is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// The lock belongs to the open file, so that a second open refuses inside one process too.
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and takes it.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        make_private(path)?;
        let lock_path = path.join("lock");
        let lock = private_file(&lock_path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { lock: lock_path }),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path: lock_path, source }),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        // SQLite gives its log and its index the mode of the database file.
        private_file(&folder.database())?;
        Ok(folder)
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database file. Its log and index lie beside it, as `-wal` and `-shm`.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("strongroom.db")
    }
}

/// A new folder has mode 0700 whatever the umask; an old one that lets others in is not ours to judge
/// and not ours to change: somebody may be looking into it already. The six lowest bits are the others'.
fn make_private(path: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io)?;
    }
    let mode = fs::metadata(path).map_err(io)?.permissions().mode() & 0o7777;
    if mode.trailing_zeros() >= 6 {
        Ok(())
    } else {
        Err(OpenError::TooOpen { folder: path.to_owned(), mode })
    }
}

fn private_file(path: &Path) -> Result<File, OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    let file =
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(io)?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(io)?;
    Ok(file)
}
