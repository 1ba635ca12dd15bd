//! JSON as this house reads it: RFC 8259, and stricter where readers differ (RFC 8259 sections 4 and 6).
//!
//! Refuses a key that stands twice in one object, at any depth and however it is escaped; nesting deeper
//! than [`limits::JSON_DEPTH`]; more than [`VALUES`] values; and every number that would be rounded. The
//! parser's own words never leave this module, because they may quote the text (INP-01).

mod numbers;

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use strongroom_domain::error::Unreadable;
use strongroom_domain::fields::wipe;
use strongroom_domain::limits;
use zeroize::Zeroizing;

/// Most values in one document, so that a body of commas costs no more memory than any other: each value
/// takes some 70 bytes.
pub const VALUES: usize = 32_768;

/// A JSON value from outside. Any part of it may be a secret, so it is overwritten when dropped.
#[derive(Default)]
pub struct Document(Value);

impl Document {
    /// The value itself; the caller takes over the duty to wipe what is secret in it.
    #[must_use]
    pub fn into_value(mut self) -> Value {
        std::mem::take(&mut self.0)
    }

    pub(crate) const fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// The value, to look at.
    pub const fn value(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document(..)")
    }
}

/// Reads one document and nothing after it.
///
/// # Errors
///
/// [`Unreadable::DuplicateKey`] and [`Unreadable::Json`]; neither quotes the text.
pub fn parse(text: &[u8]) -> Result<Document, Unreadable> {
    if numbers::any_is_rounded(text) {
        return Err(ROUNDED);
    }
    read_whole(text, &Watch::new(Keys::Once))
}

/// Reads one document as `JSON.parse` does: a byte order mark is skipped, bytes that are no UTF-8 become
/// U+FFFD, of a key that stands twice the last value counts in the place of the first, and a number is the
/// nearest that there is. Depth and width are bounded all the same.
///
/// # Errors
///
/// [`Unreadable::Json`], which does not quote the text.
pub fn parse_leniently(text: &[u8]) -> Result<Document, Unreadable> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let watch = Watch::new(Keys::LastWins);
    if str::from_utf8(text).is_ok() {
        return read_whole(text, &watch);
    }
    let repaired = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
    read_whole(repaired.as_bytes(), &watch)
}

fn read_whole(text: &[u8], watch: &Watch) -> Result<Document, Unreadable> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    let parsed = Node { depth: 0, watch }
        .deserialize(&mut parser)
        .and_then(|document| parser.end().map(|()| document));
    parsed.map_err(|_| watch.refusal.take().unwrap_or(MALFORMED))
}

const MALFORMED: Unreadable = Unreadable::Json(
    "The body is not valid JSON: one value in UTF-8 without a byte order mark, and nothing after it. Nothing was changed.",
);
const ROUNDED: Unreadable = Unreadable::Json(
    "The body holds a number that cannot be kept exactly. Send it as a string. Nothing was changed.",
);
const TOO_DEEP: Unreadable =
    Unreadable::Json("The body is nested deeper than 32 levels. Nothing was changed.");
const TOO_MANY: Unreadable = Unreadable::Json("The body holds too many values. Nothing was changed.");

/// What the parser's error type cannot carry out: our own reason, and how many values there were.
struct Watch {
    keys: Keys,
    refusal: Cell<Option<Unreadable>>,
    values: Cell<usize>,
}

/// What it means that a key stands twice in one object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Once,
    LastWins,
}

impl Watch {
    const fn new(keys: Keys) -> Self {
        Self { keys, refusal: Cell::new(None), values: Cell::new(0) }
    }

    fn refuse<T, E: serde::de::Error>(&self, reason: Unreadable) -> Result<T, E> {
        self.refusal.set(Some(reason));
        Err(E::custom("refused"))
    }
}

/// One value at some depth.
#[derive(Clone, Copy)]
struct Node<'a> {
    depth: usize,
    watch: &'a Watch,
}

