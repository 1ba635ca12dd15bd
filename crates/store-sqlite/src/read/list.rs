//! Lists of credentials: one statement put together from fixed parts; everything given is a parameter
//! (INP-08).

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use strongroom_domain::credential::{Credential, Owner};
use strongroom_domain::dialect::View;
use strongroom_domain::health::{EXPIRING_WITHIN, HealthStatus};
use strongroom_domain::ids::IntegrationId;
use strongroom_domain::{Scope, Timestamp};
use strongroom_store::{CredentialFilter, HealthFilter, Order, Page, Result, Stretch};

use super::credential::{SELECTED, credential};
use super::question::{many, number};
use crate::encoding::{Columns as _, json, name_of, signed};

/// In the order of their ids.
pub(crate) fn credentials(
    connection: &Connection,
    scope: &Scope,
    filter: &CredentialFilter,
    page: Page,
) -> Result<Vec<Credential>> {
    let mut query = Query::inside(scope);
    if let Some(after) = page.after {
        query.narrow("c.id > ?", [blob(after.as_bytes())]);
    }
    query.narrow_by(filter);
    query.text.push_str(" ORDER BY c.id");
    // No LIMIT: rows that do not decode do not count, and rows that are not fetched cost nothing.
    let question = (query.text.as_str(), params_from_iter(query.parameters));
    many(connection, "credential", question, page.limit, credential)
}

/// By position, in either order.
pub(crate) fn credentials_at(
    connection: &Connection,
    scope: &Scope,
    filter: &CredentialFilter,
    stretch: Stretch,
) -> Result<Vec<Credential>> {
    let mut query = Query::inside(scope);
    query.narrow_by(filter);
    query.text.push_str(match stretch.order {
        Order::OldestFirst => " ORDER BY c.id",
        Order::NewestFirst => " ORDER BY c.id DESC",
    });
    query.text.push_str(" LIMIT -1 OFFSET ?");
    query.parameters.push(Value::Integer(signed(stretch.offset as u64)));
    let question = (query.text.as_str(), params_from_iter(query.parameters));
    many(connection, "credential", question, stretch.limit, credential)
}

/// How many match.
pub(crate) fn matching(connection: &Connection, scope: &Scope, filter: &CredentialFilter) -> Result<u64> {
    let mut query = Query::counting(scope);
    query.narrow_by(filter);
    number(connection, &query.text, params_from_iter(query.parameters))
}

/// One question per integration, which ends at its first credential that works.
pub(crate) fn verified_integrations(
    connection: &Connection,
    scope: &Scope,
    filter: &CredentialFilter,
    now: Timestamp,
) -> Result<Vec<IntegrationId>> {
    let mut query = Query::selecting("SELECT 1", scope);
    query.narrow("c.integration = i.id", []);
    query.narrow(WORKS, [Value::Integer(now.unix_micros())]);
    query.narrow_by(filter);
    let text = format!("SELECT i.id FROM integration i WHERE i.workspace = ? AND EXISTS ({})", query.text);
    let parameters = [query.workspace].into_iter().chain(query.parameters);
    let question = (text.as_str(), params_from_iter(parameters));
    many(connection, "integration", question, usize::MAX, |row| row.id("id", IntegrationId::from_bytes))
}

/// Counted from an index of the tenant.
pub(crate) fn count(connection: &Connection, scope: &Scope) -> Result<u64> {
    let sql = "SELECT coalesce(max(credentials), 0) FROM tally WHERE organization = ?1";
    number(connection, sql, [scope.organization().as_bytes()])
}

/// A statement on its way.
struct Query {
    text: String,
    parameters: Vec<Value>,
    workspace: Value,
}

impl Query {
    /// The id comes first: it is what the log names when a row is damaged.
    fn inside(scope: &Scope) -> Self {
        Self::selecting(&SELECTED, scope)
    }

    fn counting(scope: &Scope) -> Self {
        Self::selecting("SELECT count(*)", scope)
    }

    fn selecting(selected: &str, scope: &Scope) -> Self {
        let workspace = blob(scope.workspace().as_bytes());
        Self {
            text: format!("{selected} FROM credential c WHERE c.organization = ? AND c.workspace = ?"),
            parameters: vec![blob(scope.organization().as_bytes()), workspace.clone()],
            workspace,
        }
    }

    /// Adds a condition with its parameters in order. Conditions can only narrow.
    fn narrow<const N: usize>(&mut self, condition: &'static str, parameters: [Value; N]) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
        self.parameters.extend(parameters);
    }

