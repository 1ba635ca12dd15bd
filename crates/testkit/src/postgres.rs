//! A private PostgreSQL cluster: made in a second, gone with the test.
//!
//! Listens on 127.0.0.1 only and takes nothing but SCRAM over TCP unless a test asks for worse.
//! Administration goes over a Unix socket in a folder that nobody else can enter. Must never outlive
//! this process, and never touch a server it did not start.

mod programs;
mod server;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::certificates::{Authority, Certified, Validity, make_self_signed};
use crate::folder::Folder;
use programs::Programs;
use server::Server;

/// A running cluster. Dropping it ends the server at once and removes its files.
#[derive(Debug)]
pub struct Postgres {
    // Before `folder`: the server ends before its files go.
    server: Mutex<Server>,
    folder: Folder,
    programs: Programs,
    authority: Authority,
    accounts: AtomicU32,
    hba: Mutex<Vec<String>>,
}

/// What the server shows to a client that asks for TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Nothing: it answers `N`.
    Off,
    /// A good certificate for `localhost` and 127.0.0.1 from [`Postgres::ca_pem`].
    On,
    /// From the right authority, for `elsewhere.test`.
    WrongName,
    /// From the right authority, for the right names, of the year 2020.
    Expired,
    /// For the right names, vouched for by nobody.
    SelfSigned,
}

/// How the server asks a role for its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// SCRAM-SHA-256 (RFC 7677).
    Scram,
    /// The password itself; a client that gives it here would give it to any impostor.
    ClearText,
    /// Salted MD5, whose stored form is as good as the password.
    Md5,
}

/// A role with a database of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The role's name.
    pub role: String,
    /// A database that the role owns.
    pub database: String,
}

static SHARED: LazyLock<Postgres> = LazyLock::new(|| Postgres::start(Tls::On));

impl Postgres {
    /// Makes and starts a cluster; blocks for about a second.
    pub fn start(tls: Tls) -> Self {
        let programs = Programs::find();
        let folder = Folder::make("strongroom-pg-", programs::server_user());
        let authority = Authority::make("Strongroom test authority");
        initialise(&folder, &programs);
        folder.write("data/pg_hba.conf", &hba_file(&[]));
        folder.write("data/postgresql.conf", &configuration(tls));
        if let Some(Certified { certificate, key }) = certificate(tls, &authority) {
            folder.write("server.crt", &certificate);
            folder.write("server.key", &key);
        }
        folder.write("ca.pem", &authority.pem());
        let server = Mutex::new(Server::start(&folder, &programs));
        Self { server, folder, programs, authority, accounts: AtomicU32::new(0), hba: Mutex::default() }
    }

