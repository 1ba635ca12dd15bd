//! Users of this machine that live as long as a test.
//!
//! Each is written down before it is made, so that the guardian finds it whatever happens in between.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::{OpenSsh, PublicKey, open_to_all};

#[derive(Debug)]
pub(super) struct Users {
    folder: PathBuf,
    made: AtomicU32,
}

impl Users {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder, made: AtomicU32::new(0) }
    }

    pub(super) fn home(&self, user: &str) -> PathBuf {
        self.folder.join("home").join(user)
    }

    pub(super) fn add_with_password(&self, password: &str) -> String {
        assert!(OpenSsh::makes_users(), "users with passwords need root");
        let user = self.make();
        let mut chpasswd = Command::new("/usr/sbin/chpasswd");
        feed(chpasswd.stdin(Stdio::piped()), &format!("{user}:{password}\n"));
        user
    }

    pub(super) fn add_with_key(&self, key: &PublicKey) -> String {
        let user = if OpenSsh::makes_users() { self.make() } else { own_name() };
        let file = self.folder.join("keys").join(&user);
        let mut keys = OpenOptions::new().create(true).append(true).open(&file).expect("the folder is ours");
        keys.write_all(key.0.as_bytes()).expect("the folder is ours");
        fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("the file is ours");
        user
    }

    fn make(&self) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let user = format!("srt{}x{number}", std::process::id());
        let mut list = OpenOptions::new().create(true).append(true).open(self.folder.join("users"));
        writeln!(list.as_mut().expect("the folder is ours"), "{user}").expect("the folder is ours");
        add(&user, &self.home(&user));
        self.make_home(&user);
        user
    }

    fn make_home(&self, user: &str) {
        let home = self.home(user);
        fs::create_dir(&home).expect("the folder is ours");
        open_to_all(&home);
        let id = |flag| {
            let output = Command::new("id").args([flag, user]).output().expect("id runs");
            String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
        };
        chown(&home, Some(id("-u")), Some(id("-g"))).expect("root may hand it over");
    }
}

pub(super) fn empty_password(user: &str) {
    let mut passwd = Command::new("/usr/bin/passwd");
    feed(passwd.args(["--delete", user]).stdin(Stdio::piped()).stdout(Stdio::null()), "");
}

/// Other tests may hold the lock of the user database; its own waiting is short.
fn add(user: &str, home: &std::path::Path) {
    for _ in 0..100 {
        let mut useradd = Command::new("/usr/sbin/useradd");
        useradd
            .args(["--no-create-home", "--user-group", "--shell", "/bin/sh", "--home-dir"])
            .arg(home)
            .arg(user);
        // An account without a password is locked, for keys as well; `*` is no password that exists.
        useradd.args(["--password", "*"]).stdout(Stdio::null()).stderr(Stdio::null());
        if useradd.status().expect("useradd runs").success() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("useradd does not make {user}");
}

/// The same lock.
fn feed(command: &mut Command, text: &str) {
    for _ in 0..100 {
        let mut child = command.stderr(Stdio::null()).spawn().expect("the program runs");
        // One that has to give up does not read.
        let _ = child.stdin.take().expect("piped").write_all(text.as_bytes());
        if child.wait().expect("a child can be waited for").success() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("a password cannot be set");
}

fn own_name() -> String {
    eprintln!("not root: OpenSSH logs in this user alone, by key");
    let output = Command::new("id").arg("-un").output().expect("id runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
