//! A person at a terminal: a real pseudo-terminal, what is typed and what stands on the screen.

use std::io::{Read, Write};
use std::process::Child;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pty_process::blocking::{Command as OnPty, Pty, open};
use regex_lite::Regex;
use serde_json::json;

use super::transcript::same_each_time;
use super::{CREDENTIALS, World};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command on a terminal of its own.
pub(super) struct Screen {
    child: Child,
    terminal: Arc<Pty>,
    pieces: Receiver<Vec<u8>>,
    bytes: Vec<u8>,
}

impl Screen {
    pub(super) fn run(world: &World, arguments: &[&str]) -> Self {
        Self::run_under(world, &[], arguments)
    }

    pub(super) fn run_under(world: &World, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let (pty, pts) = open().unwrap();
        let command = OnPty::new(env!("CARGO_BIN_EXE_strongroom")).args(arguments).env_clear();
        let command = command.current_dir(world.home()).env("HOME", world.home()).env("TERM", "xterm");
        let command =
            command.env("STRONGROOM_ADDRESS", world.address()).env("STRONGROOM_TOKEN", world.token());
        let child = command.envs(variables.iter().copied()).spawn(pts).unwrap();
        let terminal = Arc::new(pty);
        let (say, pieces) = channel();
        let reader = Arc::clone(&terminal);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux ends a terminal that nobody has open any more with an error.
            while let Ok(read @ 1..) = (&*reader).read(&mut buffer) {
                let _nobody_looks = say.send(buffer[..read].to_vec());
            }
        });
        Self { child, terminal, pieces, bytes: Vec::new() }
    }

    /// Waits until this stands on the screen.
    pub(super) fn until(mut self, text: &str) -> Self {
        while !self.shown().contains(text) {
            let piece = self.pieces.recv_timeout(PATIENCE);
            let Ok(piece) = piece else { panic!("{text:?} never came, but\n{}", self.shown()) };
            self.bytes.extend(piece);
        }
        self
    }

    pub(super) fn enter(self, text: &str) -> Self {
        (&*self.terminal).write_all(text.as_bytes()).unwrap();
        self
    }

    /// Its exit code, and all that stood on the screen.
    pub(super) fn end(mut self) -> (i32, String) {
        loop {
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => self.bytes.extend(piece),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on and on after\n{}", self.shown()),
            }
        }
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), self.shown())
    }

    /// Every byte that came, moves of the cursor included.
    pub(super) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The lines as they stand at the end: without colours, and without what was drawn over.
    fn shown(&self) -> String {
        let text = Regex::new("\u{1b}\\[[0-9;?]*[A-Za-z]").unwrap().replace_all(&self.raw(), "").into_owned();
        let line =
            |line: &str| line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default().to_owned();
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn what_is_missing_is_asked_for_and_a_secret_is_not_shown() {
    let world = World::new();
    let account = strongroom_testkit::Postgres::shared().create_account("cnry-first");
    let port = strongroom_testkit::Postgres::shared().port().to_string();
    let arguments = ["credential", "create", "--set", &format!("port={port}"), "--set", "sslmode=disable"];
    let (code, screen) = Screen::run(&world, &arguments)
        .until("Kind (strongroom kind list shows them): ")
        .enter("postgresql\n")
        .until("Name: ")
        .enter("Reporting\n")
        .until("Host: ")
        .enter("127.0.0.1\n")
        .until("Database: ")
        .enter(&format!("{}\n", account.database))
        .until("User: ")
        .enter(&format!("{}\n", account.role))
        .until("Password (not shown): ")
        .enter("cnry-first\n")
        .end();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("cnry"), "{screen}");
    insta::assert_snapshot!("terminal_create", same_each_time(&screen, &world));
    let listed = world.server.admin().get(CREDENTIALS).expect(200).value();
    assert_eq!(listed["items"][0]["health"]["status"], "healthy");
}

#[test]
fn a_check_moves_while_it_runs_and_shows_its_steps_when_it_is_over() {
    let world = World::new();
    world.log_in("reporting");
    let screen = Screen::run(&world, &["credential", "verify", "reporting"]).until("took");
    let raw = screen.raw();
    assert!(raw.contains("asking the real system 0."), "{raw:?}");
    assert!(raw.contains("\u{1b}[32m✓\u{1b}[0m connect"), "{raw:?}");
    let (code, shown) = screen.end();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("asking"), "the moving line is gone: {shown}");
    insta::assert_snapshot!("terminal_verify", same_each_time(&shown, &world));
    let verify = |flag: &str| {
        let screen = Screen::run(&world, &[flag, "credential", "verify", "reporting"]).until("took");
        (screen.raw().contains("asking the real system"), screen.end().1.contains('✓'))
    };
    assert_eq!(verify("--no-progress"), (false, true), "nothing moves, and the steps are no progress");
    assert_eq!(verify("-q"), (false, false), "the result alone");
}

