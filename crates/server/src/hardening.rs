//! What the process gives up before it holds a secret (REM-08, REM-09), and the one thing it asks for.
//!
//! Must never fail a start: some containers forbid these calls, and then a warning says so.

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, umask,
};
use strongroom_sealing::key_memory;

/// A protection that the system refused.
#[derive(Debug)]
pub(crate) struct Unprotected {
    /// What may happen now.
    pub(crate) consequence: &'static str,
    pub(crate) error: Errno,
    /// What the operator can do.
    pub(crate) fix: &'static str,
}

const ALLOW: &str = "allow prctl and setrlimit to this process";
const ALLOW_LOCKING: &str = "allow this account to lock 1 MiB of memory: LimitMEMLOCK=1M of systemd, --ulimit memlock=1048576 of a container";

/// No core file, no reading of this process's memory or environment by others of the same account, and
/// every new file for its owner alone. Gives what was refused, to be logged.
pub(crate) fn apply() -> Vec<Unprotected> {
    umask(Mode::RWXG | Mode::RWXO);
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let refused = |consequence| move |error| Unprotected { consequence, error, fix: ALLOW };
    let files = raise_open_files().map_err(refused("there may be too few sockets for all clients"));
    let core = setrlimit(Resource::Core, none).map_err(refused("a core file may be written"));
    let dump = set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(refused("others of this account may read this process's memory"));
    [core, dump, files].into_iter().filter_map(Result::err).collect()
}

/// The same for a process that is going to hold keys: they are kept on locked pages, as far as the system lets
/// us have any.
pub(crate) fn apply_before_keys() -> Vec<Unprotected> {
    let keys = key_memory().err().map(|refusal| Unprotected {
        consequence: refusal.consequence,
        error: Errno::from_raw_os_error(refusal.errno.unwrap_or_default()),
        fix: ALLOW_LOCKING,
    });
    apply().into_iter().chain(keys).collect()
}

/// As many files as the system lets us have: the usual 1,024 are fewer than the watchers of one node.
fn raise_open_files() -> Result<(), Errno> {
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })
}

/// One warning for each.
pub(crate) fn warn(refused: &[Unprotected]) {
    for Unprotected { consequence, error, fix } in refused {
        tracing::warn!(%error, consequence, fix, "the system refused a protection");
    }
}
