//! A private mail submission server: one real Exim process a connection, gone with it.
//!
//! The listener is ours and Exim is started for each connection as inetd would, so there is no port to race
//! for and no daemon that could outlive the test. Must never take or deliver mail: no ACL is set, and
//! without one Exim refuses every recipient.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::certificates::{Authority, Certified, Validity, make_self_signed};
use crate::folder::Folder;

/// A listening server. Dropping it removes its files; no new connection is served.
#[derive(Debug)]
pub struct Smtp {
    port: u16,
    stopping: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
    folder: Arc<Folder>,
}

/// When the server begins with TLS, and what it shows then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Offers STARTTLS with a good certificate for `localhost` and 127.0.0.1, and AUTH only after it.
    StartTls,
    /// Begins with TLS and the same certificate.
    Tls,
    /// Never.
    None,
    /// STARTTLS with a certificate of the right authority for `elsewhere.test`.
    WrongName,
    /// STARTTLS with one of the year 2020.
    Expired,
    /// STARTTLS with one that nobody vouches for.
    SelfSigned,
    /// STARTTLS, but AUTH is offered only before it.
    AuthOnlyBeforeTls,
}

/// How the server lets users log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Two prompts.
    Login,
}

impl Smtp {
    /// Makes the configuration and listens on a free port of 127.0.0.1. Users are (name, password); neither
    /// may hold a quote, a backslash or a line end.
    pub fn start(security: Security, mechanism: Mechanism, users: &[(&str, &str)]) -> Self {
        let program = program();
        let folder = Arc::new(Folder::make("strongroom-smtp-", None));
        let authority = Authority::make("Strongroom test authority");
        folder.write("ca.pem", &authority.pem());
        if let Some(Certified { certificate, key }) = certificate(security, &authority) {
            folder.write("server.crt", &certificate);
            folder.write("server.key", &key);
        }
        folder.write("users", &user_file(users));
        let configuration = configuration(folder.path(), security, mechanism);
        folder.write("exim.conf", &configuration);

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let stopping = Arc::new(AtomicBool::new(false));
        let listening = {
            let (folder, stopping) = (Arc::clone(&folder), Arc::clone(&stopping));
            thread::spawn(move || listen(&listener, &folder, &program, security, &stopping))
        };
        Self { port, stopping, listening: Some(listening), folder }
    }

    /// The TCP port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority behind the server's, PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Exchanges all users, as their administrator would behind our back.
    pub fn set_users(&self, users: &[(&str, &str)]) {
        self.folder.write("users", &user_file(users));
    }

    /// What the server noted about its connections: log-ins it refused, mail it was offered.
    pub fn log(&self) -> String {
        let logs = ["mainlog", "rejectlog", "paniclog"].map(|name| self.folder.path().join(name));
        logs.iter().map(|log| fs::read_to_string(log).unwrap_or_default()).collect()
    }
}

