//! A kind of the catalogue, pointed at a server of the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use strongroom_connectors::{Catalogue, Connector, KindFileError};
use strongroom_domain::credential::{Candidate, Owner};
use strongroom_domain::kind::{Kind, Mark};
use strongroom_domain::policy::FieldPolicy;
use strongroom_domain::steps::validate::validate;
use strongroom_domain::text::Labels;
use strongroom_domain::verification::Finding;
use strongroom_domain::{FieldMap, Secret};
use strongroom_egress::Egress;
use tokio::time::Instant;

use crate::web::{WebServer, ca_file};
use crate::world;

/// The kind files of the product.
pub(crate) fn catalogue_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue")
}

/// The text of each, by name of kind.
pub(crate) fn kind_files() -> Vec<(String, String)> {
    let paths = fs::read_dir(catalogue_folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = paths
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// A catalogue, and a candidate of a kind in it.
pub(crate) struct Probing {
    pub(crate) catalogue: Catalogue,
    pub(crate) candidate: Candidate,
}

impl Probing {
    /// Every secret of the kind is `secret`, whatever its pattern says; settings without a default are an
    /// address of mail, or a path. A kind whose host is fixed is made from its own file, with host and name replaced.
    pub(crate) fn of(kind: &str, server: &WebServer, secret: &str) -> Self {
        Self::by(kind, None, server, secret)
    }

    /// The same by one of the kind's methods; the first where none is named.
    pub(crate) fn by(kind: &str, method: Option<&str>, server: &WebServer, secret: &str) -> Self {
        let (_, text) = kind_files().into_iter().find(|(name, _)| name == kind).unwrap();
        let base = text.lines().find(|line| line.starts_with("base = ")).unwrap().to_owned();
        let base_field = base.split(['{', '}']).nth(1).unwrap_or_default();
        let (catalogue, name) = if base_field.is_empty() {
            let moved = text.replace(&base, &format!("base = \"{}\"", server.https_url())).replacen(
                &format!("name = \"{kind}\""),
                &format!("name = \"moved_{kind}\""),
                1,
            );
            (catalogue_with(&moved).unwrap(), format!("moved_{kind}"))
        } else {
            (Catalogue::built_in(), kind.to_owned())
        };
        let kind = catalogue.kind(&name).unwrap();
        let (mut settings, mut secrets) = (FieldMap::new(), FieldMap::new());
        let method = method.unwrap_or(&kind.default_method().name);
        for field in kind.fields_of(method) {
            match &field.default {
                _ if field.is(Mark::Secret) => secrets.set(field.name.clone(), secret),
                _ if field.name == base_field => settings.set(field.name.clone(), server.https_url()),
                Some(default) => settings.set(field.name.clone(), default.clone()),
                None if field.name == "probe_path" => settings.set(field.name.clone(), "/v1/me"),
                None if field.is(Mark::Required) => settings.set(field.name.clone(), "a@b.example"),
                None => {}
            }
        }
        let method = method.to_owned();
        Self { candidate: Candidate { method, ..draft(kind, settings, secrets) }, catalogue }
    }

    /// Values as a caller gives them.
    pub(crate) fn with(catalogue: Catalogue, kind: &str, settings: Value, secrets: Value) -> Self {
        let kind = catalogue.kind(kind).unwrap();
        let draft = draft(kind, fields(settings), fields(secrets));
        let candidate = validate(draft, kind, FieldPolicy::Strict).unwrap();
        Self { catalogue, candidate }
    }

    pub(crate) fn connector(&self) -> &dyn Connector {
        self.catalogue.connector(&self.candidate.kind).unwrap()
    }

    /// One check, with time enough.
    pub(crate) async fn check(&self) -> Finding {
        let deadline = Instant::now() + Duration::from_secs(20);
        self.catalogue.check(&self.candidate, egress(), deadline).await
    }
}

/// A built-in kind with these values.
pub(crate) fn stated(kind: &str, settings: Value, secrets: Value) -> Probing {
    Probing::with(Catalogue::built_in(), kind, settings, secrets)
}

/// The built-in catalogue and one file of an operator's.
pub(crate) fn catalogue_with(text: &str) -> Result<Catalogue, KindFileError> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("kind.toml"), text).unwrap();
    Catalogue::built_in().with_folder(folder.path())
}

/// Loopback, and the authority of the test's web servers.
pub(crate) fn egress() -> &'static Egress {
    static EGRESS: LazyLock<Egress> = LazyLock::new(|| world::egress(&[ca_file()]));
    &EGRESS
}

fn draft(kind: &Kind, settings: FieldMap, secrets: FieldMap) -> Candidate {
    Candidate {
        name: "test".parse().unwrap(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: kind.name.clone(),
        method: kind.default_method().name.clone(),
        settings,
        secrets: Secret::new(secrets),
    }
}

fn fields(json: Value) -> FieldMap {
    serde_json::from_value(json).unwrap()
}
