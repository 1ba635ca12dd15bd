//! A file that holds a token, for its owner alone.
//!
//! Must never overwrite a file with something in it, follow a link, or read what others can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use strongroom_domain::Secret;
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// More than any token has.
const MOST_BYTES: usize = 4 * 1024;

/// Where the token is, or will be.
#[derive(Debug)]
pub(crate) struct TokenFile(PathBuf);

/// What the file holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// There is no such file.
    Missing,
    /// Made, and nothing was written yet.
    Empty,
    /// Its one line.
    Line(Secret<String>),
}

impl TokenFile {
    /// Nothing is opened yet.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// What it holds. Refuses a link, a folder, a file that others have a right to and one that is longer than
    /// a token: of a part of it nobody would know what it is.
    pub(crate) fn read(&self) -> Result<Content, Refusal> {
        let Some(file) = self.open()? else { return Ok(Content::Missing) };
        // Room for all of it from the start: growing would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(MOST_BYTES + 1));
        let most = u64::try_from(MOST_BYTES + 1).unwrap_or(u64::MAX);
        let length = file.take(most).read_to_string(&mut text).map_err(|error| self.refused(&error))?;
        if length > MOST_BYTES {
            let cause = format!("{} is longer than any token", self.0.display());
            return Err(Refusal::bad_start(cause, "name the file that holds the token, and nothing else"));
        }
        match text.trim_end() {
            "" => Ok(Content::Empty),
            line => Ok(Content::Line(Secret::new(line.to_owned()))),
        }
    }

    /// Looked at before it is opened, because opening a pipe waits, and again afterwards, because the name may
    /// lead to another file by then.
    fn open(&self) -> Result<Option<File>, Refusal> {
        let named = match fs::symlink_metadata(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            named => named.map_err(|error| self.refused(&error))?,
        };
        self.refuse_unsafe(&named)?;
        let file = File::open(&self.0).map_err(|error| self.refused(&error))?;
        let opened = file.metadata().map_err(|error| self.refused(&error))?;
        self.refuse_unsafe(&opened)?;
        if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
            let cause = format!("the token file {} was exchanged while it was opened", self.0.display());
            return Err(Refusal::bad_start(cause, "find out who writes to its folder"));
        }
        Ok(Some(file))
    }

    /// Writes the token down beside the file, whole or not at all, and syncs it.
    pub(crate) fn prepare(&self, token: &Secret<String>) -> Result<(), Refusal> {
        // EXPOSE: the holder of the file is who the token is for.
        let line = Zeroizing::new(format!("{}\n", token.expose()));
        self.write_prepared(line.as_bytes()).map_err(|error| self.refused(&error))
    }

    /// Makes the file, still empty: before a token exists that would have no place.
    pub(crate) fn make(path: &Path) -> Result<Self, Refusal> {
        let file = Self::at(path);
        match new_file(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Refusal::bad_start(
                format!("{} exists, and a file is never overwritten", path.display()),
                "name another file, or move that one away",
            )),
            Err(error) => Err(file.refused(&error)),
            Ok(_) => Ok(file),
        }
    }

    /// Writes the token into the file that was made for it.
    pub(crate) fn fill(&self, token: &Secret<String>) -> Result<(), Refusal> {
        self.prepare(token)?;
        self.publish().map(drop)
    }

    /// Takes away the file that was made and stayed empty.
    pub(crate) fn discard(self) {
        let _gone_already = fs::remove_file(&self.0);
    }

    /// Puts what was written down into its place, and gives it; `None` where nothing was.
    pub(crate) fn publish(&self) -> Result<Option<Secret<String>>, Refusal> {
        let Content::Line(token) = Self(self.prepared()).read()? else { return Ok(None) };
        let moved = fs::rename(self.prepared(), &self.0).and_then(|()| self.sync_folder());
        moved.map(|()| Some(token)).map_err(|error| self.refused(&error))
    }

    fn prepared(&self) -> PathBuf {
        let mut name = self.0.clone().into_os_string();
        name.push(".new");
        PathBuf::from(name)
    }

    fn write_prepared(&self, content: &[u8]) -> io::Result<()> {
        match fs::remove_file(self.prepared()) {
            // Left by a start that was interrupted before it founded anything: never given out.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = new_file(&self.prepared())?;
        file.write_all(content)?;
        file.sync_all()?;
        self.sync_folder()
    }

    fn refuse_unsafe(&self, metadata: &fs::Metadata) -> Result<(), Refusal> {
        let (path, mode) = (self.0.display(), metadata.mode() & 0o7777);
        if !metadata.file_type().is_file() {
            let cause = format!("the token file {path} is a link, a folder or a pipe");
            return Err(Refusal::bad_start(cause, "move it away, or name another token file"));
        }
        if mode & 0o077 != 0 {
            let cause = format!("the token file {path} has mode {mode:04o}, which lets others at it");
            return Err(Refusal::bad_start(cause, format!("chmod 600 '{path}'")));
        }
        Ok(())
    }

    fn refused(&self, error: &io::Error) -> Refusal {
        Refusal::system(&self.0, error)
    }

    /// A file without a name is lost with the power.
    fn sync_folder(&self) -> io::Result<()> {
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
