//! What a token is to be allowed, as bodies say it: a role, where, and over which credentials.

use std::str::FromStr;

use serde_json::Value;
use strongroom_domain::limits;
use strongroom_domain::principal::{Reach, Role};
use strongroom_domain::text::Labels;
use strongroom_web::Fields;

/// Most grants of one token, and most kinds or labels of one grant.
const MOST: usize = 64;

pub(super) const ROLES: [(&str, Role); 6] = [
    ("viewer", Role::Viewer),
    ("editor", Role::Editor),
    ("admin", Role::Admin),
    ("runner", Role::Runner),
    ("auditor", Role::Auditor),
    ("owner", Role::Owner),
];

/// A grant whose workspace is still only named.
#[derive(Debug)]
pub(super) struct NamedGrant {
    pub(super) place: NamedPlace,
    pub(super) role: Role,
    pub(super) reach: Reach,
}

/// Where, as a body says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Workspace,
    Organization,
    Installation,
}

/// The same with the name that belongs to it.
#[derive(Debug)]
pub(super) enum NamedPlace {
    /// An id or slug.
    Workspace(String),
    Organization,
    Installation,
}

/// The grants beside the one at home.
pub(super) fn grants(fields: &mut Fields) -> Option<Vec<NamedGrant>> {
    if !fields.contains("grants") {
        return Some(Vec::new());
    }
    fields.objects("grants", MOST, grant)
}

fn grant(fields: &mut Fields) -> Option<NamedGrant> {
    for name in ["place", "role"] {
        fields.require(name);
    }
    let words = [
        ("workspace", Word::Workspace),
        ("organization", Word::Organization),
        ("installation", Word::Installation),
    ];
    let place = fields.choice("place", &words);
    let role = fields.choice("role", &ROLES);
    let place = match place? {
        Word::Workspace => {
            fields.require("workspace");
            NamedPlace::Workspace(fields.text("workspace")?)
        }
        Word::Organization => NamedPlace::Organization,
        Word::Installation => NamedPlace::Installation,
    };
    let reach = reach(fields)?;
    Some(NamedGrant { place, role: role?, reach })
}

/// Which credentials: `credentials`, `kinds` and `labels`, each left away or null for all.
pub(super) fn reach(fields: &mut Fields) -> Option<Reach> {
    let credentials = list(fields, "credentials", limits::IDS_PER_CALL);
    let kinds = list(fields, "kinds", MOST);
    let labels = labels(fields);
    Some(Reach { credentials: credentials.ok()?, kinds: kinds.ok()?, labels: labels? })
}

/// A list that is not what it should be; the fault is noted.
struct Faulty;

/// `None` is no list at all.
fn list<T: FromStr<Err: std::fmt::Display>>(
    fields: &mut Fields,
    name: &str,
    most: usize,
) -> Result<Option<Vec<T>>, Faulty> {
    if fields.take_null(name) || !fields.contains(name) {
        return Ok(None);
    }
    fields.list(name, most).map(Some).ok_or(Faulty)
}

fn labels(fields: &mut Fields) -> Option<Labels> {
    if fields.take_null("labels") || !fields.contains("labels") {
        return Some(Labels::new());
    }
    let map = fields.map("labels")?;
    let pairs: Option<Labels> = map
        .iter()
        .map(|(key, value)| {
            let text = value.as_str().filter(|_| map.len() <= MOST)?;
            Some((key.parse().ok()?, text.parse().ok()?))
        })
        .collect();
    map.into_iter().for_each(|(_, mut value): (String, Value)| strongroom_domain::fields::wipe(&mut value));
    if pairs.is_none() {
        fields.fault("labels", format!("must be at most {MOST} labels, each with its value as a string"));
    }
    pairs
}
