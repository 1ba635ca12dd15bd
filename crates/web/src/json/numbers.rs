//! Whether the numbers of a text survive being read.
//!
//! Looks at the text, because a parser's number no longer tells what was written. Owns no grammar: what is
//! not a number at all is for the parser to refuse.

/// The longest number that can be exact: the shortest form of a double has at most 24 characters.
const LONGEST: usize = 40;
/// From here on neighbouring doubles are 2 apart, and readers differ on which one was meant: 2^53.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// Whether any number outside of strings would become another one.
pub(super) fn any_is_rounded(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b'"' => after_string(after),
            b'-' | b'0'..=b'9' => {
                let end = rest.iter().position(|byte| !is_of_number(*byte)).unwrap_or(rest.len());
                let (number, after) = rest.split_at(end);
                if is_rounded(number) {
                    return true;
                }
                after
            }
            _ => after,
        };
    }
    false
}

fn after_string(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        rest = match rest {
            [b'"', after @ ..] | [b'\\', _, after @ ..] => {
                if rest[0] == b'"' {
                    return after;
                }
                after
            }
            [_, after @ ..] => after,
            [] => return rest,
        };
    }
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

fn is_rounded(number: &[u8]) -> bool {
    if number.len() > LONGEST {
        return true;
    }
    let Ok(text) = str::from_utf8(number) else { return false };
    if !text.contains(['.', 'e', 'E']) {
        let whole = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
        return !whole && text.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    }
    let Ok(double) = text.parse::<f64>() else { return false };
    double.abs() >= EXACT_BELOW || decimal(text) != decimal(&format!("{double:e}"))
}

/// Digits without zeros at either end, and the power of ten of the first: one form per number.
fn decimal(text: &str) -> (String, i64) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return (String::new(), 0);
    }
    let whole_digits = digits.len() - fraction.len();
    let leading_zeros = digits.len() - significant.len();
    let exponent: i64 = exponent.parse().unwrap_or(i64::MAX / 2);
    let place = i64::try_from(whole_digits).unwrap_or(0) - i64::try_from(leading_zeros).unwrap_or(0);
    (significant.trim_end_matches('0').to_owned(), exponent + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_numbers_pass() {
        for text in ["0", "-1", "1.0", "0.1", "1e3", "1E-7", "123.456", "9007199254740991.0", "-0", "0.0e9"] {
            assert!(!any_is_rounded(text.as_bytes()), "{text}");
        }
        assert!(!any_is_rounded(br#"{"a\"":"1e400 \\","b":[9223372036854775807]}"#));
    }

    #[test]
    fn rounded_numbers_are_found_wherever_they_stand() {
        for text in ["1e400", "[0, 0.12345678901234567890]", r#"{"a\\":1e-400}"#, "18446744073709551616"] {
            assert!(any_is_rounded(text.as_bytes()), "{text}");
        }
    }
}
