//! The words for the causes of other crates, where a command of the server cannot begin.

use strongroom_config::ConfigError;
use strongroom_connectors::KindFileError;
use strongroom_egress::RootsError;
use strongroom_sealing::{RootKeyError, SealingError};
use strongroom_server::NotStarted;
use strongroom_service::StartError;
use strongroom_service::rotation::RotationError;
use strongroom_store::StoreError;
use strongroom_store_sqlite::OpenError;

use super::Refusal;

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        let (cause, fix) = match error {
            ConfigError::Unreadable { file, source } => (
                format!("the configuration file {} cannot be read: {source}", file.display()),
                "name the right file with --config; crates/config/config.example.toml shows every setting"
                    .to_owned(),
            ),
            ConfigError::Invalid { file, line, instead } => {
                let line = line.map_or_else(String::new, |line| format!(", line {line}"));
                (format!("the configuration is not valid: {}{line}", file.display()), instead)
            }
        };
        Self::bad_setting(cause, fix)
    }
}

impl From<RootKeyError> for Refusal {
    fn from(error: RootKeyError) -> Self {
        let (cause, fix) = cause_and_fix(&error);
        Self::bad_start(cause, fix)
    }
}

fn cause_and_fix(error: &RootKeyError) -> (String, String) {
    match error {
        RootKeyError::Missing { path } => (
            format!("there is no root key file {}", path.display()),
            format!(
                "name the right file; for a new installation: strongroom keys init --file '{}'",
                path.display()
            ),
        ),
        RootKeyError::NotAFile { path } => (
            format!("the root key file {} is a link, a folder or a pipe", path.display()),
            "name the file itself: what a link leads to can be exchanged unseen".to_owned(),
        ),
        RootKeyError::OpenToOthers { path, mode } => (
            format!("the root key file {} has mode {mode:04o}, which lets others at it", path.display()),
            format!(
                "chmod 600 '{}', and change the key if others had an account on this machine",
                path.display()
            ),
        ),
        RootKeyError::Unusable { path, weakness } => (
            format!("the root key file {}: {weakness}", path.display()),
            "restore the right file; if nothing is sealed yet, make a new one with: strongroom keys init"
                .to_owned(),
        ),
        RootKeyError::UnusableText { weakness } => (
            format!("the root key from the environment: {weakness}"),
            "give 64 hex digits or 44 base64 characters of a random source, like: openssl rand -hex 32"
                .to_owned(),
        ),
        RootKeyError::Exists { path } => (
            format!("{} exists, and a key is never overwritten", path.display()),
            "choose another path, or use the key that is there".to_owned(),
        ),
        RootKeyError::Read { path, source } | RootKeyError::Write { path, source } => (
            format!("the root key file {}: {source}", path.display()),
            "check that its folder exists and that this account owns both".to_owned(),
        ),
    }
}

impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        let (cause, fix) = match &error {
            OpenError::InUse { lock } => (
                format!("another process holds the data folder: it has locked {}", lock.display()),
                "stop that process, or give this one a data folder of its own; do not delete the lock file"
                    .to_owned(),
            ),
            OpenError::TooOpen { folder, mode } => (
                format!("the data folder {} has mode {mode:04o}, which lets others in", folder.display()),
                format!("chmod 700 '{}'", folder.display()),
            ),
            OpenError::NewerSchema { found, known } => (
                format!("the data is of schema version {found}, and this binary knows up to {known}"),
                "start the release that wrote it, or a newer one".to_owned(),
            ),
            OpenError::NotOurs { file } => (
                format!("{} is a database of another program", file.display()),
                "name another data folder".to_owned(),
            ),
            OpenError::Setting(setting) => (
                format!("SQLite did not take the setting `{setting}`, without which old secrets could stay"),
                "use a release binary, whose SQLite is built in".to_owned(),
            ),
            OpenError::Io { path, source } => return Self::system(path, source),
            OpenError::Sqlite(source) => (
                format!("the database does not open: {source}"),
                "check the disk; if the file is damaged, restore a backup".to_owned(),
            ),
        };
        Self::bad_start(cause, fix)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::bad_start(
            format!("the store does not answer: {}", with_sources(&error)),
            "check the disk: room, rights, and the system's own log",
        )
    }
}

impl From<StartError> for Refusal {
    fn from(error: StartError) -> Self {
        let (cause, fix) = match error {
            StartError::Store(error) => return error.into(),
            StartError::Keys(SealingError::OtherRootKey { wanted, given }) => (
                format!("the data was sealed under root key {wanted}, and the key given is {given}"),
                format!(
                    "name the file of root key {wanted} in [keys], as root_key_file or next_root_key_file; \
                     `strongroom keys status` shows the id of a key"
                ),
            ),
            StartError::Keys(error) => (
                format!("a key of the data does not open: {error}"),
                "the key table is damaged: restore a backup; nothing was changed".to_owned(),
            ),
            StartError::Row => (
                "a row of the key table is damaged".to_owned(),
                "restore a backup; nothing was changed".to_owned(),
            ),
            StartError::Empty => (
                "the data folder is empty".to_owned(),
                "name the right folder, or set first_start.token_file to begin a new installation".to_owned(),
            ),
        };
        Self::bad_start(cause, fix)
    }
}

impl From<NotStarted> for Refusal {
    fn from(error: NotStarted) -> Self {
        match error {
            NotStarted::Keys(error) => error.into(),
            NotStarted::Audit(error) => Self::bad_start(
                format!("the audit log cannot be kept outside the database: {error}"),
                "mend the folder that [audit] names, or name another one",
            ),
        }
    }
}

impl From<RotationError> for Refusal {
    fn from(error: RotationError) -> Self {
        let (cause, fix) = match error {
            RotationError::Store(error) => (
                format!("the store did not take a step: {}", with_sources(&error)),
                "check the disk, then run the command again: it goes on from there".to_owned(),
            ),
            RotationError::Keys(error) => (
                format!("a key of the data does not open: {error}"),
                "restore the key table from a backup; nothing was destroyed".to_owned(),
            ),
            RotationError::Row => (
                "a row of the key table is damaged".to_owned(),
                "restore the key table from a backup; nothing was destroyed".to_owned(),
            ),
            RotationError::Busy => (
                "others changed the keys at the same time, again and again".to_owned(),
                "run the command again: it goes on from there".to_owned(),
            ),
            RotationError::Empty => {
                ("nothing is sealed yet".to_owned(), "start the server once, then rotate".to_owned())
            }
            RotationError::RootUnknown(id) => (
                format!("the disk did not say whether root key {id} is in force"),
                "keep both keys named in [keys]: a start takes the one that fits; then run the command again"
                    .to_owned(),
            ),
        };
        Self::failed("the keys were not rotated to the end", cause, fix).leaving("every value still opens")
    }
}

impl From<RootsError> for Refusal {
    fn from(error: RootsError) -> Self {
        Self::bad_start(
            with_sources(&error),
            "correct egress.ca_files: PEM files, one or more certificates each",
        )
    }
}

impl From<KindFileError> for Refusal {
    fn from(error: KindFileError) -> Self {
        let fix =
            "mend the file, or take it out of the folder of kinds; docs/KINDS.md shows how one is written";
        Self::bad_setting(format!("a kind of the folder cannot be used: {}", with_sources(&error)), fix)
    }
}

/// An error and what it came from, on one line: for the operator's terminal, never for a client.
fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |text, source| format!("{text}: {source}"))
}
