//! An answer as the conditions of a kind file see it.

use serde_json::Value;
use strongroom_domain::FieldMap;
use strongroom_egress::http::{HeaderMap, Response, StatusCode};

use super::strict_json;
use crate::kindfile::{Answer, Condition, Place, Stated};

/// Status, headers, and the body where it is JSON.
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    json: Option<Value>,
    is_html: bool,
}

impl Received {
    pub(super) fn of(response: Response) -> Self {
        let Response { status, headers, body } = response;
        let is_html = is_html(&headers, &body);
        Self { json: strict_json::parse(&body), status, headers, is_html }
    }

    /// `settings` are the candidate's: some files leave the statuses to them.
    pub(super) fn fits(&self, row: &Answer, settings: &FieldMap) -> bool {
        let status_fits = match &row.status {
            Stated::InFile(codes) => codes.contains(&self.status.as_u16()),
            Stated::InSetting(name) => settings.text(name).is_some_and(|listed| self.is_stated(listed)),
        };
        status_fits && row.conditions.iter().all(|condition| self.meets(condition))
    }

    /// Only success can be stated, whatever the setting says.
    fn is_stated(&self, listed: &str) -> bool {
        self.status.is_success() && listed.split(',').any(|code| code.trim() == self.status.as_str())
    }

    fn meets(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Has(place) => self.found(place).is_some(),
            Condition::Equals(place, wanted) => {
                self.found(place).is_some_and(|found| wanted.iter().any(|value| found.equals(value)))
            }
            Condition::Contains(place, wanted) => {
                self.found(place).is_some_and(|found| wanted.iter().any(|value| found.contains(value)))
            }
            Condition::Html(wanted) => self.is_html == *wanted,
        }
    }

    /// What stands there; null is nothing.
    pub(super) fn found(&self, place: &Place) -> Option<Found<'_>> {
        match place {
            Place::Body(pointer) => {
                let value = self.json.as_ref()?.pointer(pointer).filter(|value| !value.is_null())?;
                Some(Found::Json(value))
            }
            Place::Header(name) => Some(Found::Header(self.headers.get(name)?.to_str().ok()?.trim())),
        }
    }
}

pub(super) enum Found<'a> {
    Json(&'a Value),
    Header(&'a str),
}

impl Found<'_> {
    /// Text, number or truth as text.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Header(text) => Some((*text).to_owned()),
            Self::Json(Value::String(text)) => Some(text.clone()),
            Self::Json(value @ (Value::Number(_) | Value::Bool(_))) => Some(value.to_string()),
            Self::Json(_) => None,
        }
    }

    /// A header holds text, in any case.
    fn equals(&self, wanted: &Value) -> bool {
        match (self, wanted) {
            (Self::Json(value), wanted) => *value == wanted,
            (Self::Header(text), Value::String(wanted)) => text.eq_ignore_ascii_case(wanted),
            (Self::Header(_), _) => false,
        }
    }

    fn contains(&self, wanted: &Value) -> bool {
        match (self, wanted) {
            (Self::Json(Value::Array(items)), wanted) => items.contains(wanted),
            (Self::Json(Value::String(text)), Value::String(wanted)) => text.contains(wanted),
            (Self::Header(text), Value::String(wanted)) => text.contains(wanted.as_str()),
            _ => false,
        }
    }
}

/// A page for people: a log-in page, a captive portal, an error page of something in between.
fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let declared = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let declared = declared.to_ascii_lowercase();
    declared.contains("html") || body.trim_ascii_start().starts_with(b"<")
}