impl Drop for Smtp {
    #[expect(clippy::disallowed_methods, reason = "wakes the own listener up")]
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

/// Each connection becomes the standard input and output of a process of its own, as inetd does it.
fn listen(
    listener: &TcpListener,
    folder: &Arc<Folder>,
    program: &Path,
    security: Security,
    stopping: &AtomicBool,
) {
    let mut processes = Vec::new();
    while let Ok((connection, _)) = listener.accept() {
        if stopping.load(Ordering::SeqCst) {
            break;
        }
        let errors = File::options().create(true).append(true).open(folder.path().join("paniclog"));
        let output = connection.try_clone().expect("a socket can be shared");
        let mut command = folder.command(program);
        command.arg("-C").arg(folder.path().join("exim.conf"));
        command.arg("-bs").args((security == Security::Tls).then_some("-tls-on-connect"));
        command.stdin(Stdio::from(OwnedFd::from(connection))).stdout(Stdio::from(OwnedFd::from(output)));
        command.stderr(errors.expect("the folder is ours"));
        processes.push(command.spawn().expect("Exim runs"));
    }
    // The test is over, whatever a session still waits for.
    for mut process in processes {
        let _ = process.kill();
        let _ = process.wait();
    }
}

/// Exim reads a configuration that is not its own only for its administrators.
fn program() -> PathBuf {
    let found =
        ["/usr/sbin/exim4", "/usr/sbin/exim"].map(PathBuf::from).into_iter().find(|path| path.is_file());
    found.expect(
        "Exim is installed (Debian: apt-get install exim4-daemon-light), and the tests run as root or in \
         Exim's group",
    )
}

fn certificate(security: Security, authority: &Authority) -> Option<Certified> {
    let own_names = ["localhost", "127.0.0.1"];
    match security {
        Security::None => None,
        Security::StartTls | Security::Tls | Security::AuthOnlyBeforeTls => {
            Some(authority.issue(&own_names, Validity::Current))
        }
        Security::WrongName => Some(authority.issue(&["elsewhere.test"], Validity::Current)),
        Security::Expired => Some(authority.issue(&own_names, Validity::Expired)),
        Security::SelfSigned => Some(make_self_signed(&own_names)),
    }
}

/// A file for Exim's `lsearch`: quoted key, colon, value.
fn user_file(users: &[(&str, &str)]) -> String {
    users.iter().fold(String::new(), |mut file, (name, password)| {
        let is_plain = |text: &str| !text.contains(['"', '\\', '\n']);
        assert!(is_plain(name) && is_plain(password), "not a name or password for this file");
        writeln!(file, "\"{name}\": {password}").expect("a string takes any text");
        file
    })
}

fn configuration(folder: &Path, security: Security, mechanism: Mechanism) -> String {
    let folder = folder.display();
    let mut text = format!(
        "spool_directory = {folder}\n\
         log_file_path = {folder}/%slog\n\
         primary_hostname = localhost\n\
         host_lookup =\n\
         rfc1413_query_timeout = 0s\n\
         keep_environment =\n\
         smtp_accept_keepalive = false\n"
    );
    if rustix::process::geteuid().is_root() {
        // Otherwise it would give up root for an account that cannot enter the folder.
        text.push_str("exim_user = 0\nexim_group = 0\n");
    }
    if security == Security::None {
        text.push_str("tls_advertise_hosts =\n");
    } else {
        let _ = write!(
            text,
            "tls_advertise_hosts = *\n\
             tls_certificate = {folder}/server.crt\n\
             tls_privatekey = {folder}/server.key\n"
        );
    }
    text.push_str(match security {
        Security::None => "auth_advertise_hosts = *\n",
        Security::AuthOnlyBeforeTls => "auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{*}{}}\n",
        _ => "auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}\n",
    });
    let (name, prompts, user, password) = match mechanism {
        Mechanism::Plain => ("PLAIN", ":", "$auth2", "$auth3"),
        Mechanism::Login => ("LOGIN", "<| Username: | Password:", "$auth1", "$auth2"),
    };
    let _ = write!(
        text,
        "begin authenticators\n\
         the_one:\n\
         \x20 driver = plaintext\n\
         \x20 public_name = {name}\n\
         \x20 server_prompts = {prompts}\n\
         \x20 server_condition = ${{if eq{{{password}}}{{${{lookup{{{user}}}lsearch{{{folder}/users}}{{$value}}fail}}}}}}\n\
         \x20 server_set_id = {user}\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};

    use super::*;

    /// Each answer whole.
    fn converse(server: &Smtp, lines: &[&str]) -> Vec<String> {
        let stream = connect(server.port()).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut answers = vec![answer(&mut reader)];
        for line in lines {
            (&stream).write_all(format!("{line}\r\n").as_bytes()).unwrap();
            answers.push(answer(&mut reader));
        }
        answers
    }

    fn answer(reader: &mut impl BufRead) -> String {
        let mut whole = String::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            whole.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return whole;
            }
        }
    }

    #[test]
    fn exim_checks_passwords() {
        let server = Smtp::start(Security::None, Mechanism::Plain, &[("app", "correct horse")]);
        // \0app\0correct horse, and the same with `wrong`
        let right = "AUTH PLAIN AGFwcABjb3JyZWN0IGhvcnNl";
        let wrong = "AUTH PLAIN AGFwcAB3cm9uZw==";
        let answers = converse(&server, &["EHLO [127.0.0.1]", wrong, right]);
        assert!(answers[0].starts_with("220 "), "{answers:?}");
        assert!(answers[1].contains("AUTH PLAIN"), "{answers:?}");
        assert!(answers[2].starts_with("535 "), "{answers:?}");
        assert!(answers[3].starts_with("235 "), "{answers:?}");
    }

    #[test]
    fn the_folder_goes_with_the_server() {
        let server = Smtp::start(Security::StartTls, Mechanism::Plain, &[]);
        let (folder, port) = (server.folder.path().to_owned(), server.port());
        assert!(converse(&server, &["EHLO [127.0.0.1]"])[1].contains("STARTTLS"));
        drop(server);
        assert!(!folder.exists());
        assert!(connect(port).is_err());
    }

    #[expect(clippy::disallowed_methods, reason = "the client of a test")]
    fn connect(port: u16) -> std::io::Result<TcpStream> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port))
    }
}
