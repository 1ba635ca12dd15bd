//! A private OpenSSH server: started in a moment, gone with the test.
//!
//! Listens on 127.0.0.1 only, with its own host keys and configuration. Started by root it makes users of
//! its own, with real passwords and keys, and removes them; an ordinary user can only log in as itself, by
//! key. Must never outlive this process, and never touch a server or a user that it did not make.

mod guardian;
mod keys;
mod users;

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use guardian::Guardian;
pub use keys::{HostKey, PublicKey, make_key};
use users::Users;

/// A running server. Dropping it ends its sessions and removes its users and files.
#[derive(Debug)]
pub struct OpenSsh {
    listener: Mutex<Option<Child>>,
    users: Users,
    host_keys: Vec<HostKey>,
    folder: PathBuf,
    port: u16,
    guardian: Guardian,
}

impl OpenSsh {
    /// With an Ed25519 and an RSA host key; passwords and keys are taken.
    pub fn start() -> Self {
        Self::start_with(&[HostKey::Ed25519, HostKey::Rsa { bits: 3072 }], "")
    }

    /// With these host keys and lines of `sshd_config`, which win over the usual ones.
    pub fn start_with(host_keys: &[HostKey], lines: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("strongroom-ssh-").tempdir_in("/tmp");
        let folder = folder.expect("/tmp is writable").keep();
        let guardian = Guardian::watch(&folder);
        open_to_all(&folder);
        for sub in ["keys", "home"] {
            fs::create_dir(folder.join(sub)).expect("the folder is ours");
            open_to_all(&folder.join(sub));
        }
        make_runtime_folder();
        let port = free_port();
        let mut server = Self {
            listener: Mutex::new(None),
            users: Users::new(folder.clone()),
            host_keys: host_keys.to_vec(),
            folder,
            port,
            guardian,
        };
        server.make_host_keys();
        server.write_configuration(lines);
        server.launch();
        server
    }

    /// Whether this process may make users: only then there are passwords.
    pub fn makes_users() -> bool {
        rustix::process::geteuid().is_root()
    }

    /// For a test that shows nothing without users of its own: fails where none can be made. `cargo xtask test` leaves
    /// such tests out where it is not root, and counts them as skipped; by their names, so they are looked at here.
    pub fn demand_users() {
        let name = thread::current().name().unwrap_or_default().to_owned();
        assert!(
            name == "main" || name.ends_with("_as_root"),
            "{name} makes users: its name must end with _as_root"
        );
        assert!(
            Self::makes_users(),
            "this test makes users of the machine, which takes root: run it as root"
        );
    }

    /// The TCP port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A new user with this password, and no key. Only where [`OpenSsh::makes_users`].
    pub fn add_user(&self, password: &str) -> String {
        self.users.add_with_password(password)
    }

    /// A user who logs in by this key: a new one, or this process's own where it may make none.
    pub fn add_user_with_key(&self, key: &PublicKey) -> String {
        self.users.add_with_key(key)
    }

    /// Takes a user's password away, which lets everyone in where the server permits that.
    pub fn empty_password(&self, user: &str) {
        assert!(self.home(user).is_dir(), "a user made here");
        users::empty_password(user);
    }

    /// The folder that sessions of a user made here start in.
    pub fn home(&self, user: &str) -> PathBuf {
        self.users.home(user)
    }

    /// A host key as the public half's file has it: type, base64, comment.
    pub fn host_key_line(&self, key: HostKey) -> String {
        fs::read_to_string(self.host_key_file(key).with_extension("pub")).expect("ssh-keygen wrote it")
    }

    /// A host key's SHA-256 fingerprint, as `ssh-keygen` says it.
    pub fn fingerprint(&self, key: HostKey) -> String {
        keys::fingerprint(&self.host_key_file(key))
    }

    /// Gives the server other host keys of the same types, as someone else's would have, on the same port.
    pub fn replace_host_keys(&mut self) {
        self.stop();
        self.make_host_keys();
        self.launch();
    }

    /// Has an authority sign the Ed25519 host key for these principals, and shows the certificate too; gives the
    /// line of the authority's own key.
    pub fn certify_host_key(&mut self, principals: &str) -> String {
        self.stop();
        let authority = self.folder.join("authority");
        keys::generate(&authority, HostKey::Ed25519, "");
        let certificate = keys::certify(&authority, &self.host_key_file(HostKey::Ed25519), principals);
        let file = self.folder.join("sshd_config");
        let text = fs::read_to_string(&file).expect("it was written");
        let more = format!("{text}HostCertificate {}\n", certificate.display());
        fs::write(&file, more).expect("the folder is ours");
        self.launch();
        fs::read_to_string(authority.with_extension("pub")).expect("ssh-keygen wrote it")
    }

