//! A private nginx: a real web server that lets in by key, by token, or by user and password.
//!
//! Listens on 127.0.0.1 only, as one process over a folder of its own. Must never outlive this process.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::folder::Folder;

/// A running server. Dropping it ends it and removes its files.
///
/// `/key` takes the key in `X-API-Key`, `/bearer` the token in `Authorization: Bearer`, `/basic` the user with the password;
/// each says no to everybody else, as nginx does. `/open` answers everyone.
#[derive(Debug)]
pub struct Nginx {
    process: Child,
    port: u16,
    folder: Folder,
}

impl Nginx {
    /// For this user, whose password, key and token are all this secret: letters, digits and dashes.
    pub fn start(user: &str, secret: &str) -> Self {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        assert!(is_plain(user) && is_plain(secret), "no syntax of a configuration");
        let folder = Folder::make("strongroom-nginx-", None);
        folder.write("users", &format!("{user}:{{PLAIN}}{secret}\n"));
        folder.write("answer", "{}");
        let port = free_port();
        let configuration = folder.write("nginx.conf", &configuration(folder.path(), port, secret));
        let mut nginx = folder.command(&program());
        nginx.arg("-p").arg(folder.path()).arg("-e").arg("error.log").arg("-c").arg(configuration);
        let process = nginx.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nginx starts");
        let mut server = Self { process, port, folder };
        server.wait();
        server
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Each answered request so far: `STATUS METHOD PATH`.
    ///
    /// nginx answers first and writes its log after that. It has one process, so the request that is made here is only answered
    /// once the lines of all before it are written.
    pub fn requests(&self) -> Vec<String> {
        self.settle();
        let log = std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    #[expect(clippy::disallowed_methods, reason = "asks the own server")]
    fn settle(&self) {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("nginx listens");
        connection.write_all(b"GET /settled HTTP/1.0\r\n\r\n").expect("nginx reads");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("nginx answers");
        assert!(answer.contains(" 204 "), "{answer}");
    }

    #[expect(clippy::disallowed_methods, reason = "asks whether the own server listens")]
    fn wait(&mut self) {
        for _ in 0..1_000 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return;
            }
            let ended = self.process.try_wait().expect("a child can be looked at");
            let log = std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default();
            assert!(ended.is_none(), "nginx does not start: {log}");
            thread::sleep(Duration::from_millis(10));
        }
        panic!("nginx does not listen");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _already_ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// One process and no log of its own beyond the folder. A `map` is nginx's own way to compare a header with a key.
fn configuration(folder: &Path, port: u16, secret: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n\
         events {{ worker_connections 64; }}\n\
         http {{\n\
         log_format short '$status $request_method $request_uri';\naccess_log {folder}/access.log short;\n\
         client_body_temp_path {folder}/b;\nproxy_temp_path {folder}/p;\nfastcgi_temp_path {folder}/f;\n\
         uwsgi_temp_path {folder}/u;\nscgi_temp_path {folder}/s;\n\
         map_hash_bucket_size 256;\n\
         map $http_x_api_key $may_by_key {{ default 0; '{secret}' 1; }}\n\
         map $http_authorization $may_by_token {{ default 0; 'Bearer {secret}' 1; }}\n\
         server {{\nlisten 127.0.0.1:{port};\ndefault_type application/json;\n\
         location = /key {{ if ($may_by_key = 0) {{ return 401; }} return 200 '{{}}'; }}\n\
         location = /bearer {{ if ($may_by_token = 0) {{ return 401; }} return 200 '{{}}'; }}\n\
         location = /basic {{ auth_basic 'here'; auth_basic_user_file {folder}/users; try_files /answer =500; }}\n\
         location = /open {{ return 200 '{{}}'; }}\n\
         location = /settled {{ access_log off; return 204; }}\nroot {folder};\n}}\n}}\n"
    )
}

fn program() -> PathBuf {
    let places = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].map(PathBuf::from);
    let found = places.into_iter().find(|place| place.is_file());
    found.expect("nginx is installed (Debian: apt-get install nginx)")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}
