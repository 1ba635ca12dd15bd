//! Settings of the client commands that stand in files: the folder's file and the profiles of a person.
//!
//! Owns their names and places. A folder's file may come from anybody (it is checked out with a repository),
//! so it knows no secret, no certificate and no path. Must never repeat a value in an error.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::environment::text_variable;
use crate::error::{ConfigError, Fault};

/// The name of a folder's file.
pub const FOLDER_FILE: &str = ".strongroom.toml";

/// What a folder says to whoever works in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderFile {
    /// Where the server is.
    pub address: Option<String>,
    /// The workspace, by id or slug.
    pub workspace: Option<String>,
    /// Which profile of the person's own holds the token.
    pub profile: Option<ProfileName>,
}

impl FolderFile {
    /// The file of this folder, or of the nearest one above it that has one.
    ///
    /// # Errors
    ///
    /// [`ConfigError`]: also where the file belongs to another account, since anyone may write to a folder
    /// like `/tmp`.
    pub fn nearest(folder: &Path, account: u32) -> Result<Option<(PathBuf, Self)>, ConfigError> {
        for path in folder.ancestors().map(|above| above.join(FOLDER_FILE)) {
            let Some(text) = read(&path)? else { continue };
            // Of a link both count: whoever made it chose the file, whoever owns the file what it says.
            let owners = [fs::symlink_metadata(&path), fs::metadata(&path)];
            let owners = owners.into_iter().collect::<io::Result<Vec<_>>>();
            let owners = owners.map_err(|source| unreadable(&path, source))?;
            if owners.iter().any(|file| file.uid() != account && file.uid() != 0) {
                let fault = Fault::whole("write a file of your own: this one belongs to another account");
                return Err(fault.in_file(&path));
            }
            return Self::parse(&text).map(|file| Some((path.clone(), file))).map_err(|f| f.in_file(&path));
        }
        Ok(None)
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        const ONLY: &str = "write `address`, `workspace` and `profile` here, nothing else: this file is shared \
                            with the folder, so a token or a secret never belongs in it";
        toml::from_str(text).map_err(|error| {
            if error.message().starts_with("unknown field") {
                Fault::at(&error, text, ONLY)
            } else {
                Fault::of(&error, text)
            }
        })
    }
}

/// What `strongroom login` stores, but for the token, which has a file of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Where the server is.
    pub address: Option<String>,
    /// The workspace, by id or slug.
    pub workspace: Option<String>,
    /// Certificates to trust beside the system's.
    pub ca_cert: Option<PathBuf>,
}

impl Profile {
    /// Reads the profile of this name; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], with the line and what to write instead.
    pub fn load(file: &Path) -> Result<Option<Self>, ConfigError> {
        let Some(text) = read(file)? else { return Ok(None) };
        toml::from_str(&text).map(Some).map_err(|error| Fault::of(&error, &text).in_file(file))
    }

    /// The file's text.
    ///
    /// # Panics
    ///
    /// Never: three texts have a TOML form.
    pub fn text(&self) -> String {
        toml::to_string(self).expect("three texts have a TOML form")
    }
}

/// The name of a profile, which becomes a file's name: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ProfileName(String);

impl ProfileName {
    /// Where its settings are, below `folder`.
    pub fn file(&self, folder: &Path) -> PathBuf {
        folder.join("profiles").join(format!("{}.toml", self.0))
    }

    /// Where its token is, below `folder`.
    pub fn token_file(&self, folder: &Path) -> PathBuf {
        folder.join("profiles").join(format!("{}.token", self.0))
    }
}

impl Default for ProfileName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
        if (1..=64).contains(&text.len()) && text.bytes().all(is_word) {
            Ok(Self(text.to_owned()))
        } else {
            Err("write the name of a profile as letters, digits, `-` and `_`, 64 at most")
        }
    }
}

impl TryFrom<String> for ProfileName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The person's own folder for this program: `$XDG_CONFIG_HOME/strongroom`, or below `~/.config`; `None`
/// where neither variable names a place (XDG Base Directory Specification: relative ones count as unset).
pub fn client_folder() -> Option<PathBuf> {
    let absolute = |name| text_variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(base.join("strongroom"))
}

fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(source) => Err(unreadable(path, source)),
    }
}

fn unreadable(path: &Path, source: io::Error) -> ConfigError {
    ConfigError::Unreadable { file: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        FolderFile::parse(text).unwrap_err().in_file(Path::new(FOLDER_FILE)).to_string()
    }

    #[test]
    fn a_folders_file_never_holds_a_secret() {
        for key in ["token", "token_file", "ca_cert", "password"] {
            let text = fault(&format!("address = \"https://a\"\n{key} = \"cnry\"\n"));
            assert!(text.contains("line 2: ") && text.contains("never belongs in it"), "{text}");
            assert!(!text.contains("cnry"), "{text}");
        }
    }

    #[test]
    fn a_profile_is_a_file_below_its_folder_and_nowhere_else() {
        for name in ["", "../a", "a/b", ".hidden", "a.b", &"a".repeat(65)] {
            assert!(name.parse::<ProfileName>().is_err(), "{name}");
            assert!(FolderFile::parse(&format!("profile = \"{name}\"")).is_err(), "{name}");
        }
        let name: ProfileName = "prod-1".parse().unwrap();
        assert_eq!(name.file(Path::new("/c")), Path::new("/c/profiles/prod-1.toml"));
    }

    #[test]
    fn a_profile_reads_back_as_it_was_written() {
        let profile =
            Profile { address: Some("https://a".to_owned()), workspace: None, ca_cert: Some("/b".into()) };
        assert_eq!(toml::from_str::<Profile>(&profile.text()).unwrap(), profile);
    }
}