    /// The methods of all requests to log in so far, in their order (RFC 4252: `none`, `password` ...), once
    /// every session is over. A key takes two requests: whether it would do, and the signature.
    pub fn attempts(&self) -> Vec<String> {
        self.wait_until_idle();
        let log = self.log();
        let requests = log.lines().filter_map(|line| line.split_once("userauth-request for user "));
        requests
            .filter_map(|(_, request)| request.split_once(" method ")?.1.split(' ').next())
            .map(str::to_owned)
            .collect()
    }

    /// What the server wrote about itself, at level DEBUG.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn wait_until_idle(&self) {
        assert!(
            self.is_idle_within(Duration::from_secs(10)),
            "sessions do not end; the log says:\n{}",
            self.log()
        );
    }

    /// Each session is a child of the listener; it has written all it will when it is gone.
    fn is_idle_within(&self, patience: Duration) -> bool {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pid) = listener.as_ref().map(Child::id) else { return true };
        let pause = Duration::from_millis(10);
        (0..patience.as_millis() / pause.as_millis()).any(|_| {
            let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
            let is_idle = children.expect("the kernel lists children").trim().is_empty();
            if !is_idle {
                thread::sleep(pause);
            }
            is_idle
        })
    }

    fn make_host_keys(&self) {
        for key in &self.host_keys {
            let file = self.host_key_file(*key);
            let _ = fs::remove_file(&file);
            keys::generate(&file, *key, "");
        }
    }

    fn host_key_file(&self, key: HostKey) -> PathBuf {
        self.folder.join(format!("host-{}", key.name()))
    }

    /// The first value of a setting counts, so the test's lines go first.
    fn write_configuration(&self, lines: &str) {
        let folder = self.folder.display();
        let host_keys: Vec<String> = self
            .host_keys
            .iter()
            .map(|key| format!("HostKey {}", self.host_key_file(*key).display()))
            .collect();
        let host_keys = host_keys.join("\n");
        let text = format!(
            "{lines}\n{host_keys}\nListenAddress 127.0.0.1:{}\n\
             PidFile {folder}/pid\n\
             AuthorizedKeysFile {folder}/keys/%u\n\
             StrictModes no\n\
             UsePAM no\n\
             PasswordAuthentication yes\n\
             KbdInteractiveAuthentication no\n\
             LoginGraceTime 20\n\
             MaxStartups 100\n\
             UseDNS no\n\
             PrintMotd no\n\
             LogLevel DEBUG\n",
            self.port
        );
        // This one may not stand twice.
        let sftp = if lines.contains("Subsystem sftp") { "" } else { "Subsystem sftp internal-sftp\n" };
        let text = text + sftp;
        let file = self.folder.join("sshd_config");
        fs::write(&file, &text).expect("the folder is ours");
        // Since 9.8 a server shuns addresses that fail, and all tests come from one.
        let without_penalties = format!("{text}PerSourcePenalties no\n");
        fs::write(&file, &without_penalties).expect("the folder is ours");
        if !self.sshd().arg("-t").output().expect("sshd runs").status.success() {
            fs::write(&file, &text).expect("the folder is ours");
        }
    }

    fn launch(&mut self) {
        let mut sshd = self.sshd();
        sshd.arg("-D").arg("-E").arg(self.folder.join("log"));
        let mut child = sshd.spawn().expect("sshd runs");
        for _ in 0..1_000 {
            if fs::exists(self.folder.join("pid")).unwrap_or(false) {
                *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
                return;
            }
            let ended = child.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "sshd does not start; its log says:\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
        panic!("sshd does not get ready; its log says:\n{}", self.log());
    }

    /// It starts itself anew for each connection, so it wants its whole path.
    fn sshd(&self) -> Command {
        let mut command = Command::new(program());
        command.arg("-f").arg(self.folder.join("sshd_config")).env_clear().env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Ends the listener; sessions end when their clients hang up.
    fn stop(&self) {
        if let Some(mut child) = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = child.kill();
            child.wait().expect("a child can be waited for");
            let _ = fs::remove_file(self.folder.join("pid"));
        }
    }
}

impl Drop for OpenSsh {
    /// The listener takes note of sessions that end, so it is the last to go. Sessions of clients that still
    /// hold on are the guardian's.
    fn drop(&mut self) {
        if self.is_idle_within(Duration::from_secs(2)) {
            self.stop();
        }
        self.guardian.clean_up();
        if let Some(mut child) = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = child.wait();
        }
    }
}

fn program() -> &'static Path {
    let places = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"].map(Path::new);
    let found = places.into_iter().find(|place| place.is_file());
    found.expect("OpenSSH's server is installed (Debian: apt-get install openssh-server)")
}

/// A folder that the server wants for the part of it that has no rights.
fn make_runtime_folder() {
    if OpenSsh::makes_users() {
        fs::create_dir_all("/run/sshd").expect("root may make it");
        open_to_all(Path::new("/run/sshd"));
    }
}

/// The server reads a user's keys as that user.
fn open_to_all(folder: &Path) {
    fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("the folder is ours");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

#[cfg(test)]
mod tests;
