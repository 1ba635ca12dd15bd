//! Finds PostgreSQL's programs and the user that may run them. Must never install anything.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folder::User;

/// The folder that holds `initdb`, `postgres` and `psql` of one version.
#[derive(Debug)]
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// From PATH, else the newest that Debian's packages installed.
    pub(crate) fn find() -> Self {
        let found = on_path().into_iter().chain(from_packages()).find(|folder| is_complete(folder));
        Self(found.expect("PostgreSQL's server programs are installed (Debian: apt-get install postgresql)"))
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.0.join(program)
    }
}

/// Who runs the server: this process's own user, or, for root, an account without rights.
pub(crate) fn server_user() -> Option<User> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("accounts are listed");
    let user = ["postgres", "nobody"].iter().find_map(|name| account(&accounts, name));
    Some(user.expect("root needs an account `postgres` or `nobody` to run the server"))
}

fn on_path() -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "PATH is what finds programs")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Links are followed: beside a linked `initdb` its own `postgres` need not be linked too.
    let initdb = std::env::split_paths(&path).filter_map(|folder| folder.join("initdb").canonicalize().ok());
    initdb.filter_map(|program| program.parent().map(Path::to_owned)).collect()
}

fn from_packages() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    folders.sort_unstable_by(|a, b| b.cmp(a));
    folders.into_iter().map(|(_, folder)| folder).collect()
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres", "psql"].iter().all(|program| folder.join(program).is_file())
}

/// passwd(5): name, password, uid, gid, and more, between colons.
fn account(accounts: &str, name: &str) -> Option<User> {
    let mut fields = accounts.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let found = fields.next() == Some(name);
        found.then_some(fields)
    })?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(User { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0::/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        let User { uid, gid } = account(accounts, "postgres").unwrap();
        assert_eq!((uid, gid), (101, 104));
        assert!(account(accounts, "post").is_none());
    }
}