    fn narrow_by(&mut self, filter: &CredentialFilter) {
        if let Some(only) = &filter.reach.credentials {
            let ids: Vec<String> = only.iter().map(|id| id.uuid().as_simple().to_string()).collect();
            self.narrow("c.id IN (SELECT unhex(value) FROM json_each(?))", [text(&json(&ids))]);
        }
        if let Some(kinds) = &filter.reach.kinds {
            self.narrow("c.kind IN (SELECT value FROM json_each(?))", [text(&json(kinds))]);
        }
        if !filter.kinds.is_empty() {
            self.narrow("c.kind IN (SELECT value FROM json_each(?))", [text(&json(&filter.kinds))]);
        }
        if !filter.methods.is_empty() {
            self.narrow("c.method IN (SELECT value FROM json_each(?))", [text(&json(&filter.methods))]);
        }
        if let View::Of(view) = filter.view {
            let dialect = text(view.dialect.code());
            self.narrow(SHOWN, [dialect.clone(), text(&json(&view.kinds)), dialect]);
        }
        if let Some(principal) = filter.created_by {
            self.narrow("c.created_by = ?", [blob(principal.as_bytes())]);
        }
        if let Some(integration) = filter.integration {
            self.narrow("c.integration = ?", [blob(integration.as_bytes())]);
        }
        match &filter.owner {
            None => {}
            Some(Owner::Workspace) => self.narrow("c.end_user IS NULL", []),
            Some(Owner::EndUser { id }) => self.narrow("c.end_user = ?", [text(id.as_str())]),
        }
        if let Some(host) = &filter.target_host {
            self.narrow("c.target_host = ?", [text(host)]);
        }
        if let Some(end) = filter.expiring_before {
            self.narrow("c.expires_at < ?", [Value::Integer(end.unix_micros())]);
        }
        if let Some(health) = filter.health {
            self.narrow_by_health(health);
        }
        self.narrow_by_words(filter);
    }

    /// The same judgement as `domain::health::Health::at`, in SQL.
    fn narrow_by_health(&mut self, filter: HealthFilter) {
        let now = Value::Integer(filter.now.unix_micros());
        let soon = Value::Integer(filter.now.plus(EXPIRING_WITHIN).unix_micros());
        match filter.status {
            HealthStatus::Expired => self.narrow("c.expires_at <= ?", [now]),
            HealthStatus::Expiring => {
                let condition = "c.expires_at > ? AND c.expires_at <= ? AND c.health_status <> 'failing'";
                self.narrow(condition, [now, soon]);
            }
            HealthStatus::Failing => {
                self.narrow(
                    "c.health_status = 'failing' AND (c.expires_at IS NULL OR c.expires_at > ?)",
                    [now],
                );
            }
            HealthStatus::Healthy | HealthStatus::Unknown => {
                let condition = "c.health_status = ? AND (c.expires_at IS NULL OR c.expires_at > ?)";
                self.narrow(condition, [text(&name_of(&filter.status)), soon]);
            }
        }
    }

    fn narrow_by_words(&mut self, filter: &CredentialFilter) {
        let labels = filter.labels.iter().map(|(key, value)| (key, value));
        for (key, value) in labels.chain(&filter.reach.labels) {
            let parameters = [self.workspace.clone(), text(key.as_str()), text(value.as_str())];
            self.narrow(LABELLED, parameters);
        }
        for word in &filter.words {
            // A range, not LIKE: no character of the word has a meaning, and the index serves it.
            let end = format!("{word}{}", char::MAX);
            self.narrow(WORDED, [self.workspace.clone(), text(word), text(&end)]);
        }
    }
}

/// The same judgement as `domain::dialect::View::shows`.
const SHOWN: &str = "(c.origin = ? OR c.kind IN (SELECT value FROM json_each(?))
    OR EXISTS (SELECT 1 FROM alias WHERE credential = c.row AND dialect = ?))";

const WORKS: &str = "c.accepted IS NOT NULL AND c.health_status = 'healthy'
    AND (c.expires_at IS NULL OR c.expires_at > ?)";

const LABELLED: &str = "c.row IN
    (SELECT credential FROM credential_label WHERE workspace = ? AND key = ? AND value = ?)";

const WORDED: &str = "c.row IN
    (SELECT credential FROM credential_word WHERE workspace = ? AND word >= ? AND word < ?)";

fn blob(bytes: &[u8; 16]) -> Value {
    Value::Blob(bytes.to_vec())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
