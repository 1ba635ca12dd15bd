//! A folder with servers in it that never outlives this process, however the process ends.
//!
//! Owns the folder and its guardian. Must never remove anything else.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Mode 0700, and owned by the user that runs the servers.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    owner: Option<User>,
    guardian: Child,
}

/// The user that runs outside servers when this process is root's; some refuse to run as root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Folder {
    /// Directly under `/tmp`: a socket's path has at most 107 bytes, and another user must reach it.
    pub(crate) fn make(prefix: &str, owner: Option<User>) -> Self {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in("/tmp").expect("/tmp is writable");
        let path = folder.keep();
        let guardian = start_guardian(&path, owner);
        let folder = Self { path, owner, guardian };
        folder.hand_over(&folder.path, 0o700);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that only the owner can read.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let file = self.path.join(name);
        fs::write(&file, content).expect("the folder is ours");
        self.hand_over(&file, 0o600);
        file
    }

    /// A command that runs in this folder, as its owner, and inherits no setting from our environment.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.path).env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin");
        run_as(&mut command, self.owner);
        command
    }

    fn hand_over(&self, path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("what this process made is its own");
        if let Some(User { uid, gid }) = self.owner {
            chown(path, Some(uid), Some(gid)).expect("root may hand over what it made");
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let removed = fs::remove_dir_all(&self.path);
        // Without this word the guardian would look for a server to end.
        let word: &[u8] = if removed.is_ok() { b"done\n" } else { b"remove\n" };
        if let Some(mut stdin) = self.guardian.stdin.take() {
            let _ = stdin.write_all(word);
        }
        let _ = self.guardian.wait();
    }
}

/// Ends the server and removes the folder when this process does not get to do it.
///
/// `Drop` does not run for statics, nor after SIGKILL; the kernel closes the guardian's standard input
/// then all the same. Its own process group keeps it alive when a terminal or a test runner ends ours.
fn start_guardian(folder: &Path, user: Option<User>) -> Child {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", GUARDIAN, "strongroom-guardian"]).arg(folder);
    run_as(&mut command, user);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.current_dir("/").spawn().expect("/bin/sh runs")
}

/// A paused server hears SIGQUIT (immediate shutdown) only once it goes on. Its pid file goes last.
const GUARDIAN: &str = r#"
read -r word
[ "$word" = done ] && exit 0
pid_file=$1/data/postmaster.pid
pid=$(head -n 1 "$pid_file") && kill -QUIT "$pid" && kill -CONT "$pid"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -e "$pid_file" ] || break
    sleep 0.5
done
rm -rf "$1"
"#;

fn run_as(command: &mut Command, user: Option<User>) {
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
}
