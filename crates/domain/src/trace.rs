//! The id of a trace that a request belongs to, as W3C Trace Context hands it on in `traceparent`.
//!
//! It comes from the caller and means nothing here but what to look for elsewhere. Must never be kept in any other form:
//! a text of a caller's choice has no place in a record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// 16 bytes, not all zero. The text form is 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// The text is no trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a trace id")]
pub struct NotATraceId;

impl TraceId {
    /// The trace id of a `traceparent` header (W3C Trace Context, section 3.2.2): version, trace id, parent id, flags.
    /// Of a later version only the beginning is looked at, as the recommendation asks for. None where it is not
    /// well-formed in every letter.
    pub fn of_traceparent(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace) = (hex::<1>(parts.next()?)?, parts.next()?);
        let (parent, _flags) = (hex::<8>(parts.next()?)?, hex::<1>(parts.next()?)?);
        let is_sound = match version {
            [0x00] => parts.next().is_none(),
            [0xff] => false,
            _ => true,
        };
        if is_sound && parent != [0; 8] { trace.parse().ok() } else { None }
    }
}

impl FromStr for TraceId {
    type Err = NotATraceId;

    fn from_str(text: &str) -> Result<Self, NotATraceId> {
        hex(text).filter(|bytes| *bytes != [0; 16]).map(Self).ok_or(NotATraceId)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for TraceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Lower-case digits only, and as many as there are bytes.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_04_only_a_well_formed_header_has_a_trace() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let header = |version: &str, rest: &str| format!("{version}-{trace}-00f067aa0ba902b7-{rest}");
        let found = TraceId::of_traceparent(&header("00", "01")).unwrap();
        assert_eq!(found.to_string(), trace);
        assert_eq!(serde_json::to_string(&found).unwrap(), format!("\"{trace}\""));
        assert!(TraceId::of_traceparent(&header("01", "01-and-more")).is_some());
        for wrong in [
            String::new(),
            trace.to_owned(),
            header("ff", "01"),
            header("0", "01"),
            header("00", "1"),
            header("00", "01-more"),
            header("00", "01\n"),
            header("00", "0g"),
            header("00", "01").to_uppercase(),
            header("00", "01").replace(trace, &"0".repeat(32)),
            header("00", "01").replace("00f067aa0ba902b7", &"0".repeat(16)),
            header("00", "01").replace(trace, "4bf92f3577b34da6a3ce929d0e0e473\u{e9}"),
            header("00", "01").replace(trace, &"a".repeat(34)),
        ] {
            assert_eq!(TraceId::of_traceparent(&wrong), None, "{wrong}");
        }
    }
}
