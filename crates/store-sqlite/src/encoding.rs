//! How values of the domain lie in columns: enums by their name on the wire, structures as JSON, numbers
//! as SQLite's signed ones.
//!
//! Must never guess: what does not decode is [`Damaged`], and nothing is put in its place.

use rusqlite::types::FromSql;
use rusqlite::{Row, RowIndex};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use strongroom_domain::Timestamp;

use crate::error::Damaged;

/// A structure as JSON text.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("types of the domain have string keys, and nothing else fails")
}

/// An enum without content as its name.
pub(crate) fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => unreachable!("only enums without content are kept by name"),
    }
}

/// A number of the domain as SQLite keeps it. Versions count changes one by one and never get near the end.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Columns of a row, by name or position.
pub(crate) trait Columns {
    /// As SQLite has it.
    fn column<T: FromSql>(&self, at: impl RowIndex) -> Result<T, Damaged>;

    /// 16 bytes, as the id they are.
    fn id<T>(&self, at: impl RowIndex, make: fn([u8; 16]) -> T) -> Result<T, Damaged> {
        self.column(at).map(make)
    }

    /// A number that is never negative.
    fn count(&self, at: impl RowIndex) -> Result<u64, Damaged> {
        u64::try_from(self.column::<i64>(at)?).map_err(|_| Damaged)
    }

    /// A time.
    fn time(&self, at: impl RowIndex) -> Result<Timestamp, Damaged> {
        self.column(at).map(Timestamp::from_unix_micros)
    }

    /// A time, or none.
    fn time_or_none(&self, at: impl RowIndex) -> Result<Option<Timestamp>, Damaged> {
        Ok(self.column::<Option<i64>>(at)?.map(Timestamp::from_unix_micros))
    }

    /// A text of the domain, checked again: a row may have been written by other hands.
    fn text<T: std::str::FromStr>(&self, at: impl RowIndex) -> Result<T, Damaged> {
        self.column::<String>(at)?.parse().map_err(|_| Damaged)
    }

    /// A text of the domain, or none.
    fn text_or_none<T: std::str::FromStr>(&self, at: impl RowIndex) -> Result<Option<T>, Damaged> {
        self.column::<Option<String>>(at)?.map(|text| text.parse().map_err(|_| Damaged)).transpose()
    }

    /// A structure from its JSON text.
    fn json<T: DeserializeOwned>(&self, at: impl RowIndex) -> Result<T, Damaged> {
        serde_json::from_str(&self.column::<String>(at)?).map_err(|_| Damaged)
    }

    /// A structure from its JSON text, or none.
    fn json_or_none<T: DeserializeOwned>(&self, at: impl RowIndex) -> Result<Option<T>, Damaged> {
        let text = self.column::<Option<String>>(at)?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| Damaged)).transpose()
    }

    /// An enum from its name.
    fn named<T: DeserializeOwned>(&self, at: impl RowIndex) -> Result<T, Damaged> {
        serde_json::from_value(Value::String(self.column(at)?)).map_err(|_| Damaged)
    }

    /// An enum from its name, or none.
    fn named_or_none<T: DeserializeOwned>(&self, at: impl RowIndex) -> Result<Option<T>, Damaged> {
        let text = self.column::<Option<String>>(at)?;
        text.map(|text| serde_json::from_value(Value::String(text)).map_err(|_| Damaged)).transpose()
    }
}

impl Columns for Row<'_> {
    fn column<T: FromSql>(&self, at: impl RowIndex) -> Result<T, Damaged> {
        Ok(self.get(at)?)
    }
}
