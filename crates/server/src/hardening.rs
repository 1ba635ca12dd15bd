//! What the process gives up before it holds a secret (REM-08, REM-09), and the one thing it asks for.
//!
//! Must never fail a start: some containers forbid these calls, and then a warning says so.

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, umask,
};

/// No core file, no reading of this process's memory or environment by others of the same account, and
/// every new file for its owner alone. Gives what was refused, to be logged.
pub(crate) fn apply() -> Vec<(&'static str, Errno)> {
    umask(Mode::RWXG | Mode::RWXO);
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let files = raise_open_files().err().map(|error| ("there may be too few sockets for all clients", error));
    let core = setrlimit(Resource::Core, none).err().map(|error| ("a core file may be written", error));
    let dump = set_dumpable_behavior(DumpableBehavior::NotDumpable).err();
    let dump = dump.map(|error| ("others of this account may read this process's memory", error));
    core.into_iter().chain(dump).chain(files).collect()
}

/// As many files as the system lets us have: the usual 1,024 are fewer than the watchers of one node.
fn raise_open_files() -> Result<(), Errno> {
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })
}

/// One warning for each.
pub(crate) fn warn(refused: &[(&'static str, Errno)]) {
    for (consequence, error) in refused {
        tracing::warn!(%error, consequence, "the system refused a protection");
    }
}
