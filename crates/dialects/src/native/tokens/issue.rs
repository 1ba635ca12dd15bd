//! `POST /v1/tokens`: a token for a workspace that the issuer may enter, shown once.

use http::StatusCode;
use ipnet::IpNet;
use strongroom_domain::identity::Identity;
use strongroom_domain::principal::{Grant, Place, PrincipalKind};
use strongroom_domain::{Error, Fault};
use strongroom_service::Context;
use strongroom_service::tokens::NewToken;
use strongroom_web::{Answer, Call, Fields, respond};

use super::grant::{NamedGrant, NamedPlace, ROLES, grants, reach};
use super::wire::TokenBody;
use crate::native::path::workspace_ref;

/// Most networks of one token.
const NETWORKS: usize = 64;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let (document, _) = call.json().await?;
    let (workspace, named, mut new) = new_token(Fields::of(document))?;
    let there = entered(&call, "/workspace", &workspace).await?;
    for (at, grant) in named.into_iter().enumerate() {
        new.grants.push(placed(&call, at, grant).await?);
    }
    call.go_on_in(there);
    let (token, text) = call.service().issue_token(call.context(), new).await?;
    respond::json(StatusCode::CREATED, &TokenBody::with_text(&token, text.as_ref()))
}

fn new_token(mut fields: Fields) -> Result<(String, Vec<NamedGrant>, NewToken), Error> {
    for name in ["name", "kind", "role", "workspace"] {
        fields.require(name);
    }
    let name = fields.parsed("name");
    let kind = fields.choice("kind", &KINDS);
    let role = fields.choice("role", &ROLES);
    let workspace = fields.text("workspace");
    let (reach, grants) = (reach(&mut fields), grants(&mut fields));
    let expires_at = fields.parsed_or_null("expires_at").flatten();
    let networks = networks(&mut fields);
    let identity = if fields.take_null("identity") { None } else { fields.object("identity", identity) };
    let who = name.zip(kind).zip(role).zip(reach);
    let new = who.map(|(((name, kind), role), reach)| {
        let grants = Vec::new();
        NewToken { name, kind, role, reach, grants, expires_at, networks, identity }
    });
    let whole = workspace.zip(grants).zip(new);
    fields.complete(whole.map(|((workspace, grants), new)| (workspace, grants, new)))
}

const KINDS: [(&str, PrincipalKind); 3] = [
    ("user", PrincipalKind::User),
    ("service", PrincipalKind::Service),
    ("workload", PrincipalKind::Workload),
];

/// Whose statements prove it.
fn identity(fields: &mut Fields) -> Option<Identity> {
    for name in ["issuer", "subject"] {
        fields.require(name);
    }
    let (issuer, subject) = (fields.text("issuer"), fields.parsed("subject"));
    issuer.zip(subject).map(|(issuer, subject)| Identity { issuer, subject })
}

fn networks(fields: &mut Fields) -> Vec<IpNet> {
    if fields.take_null("networks") {
        return Vec::new();
    }
    fields.list::<Network>("networks", NETWORKS).unwrap_or_default().into_iter().map(|it| it.0).collect()
}

/// In words of ours where it is none.
struct Network(IpNet);

impl std::str::FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network: IpNet =
            text.parse().map_err(|_| "must be a network such as 192.0.2.0/24 or 2001:db8::/32")?;
        // In its one spelling: what is kept says which addresses are meant.
        Ok(Self(network.trunc()))
    }
}

/// A token cannot name a workspace that it may not enter, whether it exists or not.
async fn entered(call: &Call, pointer: &str, workspace: &str) -> Result<Context, Error> {
    let unknown = || Error::invalid(vec![Fault::new(pointer, "reference not found")]);
    let named = workspace_ref(workspace).ok_or_else(unknown)?;
    match call.service().enter(call.context(), &named).await {
        Err(Error::NotFound) => Err(unknown()),
        other => other,
    }
}

async fn placed(call: &Call, at: usize, grant: NamedGrant) -> Result<Grant, Error> {
    let place = match grant.place {
        NamedPlace::Organization => Place::Organization,
        NamedPlace::Installation => Place::Installation,
        NamedPlace::Workspace(named) => {
            let there = entered(call, &format!("/grants/{at}/workspace"), &named).await?;
            Place::Workspace(there.scope().workspace())
        }
    };
    Ok(Grant { place, role: grant.role, reach: grant.reach })
}
