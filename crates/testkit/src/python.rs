//! Python tools, each in an environment of its own under `target/`: made once, from the package index.
//!
//! Must never install into the machine's own Python, nor two tools into one environment: what one of them
//! wants of a library need not be what the other wants.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A tool and its version.
pub(crate) struct Tool {
    /// The folder below `target/`.
    pub(crate) environment: &'static str,
    /// What pip installs, its version stated.
    pub(crate) requirement: &'static str,
}

impl Tool {
    /// A program of the environment, which is made where there is none; that takes a minute.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
        let environment = target.join(self.environment);
        let done = environment.join(format!("{}.installed", self.requirement));
        if !done.is_file() {
            fs::create_dir_all(&target).expect("the build folder is ours");
            let lock = target.join(format!("{}.lock", self.environment));
            let lock = File::create(lock).expect("the build folder is ours");
            // Tests are processes of their own and begin together; the first one installs.
            lock.lock().expect("files can be locked");
            if !done.is_file() {
                install(&environment, self.requirement);
                File::create(&done).expect("the environment is ours");
            }
        }
        environment.join("bin").join(name)
    }
}

fn install(environment: &Path, requirement: &str) {
    run(Command::new("python3").args(["-m", "venv"]).arg(environment));
    let mut pip = Command::new(environment.join("bin/python"));
    run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]));
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.expect("Python 3 is installed (Debian: apt-get install python3-venv)");
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
}
