//! `[keys]`: where the root key comes from.

use std::path::PathBuf;

use serde::Deserialize;

/// Where the root key comes from. The key itself never stands in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Keys")]
pub enum RootKeySource {
    /// `root_key_file`: a file of mode 0600 outside the data folder.
    File(PathBuf),
    /// `root_key_env`: the name of the variable that holds it.
    Environment(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    root_key_file: Option<PathBuf>,
    root_key_env: Option<String>,
}

const ONE_OF_TWO: &str = "write either `root_key_file = \"/path/of/root.key\"` or `root_key_env = \
                          \"NAME_OF_THE_VARIABLE\"` in [keys], and not both";
const A_NAME: &str = "write the name of a variable, like `root_key_env = \"STRONGROOM_ROOT_KEY\"`: upper-case \
                      letters, digits and underscores; a key itself must not stand in this file";

impl TryFrom<Keys> for RootKeySource {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, &'static str> {
        match (keys.root_key_file, keys.root_key_env) {
            (Some(path), None) => Ok(Self::File(path)),
            (None, Some(name)) if is_variable_name(&name) => Ok(Self::Environment(name)),
            (None, Some(_)) => Err(A_NAME),
            _ => Err(ONE_OF_TWO),
        }
    }
}

/// Narrow on purpose: a key pasted in by mistake is hardly ever such a name, and a name is shown in errors.
fn is_variable_name(text: &str) -> bool {
    let has_shape = text.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
    has_shape && text.len() < 44 && text.starts_with(|first: char| first.is_ascii_uppercase())
}
