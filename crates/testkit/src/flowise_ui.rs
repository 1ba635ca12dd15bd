//! The stock UI of Flowise in a real browser, over whatever answers as its server.
//!
//! The package, and the library that drives Chromium, come from the npm registry into `target/`, once; what
//! comes is compared with the hashes here. A small web server on 127.0.0.1 shows the pages and passes
//! `/api/v1` on. Must never let the browser speak to any other address, nor outlive this process: it ends
//! when its standard input does.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::folder::Folder;

/// A browser with the UI open. Dropping it ends it.
pub struct FlowiseUi {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    folder: Folder,
}

impl FlowiseUi {
    /// Opens the UI over the API below `api`, for example `http://127.0.0.1:7625/flowise`; blocks for some seconds,
    /// and where the packages have to be fetched for a minute.
    pub fn open(api: &str) -> Self {
        let packages = packages();
        let folder = Folder::make("strongroom-flowise-ui-", None);
        folder.write("browser.mjs", BROWSER);
        let log = File::create(folder.path().join("log")).expect("the folder is ours");
        let mut command = folder.command(Path::new("node"));
        command.arg("browser.mjs").arg(&packages).arg(api).arg(CHROMIUM).env("HOME", folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("Node.js is installed (Debian: apt-get install nodejs npm)");
        let input = process.stdin.take().expect("standard input is piped");
        let output = BufReader::new(process.stdout.take().expect("standard output is piped")).lines();
        Self { process, input, output, folder }
    }

    /// Does one thing as a person would, and gives what is on the page then. The acts are in `flowise_ui.mjs`.
    pub fn act(&mut self, act: &str, with: &Value) -> Value {
        let line = json!({"act": act, "with": with});
        writeln!(self.input, "{line}").expect("the browser listens");
        let line = self.output.next().and_then(Result::ok);
        let answer: Value = line.and_then(|line| serde_json::from_str(&line).ok()).unwrap_or_else(|| {
            panic!(
                "no answer to {act}: {}",
                fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
            )
        });
        assert!(answer["error"].is_null(), "{act}: {}", answer["error"].as_str().unwrap_or_default());
        answer
    }
}

impl Drop for FlowiseUi {
    fn drop(&mut self) {
        // Chromium is a child of the library's and ends with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where Debian's package has it.
pub(crate) const CHROMIUM: &str = "/usr/bin/chromium";

/// A package of the npm registry, and what its archive's SHA-512 is (as the registry's `integrity`).
struct Package {
    name: &'static str,
    version: &'static str,
    integrity: &'static str,
}

const PACKAGES: [Package; 2] = [
    Package {
        name: "flowise-ui",
        version: "3.1.4",
        integrity: "sha512-Mme2jWQIVhzWr9BZ58byQ7W/I3Z6yhnZTVABElf3nNsjF7okKka9L8Xoecyg2usf3P31K7Q7hxjO49zJzDc60Q==",
    },
    Package {
        name: "playwright-core",
        version: "1.65.1",
        integrity: "sha512-hqPpz7blSMPxWVdoeE1yiBSzXsKiVOd2k+kjCvmUywD2GPO2Dd9HfcWnq9NN0GHbNZDFgZ9JfBFr+X5/BLo0qw==",
    },
];

/// The folder that has them all. No package runs a script of its own, and none brings others along.
pub(crate) fn packages() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let folder = target.join("testkit-npm");
    fs::create_dir_all(&folder).expect("the build folder is ours");
    let lock = File::create(target.join("testkit-npm.lock")).expect("the build folder is ours");
    // Tests are processes of their own and begin together; the first one fetches.
    lock.lock().expect("files can be locked");
    for package in &PACKAGES {
        let done = folder.join(format!("{}-{}.fetched", package.name, package.version));
        if !done.is_file() {
            fetch(package, &folder);
            File::create(&done).expect("the folder is ours");
        }
    }
    fs::canonicalize(folder).expect("it has just been made")
}

fn fetch(package: &Package, folder: &Path) {
    let Package { name, version, integrity } = package;
    let mut npm = Command::new("npm");
    let packed = run(npm.args(["pack", "--json", &format!("{name}@{version}")]).current_dir(folder));
    let packed: Value = serde_json::from_slice(&packed).expect("npm speaks JSON where it is told to");
    assert_eq!(packed[0]["integrity"], *integrity, "{name} {version} is not what it was");
    let archive = packed[0]["filename"].as_str().expect("npm names the archive");
    let inside = folder.join(name);
    fs::create_dir_all(&inside).expect("the folder is ours");
    run(Command::new("tar").args(["-xzf", archive, "--strip-components=1", "-C", name]).current_dir(folder));
    fs::remove_file(folder.join(archive)).expect("the folder is ours");
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.expect("npm is installed (Debian: apt-get install npm)");
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

const BROWSER: &str = include_str!("flowise_ui.mjs");
