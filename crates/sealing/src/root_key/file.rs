//! The root key's file. Owns what is asked of it and how it is written; must never loosen a mode, follow
//! a link, or overwrite.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::material;
use super::{RootKey, RootKeyError};

/// Any right of the group or of others.
const OTHERS: u32 = 0o077;

impl RootKey {
    /// Reads the key from a file that only its owner may touch: 32 raw bytes, or one line of 64 hex
    /// digits or 44 base64 characters.
    ///
    /// A file that others may read or exchange is refused and not mended here: whether the key has
    /// been seen already is a question for the operator. One who may write it could swap in a key of
    /// his own before the first start, so write access is as bad as read access.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, RootKeyError> {
        let path = path.as_ref();
        let bytes = read(path)?;
        let key = material::from_bytes(&bytes).and_then(Self::sound);
        key.map_err(|weakness| RootKeyError::Unusable { path: path.to_owned(), weakness })
    }

    /// Writes the key as 32 raw bytes into a new file of mode 0600 and syncs file and folder: when this
    /// has returned, what the key seals survives a power loss.
    pub fn write_new_file(&self, path: impl AsRef<Path>) -> Result<(), RootKeyError> {
        let path = path.as_ref();
        let refused = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => RootKeyError::Exists { path: path.to_owned() },
            _ => RootKeyError::Write { path: path.to_owned(), source },
        };
        // O_EXCL: of two that make a key at once one is told so, and no key that has sealed is lost.
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = created.map_err(refused)?;
        write_and_sync(&mut file, path, self.key.bytes()).map_err(|source| {
            // Nothing is sealed by this key yet, and half a key would only be in the way.
            fs::remove_file(path).ok();
            RootKeyError::Write { path: path.to_owned(), source }
        })
    }
}

/// The bytes of the file, at most one more than a key can have.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, RootKeyError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => RootKeyError::Missing { path: path.to_owned() },
        _ => RootKeyError::Read { path: path.to_owned(), source },
    };
    // Looked at before it is opened, because opening a pipe waits, and again afterwards, because the
    // name may lead to another file by then.
    let named = fs::symlink_metadata(path).map_err(refused)?;
    refuse_unsafe(path, &named)?;
    let mut file = File::open(path).map_err(refused)?;
    let opened = file.metadata().map_err(refused)?;
    refuse_unsafe(path, &opened)?;
    if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
        return Err(RootKeyError::NotAFile { path: path.to_owned() });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(128));
    // One byte more than any spelling, so that a longer file is seen to be longer.
    Read::take(&mut file, material::MAX_LEN as u64 + 1).read_to_end(&mut bytes).map_err(refused)?;
    Ok(bytes)
}

/// Set-user-id and sticky bits say nothing about who may read, so only the rights count.
fn refuse_unsafe(path: &Path, metadata: &Metadata) -> Result<(), RootKeyError> {
    if !metadata.file_type().is_file() {
        return Err(RootKeyError::NotAFile { path: path.to_owned() });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(RootKeyError::OpenToOthers { path: path.to_owned(), mode });
    }
    Ok(())
}

fn write_and_sync(file: &mut File, path: &Path, key: &[u8]) -> io::Result<()> {
    file.write_all(key)?;
    file.sync_all()?;
    // The name as well: a file without one is lost with the power.
    // A bare file name has the empty path as its parent, which is the working folder.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