impl Node<'_> {
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > limits::JSON_DEPTH { self.watch.refuse(TOO_DEEP) } else { Ok(Self { depth, ..self }) }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Document;

    fn deserialize<D: serde::Deserializer<'de>>(self, parser: D) -> Result<Document, D::Error> {
        let values = self.watch.values.get() + 1;
        self.watch.values.set(values);
        if values > VALUES { self.watch.refuse(TOO_MANY) } else { parser.deserialize_any(self) }
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        Ok(Document(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document, E> {
        Ok(Document(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document, E> {
        Ok(Document(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Document, E> {
        match Number::from_f64(value) {
            Some(number) => Ok(Document(Value::Number(number))),
            None => self.watch.refuse(ROUNDED),
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<Document, E> {
        Ok(Document(Value::String(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
        let node = self.below()?;
        // A document from the first item on, so that what was read is wiped when a later item is refused.
        let mut read = Document(Value::Array(Vec::new()));
        while let Some(item) = items.next_element_seed(node)? {
            if let Value::Array(items) = &mut read.0 {
                items.push(item.into_value());
            }
        }
        Ok(read)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
        let node = self.below()?;
        let mut read = Document(Value::Object(Map::new()));
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(node)?;
            let Value::Object(object) = &mut read.0 else { return Err(A::Error::custom("refused")) };
            if self.watch.keys == Keys::Once && object.contains_key(&key) {
                return self.watch.refuse(Unreadable::DuplicateKey);
            }
            if let Some(mut earlier) = object.insert(key, value.into_value()) {
                wipe(&mut earlier);
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: impl AsRef<[u8]>) -> Result<Value, Unreadable> {
        parse(text.as_ref()).map(Document::into_value)
    }

    #[test]
    fn what_is_read_is_what_was_sent_in_its_order() {
        let text = r#"{"b":[1,-2,1.5,1e3,0.1,true,null],"a":{"c":"x\ny"},"n":18446744073709551615}"#;
        let value = read(text).unwrap();
        assert_eq!(value.to_string(), text.replace("1e3", "1000.0"));
    }

    #[test]
    fn inp_02_the_same_key_twice_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"y":[{"a":1,"b":2,"a":3}]}}"#,
            r#"{"":1,"":2}"#,
        ] {
            assert_eq!(read(text), Err(Unreadable::DuplicateKey), "{text}");
        }
        assert!(read(r#"{"a":{"a":1},"A":2}"#).is_ok());
    }

    #[test]
    fn a_lenient_reader_reads_what_a_browser_would() {
        let read = |text: &[u8]| parse_leniently(text).map(|document| document.value().to_string());
        assert_eq!(read(br#"{"b":1,"a":2,"b":3}"#).unwrap(), r#"{"b":3,"a":2}"#);
        assert_eq!(read(b"\xef\xbb\xbf{}").unwrap(), "{}");
        assert_eq!(read(b"[\"a\xffb\"]").unwrap(), "[\"a\u{fffd}b\"]");
        assert_eq!(read(b"[123456789012345678901234567890]").unwrap(), "[1.2345678901234568e+29]");
        assert_eq!(read(b"[9007199254740993.0]").unwrap(), "[9007199254740992.0]");
        for text in ["", "{", "{'a':1}", "[1,]", "NaN", "{} {}", "\u{feff}\u{feff}{}"] {
            assert_eq!(read(text.as_bytes()), Err(MALFORMED), "{text}");
        }
        let deep = "[".repeat(33) + &"]".repeat(33);
        assert_eq!(read(deep.as_bytes()), Err(TOO_DEEP));
    }

    #[test]
    fn inp_04_depth_and_width_are_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(nested(32)).is_ok());
        for depth in [33, 100, 1_000_000] {
            assert_eq!(read(nested(depth)), Err(TOO_DEEP), "{depth}");
        }
        let wide = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        assert!(read(wide(VALUES - 1)).is_ok());
        assert_eq!(read(wide(VALUES)), Err(TOO_MANY));
    }

    #[test]
    fn inp_05_numbers_that_would_be_rounded_are_refused() {
        for text in ["1e400", "-1e400", "1e-400", "123456789012345678901234567890", "9007199254740993.0"] {
            assert_eq!(read(format!("{{\"port\":{text}}}")), Err(ROUNDED), "{text}");
        }
        for text in ["NaN", "Infinity", "0x10", "007", "+1", "1.", ".5", "1e"] {
            assert!(matches!(read(format!("[{text}]")), Err(Unreadable::Json(_))), "{text}");
        }
        assert_eq!(read("9007199254740993"), Ok(9_007_199_254_740_993_u64.into()));
    }

    #[test]
    fn inp_06_what_is_not_text_is_refused() {
        let refused: [&[u8]; 9] = [
            b"",
            b" ",
            b"\xef\xbb\xbf{}",
            b"{} {}",
            b"{},",
            b"\"\xff\"",
            b"\"\\ud800\"",
            b"\"\\udc00\\ud800\"",
            b"\"a\nb\"",
        ];
        for text in refused {
            assert_eq!(read(text), Err(MALFORMED), "{text:?}");
        }
        assert_eq!(read(r#""\u0000""#), Ok("\0".into()), "whether NUL is allowed is for the field to say");
    }

    #[test]
    fn inp_01_a_refusal_quotes_nothing() {
        for text in ["{\"cnry-key\":1,\"cnry-key\":2}", "[\"cnry-value\" \"cnry\"]", "cnry", "{\"a\":cnry}"] {
            let refusal = read(text).unwrap_err();
            assert!(!format!("{refusal:?}").contains("cnry"), "{refusal:?}");
        }
    }
}
