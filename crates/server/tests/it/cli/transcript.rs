//! What a command said, written down: one text for exit code and both outputs.
//!
//! Must never write down a secret: one that is said where it does not belong fails the test at once.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use regex_lite::{Captures, Regex};

use super::World;

/// Several commands, one after the other.
pub(super) struct Transcript<'a> {
    world: &'a World,
    text: String,
}

impl<'a> Transcript<'a> {
    pub(super) const fn of(world: &'a World) -> Self {
        Self { world, text: String::new() }
    }

    /// Runs a command of the admin, with nothing on standard input.
    pub(super) fn run(self, arguments: &[&str]) -> Self {
        let output = self.world.command(arguments).output().unwrap();
        self.said(arguments, &output)
    }

    /// The same with this on standard input.
    pub(super) fn run_with(self, arguments: &[&str], input: &str) -> Self {
        let output = fed(self.world.command(arguments), input);
        self.said(arguments, &output)
    }

    /// The same with other variables.
    pub(super) fn run_under(self, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = self.world.command(arguments);
        command.envs(variables.iter().copied());
        self.said(arguments, &command.output().unwrap())
    }

    /// Without any settings.
    pub(super) fn run_bare(self, variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Self {
        let mut command = self.world.stranger(arguments);
        command.envs(variables.iter().copied());
        self.said(arguments, &fed(command, input))
    }

    /// A command whose standard output is what secrets are for.
    pub(super) fn give_out(mut self, arguments: &[&str]) -> Self {
        let output = self.world.command(arguments).output().unwrap();
        assert!(!holds_secret(&output.stderr), "{output:?}");
        self.write(arguments, &output);
        self
    }

    fn said(mut self, arguments: &[&str], output: &Output) -> Self {
        assert!(!holds_secret(&output.stdout) && !holds_secret(&output.stderr), "{output:?}");
        self.write(arguments, output);
        self
    }

    fn write(&mut self, arguments: &[&str], output: &Output) {
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let exit = output.status.code().map_or_else(|| "signal".to_owned(), |code| code.to_string());
        let line = arguments.join(" ");
        let parts = [
            "$ strongroom ",
            &line,
            "\nexit ",
            &exit,
            "\n----- stdout -----\n",
            &stdout,
            "----- stderr -----\n",
            &stderr,
            "\n",
        ];
        self.text.extend(parts);
    }

    /// All of it, without what differs from run to run.
    pub(super) fn finish(self) -> String {
        same_each_time(&self.text, self.world)
    }
}

/// Runs it with this on standard input.
pub(super) fn fed(mut command: Command, input: &str) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses before it reads has hung up.
    let _hung_up = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Every secret of these tests begins so; a real token begins like one.
fn holds_secret(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains("cnry-") || Regex::new("srt_[usw]_[0-9a-zA-Z]{20}").unwrap().is_match(&text)
}

/// Ids, times, places and names of the run become words.
pub(super) fn same_each_time(text: &str, world: &World) -> String {
    let rules = [
        (r"\b(cred|int|org|tok|ws|req|prn)_[0-9a-f]{32}\b", "${1}_[id]"),
        (r"\bsrt_([usw])_[0-9a-zA-Z_]{20,}", "srt_${1}_[text]"),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "[time]"),
        (r#""duration_ms":\d+"#, r#""duration_ms":[n]"#),
        (r"duration_ms: \d+", "duration_ms: [n]"),
        (r" +\d+ ms\b", " [n] ms"),
        (r"\b\d+ ms\b", "[n] ms"),
        (r"--cursor [0-9a-f]+", "--cursor [cursor]"),
        (r"https://localhost:\d+", "[localhost]"),
        (r"idempotency-key: [0-9a-f]{32}", "idempotency-key: [key]"),
        (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:[fingerprint]"),
        (r"https?://127\.0\.0\.1:\d+", "[address]"),
        (r#"\bport(=|": ?|":|: )\d+"#, "port${1}[port]"),
        (r"\b(role|database)_\d+", "${1}_[n]"),
        (r"@\d{10,}", "@[system]"),
        (r"\b[0-9a-f]{16}\b", "[key id]"),
        (r"\b\d+ MiB\b", "[n] MiB"),
        (r"\b\d+ KiB of log\b", "[n] KiB of log"),
        (r"\bschema \d+", "schema [n]"),
        (r#"(server_version"?:? ?"?)[0-9.]+[^",\n]*"#, "${1}[version]"),
    ];
    let home = world.home();
    let text = text
        .replace(home.to_str().unwrap(), "[home]")
        .replace(home.parent().unwrap().to_str().unwrap(), "[folder]");
    rules.iter().fold(text, |text, (pattern, word)| {
        Regex::new(pattern)
            .unwrap()
            .replace_all(&text, |found: &Captures<'_>| {
                let mut said = String::new();
                found.expand(word, &mut said);
                said
            })
            .into_owned()
    })
}
