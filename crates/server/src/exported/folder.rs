//! The folder: `verifier.key`, `checkpoints`, `segments/`.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The public key that checkpoints are verified with.
pub const VERIFIER: &str = "verifier.key";
/// Every signed head, oldest first: signed notes, an empty line behind each.
pub const CHECKPOINTS: &str = "checkpoints";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExportedError {
    /// The file system.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It has the key of another log.
    #[error("{} is the key of another log: give each installation a folder of its own", path.display())]
    OtherLog {
        /// The key's file.
        path: PathBuf,
    },
    /// Other users of the machine could change it.
    #[error("{} has mode {mode:04o}, which lets other users in: run `chmod 700` on it", path.display())]
    TooOpen {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// A folder that checkpoints go to.
#[derive(Debug)]
pub struct Exported {
    folder: PathBuf,
    checkpoints: File,
    /// Where the last whole note ends.
    end: u64,
    /// Whether there may be a part of one behind it.
    is_torn: bool,
}

impl Exported {
    /// Opens the folder, which is made where it is missing, for the log that this key verifies.
    ///
    /// # Errors
    ///
    /// [`ExportedError`]; nothing was written into a folder of another log.
    pub fn open(folder: &Path, verifier: &str) -> Result<Self, ExportedError> {
        make_private(folder)?;
        let key = folder.join(VERIFIER);
        match fs::read_to_string(&key) {
            Ok(text) if text.trim_end() == verifier => {}
            Ok(_) => return Err(ExportedError::OtherLog { path: key }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_new(&key, format!("{verifier}\n").as_bytes())?;
            }
            Err(source) => return Err(ExportedError::Io { path: key, source }),
        }
        let path = folder.join(CHECKPOINTS);
        let (checkpoints, end) =
            open_checkpoints(&path).map_err(|source| ExportedError::Io { path, source })?;
        sync_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), checkpoints, end, is_torn: false })
    }

    /// Adds a signed head. Durable when this returns; where it fails, nothing of it stays.
    ///
    /// # Errors
    ///
    /// [`ExportedError::Io`].
    pub fn add(&mut self, note: &str) -> Result<(), ExportedError> {
        let added = self.cut().and_then(|()| self.append(note));
        if added.is_err() {
            // What cannot be cut off now is cut off before the next one.
            let _still_torn = self.cut();
        }
        added.map_err(|source| ExportedError::Io { path: self.folder.join(CHECKPOINTS), source })
    }

    fn append(&mut self, note: &str) -> io::Result<()> {
        let text = format!("{note}\n");
        self.is_torn = true;
        self.checkpoints.write_all(text.as_bytes())?;
        self.checkpoints.sync_data()?;
        (self.end, self.is_torn) = (self.end + text.len() as u64, false);
        Ok(())
    }

    /// A note behind a part of one could not be told from it.
    fn cut(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.checkpoints.set_len(self.end)?;
            self.is_torn = false;
        }
        Ok(())
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The signed notes of a file of checkpoints. What a crash has torn at the end is none.
pub fn notes(text: &str) -> impl Iterator<Item = String> {
    let whole = &text[..whole_length(text)];
    let mut parts = whole.split("\n\n");
    std::iter::from_fn(move || match (parts.next(), parts.next()) {
        (Some(head), Some(signatures)) => Some(format!("{head}\n\n{signatures}\n")),
        _ => None,
    })
}

/// Up to behind the last note that is complete: every note has two empty lines, its own and the one behind it.
fn whole_length(text: &str) -> usize {
    let mut ends = text.match_indices("\n\n").map(|(at, _)| at + 2);
    let mut whole = 0;
    while let (Some(_), Some(end)) = (ends.next(), ends.next()) {
        whole = end;
    }
    whole
}

/// Ends where its last whole note ends, and where that is.
fn open_checkpoints(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    let text = fs::read_to_string(path)?;
    let whole = whole_length(&text);
    if whole < text.len() {
        file.set_len(whole as u64)?;
        file.sync_all()?;
    }
    Ok((file, whole as u64))
}

