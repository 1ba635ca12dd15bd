//! One server process over a data folder. Must never leave it running when dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::Programs;
use crate::folder::Folder;

#[derive(Debug)]
pub(super) struct Server {
    port: u16,
    process: Option<Child>,
}

/// The server went away before it was ready; most often because the port was taken meanwhile.
struct Ended;

impl Server {
    /// Nobody can hold a free port for a server that has yet to start, so a few are tried.
    pub(super) fn start(folder: &Folder, programs: &Programs) -> Self {
        for _ in 0..5 {
            let port = free_port();
            if let Ok(process) = launch(folder, programs, port) {
                return Self { port, process: Some(process) };
            }
        }
        panic!("PostgreSQL does not start; its log says:\n{}", log(folder));
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub(super) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// SIGQUIT is PostgreSQL's immediate shutdown; a paused server hears it only once it goes on.
    pub(super) fn stop(&mut self) {
        self.signal(Signal::QUIT);
        self.signal(Signal::CONT);
        if let Some(mut process) = self.process.take() {
            process.wait().expect("a child can be waited for");
        }
    }

    pub(super) fn restart(&mut self, folder: &Folder, programs: &Programs) {
        self.stop();
        match launch(folder, programs, self.port) {
            Ok(process) => self.process = Some(process),
            Err(Ended) => panic!("PostgreSQL does not start again; its log says:\n{}", log(folder)),
        }
    }

    /// A child not waited for keeps its id, so that the signal can meet nobody else.
    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            // An error says that it has ended by itself.
            let _ = kill_process(Pid::from_child(process), signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

fn launch(folder: &Folder, programs: &Programs, port: u16) -> Result<Child, Ended> {
    let log = File::options().create(true).append(true).open(folder.path().join("log"));
    let mut command = folder.command(&programs.path("postgres"));
    command.args(["-D", "data", "-p", &port.to_string()]).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.expect("the folder is ours"));
    let process = command.spawn().expect("postgres runs");
    wait_until_ready(folder, process)
}

/// Gives a slow machine a minute.
fn wait_until_ready(folder: &Folder, mut process: Child) -> Result<Child, Ended> {
    for _ in 0..6_000 {
        if process.try_wait().expect("a child can be asked").is_some() {
            return Err(Ended);
        }
        if is_ready(folder) {
            return Ok(process);
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("PostgreSQL does not get ready; its log says:\n{}", log(folder));
}

/// The eighth line of `postmaster.pid` is the server's state, as `pg_ctl` reads it
/// (PostgreSQL's `miscadmin.h`, `LOCK_FILE_LINE_PM_STATUS`).
fn is_ready(folder: &Folder) -> bool {
    let status = fs::read_to_string(folder.path().join("data/postmaster.pid")).unwrap_or_default();
    status.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}

fn log(folder: &Folder) -> String {
    fs::read_to_string(folder.path().join("log")).unwrap_or_default()
}
