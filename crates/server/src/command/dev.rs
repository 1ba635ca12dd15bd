//! `strongroom dev`: a server in one folder, for trying things. Loopback only.
//!
//! The folder is made in the order key, token file, data, so that a first start that was interrupted is
//! completed by the next one or refused, and data is never given a new key.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use strongroom_config::{Level, LogFormat};
use strongroom_domain::Secret;
use strongroom_egress::{Policy, Roots};
use strongroom_sealing::{RootKey, RootKeyError, SystemRng};
use strongroom_server::{AuditKeeping, Composition, Mount, People, Place, Running, SystemClock};
use strongroom_service::Limits;
use strongroom_store::Store;
use strongroom_store_sqlite::Reserve;
use strongroom_web::RouteTable;

use super::keys::NEXT;
use super::{bind, runtime, serve_until_stopped};
use crate::arguments::{Dev, Format};
use crate::output::{Body, Output, View, print};
use crate::refusal::Refusal;
use crate::signals::Signals;
use crate::token_file::{Content, TokenFile};
use crate::{data_folder, first_start, hardening, kinds, logging, root_key};

/// Runs until it is told to stop.
pub(crate) fn run(arguments: &Dev, output: &Output) -> Result<ExitCode, Refusal> {
    if !arguments.listen.ip().to_canonical().is_loopback() {
        return Err(Refusal::bad_setting(
            format!("{} is not a loopback address, and this mode is for this machine only", arguments.listen),
            "give a loopback address, like --listen 127.0.0.1:7625, or run: strongroom serve --config FILE",
        ));
    }
    let unprotected = hardening::apply_before_keys();
    logging::start(LogFormat::Text, Level::Warn);
    hardening::warn(&unprotected);
    let runtime = runtime()?;
    let code = runtime.block_on(dev(arguments, output));
    runtime.shutdown_background();
    code
}

async fn dev(arguments: &Dev, output: &Output) -> Result<ExitCode, Refusal> {
    let signals = Signals::catch()?;
    let folder = DevFolder(arguments.data.clone());
    let root_key = folder.root_key()?;
    let catalogue = kinds::catalogue(folder.kinds().as_deref())?;
    let roots = Roots::load(&[])?;
    let listener = bind(arguments.listen).await?;
    let file = TokenFile::at(&arguments.data.join("token"));
    let (store, new) = first_start::open(&folder.data(), &root_key, &file, Reserve::default()).await?;
    let root_key = root_key::in_force(store.as_ref(), root_key, folder.next_root_key()?).await?;
    let token: Secret<String> = match new.map_or_else(|| folder.token(&file), Ok) {
        Ok(token) => token,
        Err(refusal) => {
            store.close().await;
            return Err(refusal);
        }
    };
    // Somebody is looking: a checkpoint a second is no burden.
    let limits = Limits { checkpoint: Duration::from_secs(1), ..Limits::default() };
    let (policy, clock) = (Policy::development(), Arc::new(SystemClock));
    let (events_kept, metrics) = (strongroom_config::Events::default().kept, None);
    let mounts = mounts();
    let public_url = format!("http://{}", listener.address()).parse().ok();
    let people = People { public_url, ..People::default() };
    let parts = Composition {
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
        audit: AuditKeeping { folder: Some(folder.audit()), retention: None },
    };
    let begun = async |running: &Running| {
        // EXPOSE: looked up by the service. Where the token does not count any more, there is no link; the server is there all the same.
        let once = running.service().make_once_link(token.expose()).await.ok();
        announce(output, running, &token, once.as_ref())
    };
    serve_until_stopped(parts, &folder.data(), signals, begun).await
}

/// Every dialect there is, below its own name.
fn mounts() -> Vec<Mount> {
    let below = |table: RouteTable| {
        let place = Place::Prefix(format!("/{}", table.manner().view.dialect().code()));
        Mount { table, place }
    };
    strongroom_dialects::foreign().into_iter().map(below).collect()
}

