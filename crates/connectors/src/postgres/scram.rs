//! The client's half of SCRAM (RFC 5802, RFC 7677), with bounds that the library lacks.
//!
//! Owns which mechanism is taken and how much work a server may ask for. Must never compute anything
//! before the iteration count has been looked at.

use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::sasl::{
    ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256,
};
use postgres_protocol::message::backend::AuthenticationSaslBody;
use strongroom_domain::Secret;

use super::channel_binding::EndPoint;
use super::failure::Failure;

/// One exchange, in one of its states.
pub(super) struct Exchange {
    mechanism: &'static str,
    scram: ScramSha256,
}

impl Exchange {
    /// Takes the strongest mechanism of the offer: with channel binding wherever both sides can.
    pub(super) fn begin(
        offer: &AuthenticationSaslBody,
        end_point: Option<EndPoint>,
        password: &Secret<String>,
    ) -> Result<Self, Failure> {
        let offered: Vec<&str> = offer.mechanisms().collect().map_err(|_| Failure::Protocol)?;
        let (mechanism, binding) = choose(&offered, end_point)?;
        // EXPOSE: SCRAM proves it without sending it.
        let scram = ScramSha256::new(password.expose().as_bytes(), binding);
        Ok(Self { mechanism, scram })
    }

    pub(super) const fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// What to send next.
    pub(super) fn message(&self) -> &[u8] {
        self.scram.message()
    }

    /// Takes the server's challenge. The work is done off the runtime's threads: at the upper bound it
    /// takes a noticeable part of a second.
    pub(super) async fn challenge(mut self, challenge: &[u8]) -> Result<Self, Failure> {
        if !ITERATIONS.contains(&iterations(challenge).ok_or(Failure::Protocol)?) {
            return Err(Failure::Iterations);
        }
        let challenge = challenge.to_vec();
        let work = tokio::task::spawn_blocking(move || self.scram.update(&challenge).map(|()| self));
        work.await.map_err(|_| Failure::Protocol)?.map_err(|_| Failure::Protocol)
    }

    /// Checks the server's signature.
    pub(super) fn finish(mut self, last: &[u8]) -> Result<(), Failure> {
        self.scram.finish(last).map_err(|_| Failure::ServerUnproven)
    }
}

/// At least what RFC 7677 section 4 asks of servers, since a proof over fewer rounds is quick to guess from. At
/// most what the library computes, 24 times PostgreSQL's default.
const ITERATIONS: std::ops::RangeInclusive<u32> = 4_096..=100_000;

fn choose(offered: &[&str], end_point: Option<EndPoint>) -> Result<(&'static str, ChannelBinding), Failure> {
    let offers = |mechanism: &str| offered.contains(&mechanism);
    match end_point {
        Some(EndPoint(hash)) if offers(SCRAM_SHA_256_PLUS) => {
            Ok((SCRAM_SHA_256_PLUS, ChannelBinding::tls_server_end_point(hash)))
        }
        // Says that we could have: a server that did offer the binding notices that its offer was cut.
        Some(_) if offers(SCRAM_SHA_256) => Ok((SCRAM_SHA_256, ChannelBinding::unrequested())),
        None if offers(SCRAM_SHA_256) => Ok((SCRAM_SHA_256, ChannelBinding::unsupported())),
        _ => Err(Failure::AsksFor("a SASL mechanism that is not known or cannot be used here")),
    }
}

/// `r=nonce,s=salt,i=count`, and perhaps extensions (RFC 5802 section 7, `server-first-message`).
fn iterations(challenge: &[u8]) -> Option<u32> {
    let count = std::str::from_utf8(challenge).ok()?.split(',').nth(2)?.strip_prefix("i=")?;
    // A sign would pass the number parser and not the library's.
    count.parse().ok().filter(|_| count.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(offered: &[&str], end_point: Option<&[u8]>) -> Option<&'static str> {
        let end_point = end_point.map(|hash| EndPoint(hash.to_vec()));
        choose(offered, end_point).ok().map(|(mechanism, _)| mechanism)
    }

    #[test]
    fn con_02_channel_binding_wherever_both_can() {
        let both = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];
        assert_eq!(chosen(&both, Some(b"hash")), Some("SCRAM-SHA-256-PLUS"));
        assert_eq!(chosen(&both[1..], Some(b"hash")), Some("SCRAM-SHA-256"));
        assert_eq!(chosen(&both, None), Some("SCRAM-SHA-256"));
        assert_eq!(chosen(&both[..1], None), None);
        assert_eq!(chosen(&["SCRAM-SHA-1", "PLAIN"], Some(b"hash")), None);
        assert_eq!(chosen(&[], None), None);
    }

    #[test]
    fn con_02_a_cut_offer_shows() {
        let (_, binding) = choose(&["SCRAM-SHA-256"], Some(EndPoint(vec![1]))).unwrap();
        let scram = ScramSha256::new(b"p", binding);
        assert!(scram.message().starts_with(b"y,,"), "could have, was not offered");
    }

    #[test]
    fn con_02_the_count_is_read_before_any_work() {
        assert_eq!(iterations(b"r=a,s=b,i=4096"), Some(4096));
        assert_eq!(iterations(b"r=a,s=b,i=4096,x=y"), Some(4096));
        for text in
            [&b"r=a,s=b,i=+4096"[..], b"r=a,s=b,i=-1", b"r=a,s=b,i=99999999999", b"m=x,r=a,s=b", b"", b"\xff"]
        {
            assert_eq!(iterations(text), None, "{text:?}");
        }
    }
}
