//! A real browser over pages of this machine.
//!
//! The library that drives it comes with the pages of Flowise ([`crate::flowise_ui`]), by its hash. Must never speak to
//! any address but loopback, nor outlive this process: it ends when its standard input does.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::flowise_ui::{CHROMIUM, packages};
use crate::folder::Folder;

/// A browser with one page. Dropping it ends it.
pub struct Chromium {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    folder: Folder,
}

impl Chromium {
    /// Starts one; blocks for some seconds.
    pub fn start() -> Self {
        let packages = packages();
        let folder = Folder::make("strongroom-chromium-", None);
        folder.write("chromium.mjs", BROWSER);
        let log = File::create(folder.path().join("log")).expect("the folder is ours");
        let mut command = folder.command(Path::new("node"));
        command.arg("chromium.mjs").arg(&packages).arg(CHROMIUM).env("HOME", folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("Node.js is installed (Debian: apt-get install nodejs npm)");
        let input = process.stdin.take().expect("standard input is piped");
        let output = BufReader::new(process.stdout.take().expect("standard output is piped")).lines();
        Self { process, input, output, folder }
    }

    /// Does one thing as a person would (`open` a URL, `press` a button or link by a pattern of its name, `fill` a field by
    /// its label, `wait` for a path), and gives URL, text and cookies, and what the browser complained of meanwhile.
    pub fn act(&mut self, act: &str, with: &Value) -> Value {
        writeln!(self.input, "{}", json!({"act": act, "with": with})).expect("the browser listens");
        let line = self.output.next().and_then(Result::ok);
        let answer: Value = line.and_then(|line| serde_json::from_str(&line).ok()).unwrap_or_else(|| {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            panic!("no answer to {act}: {log}")
        });
        assert!(answer["error"].is_null(), "{act}: {}", answer["error"].as_str().unwrap_or_default());
        answer
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Chromium is a child of the library's and ends with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const BROWSER: &str = include_str!("chromium.mjs");
