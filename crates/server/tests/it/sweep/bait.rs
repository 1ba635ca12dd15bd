//! The canaries of a sweep, each with the word that says where it was put.

use strongroom_testkit::{Canaries, Canary, Net};

/// Where canaries go: secrets that are kept, secrets that are refused, and places that are not for secrets.
pub(super) const PLACES: [&str; 37] = [
    "right password",
    "wrong password",
    "opaque secret",
    "nested secret",
    "foreign secret",
    "setting of a draft",
    "path",
    "query value",
    "query name",
    "header accept",
    "header authorization",
    "header authorization basic",
    "header content-encoding",
    "header content-type",
    "header cookie",
    "header expect",
    "header forwarded",
    "header host",
    "header idempotency-key",
    "header if-match",
    "header if-none-match",
    "header last-event-id",
    "header origin",
    "header referer",
    "header traceparent",
    "header user-agent",
    "header x-api-key",
    "header x-forwarded-for",
    "header x-request-from",
    "header x-request-id",
    "header of no meaning",
    "body field",
    "body name",
    "body that is no object",
    "body that is no JSON",
    "body of a form",
    "body of another type",
];

/// The first so many are true secrets; the others are what was put in a wrong place.
pub(super) const SECRETS: usize = 5;

pub(super) struct Bait {
    canaries: Vec<Canary>,
    net: Net,
    memory_net: Net,
}

impl Bait {
    pub(super) fn laid() -> Self {
        let mut canaries = Canaries::seeded(501);
        let make = |(nth, place): (usize, &&str)| {
            let canary = canaries.make_in_letters(&place.replace(' ', "-"));
            // Not every place takes every letter.
            if nth < SECRETS { canary } else { canary.first_word() }
        };
        let canaries: Vec<Canary> = PLACES.iter().enumerate().map(make).collect();
        let (net, memory_net) = (Net::of(&canaries), Net::for_memory(&canaries[..SECRETS]));
        Self { canaries, net, memory_net }
    }

    /// The canary of a place.
    pub(super) fn text(&self, place: &str) -> &str {
        let nth = PLACES.iter().position(|known| *known == place);
        self.canaries[nth.unwrap_or_else(|| panic!("no canary for {place}"))].text()
    }

    pub(super) fn find_in(&self, bytes: &[u8]) -> Vec<String> {
        let found = self.net.find_in(bytes);
        found.into_iter().map(|find| format!("{} as {}", PLACES[find.canary], find.form)).collect()
    }

    /// Of the secrets alone: what was put in a wrong place is in memory as what it was taken for.
    pub(super) fn find_in_memory(&self, bytes: &[u8]) -> Vec<String> {
        let found = self.memory_net.find_in(bytes);
        found.into_iter().map(|find| format!("{} as {}", PLACES[find.canary], find.form)).collect()
    }
}
