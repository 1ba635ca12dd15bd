//! JSON of strangers: one reading or none.
//!
//! Must never pick one of two equal keys, as parsers do in different ways, nor go deeper than our own
//! requests may.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use strongroom_domain::limits;

/// The value, if `bytes` are exactly one without equal keys and not too deep.
pub(super) fn parse(bytes: &[u8]) -> Option<Value> {
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { levels_left: limits::JSON_DEPTH }.deserialize(&mut parser).ok()?;
    parser.end().ok()?;
    Some(value)
}

#[derive(Clone, Copy)]
struct Strict {
    levels_left: usize,
}

impl Strict {
    fn inside<E: Error>(self) -> Result<Self, E> {
        let levels_left = self.levels_left.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Self { levels_left })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(truth.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let (inside, mut list) = (self.inside()?, Vec::new());
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let (inside, mut map) = (self.inside()?, Map::new());
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inside)?;
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom("a key twice"));
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reading_or_none() {
        assert_eq!(parse(br#"{"a":[1,-2,0.5,null,true,"x"]}"#).unwrap()["a"][5], "x");
        for text in
            ["", "{", "{} {}", "<html>", r#"{"ok":false,"ok":true}"#, r#"{"a":{"b":1,"b":2}}"#, "\u{feff}{}"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(limits::JSON_DEPTH).as_bytes()).is_some());
        assert!(parse(nested(limits::JSON_DEPTH + 1).as_bytes()).is_none());
        assert!(parse(nested(500_000).as_bytes()).is_none());
        assert!(parse(b"\"\xff\"").is_none());
    }
}
