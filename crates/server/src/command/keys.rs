//! `strongroom keys`: making a root key, and telling which one is which.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use strongroom_config::{Config, RootKeySource};
use strongroom_sealing::{KeyPurpose, RootKey, RootKeyId, SystemRng};
use strongroom_store::{KeyOwner, KeyRow, Store, StoreError};
use strongroom_store_sqlite::OpenError;

use super::runtime;
use crate::arguments::StatusOf;
use crate::refusal::Refusal;
use crate::{data_folder, hardening, root_key};

/// Makes a root key in a new file.
pub(crate) fn init(file: &Path) -> Result<ExitCode, Refusal> {
    hardening::apply();
    let key = RootKey::make(&mut SystemRng);
    key.write_new_file(file).map_err(|error| Refusal::from(error).about("no root key was made"))?;
    println!("Root key {} is in {} (mode 0600).", key.id(), file.display());
    println!("Next: name it in the configuration, [keys] root_key_file = \"{}\".", file.display());
    println!("Keep a copy of it away from the backups of the data: without the key they cannot be opened.");
    Ok(ExitCode::SUCCESS)
}

/// Shows the key's id and whether the data was sealed under it.
pub(crate) fn status(of: &StatusOf) -> Result<ExitCode, Refusal> {
    hardening::apply();
    let (source, data) = places(of)?;
    let key = root_key::read(&source)?.id();
    println!("root key  {key}");
    let fit = runtime()?.block_on(fit(key, &data))?;
    let (line, code) = describe(&fit);
    println!("data      {line}");
    Ok(code.into())
}

fn places(of: &StatusOf) -> Result<(RootKeySource, PathBuf), Refusal> {
    match (&of.config, &of.data) {
        (Some(config), _) => {
            Config::load(config).map(|config| (config.keys, config.store.folder)).map_err(Into::into)
        }
        (None, Some(folder)) => Ok((RootKeySource::File(folder.join("root.key")), folder.join("data"))),
        (None, None) => Err(Refusal::usage("neither --config nor --data was given", "give one of the two")),
    }
}

/// How a key and the data stand to each other.
enum Fit {
    Empty,
    InUse,
    Other { wanted: String },
    Fits { organizations: usize, epochs: usize },
}

async fn fit(key: RootKeyId, data: &Path) -> Result<Fit, Refusal> {
    if data_folder::is_empty(data) {
        return Ok(Fit::Empty);
    }
    let store = match data_folder::open(data) {
        Ok(store) => store,
        Err(OpenError::InUse { .. }) => return Ok(Fit::InUse),
        Err(error) => return Err(error.into()),
    };
    let fit = compare(key, store.as_ref()).await;
    store.close().await;
    Ok(fit?)
}

async fn compare(key: RootKeyId, store: &dyn Store) -> Result<Fit, StoreError> {
    let mut rows = store.keys(KeyOwner::System).await?;
    let organizations = store.organizations().await?;
    for organization in &organizations {
        rows.extend(store.keys(KeyOwner::Organization(organization.id)).await?);
    }
    if rows.is_empty() {
        return Ok(Fit::Empty);
    }
    let other = rows.iter().filter_map(root_of).find(|root| *root != key.to_string());
    Ok(match other {
        Some(wanted) => Fit::Other { wanted: wanted.to_owned() },
        None => Fit::Fits { organizations: organizations.len(), epochs: epochs(&rows) },
    })
}

/// The id of the root key that wrapped this key, where a root key did.
fn root_of(row: &KeyRow) -> Option<&str> {
    row.wrapped_by.strip_prefix("root:")
}

fn epochs(rows: &[KeyRow]) -> usize {
    rows.iter().filter(|row| row.purpose == KeyPurpose::OrganizationKek.code()).count()
}

fn describe(fit: &Fit) -> (String, u8) {
    match fit {
        Fit::Empty => ("nothing is sealed yet".to_owned(), 0),
        Fit::InUse => ("not looked at: a server is using it, so the key it runs with fits".to_owned(), 0),
        Fit::Fits { organizations, epochs } => {
            (format!("fits: {organizations} organization(s), {epochs} key epoch(s)"), 0)
        }
        // UX.md section 2: the check said no.
        Fit::Other { wanted } => (format!("does not fit: it was sealed under root key {wanted}"), 8),
    }
}