    /// The one cluster that all tests of this process share, with [`Tls::On`]. Tests that stop or pause
    /// a server start their own.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.server().port()
    }

    /// The certificate of the authority behind [`Tls::On`], PEM.
    pub fn ca_pem(&self) -> String {
        self.authority.pem()
    }

    /// A file with [`Postgres::ca_pem`].
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A role of a new name that owns a database of a new name.
    pub fn create_account(&self, password: &str) -> Account {
        let number = self.accounts.fetch_add(1, Ordering::Relaxed);
        let account = Account { role: format!("role_{number}"), database: format!("database_{number}") };
        self.create_role(&account.role, password);
        self.create_database(&account.database, &account.role);
        account
    }

    /// A role that may log in by SCRAM.
    pub fn create_role(&self, name: &str, password: &str) {
        self.create_role_asked(Ask::Scram, name, password);
    }

    /// A role of whom the server asks the password in this way.
    pub fn create_role_asked(&self, ask: Ask, name: &str, password: &str) {
        let stored = if ask == Ask::Md5 { "md5" } else { "scram-sha-256" };
        self.sql(
            "postgres",
            &format!(
                "SET password_encryption = '{stored}'; CREATE ROLE {} LOGIN PASSWORD {}",
                identifier(name),
                literal(password)
            ),
        );
        match ask {
            Ask::Scram => {}
            Ask::ClearText => self.add_hba(&format!("host all {} 127.0.0.1/32 password", identifier(name))),
            Ask::Md5 => self.add_hba(&format!("host all {} 127.0.0.1/32 md5", identifier(name))),
        }
    }

    /// A database that this role owns and others may not enter.
    pub fn create_database(&self, name: &str, owner: &str) {
        let name = identifier(name);
        self.sql("postgres", &format!("CREATE DATABASE {name} OWNER {}", identifier(owner)));
        self.sql("postgres", &format!("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC"));
    }

    /// Gives the role a new password, as its administrator would behind our back.
    pub fn set_password(&self, role: &str, password: &str) {
        self.sql("postgres", &format!("ALTER ROLE {} PASSWORD {}", identifier(role), literal(password)));
    }

    /// Runs SQL as the superuser and gives what `psql` prints: unaligned, no headers.
    pub fn sql(&self, database: &str, statement: &str) -> String {
        let mut psql = self.psql();
        psql.arg("--host").arg(self.folder.path()).args(["--username=postgres", "--dbname", database]);
        run(psql, statement).unwrap_or_else(|words| panic!("SQL failed: {words}"))
    }

    /// Whether the real client can log in over TCP; if not, what it says. The oracle for "this password
    /// is in force".
    pub fn log_in(&self, account: &Account, password: &str) -> Result<(), String> {
        let mut psql = self.psql();
        psql.args(["--host=127.0.0.1", "--username", &account.role, "--dbname", &account.database]);
        psql.env("PGPASSWORD", password);
        run(psql, "SELECT").map(drop)
    }

    /// Puts a line before all others of `pg_hba.conf` and waits until new connections obey it.
    pub fn add_hba(&self, line: &str) {
        let mut lines = self.hba.lock().unwrap_or_else(PoisonError::into_inner);
        lines.insert(0, line.to_owned());
        self.folder.write("data/pg_hba.conf", &hba_file(&lines));
        // A new session knows when the configuration that it was born with was loaded.
        let loaded = || self.sql("postgres", "SELECT pg_conf_load_time()");
        let before = loaded();
        self.sql("postgres", "SELECT pg_reload_conf()");
        while loaded() == before {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Goes silent: the system still accepts connections, and nobody answers them. Open sessions go on.
    pub fn pause(&self) {
        self.server().pause();
    }

    /// Ends [`Postgres::pause`].
    pub fn resume(&self) {
        self.server().resume();
    }

    /// Ends the server at once: sessions break, connections are refused. The data stays.
    pub fn stop(&self) {
        self.server().stop();
    }

    /// Stops the server if it runs and starts it again on the same port.
    pub fn restart(&self) {
        self.server().restart(&self.folder, &self.programs);
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Quiet, with no start-up file, and ending with an error when a statement does.
    fn psql(&self) -> Command {
        let mut psql = self.folder.command(&self.programs.path("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password"]);
        psql.args(["--set=ON_ERROR_STOP=1", "--port", &self.port().to_string()]);
        psql
    }
}

/// Statements go in by standard input: arguments are for all users to read, and they hold passwords.
fn run(mut psql: Command, statements: &str) -> Result<String, String> {
    psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = psql.spawn().expect("psql runs");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A client that was refused does not read; its exit status tells.
    let _ = stdin.write_all(statements.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("psql ends");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn initialise(folder: &Folder, programs: &Programs) {
    let mut initdb = folder.command(&programs.path("initdb"));
    initdb.args(["--pgdata=data", "--username=postgres", "--encoding=UTF8", "--no-locale"]);
    initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"]);
    let output = initdb.output().expect("initdb runs");
    assert!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));
}

/// Nothing here survives a crash of the machine, and need not. Statements stay out of the log, since
/// canaries stand in them.
fn configuration(tls: Tls) -> String {
    let mut text = String::from(
        "listen_addresses = '127.0.0.1'\n\
         unix_socket_directories = '..'\n\
         password_encryption = 'scram-sha-256'\n\
         fsync = off\n\
         synchronous_commit = off\n\
         full_page_writes = off\n\
         wal_level = minimal\n\
         max_wal_senders = 0\n\
         shared_buffers = 16MB\n\
         autovacuum = off\n\
         log_min_error_statement = panic\n",
    );
    if tls != Tls::Off {
        text.push_str("ssl = on\nssl_cert_file = '../server.crt'\nssl_key_file = '../server.key'\n");
    }
    text
}

/// The first line that fits a connection decides.
fn hba_file(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text.push_str("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
    text
}

fn certificate(tls: Tls, authority: &Authority) -> Option<Certified> {
    let names = ["localhost", "127.0.0.1"];
    match tls {
        Tls::Off => None,
        Tls::On => Some(authority.issue(&names, Validity::Current)),
        Tls::WrongName => Some(authority.issue(&["elsewhere.test"], Validity::Current)),
        Tls::Expired => Some(authority.issue(&names, Validity::Expired)),
        Tls::SelfSigned => Some(make_self_signed(&names)),
    }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// With `standard_conforming_strings`, on by default, only the quote is special.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests;
