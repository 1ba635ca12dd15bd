//! `github_app`: whose app it is, proved by a token that its key signed.
//!
//! The request and its answers are a kind file like any other; what no file can say is the signature. Must
//! never let the key itself into the request: only what it signed goes out, and that is good for minutes.

mod token;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use strongroom_domain::credential::Candidate;
use strongroom_domain::kind::{FieldType, Kind};
use strongroom_domain::verification::{Finding, Reason};
use strongroom_domain::{Clock, Fault};
use strongroom_egress::Egress;
use tokio::time::Instant;

use crate::http_probe::HttpProbe;
use crate::kindfile::KindFile;
use crate::{Account, Connector};
use token::Key;

const FILE: &str = include_str!("kind.toml");
const KEY: &str = "private_key";

/// The fields of an app. To the file the key is what goes out in its place, one line; to all others it is PEM.
pub(crate) fn kind() -> Kind {
    let mut kind = file().kind;
    for field in kind.fields.iter_mut().filter(|field| field.name == KEY) {
        field.kind = FieldType::Pem;
    }
    kind
}

fn file() -> KindFile {
    KindFile::parse(Path::new("github_app/kind.toml"), FILE).expect("a test parses it")
}

/// The check. Signatures hold the time, so it has a clock.
pub(crate) struct GithubApp {
    clock: Arc<dyn Clock>,
    probe: HttpProbe,
}

impl GithubApp {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, probe: HttpProbe::new(file()) }
    }

    /// The candidate with a token in place of its key.
    fn signed(&self, candidate: &Candidate) -> Result<Candidate, Fault> {
        let fault = |message| Fault::new(format!("/secrets/{KEY}"), message);
        // EXPOSE: the key signs, and goes nowhere.
        let pem = candidate.secrets.expose().text(KEY).ok_or_else(|| fault("is required"))?;
        let key = Key::read(pem).map_err(fault)?;
        let id = candidate.settings.text("app_id").unwrap_or_default();
        let mut signed = candidate.clone();
        // EXPOSE: what goes out stands where the file looks for it.
        signed.secrets.expose_mut().set(KEY, key.token(id, self.clock.now()));
        Ok(signed)
    }
}

#[async_trait]
impl Connector for GithubApp {
    fn examine(&self, candidate: &Candidate) -> Vec<Fault> {
        match self.signed(candidate) {
            Ok(signed) => self.probe.examine(&signed),
            Err(fault) => vec![fault],
        }
    }

    /// By host and app.
    fn account(&self, candidate: &Candidate) -> Option<Account> {
        self.probe.account(candidate)
    }

    async fn check(&self, candidate: &Candidate, egress: &Egress, deadline: Instant) -> Finding {
        match self.signed(candidate) {
            Ok(signed) => self.probe.check(&signed, egress, deadline).await,
            Err(_) => Finding::unreachable(
                Reason::MisconfiguredTarget,
                "The private key is not one that can sign for a GitHub App.",
            ),
        }
    }
}