/// A folder of ours, or one that lets nobody else in.
pub(super) fn make_private(path: &Path) -> Result<(), ExportedError> {
    let io = |source| ExportedError::Io { path: path.to_owned(), source };
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io)?;
    }
    let mode = fs::metadata(path).map_err(io)?.permissions().mode() & 0o7777;
    if mode.trailing_zeros() >= 6 {
        Ok(())
    } else {
        Err(ExportedError::TooOpen { path: path.to_owned(), mode })
    }
}

/// A whole file or none, and never over one that is there.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), ExportedError> {
    let io = |source| ExportedError::Io { path: path.to_owned(), source };
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    // One that a crash has left may be the file itself under a second name: unlinked, and never written into.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&part).map_err(io)?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.sync_all().map_err(io)?;
    fs::hard_link(&part, path).map_err(io)?;
    fs::remove_file(&part).map_err(io)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// So that names last too.
pub(super) fn sync_folder(path: &Path) -> Result<(), ExportedError> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|source| ExportedError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "name+01020304+key";

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn log_09_names_and_modes_are_fixed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("audit");
        drop(Exported::open(&folder, KEY).unwrap());
        assert_eq!(mode(&folder), 0o700);
        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [CHECKPOINTS, VERIFIER]);
        assert!(names.iter().all(|name| mode(&folder.join(name)) == 0o600));
        assert_eq!(fs::read_to_string(folder.join(VERIFIER)).unwrap(), format!("{KEY}\n"));
        fs::set_permissions(&folder, Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(Exported::open(&folder, KEY), Err(ExportedError::TooOpen { mode: 0o750, .. })));
    }

    #[test]
    fn a_folder_of_another_log_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("audit");
        drop(Exported::open(&folder, KEY).unwrap());
        let other = Exported::open(&folder, "name+01020304+other");
        assert!(matches!(other, Err(ExportedError::OtherLog { .. })));
    }

    #[test]
    fn notes_are_added_and_a_torn_one_is_cut_off() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("audit");
        let path = folder.join(CHECKPOINTS);
        let (one, two) = ("o\n1\nr\n\n\u{2014} k s\n", "o\n2\nr\n\n\u{2014} k t\n\u{2014} w u\n");
        let mut exported = Exported::open(&folder, KEY).unwrap();
        exported.add(one).unwrap();
        exported.add(two).unwrap();
        drop(exported);
        let whole = fs::read_to_string(&path).unwrap();
        assert_eq!(notes(&whole).collect::<Vec<_>>(), [one, two]);
        for cut in 1..=two.len() {
            fs::write(&path, &whole[..whole.floor_char_boundary(whole.len() - cut)]).unwrap();
            let mut exported = Exported::open(&folder, KEY).unwrap();
            assert_eq!(notes(&fs::read_to_string(&path).unwrap()).collect::<Vec<_>>(), [one]);
            exported.add(two).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        }
        assert_eq!(notes("").count(), 0);
    }

    /// A full disk takes a part of a note; the next one stands where that began.
    #[test]
    fn a_note_that_was_not_taken_whole_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("audit");
        let path = folder.join(CHECKPOINTS);
        let mut exported = Exported::open(&folder, KEY).unwrap();
        exported.add("o\n1\nr\n\nk s\n").unwrap();
        let whole = fs::read(&path).unwrap();
        let writable = std::mem::replace(&mut exported.checkpoints, File::open(&path).unwrap());
        assert!(exported.add("o\n2\nr\n\nk t\n").is_err(), "it cannot be written to");
        fs::write(&path, [&whole[..], b"o\n2\nr\n\n"].concat()).unwrap();
        exported.checkpoints = writable;
        exported.add("o\n3\nr\n\nk u\n").unwrap();
        let sizes: Vec<_> =
            notes(&fs::read_to_string(&path).unwrap()).map(|note| note[2..3].to_owned()).collect();
        assert_eq!(sizes, ["1", "3"]);
    }
}
