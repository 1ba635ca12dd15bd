//! Removes a server, its users and its files, however this process ends.
//!
//! `Drop` does not run after SIGKILL; the kernel closes the guardian's standard input then all the same.
//! Its own process group keeps it alive when a terminal or a test runner ends ours. There is no other way
//! of cleaning up, so the one way is tried by every test. Must never end or remove anything that the
//! folder does not name.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

#[derive(Debug)]
pub(super) struct Guardian(Child);

impl Guardian {
    pub(super) fn watch(folder: &Path) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "strongroom-guardian"]).arg(folder).current_dir("/");
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self(command.spawn().expect("/bin/sh runs"))
    }

    /// Returns when nothing is left.
    pub(super) fn clean_up(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A session's process leaves the listener's group, so the tree is followed by parents. `userdel` waits for a
/// lock that other tests hold, and refuses while a process of the user's runs.
const SCRIPT: &str = r#"
read -r word
end() {
    for child in $(cat "/proc/$1/task/$1/children"); do end "$child"; done
    kill -KILL "$1"
}
pid=$(cat "$1/pid") && end "$pid"
for user in $(cat "$1/users"); do
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        userdel --force "$user"
        id "$user" || break
        sleep 0.2
    done
done
rm -rf "$1"
"#;
