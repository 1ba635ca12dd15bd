//! Where kind files come from: the folder that is compiled in, and one of the operator's.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{KindFile, KindFileError, MAX_BYTES};
use crate::icon::{self, Icon};

/// `catalogue/` of this crate, as it was when the crate was compiled.
#[derive(rust_embed::Embed)]
#[folder = "catalogue/"]
struct Bundled;

/// The kinds that come with the product.
///
/// # Panics
///
/// Never: a test parses each of the files.
pub(crate) fn bundled() -> impl Iterator<Item = KindFile> {
    Bundled::iter().map(|name| {
        let file = Bundled::get(&name).expect("a listed file is there");
        let text = std::str::from_utf8(&file.data).expect("a bundled kind file is text");
        KindFile::parse(Path::new(name.as_ref()), text).expect("a bundled kind file is sound")
    })
}

/// A kind of an operator's.
pub(crate) struct FolderFile {
    pub(crate) path: PathBuf,
    pub(crate) kind: KindFile,
    /// The picture that lies beside it, where one does.
    pub(crate) icon: Option<Icon>,
}

/// Files of one folder.
const MAX_FILES: usize = 500;

/// The `*.toml` files directly in `folder`, by name, each with the `*.svg` of its icon's name. One that is not
/// sound spoils all: a service that starts without a kind would refuse its credentials later, with less to say.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<FolderFile>, KindFileError> {
    let mut files = paths(folder).map_err(|source| unreadable(folder, source))?;
    files.retain(|file| file.extension() == Some(OsStr::new("toml")));
    if files.len() > MAX_FILES {
        return Err(KindFileError::TooMany { folder: folder.to_owned() });
    }
    files.sort();
    files.into_iter().map(|path| read_file(folder, path)).collect()
}

fn read_file(folder: &Path, path: PathBuf) -> Result<FolderFile, KindFileError> {
    let text = read(&path, MAX_BYTES)?.ok_or_else(|| KindFileError::TooLarge { file: path.clone() })?;
    let kind = KindFile::parse(&path, &text)?;
    // The icon's name is a plain word, so this stays inside the folder.
    let icon = icon(&folder.join(format!("{}.svg", kind.icon)))?;
    Ok(FolderFile { path, kind, icon })
}

fn icon(file: &Path) -> Result<Option<Icon>, KindFileError> {
    if !fs::exists(file).map_err(|source| unreadable(file, source))? {
        return Ok(None);
    }
    let fault = |instead: String| KindFileError::Icon { file: file.to_owned(), instead };
    let text = read(file, icon::MAX_BYTES)?
        .ok_or_else(|| fault("an icon has at most 16 KiB; this one has more".to_owned()))?;
    Icon::of_file(text)
        .map(Some)
        .map_err(|problem| fault(format!("an icon is a plain picture; this one {problem}")))
}

fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

/// The text; `None` where it is longer than `most` bytes. Asks first what the file is: to open a pipe would
/// wait for somebody to write to it.
fn read(file: &Path, most: u64) -> Result<Option<String>, KindFileError> {
    let metadata = fs::metadata(file).map_err(|source| unreadable(file, source))?;
    if !metadata.is_file() {
        return Err(unreadable(file, io::ErrorKind::InvalidInput.into()));
    }
    if metadata.permissions().mode() & 0o002 != 0 {
        return Err(KindFileError::WritableByAll { file: file.to_owned() });
    }
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(most + 1).read_to_end(&mut bytes))
        .map_err(|source| unreadable(file, source))?;
    if bytes.len() as u64 > most {
        return Ok(None);
    }
    String::from_utf8(bytes).map(Some).map_err(|_| KindFileError::NotText { file: file.to_owned() })
}

fn unreadable(path: &Path, source: io::Error) -> KindFileError {
    KindFileError::Unreadable { path: path.to_owned(), source }
}
