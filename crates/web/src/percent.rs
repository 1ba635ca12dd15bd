//! Percent-decoding (RFC 3986 section 2.1) that refuses what it does not understand.

/// The text that is meant; `None` where an escape is broken or the bytes are no UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => (hex(*high)? << 4 | hex(*low)?, after),
            (b'%', _) => return None,
            // As forms write a space; every client library for queries does.
            (b'+', after) => (b' ', after),
            (byte, after) => (byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_escapes_are_not_guessed_at() {
        assert_eq!(decode("a%20b+c%C3%A9"), Some("a b c\u{e9}".to_owned()));
        for text in ["%", "%2", "%zz", "%+1", "%C3", "a%"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
