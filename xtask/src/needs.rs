//! What the tasks need besides a Rust toolchain. Installs what is missing and says so; must never
//! touch what is there.

use std::fs;

use anyhow::{Result, bail};

use crate::step::Step;

/// A subcommand of cargo.
#[derive(Clone, Copy)]
pub(crate) enum CargoTool {
    Deny,
    Nextest,
}

pub(crate) fn cargo_tool(tool: CargoTool) -> Result<()> {
    let name = match tool {
        CargoTool::Deny => "deny",
        CargoTool::Nextest => "nextest",
    };
    if Step::cargo(name).with(["--version"]).works() {
        return Ok(());
    }
    eprintln!("xtask: `cargo {name}` is missing and will be installed; building it takes some minutes");
    Step::cargo("install --locked").with([format!("cargo-{name}")]).run()
}

/// The tests start private clusters of their own: only the programs are needed, no running server.
pub(crate) fn postgres() -> Result<()> {
    if has_postgres() {
        return Ok(());
    }
    eprintln!("xtask: PostgreSQL's server programs are missing and will be installed from Debian's packages");
    debian(&["update"])?;
    debian(&["install", "--yes", "--no-install-recommends", "postgresql"])
}

fn has_postgres() -> bool {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders = packaged.map(|version| version.path().join("bin"));
    Step::program("initdb").with(["--version"]).works()
        || folders.any(|folder| folder.join("initdb").is_file())
}

/// The tests start servers of their own. Debian's package also starts one for the whole machine, where
/// services are started at all.
pub(crate) fn openssh() -> Result<()> {
    if ["/usr/sbin/sshd", "/usr/bin/sshd"].iter().any(|program| fs::exists(program).unwrap_or(false)) {
        return Ok(());
    }
    eprintln!("xtask: OpenSSH's server is missing and will be installed from Debian's packages");
    debian(&["update"])?;
    debian(&["install", "--yes", "--no-install-recommends", "openssh-server", "openssh-client"])
}

/// The tests run it per connection and with a configuration of their own; it need not run as a service.
pub(crate) fn exim() -> Result<()> {
    if ["/usr/sbin/exim4", "/usr/sbin/exim"].iter().any(|program| fs::exists(program).unwrap_or(false)) {
        return Ok(());
    }
    eprintln!("xtask: the mail server Exim is missing and will be installed from Debian's packages");
    debian(&["update"])?;
    debian(&["install", "--yes", "--no-install-recommends", "exim4-daemon-light"])
}

/// The tests start servers of their own; the machine's is left alone.
pub(crate) fn nginx() -> Result<()> {
    if ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]
        .iter()
        .any(|program| fs::exists(program).unwrap_or(false))
    {
        return Ok(());
    }
    eprintln!("xtask: the web server nginx is missing and will be installed from Debian's packages");
    debian(&["update"])?;
    debian(&["install", "--yes", "--no-install-recommends", "nginx"])
}

/// A test gives addresses to a network of its own.
pub(crate) fn iproute() -> Result<()> {
    if Step::program("ip").with(["-V"]).works() {
        return Ok(());
    }
    eprintln!("xtask: `ip` is missing and will be installed from Debian's packages");
    debian(&["update"])?;
    debian(&["install", "--yes", "--no-install-recommends", "iproute2"])
}

/// Whether this account may make a network and files of its own, as a test does.
pub(crate) fn has_namespaces() -> bool {
    Step::program("unshare").with(["--map-root-user", "--mount", "--net", "true"]).works()
}

/// The tests make environments under `target/` for moto and schemathesis, from the Python package index.
pub(crate) fn python() -> Result<()> {
    if Step::program("python3").with(["-c", "import ensurepip, venv"]).works() {
        return Ok(());
    }
    eprintln!("xtask: Python's venv is missing and will be installed from Debian's packages");
    debian(&["update"])?;
    debian(&["install", "--yes", "--no-install-recommends", "python3-venv"])
}

/// The tests fetch the pages of Flowise's UI from the npm registry, and show them in a browser.
pub(crate) fn browser() -> Result<()> {
    let missing = |program: &str| !Step::program(program).with(["--version"]).works();
    let packages: Vec<&str> = [("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")]
        .into_iter()
        .filter(|(program, _)| missing(program))
        .map(|(_, package)| package)
        .collect();
    if packages.is_empty() {
        return Ok(());
    }
    eprintln!("xtask: {} is missing and will be installed from Debian's packages", packages.join(", "));
    debian(&["update"])?;
    debian(&[&["install", "--yes", "--no-install-recommends"], packages.as_slice()].concat())
}

fn debian(arguments: &[&str]) -> Result<()> {
    if !Step::program("apt-get").with(["--version"]).works() {
        bail!(
            "this system has no apt-get; install PostgreSQL (initdb, postgres, psql), OpenSSH (sshd, ssh-keygen), \
             Exim, nginx, iproute2, Python 3 with venv, Node.js with npm, and Chromium"
        );
    }
    let command = ["DEBIAN_FRONTEND=noninteractive", "apt-get"];
    let step = if is_root()? { Step::program("env") } else { Step::program("sudo").with(["env"]) };
    step.with(command).with(arguments).run()
}

/// Whether this is run by root: only root may make users.
pub(crate) fn is_root() -> Result<bool> {
    Ok(Step::program("id").with(["-u"]).output()?.trim() == "0")
}
