//! The id of a request in the spelling of the contract: a ULID, 26 characters of Crockford's base 32.
//!
//! The same 128 bits as the id in logs and audit records (`req_...`), so that one can be told from the other;
//! both begin with the same 48 bits of time. Source: <https://github.com/ulid/spec>.

use strongroom_domain::ids::RequestId;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

/// The text of a request's id.
pub(super) fn of(request: RequestId) -> String {
    let mut rest = u128::from_be_bytes(*request.as_bytes());
    let mut digits = [b'0'; LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 32) as usize];
        rest /= 32;
    }
    digits.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_spelled_as_the_specification_has_it() {
        let text = |bytes| of(RequestId::from_bytes(bytes));
        assert_eq!(text([0; 16]), "0".repeat(26));
        assert_eq!(text([0xff; 16]), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        // 1469918176385 ms, the time of the specification's own example, in its first ten characters.
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&1_469_918_176_385_u64.to_be_bytes()[2..]);
        assert_eq!(&text(bytes)[..10], "01ARYZ6S41");
    }
}
