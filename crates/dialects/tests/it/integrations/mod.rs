//! Integrations over HTTP: their own life, and what they mean for the credentials that use them.

mod carried;
mod keys;
mod life;

use serde_json::{Value, json};

use crate::client::Client;
use crate::house::text;

const INTEGRATIONS: &str = "/v1/workspaces/default/integrations";

/// A Jira of one's own, as a client writes it.
fn jira(address: &str) -> Value {
    json!({"kind": "jira_data_center", "name": "our jira", "settings": {"base_url": address}})
}

/// Makes one; gives its id.
async fn create(client: &Client, body: &Value) -> String {
    let made = client.post(INTEGRATIONS, body).await.expect(201).json();
    text(&made, "id").to_owned()
}

fn one(id: &str) -> String {
    format!("{INTEGRATIONS}/{id}")
}

/// A credential that takes everything but its token from its integration.
fn token_of(integration: &str, token: &str) -> Value {
    json!({"kind": "jira_data_center", "name": "automation", "integration_id": integration,
        "secrets": {"token": token}})
}
