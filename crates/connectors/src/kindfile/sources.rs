//! Where kind files come from: the folder that is compiled in, and one of the operator's.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{KindFile, KindFileError, MAX_BYTES};

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

/// The `*.toml` files directly in `folder`, by name. One that is not sound spoils all: a service that
/// starts without a kind would refuse its credentials later, with less to say.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<(PathBuf, KindFile)>, KindFileError> {
    let mut files = paths(folder).map_err(|source| unreadable(folder, source))?;
    files.retain(|file| file.extension() == Some(OsStr::new("toml")));
    files.sort();
    files.into_iter().map(|file| Ok((file.clone(), KindFile::parse(&file, &read(&file)?)?))).collect()
}

fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

/// Asks first what it is: to open a pipe would wait for somebody to write to it.
fn read(file: &Path) -> Result<String, KindFileError> {
    let metadata = fs::metadata(file).map_err(|source| unreadable(file, source))?;
    if !metadata.is_file() {
        return Err(unreadable(file, io::ErrorKind::InvalidInput.into()));
    }
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|source| unreadable(file, source))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(KindFileError::TooLarge { file: file.to_owned() });
    }
    String::from_utf8(bytes).map_err(|_| KindFileError::NotText { file: file.to_owned() })
}

fn unreadable(path: &Path, source: io::Error) -> KindFileError {
    KindFileError::Unreadable { path: path.to_owned(), source }
}
