//! `[keys]`: where the root key comes from, and the one that follows it.

use std::path::PathBuf;

use serde::Deserialize;

/// The root key, and during a rotation its successor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Section")]
pub struct Keys {
    /// Where the root key comes from.
    pub root_key: RootKeySource,
    /// `next_root_key_file`: the key that `strongroom keys rotate --root` puts in force. A start takes
    /// whichever of both fits the data.
    pub next_root_key_file: Option<PathBuf>,
}

/// Where the root key comes from. The key itself never stands in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootKeySource {
    /// `root_key_file`: a file of mode 0600 outside the data folder.
    File(PathBuf),
    /// `root_key_env`: the name of the variable that holds it.
    Environment(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    root_key_file: Option<PathBuf>,
    root_key_env: Option<String>,
    next_root_key_file: Option<PathBuf>,
}

const ONE_OF_TWO: &str = "write either `root_key_file = \"/path/of/root.key\"` or `root_key_env = \
                          \"NAME_OF_THE_VARIABLE\"` in [keys], and not both";
const A_NAME: &str = "write the name of a variable, like `root_key_env = \"STRONGROOM_ROOT_KEY\"`: upper-case \
                      letters, digits and underscores; a key itself must not stand in this file";

impl TryFrom<Section> for Keys {
    type Error = &'static str;

    fn try_from(section: Section) -> Result<Self, &'static str> {
        let root_key = match (section.root_key_file, section.root_key_env) {
            (Some(path), None) => RootKeySource::File(path),
            (None, Some(name)) if is_variable_name(&name) => RootKeySource::Environment(name),
            (None, Some(_)) => return Err(A_NAME),
            _ => return Err(ONE_OF_TWO),
        };
        Ok(Self { root_key, next_root_key_file: section.next_root_key_file })
    }
}

/// Narrow on purpose: a key pasted in by mistake is hardly ever such a name, and a name is shown in errors.
fn is_variable_name(text: &str) -> bool {
    let has_shape = text.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
    has_shape && text.len() < 44 && text.starts_with(|first: char| first.is_ascii_uppercase())
}
