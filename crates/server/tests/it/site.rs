//! A place to serve from: a folder with a key, a configuration and, after the first start, data and token.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::process::{Server, refusal, run, strongroom};

/// Gone with the test.
pub(crate) struct Site(TempDir);

impl Site {
    /// With a new key, and a configuration that takes a free port.
    pub(crate) fn new() -> Self {
        let site = Self(TempDir::new().unwrap());
        site.make_key("root.key");
        site.configure(SOUND);
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The token of the first start.
    pub(crate) fn token(&self) -> String {
        self.text("token").trim_end().to_owned()
    }

    /// Makes a key file and gives the id that the command names.
    pub(crate) fn make_key(&self, name: &str) -> String {
        let output = run(strongroom(&[
            "keys",
            "init",
            "--file",
            self.path(name).to_str().unwrap(),
            "--field",
            "root_key",
        ]));
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.path("strongroom.toml"), text).unwrap();
    }

    pub(crate) fn serve(&self) -> Server {
        Server::serve(&self.path("strongroom.toml"))
    }

    /// `serve`, which must refuse.
    pub(crate) fn refusal(&self) -> (i32, String) {
        refusal(strongroom(&["serve", "--config", self.path("strongroom.toml").to_str().unwrap()]))
    }

    /// Every file below the site with its content.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = walk(self.0.path()).into_iter().filter(|path| path.is_file());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }
}

/// All defaults but the port.
pub(crate) const SOUND: &str = "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nfolder = \"data\"\n\
                                [keys]\nroot_key_file = \"root.key\"\n[first_start]\ntoken_file = \"token\"\n";

/// Everything below a folder, the folder included.
pub(crate) fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