#[test]
fn a_terminal_is_asked_before_secrets_stand_on_it() {
    let world = World::new();
    world.keep("billing");
    let resolve = ["credential", "resolve", "billing"];
    let (code, screen) = Screen::run(&world, &resolve).until("Go on? [y/N]: ").enter("\n").end();
    assert_eq!((code, screen.contains("cnry")), (130, false), "{screen}");
    let holders = world.server.admin().get(&format!("{CREDENTIALS}/~billing/consumers")).expect(200).value();
    assert_eq!(holders["items"], json!([]), "a no is no resolve on record");
    let (code, screen) = Screen::run(&world, &resolve).until("Go on? [y/N]: ").enter("y\n").end();
    assert_eq!((code, screen.contains("cnry-kept")), (0, true), "{screen}");
    let (code, screen) = Screen::run(&world, &[&resolve[..], &["--yes"]].concat()).end();
    assert_eq!((code, screen.contains("Go on?")), (0, false), "{screen}");
    let (code, screen) = Screen::run_under(&world, &[("CI", "true")], &resolve).end();
    assert_eq!((code, screen.contains("cnry")), (2, false), "{screen}");
    assert!(screen.contains("fix:   send the output into a pipe or a file, or give --yes"), "{screen}");
}

#[test]
fn nothing_is_deleted_without_a_yes() {
    let world = World::new();
    world.keep("billing");
    let delete = ["credential", "delete", "billing"];
    let (code, screen) =
        Screen::run(&world, &delete).until("There is no undelete. [y/N]: ").enter("no\n").end();
    assert_eq!(code, 130, "{screen}");
    world.server.admin().get(&format!("{CREDENTIALS}/~billing")).expect(200);
    let (code, screen) = Screen::run(&world, &delete).until("[y/N]: ").enter("yes\n").end();
    assert_eq!(code, 0, "{screen}");
    world.server.admin().get(&format!("{CREDENTIALS}/~billing")).expect(404);
}

#[test]
fn no_token_ends_without_a_yes() {
    let world = World::new();
    let made =
        world.command(&["token", "issue", "flow", "--role", "viewer", "--field", "id"]).output().unwrap();
    let id = String::from_utf8(made.stdout).unwrap();
    let revoke = ["token", "revoke", &id];
    let names = || {
        let listed = world.command(&["token", "list", "--field", "name"]).output().unwrap();
        String::from_utf8(listed.stdout).unwrap()
    };
    let (code, screen) =
        Screen::run(&world, &revoke).until("cannot be brought back. [y/N]: ").enter("no\n").end();
    assert_eq!((code, names().contains("flow")), (130, true), "{screen}");
    let (code, screen) = Screen::run_under(&world, &[("CI", "true")], &revoke).end();
    assert_eq!((code, names().contains("flow")), (2, true), "nobody can be asked: {screen}");
    let (code, screen) = Screen::run(&world, &revoke).until("[y/N]: ").enter("y\n").end();
    assert_eq!((code, names().contains("flow")), (0, false), "{screen}");
}

/// What is served is asked after the refusal: the version from before may be gone by then.
#[test]
fn a_refused_change_tells_the_version_that_is_served_now() {
    let world = World::new();
    world.keep("billing");
    let update = ["credential", "update", "billing", "--secret", "key", "--if-version", "1"];
    let screen = Screen::run(&world, &update).until("(not shown): ");
    let change = json!({"description": "of somebody else"});
    world.server.admin().patch(&format!("{CREDENTIALS}/~billing"), &change).expect(200);
    let (code, shown) = screen.enter("cnry-late\n").end();
    assert_eq!(code, 6, "{shown}");
    assert!(
        shown.contains("this changed nothing; somebody else did meanwhile: version 2 is served"),
        "{shown}"
    );
}

#[test]
fn ctrl_c_gives_the_terminal_its_echo_back() {
    let world = World::new();
    world.keep("billing");
    let screen =
        Screen::run(&world, &["credential", "update", "billing", "--secret", "key"]).until("(not shown): ");
    assert!(!has_echo(&screen.terminal), "the echo is off once the question stands");
    let terminal = Arc::clone(&screen.terminal);
    let (code, shown) = screen.enter("cnry-half\u{3}").end();
    assert_eq!(code, 130, "{shown}");
    assert!(!shown.contains("cnry"), "{shown}");
    assert!(has_echo(&terminal), "the shell that comes next can be read");
    let kept = world.server.admin().get(&format!("{CREDENTIALS}/~billing")).expect(200).value();
    assert_eq!(kept["version"], 1);
}

