//! The commands that ask a server: exit code, standard output and standard error, as a script and as a
//! person at a terminal get them.

mod changes;
mod connection;
mod exits;
mod forms;
mod keys;
mod reading;
mod settings;
mod ssh;
mod tenants;
mod terminal;
mod tokens;
mod transcript;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use strongroom_testkit::binary::{DataFolder, DevServer};
use strongroom_testkit::postgres::{Account, Postgres};

use crate::process::strongroom;
use crate::promises::PROGRAM;
use transcript::Transcript;

/// A development server, and a person with a home of their own.
pub(crate) struct World {
    pub(crate) server: DevServer,
    folder: DataFolder,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = DataFolder::default();
        let server = DevServer::start(PROGRAM, &folder.path());
        let world = Self { server, folder };
        fs::create_dir(world.home()).unwrap();
        world
    }

    /// The working folder and home of the person.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().with_file_name("home")
    }

    /// The folder that the server runs on.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path()
    }

    pub(super) fn address(&self) -> &str {
        self.server.ready["address"].as_str().unwrap()
    }

    pub(super) fn token(&self) -> &str {
        self.server.ready["token"].as_str().unwrap()
    }

    /// A command without any settings but the home.
    pub(super) fn stranger(&self, arguments: &[&str]) -> Command {
        let mut command = strongroom(arguments);
        command.current_dir(self.home()).env("HOME", self.home()).env("TERM", "xterm");
        command
    }

    /// A command of the admin.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.stranger(arguments);
        command.env("STRONGROOM_ADDRESS", self.address()).env("STRONGROOM_TOKEN", self.token());
        command
    }

    /// Begins to write down what is said.
    fn transcript(&self) -> Transcript<'_> {
        Transcript::of(self)
    }

    /// A file in the person's home.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.home().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// A credential that no outside system knows.
    pub(super) fn keep(&self, slug: &str) {
        let body = json!({"kind": "generic", "name": format!("The {slug}"), "slug": slug,
            "settings": {"region": "eu"}, "secrets": {"key": "cnry-kept"}});
        self.server.admin().post(CREDENTIALS, &body).expect(201);
    }

    /// A credential that logs in to a real PostgreSQL.
    pub(super) fn log_in(&self, slug: &str) -> Account {
        let postgres = Postgres::shared();
        let account = postgres.create_account("cnry-first");
        let body = json!({"kind": "postgresql", "name": slug, "slug": slug, "settings": {
            "host": "127.0.0.1", "port": postgres.port(), "database": account.database,
            "username": account.role, "sslmode": "disable"}, "secrets": {"password": "cnry-first"}});
        self.server.admin().post(CREDENTIALS, &body).expect(201);
        account
    }
}

pub(super) const CREDENTIALS: &str = "/v1/workspaces/default/credentials";
