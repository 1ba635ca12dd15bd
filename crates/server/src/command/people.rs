//! How people and workloads come in, by the configuration: issuers with their secrets and keys, and proxies.

use std::fs;
use std::path::Path;

use strongroom_config::{ClientSecret, Config, ForwardedHeader, Issuer, PlainHttp};
use strongroom_connectors::issuer::{Client, IssuerSettings};
use strongroom_domain::Secret;
use strongroom_sealing::PublishedKeys;
use strongroom_server::People;
use strongroom_service::NamedIssuer;
use strongroom_web::{Forwarding, Proxies};

use crate::refusal::Refusal;
use crate::token_file::{Content, TokenFile};

/// Reads what the configuration names.
pub(crate) fn of(config: &Config) -> Result<People, Refusal> {
    let issuers = config.identity.issuers.iter().map(issuer).collect::<Result<Vec<_>, _>>()?;
    let server = &config.server;
    let is_for_people = config.identity.issuers.iter().any(|issuer| issuer.client_id.is_some());
    if is_for_people && server.public_url.is_none() {
        tracing::warn!(
            "without server.public_url no issuer can send people back: they sign in by the command line alone"
        );
    }
    if server.plain_http == PlainHttp::BehindProxy && server.trusted_proxies.is_empty() {
        tracing::warn!(
            "without server.trusted_proxies everybody behind the proxy counts as one address, also where somebody \
             fails to authenticate"
        );
    }
    let header = match server.forwarded_header {
        ForwardedHeader::XForwardedFor => Forwarding::XForwardedFor,
        ForwardedHeader::Forwarded => Forwarding::Forwarded,
    };
    let proxies = Proxies { trusted: server.trusted_proxies.clone(), header };
    Ok(People { issuers, public_url: server.public_url.clone(), proxies })
}

fn issuer(issuer: &Issuer) -> Result<NamedIssuer, Refusal> {
    let secret = issuer.client_secret.as_ref().map(secret).transpose()?;
    let client =
        issuer.client_id.clone().map(|id| Client { id, secret, cli_id: issuer.cli_client_id.clone() });
    let settings = IssuerSettings {
        url: issuer.url.clone(),
        client,
        audiences: issuer.audiences.clone(),
        algorithms: issuer.algorithms.clone(),
        leeway: issuer.leeway,
    };
    let keys = issuer.jwks_file.as_deref().map(keys).transpose()?;
    Ok(NamedIssuer { settings, keys, organizations: issuer.organizations.clone() })
}

/// A file with a secret is its owner's alone, as one with a token is.
fn secret(secret: &ClientSecret) -> Result<Secret<String>, Refusal> {
    let path = match secret {
        ClientSecret::Value(text) => return Ok(text.clone()),
        ClientSecret::File(path) => path,
    };
    match TokenFile::at(path).read()? {
        Content::Line(text) => Ok(text),
        Content::Missing | Content::Empty => Err(Refusal::bad_start(
            format!("{} holds no secret of the client", path.display()),
            "write the secret that the issuer gave into it, or take client_secret_file out of the configuration",
        )),
    }
}

fn keys(path: &Path) -> Result<PublishedKeys, Refusal> {
    let document = fs::read(path).map_err(|error| Refusal::system(path, &error))?;
    PublishedKeys::parse(&document).map_err(|fault| {
        Refusal::bad_start(
            format!("{}: {fault}", path.display()),
            "write the document that the issuer publishes at its jwks_uri into it",
        )
    })
}
