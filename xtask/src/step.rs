//! One command of a task, shown before it runs. Must never go through a shell.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, Result, ensure};

pub(crate) struct Step(Command);

impl Step {
    /// `line` holds arguments of `cargo` between spaces.
    pub(crate) fn cargo(line: &str) -> Self {
        Self::program("cargo").with(line.split(' '))
    }

    pub(crate) fn program(name: &str) -> Self {
        Self(Command::new(name))
    }

    pub(crate) fn with(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.0.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs and demands success.
    pub(crate) fn run(self) -> Result<()> {
        let shown = self.shown();
        ensure!(self.passes()?, "`{shown}` failed");
        Ok(())
    }

    /// Runs with our own output, and tells whether it succeeded.
    pub(crate) fn passes(mut self) -> Result<bool> {
        let shown = self.shown();
        eprintln!("xtask: {shown}");
        Ok(self.0.status().with_context(|| format!("`{shown}` does not start"))?.success())
    }

    /// Runs without a word, and tells whether it is there and succeeded.
    pub(crate) fn works(mut self) -> bool {
        self.0.output().is_ok_and(|output| output.status.success())
    }

    /// Runs and gives its standard output.
    pub(crate) fn output(mut self) -> Result<String> {
        let shown = self.shown();
        let output = self.0.output().with_context(|| format!("`{shown}` does not start"))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{shown}` failed: {complaint}");
        String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed no text"))
    }

    fn shown(&self) -> String {
        let words = std::iter::once(self.0.get_program()).chain(self.0.get_args());
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }
}
