//! `strongroom serve`: production. Refuses whatever is not sound, and writes nothing when it does.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use strongroom_config::{Config, DialectPlace, Dialects, RootKeySource};
use strongroom_egress::{Policy, Roots};
use strongroom_sealing::RootKey;
use strongroom_server::{AuditKeeping, Composition, Mount, Place, Running, SystemClock};
use strongroom_service::{Limits, StartError};
use strongroom_store_sqlite::{Reserve, SqliteStore};

use super::{bind, people, runtime, serve_until_stopped};
use crate::arguments::Serve;
use crate::refusal::Refusal;
use crate::root_key::BothKeys;
use crate::signals::Signals;
use crate::token_file::TokenFile;
use crate::{data_folder, first_start, hardening, kinds, logging, root_key};

/// Runs until it is told to stop.
pub(crate) fn run(arguments: &Serve) -> Result<ExitCode, Refusal> {
    let config = Config::load(&arguments.config)?;
    let unprotected = hardening::apply_before_keys();
    let keys = root_key::both(&config.keys)?;
    root_key::refuse_inside(&config.keys.root_key, &config.store.folder)?;
    if let Some(next) = &config.keys.next_root_key_file {
        root_key::refuse_inside(&RootKeySource::File(next.clone()), &config.store.folder)?;
    }
    if let Some(folder) = &config.audit.folder {
        refuse_audit_inside(folder, &config.store.folder)?;
    }
    logging::start(config.log.format, config.log.level);
    hardening::warn(&unprotected);
    let runtime = runtime()?;
    let code = runtime.block_on(serve(config, keys));
    // The store is closed by now; what still runs after a second signal is not waited for.
    runtime.shutdown_background();
    code
}

/// Who puts back an older copy of the data folder must not put back the checkpoints with it.
fn refuse_audit_inside(folder: &Path, data: &Path) -> Result<(), Refusal> {
    let inside = match (data_folder::whole(folder), data_folder::whole(data)) {
        (Some(folder), Some(data)) => folder.starts_with(&data),
        _ => folder.starts_with(data),
    };
    if !inside {
        return Ok(());
    }
    Err(Refusal::bad_start(
        format!("the audit folder {} lies in the data folder", folder.display()),
        "name a folder outside it in [audit]: who restores or changes the data must not have the checkpoints with it",
    ))
}

async fn serve(config: Config, keys: BothKeys) -> Result<ExitCode, Refusal> {
    let signals = Signals::catch()?;
    let data = config.store.folder.clone();
    let is_kept = config.audit.folder.is_some();
    let parts = compose(config, keys).await?;
    serve_until_stopped(parts, &data, signals, async |running: &Running| {
        for (dialect, url) in running.dialects() {
            tracing::info!(%dialect, url, "spoken here");
        }
        if !is_kept {
            tracing::warn!(
                "audit.folder is not set: nobody could tell if an older copy of the data were put back"
            );
        }
        tracing::info!(address = %running.address(), "accepting requests");
        Ok(())
    })
    .await
}

async fn compose(config: Config, (root_key, next): BothKeys) -> Result<Composition, Refusal> {
    let roots = Roots::load(&config.egress.ca_files)?;
    let catalogue = kinds::catalogue(config.kinds.folder.as_deref())?;
    let policy = policy(&config);
    warn_of(&policy, &roots);
    let people = people::of(&config)?;
    let listener = bind(config.server.listen).await?;
    let metrics = match config.metrics.listen {
        Some(address) => {
            let listener = bind(address).await?;
            tracing::info!(address = %listener.address(), "metrics are read here, without a token");
            Some(listener)
        }
        None => None,
    };
    let mounts = mounts(&config.dialects).await?;
    let store = open(&config, &root_key).await?;
    let root_key = root_key::in_force(store.as_ref(), root_key, next).await?;
    let limits = Limits {
        check: config.limits.check,
        permit: config.limits.permit,
        checkpoint: config.audit.checkpoint,
        ..Limits::default()
    };
    let (events_kept, clock) = (config.events.kept, Arc::new(SystemClock));
    Ok(Composition {
        store,
        root_key,
        policy,
        roots,
        catalogue,
        limits,
        events_kept,
        clock,
        listener,
        mounts,
        metrics,
        people,
        audit: AuditKeeping { folder: config.audit.folder, retention: config.audit.retention },
    })
}

/// Every dialect at its place, own addresses bound.
async fn mounts(places: &Dialects) -> Result<Vec<Mount>, Refusal> {
    let mut mounts = Vec::new();
    for table in strongroom_dialects::foreign() {
        let dialect = table.manner().view.dialect();
        let place = places.places().into_iter().find(|(named, _)| *named == dialect).map(|(_, place)| place);
        let place = match place {
            None | Some(DialectPlace::Off) => continue,
            Some(DialectPlace::Prefix(prefix)) => Place::Prefix(prefix.clone()),
            Some(DialectPlace::Host(host)) => Place::Host(host.clone()),
            Some(DialectPlace::Listen(address)) => Place::Listener(bind(*address).await?),
        };
        mounts.push(Mount { table, place });
    }
    Ok(mounts)
}

/// The store. An empty folder is founded only where the file says where the token goes.
async fn open(config: &Config, root_key: &RootKey) -> Result<Arc<SqliteStore>, Refusal> {
    let (folder, reserve) = (&config.store.folder, Reserve::of(config.store.reserve));
    let Some(path) = &config.first_start.token_file else {
        if data_folder::is_empty(folder) {
            return Err(StartError::Empty.into());
        }
        return Ok(data_folder::open_with(folder, reserve)?);
    };
    let (store, token) = first_start::open(folder, root_key, &TokenFile::at(path), reserve).await?;
    if token.is_some() {
        tracing::info!(file = %path.display(), "a new installation: its first admin token is in this file");
    }
    Ok(store)
}

/// Where checks may go, by the file alone: `start` adds what a port 0 has become.
pub(crate) fn policy(config: &Config) -> Policy {
    Policy {
        allow: config.egress.allow.clone(),
        deny: config.egress.deny.clone(),
        allow_names: config.egress.allow_names.clone(),
        own_addresses: config.own_addresses().collect(),
    }
}

/// Each opening is named at every start (SSR-10), and so is what was meant as one and is none.
fn warn_of(policy: &Policy, roots: &Roots) {
    for range in &policy.allow {
        tracing::warn!(%range, "egress.allow lets checks reach special addresses");
    }
    for range in policy.idle_allowances() {
        tracing::warn!(%range, "this entry of egress.allow opens nothing: it lies inside no special range");
    }
    if roots.is_empty() {
        tracing::warn!("no trusted certificate on this machine: every check over TLS will fail");
    }
}