/// Whatever ends the command while a secret is typed.
#[test]
fn every_end_gives_the_terminal_its_echo_back() {
    use rustix::process::{Pid, Signal, kill_process};
    let world = World::new();
    world.keep("billing");
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT] {
        let screen = Screen::run(&world, &["credential", "update", "billing", "--secret", "key"])
            .until("(not shown): ");
        assert!(!has_echo(&screen.terminal));
        let terminal = Arc::clone(&screen.terminal);
        kill_process(Pid::from_child(&screen.child), signal).unwrap();
        let (code, shown) = screen.end();
        assert_eq!(code, 130, "{shown}");
        assert!(has_echo(&terminal), "after {signal:?}");
    }
}

/// Stopped from outside or by Ctrl-Z: the shell has its echo for as long as that lasts, and then the question
/// hides again.
#[test]
fn a_stop_gives_the_terminal_its_echo_back_for_a_while() {
    use rustix::process::{Pid, Signal, kill_process};
    let world = World::new();
    world.keep("billing");
    let screen =
        Screen::run(&world, &["credential", "update", "billing", "--secret", "key"]).until("(not shown): ");
    let (terminal, child) = (Arc::clone(&screen.terminal), Pid::from_child(&screen.child));
    kill_process(child, Signal::TSTP).unwrap();
    comes_true(|| has_echo(&terminal));
    comes_true(|| kill_process(child, Signal::CONT).is_ok() && !has_echo(&terminal));
    let (code, shown) = screen.enter("cnry-whole\n").end();
    assert_eq!((code, shown.contains("cnry")), (0, false), "{shown}");
}

fn comes_true(is_so: impl Fn() -> bool) {
    let mut looks = (0..3_000).map(|_| thread::sleep(Duration::from_millis(10)));
    assert!(looks.any(|()| is_so()), "it never came true");
}

/// What others wrote into settings, names and answers commands no terminal.
#[test]
fn con_13_no_form_of_a_result_commands_the_terminal() {
    let world = World::new();
    let hostile = "x\u{1b}]0;t\u{7}\u{9b}2J\u{202e}y";
    let body = json!({"kind": "generic", "name": "any", "slug": "any", "settings": {"a": hostile},
        "secrets": {"key": "cnry-kept"}});
    world.server.admin().post(CREDENTIALS, &body).expect(201);
    let get = ["credential", "get", "any"];
    let api = ["api", "GET", &format!("{CREDENTIALS}/~any")];
    for arguments in [
        [&get[..], &["--field", "settings.a"]].concat(),
        [&get[..], &["-o", "json"]].concat(),
        [&get[..], &["-o", "yaml"]].concat(),
        [&get[..], &["--field", "settings.a", "-o", "env"]].concat(),
        ["credential", "resolve", "any", "--yes", "-o", "env"].to_vec(),
        get.to_vec(),
        api.to_vec(),
    ] {
        let (code, screen) = Screen::run(&world, &arguments).end();
        assert_eq!(code, 0, "{arguments:?}: {screen:?}");
        assert!(!screen.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{arguments:?}: {screen:?}");
    }
    let piped = world.command(&["credential", "get", "any", "--field", "settings.a"]).output().unwrap();
    assert_eq!(piped.stdout, hostile.as_bytes(), "a pipe gets the value as it is");
}

fn has_echo(terminal: &Pty) -> bool {
    let modes = rustix::termios::tcgetattr(terminal).unwrap().local_modes;
    modes.contains(rustix::termios::LocalModes::ECHO)
}

#[test]
fn login_asks_for_the_token() {
    let world = World::new();
    let (code, screen) = Screen::run(&world, &["login"])
        .until("Token (not shown): ")
        .enter(&format!("{}\n", world.token()))
        .end();
    assert_eq!((code, screen.contains(world.token())), (0, false), "{screen}");
    insta::assert_snapshot!("terminal_login", same_each_time(&screen, &world));
}

#[test]
fn a_list_on_a_terminal_has_columns() {
    let world = World::new();
    let (_, empty) = Screen::run(&world, &["credential", "list"]).end();
    assert_eq!(empty, "nothing found\n");
    world.keep("billing");
    world.keep("a-rather-long-slug");
    let (code, screen) = Screen::run(&world, &["credential", "list"]).end();
    assert_eq!(code, 0, "{screen}");
    insta::assert_snapshot!("terminal_list", same_each_time(&screen, &world));
}
