//! A test in a network and with files of its own: the same test once more, as the only thing in a namespace.
//!
//! Inside there is nothing but loopback, so any address can be given to it, and the system's resolver asks whom the test
//! says. Needs `unshare` with the leave to use it, as root or with namespaces of users; fails where it has not.

use std::fs;
use std::process::Command;

/// Tells the inner run that it is one.
const INSIDE: &str = "STRONGROOM_TEST_ALONE";

/// Gives the addresses to loopback and puts the files in place, then becomes the test.
const PREPARE: &str = "set -e\n\
    ip link set lo up\n\
    for address in $ADDRESSES; do ip address add $address dev lo; done\n\
    for name in resolv.conf nsswitch.conf; do mount --bind \"$FOLDER/$name\" \"/etc/$name\"; done\n\
    exec \"$@\"";

/// Runs `inner` where these addresses (with their lengths, as in `192.0.2.1/32`) are this machine's own and where names
/// are asked at 127.0.0.1, port 53. `test` is the full name of the test that calls this.
pub fn alone(test: &str, addresses: &[&str], resolver: &str, inner: impl FnOnce()) {
    #[expect(clippy::disallowed_methods, reason = "no setting: how the outer run speaks to the inner one")]
    let is_inside = std::env::var_os(INSIDE).is_some();
    if is_inside {
        return inner();
    }
    let folder = tempfile::tempdir().expect("there is room for two files");
    for (name, text) in [("resolv.conf", resolver), ("nsswitch.conf", "hosts: files dns\n")] {
        fs::write(folder.path().join(name), text).expect("the folder is ours");
    }
    let this = std::env::current_exe().expect("a test is a program");
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "--net", "--", "sh", "-c", PREPARE, "sh"]);
    command.arg(this).args(["--exact", test, "--nocapture"]);
    command.env(INSIDE, "1").env("ADDRESSES", addresses.join(" ")).env("FOLDER", folder.path());
    let done = command.output().expect("unshare is there (Debian: util-linux)");
    let said = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(done.status.success(), "inside a namespace of its own:\n{said}");
    assert!(said.contains("1 passed"), "no test is called {test}:\n{said}");
}
