//! What a vendor would say, read from a kind file: an answer that the file accepts, and one that it refuses.
//!
//! For tests that go over every kind file there is, the next one included. What vendors document is tried
//! elsewhere, word by word. Must never be smarter than a file: it says what the first fitting row asks for.

use serde_json::{Value, json};

/// The answers of one kind file.
#[derive(Debug, Clone)]
pub struct VendorWords(toml::Table);

/// One answer.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside type and length.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: Value,
}

impl VendorWords {
    /// Of a sound kind file.
    pub fn of(file: &str) -> Self {
        Self(file.parse().expect("a kind file is TOML"))
    }

    /// The `base` of its probe: an address, or a field in braces.
    pub fn base(&self) -> &str {
        self.0["probe"]["base"].as_str().expect("a base is text")
    }

    /// Whether accepting answers name the account. A setting that does so is not the vendor's word.
    pub fn tell_account(&self) -> bool {
        !self.account_places().is_empty()
    }

    /// Whether a setting names the account: the vendor has proved it by letting the candidate in.
    pub fn setting_names_account(&self) -> bool {
        !self.settings_of_account().is_empty()
    }

    /// Those settings.
    pub fn settings_of_account(&self) -> Vec<String> {
        let places = texts(self.evidence("account"));
        let fields = places.iter().filter_map(|place| place.strip_prefix('{')?.strip_suffix('}'));
        fields.map(str::to_owned).collect()
    }

    /// Whether accepting answers name scopes.
    pub fn tell_scopes(&self) -> bool {
        self.scopes_place().is_some()
    }

    /// Whether an answer that lacks the account is accepted all the same.
    pub fn may_keep_the_account_back(&self) -> bool {
        self.account_places().iter().all(|place| !self.asks_for(place))
    }

    /// The same of the scopes.
    pub fn may_keep_the_scopes_back(&self) -> bool {
        self.scopes_place().is_some_and(|place| !self.asks_for(&place))
    }

    /// What the file accepts, with this account and these scopes as far as it reads them.
    pub fn accepting(&self, account: Option<&str>, scopes: Option<&[&str]>) -> Said {
        let mut said = Said::fitting(self.row("accepted"));
        for (nth, place) in self.account_places().iter().enumerate() {
            if let Some(account) = account {
                said.put(place, json!(format!("{account}-{nth}")));
            }
        }
        if let Some((place, scopes)) = self.scopes_place().zip(scopes) {
            let is_header = !place.starts_with('/');
            said.put(&place, if is_header { json!(scopes.join(", ")) } else { json!(scopes) });
        }
        said
    }

    /// What the file takes for a refusal of the secret.
    pub fn refusing(&self) -> Said {
        Said::fitting(self.row("auth_failed"))
    }

    fn row(&self, means: &str) -> &toml::Table {
        let rows = self.0["probe"]["answers"].as_array().expect("answers are a list");
        let mut rows = rows.iter().filter_map(toml::Value::as_table);
        rows.find(|row| row["means"].as_str() == Some(means)).expect("every file has such a row")
    }

    /// Whether the proof that the file wants stands at this place.
    fn asks_for(&self, place: &str) -> bool {
        let row = self.row("accepted");
        ["has", "equals", "contains"].iter().any(|key| match row.get(*key) {
            Some(toml::Value::Array(places)) => places.iter().any(|known| known.as_str() == Some(place)),
            Some(toml::Value::Table(places)) => places.contains_key(place),
            _ => false,
        })
    }

    fn account_places(&self) -> Vec<String> {
        texts(self.evidence("account")).into_iter().filter(|place| !place.starts_with('{')).collect()
    }

    fn scopes_place(&self) -> Option<String> {
        self.evidence("scopes").and_then(toml::Value::as_str).map(str::to_owned)
    }

    fn evidence(&self, key: &str) -> Option<&toml::Value> {
        self.0.get("evidence")?.get(key)
    }
}

fn texts(places: Option<&toml::Value>) -> Vec<String> {
    let places = places.and_then(toml::Value::as_array).into_iter().flatten();
    places.filter_map(toml::Value::as_str).map(str::to_owned).collect()
}

impl Said {
    fn fitting(row: &toml::Table) -> Self {
        let status = row["status"].as_array().and_then(|codes| codes[0].as_integer()).unwrap_or(200);
        let status = u16::try_from(status).expect("a status has three digits");
        let mut said = Self { status, headers: Vec::new(), body: json!({}) };
        for place in texts(row.get("has")) {
            said.put(&place, json!("here"));
        }
        for key in ["contains", "equals"] {
            for (place, value) in row.get(key).and_then(toml::Value::as_table).into_iter().flatten() {
                let value = value.as_array().map_or(value, |values| &values[0]);
                said.put(place, serde_json::to_value(value).expect("TOML values here are JSON values"));
            }
        }
        said
    }

    /// A later value replaces an earlier one.
    fn put(&mut self, place: &str, value: Value) {
        let Some(pointer) = place.strip_prefix('/') else {
            self.headers.retain(|(name, _)| name != place);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.headers.push((place.to_owned(), text));
            return;
        };
        let mut at = &mut self.body;
        for name in pointer.split('/') {
            at = if name == "0" {
                if !at.is_array() {
                    *at = json!([null]);
                }
                &mut at[0]
            } else {
                &mut at[name]
            };
        }
        *at = value;
    }

    /// The whole answer as it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let body = self.body.to_string();
        let mut text = format!("HTTP/1.1 {} Said So\r\ncontent-type: application/json\r\n", self.status);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        format!("{text}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}
