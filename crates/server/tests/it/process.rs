//! The binary as a process: started, watched, signalled, and never left behind.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::time::Instant;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command line of `strongroom`, with nothing of the environment of the tests.
pub(crate) fn strongroom(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// A server that accepts requests.
pub(crate) struct Server {
    child: Child,
    /// `http://127.0.0.1:port`
    pub(crate) address: String,
    /// What it has said: the line of `dev -o json`, or of the log.
    pub(crate) line: Value,
    /// Everything it says on standard error, line by line.
    pub(crate) log: Receiver<String>,
}

impl Server {
    /// `dev -o json` on a free port, and how long it took to answer `/healthz`.
    pub(crate) fn dev(folder: &Path) -> (Self, Duration) {
        let folder = folder.to_str().unwrap();
        let mut command = strongroom(&["dev", "--data", folder, "--listen", "127.0.0.1:0", "-o", "json"]);
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let log = lines_of(child.stderr.take().unwrap());
        let Ok(line) = lines.recv_timeout(PATIENCE) else { panic!("no line: {:?}", end(&mut child, &log)) };
        let line: Value = serde_json::from_str(&line).unwrap();
        let address = line["address"].as_str().unwrap().to_owned();
        assert_eq!(crate::http::get(&address, "/healthz", None).status, 200);
        (Self { child, address, line, log }, began.elapsed())
    }

    /// `serve`, whose log says where it listens.
    pub(crate) fn serve(config: &Path) -> Self {
        Self::spawn(strongroom(&["serve", "--config", config.to_str().unwrap()]))
    }

    /// Any command that serves with a log in JSON.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = lines_of(child.stderr.take().unwrap());
        let mut before = Vec::new();
        loop {
            let Ok(text) = log.recv_timeout(PATIENCE) else { panic!("{before:?} {:?}", child.try_wait()) };
            let line: Value = serde_json::from_str(&text).unwrap_or_default();
            if line["message"] == "accepting requests" {
                let address = format!("http://{}", line["address"].as_str().unwrap());
                return Self { child, address, line: before.into_iter().collect(), log };
            }
            before.push(if line.is_null() { text.into() } else { line });
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// How it ended, and how long that took from here.
    pub(crate) fn wait(mut self) -> (ExitStatus, Duration) {
        let began = Instant::now();
        (wait(&mut self.child), began.elapsed())
    }

    /// SIGTERM, and a good end.
    pub(crate) fn stop(self) {
        self.signal(Signal::TERM);
        let (status, _) = self.wait();
        assert_eq!(status.code(), Some(0), "{status:?}");
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Runs to its end, which must come by itself.
pub(crate) fn run(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = wait(&mut child);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    Output { status, stdout, stderr }
}

/// What it says when it refuses: exit code and the three lines, or four where it says what holds now.
pub(crate) fn refusal(command: Command) -> (i32, String) {
    let output = run(command);
    let text = String::from_utf8(output.stderr).unwrap();
    let starts: Vec<&str> = text.lines().map(|line| line.get(..9).unwrap_or(line)).collect();
    let shape = matches!(
        starts.as_slice(),
        [error, "  cause: ", "  fix:   "] | [error, "  cause: ", "  fix:   ", _] if error.starts_with("error: ")
    );
    assert!(shape, "neither three lines nor four: {text}");
    (output.status.code().unwrap(), text)
}

fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "the process goes on and on");
        thread::sleep(Duration::from_millis(5));
    }
}

fn end(child: &mut Child, log: &Receiver<String>) -> (ExitStatus, Vec<String>) {
    let _already_ended = child.kill();
    (child.wait().unwrap(), log.iter().collect())
}

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (say, hear) = channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Read on when nobody listens any more: a full pipe would stop the server.
            let _heard = say.send(line);
        }
    });
    hear
}
