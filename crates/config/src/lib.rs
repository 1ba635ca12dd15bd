//! The configuration of `strongroom serve`: one file, read once, checked before anything starts; and the
//! files of the client commands.
//!
//! Owns every setting's name, default and meaning, and the only reads of the environment. A setting that
//! is not understood stops the start: nothing is guessed. Must never open what a setting names, and never
//! repeat a value in an error, because a value in the wrong place may be a secret.

pub mod client;
mod environment;
mod error;
mod section;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use environment::{Variable, log_level, text_variable, variable};
pub use error::ConfigError;
pub use section::audit::Audit;
pub use section::dialects::{DialectPlace, Dialects};
pub use section::egress::Egress;
pub use section::events::Events;
pub use section::first_start::FirstStart;
pub use section::identity::{ClientSecret, IdentitySection, Issuer};
pub use section::keys::{Keys, RootKeySource};
pub use section::kinds::Kinds;
pub use section::limits::Limits;
pub use section::log::{Level, Log, LogFormat};
pub use section::metrics::Metrics;
pub use section::server::{ForwardedHeader, PlainHttp, Server};
pub use section::store::Store;

/// Where a server listens unless told otherwise: loopback only.
pub use section::server::DEFAULT_LISTEN;

/// All settings, complete and sound. Paths are absolute or relative to the working folder of the process,
/// whatever they were relative to in the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server]`
    #[serde(default)]
    pub server: Server,
    /// `[store]`
    pub store: Store,
    /// `[keys]`
    pub keys: Keys,
    /// `[dialects]`
    #[serde(default)]
    pub dialects: Dialects,
    /// `[egress]`
    #[serde(default)]
    pub egress: Egress,
    /// `[identity]`
    #[serde(default)]
    pub identity: IdentitySection,
    /// `[kinds]`
    #[serde(default)]
    pub kinds: Kinds,
    /// `[metrics]`
    #[serde(default)]
    pub metrics: Metrics,
    /// `[log]`
    #[serde(default)]
    pub log: Log,
    /// `[first_start]`
    #[serde(default)]
    pub first_start: FirstStart,
    /// `[limits]`
    #[serde(default)]
    pub limits: Limits,
    /// `[events]`
    #[serde(default)]
    pub events: Events,
    /// `[audit]`
    #[serde(default)]
    pub audit: Audit,
}

impl Config {
    /// Reads the file. Relative paths in it start at the folder it lies in.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], with the line and what to write instead.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(file)
            .map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        Self::parse(&text).map(|config| config.below(folder)).map_err(|fault| fault.in_file(file))
    }

    fn parse(text: &str) -> Result<Self, error::Fault> {
        let config: Self = toml::from_str(text).map_err(|error| error::Fault::of(&error, text))?;
        config.server.refuse_clear_text(&config.dialects)?;
        let own = [("server", Some(config.server.listen)), ("metrics", config.metrics.listen)];
        let own: Vec<_> = own.into_iter().filter_map(|(name, address)| Some((name, address?))).collect();
        config.dialects.refuse_collisions(&own)?;
        Ok(config)
    }

    /// Every address that the server will listen at, as the file has it: where no check may go (SSR-15).
    pub fn own_addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let dialects = self.dialects.places().into_iter().filter_map(|(_, place)| match place {
            DialectPlace::Listen(address) => Some(*address),
            DialectPlace::Off | DialectPlace::Prefix(_) | DialectPlace::Host(_) => None,
        });
        [self.server.listen].into_iter().chain(self.metrics.listen).chain(dialects)
    }

    fn below(mut self, folder: &Path) -> Self {
        for path in self.paths() {
            *path = folder.join(&path);
        }
        self
    }

    /// Every path there is: whoever adds one adds it here.
    fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let key = match &mut self.keys.root_key {
            RootKeySource::File(path) => Some(path),
            RootKeySource::Environment(_) => None,
        };
        let of_issuers = self.identity.issuers.iter_mut().flat_map(|issuer| {
            let secret = match &mut issuer.client_secret {
                Some(ClientSecret::File(path)) => Some(path),
                Some(ClientSecret::Value(_)) | None => None,
            };
            secret.into_iter().chain(&mut issuer.jwks_file)
        });
        [&mut self.store.folder]
            .into_iter()
            .chain(of_issuers)
            .chain(key)
            .chain(&mut self.keys.next_root_key_file)
            .chain(&mut self.egress.ca_files)
            .chain(&mut self.kinds.folder)
            .chain(&mut self.first_start.token_file)
            .chain(&mut self.audit.folder)
    }
}

#[cfg(test)]
mod tests;