/// `root.key` and `token` beside `data/`, not inside.
struct DevFolder(PathBuf);

impl DevFolder {
    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// Checkpoints of the audit log, beside the data and not in it.
    fn audit(&self) -> PathBuf {
        self.0.join("audit")
    }

    /// Kinds of one's own, where somebody has put a folder of them.
    fn kinds(&self) -> Option<PathBuf> {
        Some(self.0.join("kinds")).filter(|folder| folder.is_dir())
    }

    /// The key that is there, or a new one where nothing was sealed yet.
    fn root_key(&self) -> Result<RootKey, Refusal> {
        let path = self.0.join("root.key");
        match RootKey::from_file(&path) {
            Err(RootKeyError::Missing { .. }) if data_folder::is_empty(&self.data()) => self.make_key(&path),
            Err(RootKeyError::Missing { .. }) => Err(Refusal::bad_start(
                format!("{} is gone, and the data beside it was sealed under it", path.display()),
                format!("put the key back; without it the data is lost: delete {}", self.0.display()),
            )),
            key => Ok(key?),
        }
    }

    /// The key that a rotation has put in force, or is to, where one lies there.
    fn next_root_key(&self) -> Result<Option<RootKey>, Refusal> {
        match RootKey::from_file(self.0.join(NEXT)) {
            Err(RootKeyError::Missing { .. }) => Ok(None),
            key => Ok(Some(key?)),
        }
    }

    fn make_key(&self, path: &Path) -> Result<RootKey, Refusal> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.map_err(|error| Refusal::system(&self.0, &error))?;
        let key = RootKey::make(&mut SystemRng);
        key.write_new_file(path)?;
        Ok(key)
    }

    /// The token of the first start.
    fn token(&self, file: &TokenFile) -> Result<Secret<String>, Refusal> {
        match file.read()? {
            Content::Line(token) => Ok(token),
            Content::Empty | Content::Missing => Err(Refusal::bad_start(
                format!("{} is gone; a token is kept nowhere else", file.path().display()),
                format!("put the file back, or begin anew: delete {}", self.0.display()),
            )),
        }
    }
}

/// For people as a text, for programs in the form they asked for.
fn announce(
    output: &Output,
    running: &Running,
    token: &Secret<String>,
    once: Option<&Secret<String>>,
) -> Result<(), Refusal> {
    let address = format!("http://{}", running.address());
    // EXPOSE: the person at the terminal is who the token is for; it stands in their folder as well.
    let token = token.expose();
    // EXPOSE: the link is for the same person, and counts once.
    let console = once.map(|once| format!("{address}/console/login?once={}", once.expose()));
    let console = console.as_deref();
    match (output.format(), output.field()) {
        (None | Some(Format::Table), None) => print(&as_text(&address, token, console)),
        _ => {
            output.show(&Body::from(as_json(&address, running, token, console)), |_| View::Record(Vec::new()))
        }
    }
}

/// API.md, "The binary".
fn as_json(address: &str, running: &Running, token: &str, console: Option<&str>) -> serde_json::Value {
    json!({
        "address": address,
        "token": token,
        "organization": "default",
        "workspace": "default",
        "console": console,
        "dialects": running.dialects(),
    })
}

/// In the order of UX.md section 4.
fn as_text(address: &str, token: &str, console: Option<&str>) -> String {
    let page = console.map_or_else(String::new, |url| {
        format!("Page   {url}\n       (this link signs in once, within 15 minutes)\n")
    });
    format!(
        "Strongroom for development: a generated key, plain HTTP, loopback only. Not for production.\n\
         \n\
         {page}API    {address}/v1\n\
         Token  {token}\n\
         \n\
         export STRONGROOM_ADDRESS={address}\n\
         export STRONGROOM_TOKEN={token}\n\
         \n\
         Stop it with Ctrl-C. Key, token and data are kept for the next start.\n"
    )
}
