//! `POST /v1/tokens`: a token for the issuer's own workspace, shown once.

use http::StatusCode;
use ipnet::IpNet;
use strongroom_domain::principal::{PrincipalKind, Role};
use strongroom_domain::{Error, Fault, limits};
use strongroom_service::tokens::NewToken;
use strongroom_web::{Answer, Call, Fields, respond};

use super::wire::TokenBody;
use crate::native::path::workspace_ref;

/// Most networks of one token.
const NETWORKS: usize = 64;

pub(crate) async fn handle(mut call: Call) -> Answer {
    let (document, _) = call.json().await?;
    let (workspace, new) = new_token(Fields::of(document))?;
    require_own(&call, &workspace).await?;
    let (token, text) = call.service().issue_token(call.context(), new).await?;
    respond::json(StatusCode::CREATED, &TokenBody::with_text(&token, &text))
}

fn new_token(mut fields: Fields) -> Result<(String, NewToken), Error> {
    for name in ["name", "kind", "role", "workspace"] {
        fields.require(name);
    }
    let name = fields.parsed("name");
    let kind = fields.choice("kind", &KINDS);
    let role = fields.choice("role", &ROLES);
    let workspace = fields.text("workspace");
    let credentials =
        if fields.take_null("credentials") { None } else { fields.list("credentials", limits::IDS_PER_CALL) };
    let expires_at = fields.parsed_or_null("expires_at").flatten();
    let networks = networks(&mut fields);
    let who = name.zip(kind).zip(role);
    let new =
        who.map(|((name, kind), role)| NewToken { name, kind, role, credentials, expires_at, networks });
    fields.complete(workspace.zip(new))
}

const KINDS: [(&str, PrincipalKind); 3] = [
    ("user", PrincipalKind::User),
    ("service", PrincipalKind::Service),
    ("workload", PrincipalKind::Workload),
];
const ROLES: [(&str, Role); 4] =
    [("viewer", Role::Viewer), ("editor", Role::Editor), ("admin", Role::Admin), ("runner", Role::Runner)];

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
        text.parse().map(Self).map_err(|_| "must be a network such as 192.0.2.0/24 or 2001:db8::/32")
    }
}

/// A token of one workspace cannot name another, whether it exists or not.
async fn require_own(call: &Call, workspace: &str) -> Result<(), Error> {
    let unknown = || Error::invalid(vec![Fault::new("/workspace", "reference not found")]);
    let named = workspace_ref(workspace).ok_or_else(unknown)?;
    match call.service().enter(call.context(), &named).await {
        Err(Error::NotFound) => Err(unknown()),
        other => other,
    }
}
