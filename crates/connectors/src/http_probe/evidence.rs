//! What an accepting answer shows: account, scopes, expiry, facts.
//!
//! All of it is the text of strangers that others will read. Only plain short texts pass; what does not
//! is left out, as if the system had not told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use strongroom_domain::Timestamp;
use strongroom_domain::credential::Candidate;
use strongroom_domain::text::Name;
use strongroom_domain::verification::Evidence;
use strongroom_egress::Target;

use super::answer::{Found, Received};
use crate::kindfile::{AccountPart, KindFile, Place, Stated};

/// More than any token has; a longer list is no list of scopes.
const MAX_SCOPES: usize = 256;

pub(super) fn of(file: &KindFile, candidate: &Candidate, target: &Target, received: &Received) -> Evidence {
    let sources = &file.evidence;
    let found = |place: &Option<Place>| place.as_ref().and_then(|place| received.found(place));
    let facts: BTreeMap<String, String> = sources
        .facts
        .iter()
        .filter_map(|(name, place)| Some((name.clone(), plain(&received.found(place)?.text()?)?)))
        .collect();
    Evidence {
        account: account(file, candidate, target, received),
        scopes: found(&sources.scopes).and_then(|found| scopes(&found)),
        expires_at: found(&sources.expires_at).and_then(|found| expiry(&found.text()?)),
        facts,
    }
}

/// Its parts with `@` between. Where the caller says which system it is, the system is a part: the same
/// number means somebody else elsewhere.
fn account(file: &KindFile, candidate: &Candidate, target: &Target, received: &Received) -> Option<String> {
    let parts: Option<Vec<String>> = file
        .evidence
        .account
        .iter()
        .map(|part| match part {
            AccountPart::Answer(place) => plain(&received.found(place)?.text()?),
            AccountPart::Setting(name) => candidate.settings.text(name).map(str::to_owned),
        })
        .collect();
    let mut parts = parts.filter(|parts| !parts.is_empty())?;
    if matches!(file.probe.base, Stated::InSetting(_)) {
        parts.push(target.to_string());
    }
    Some(parts.join("@"))
}

/// In order and each once, so that the same rights are the same text. An empty list is none granted.
fn scopes(found: &Found<'_>) -> Option<Vec<String>> {
    let words: Option<Vec<String>> = match found {
        Found::Json(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        }
        found => found
            .text()
            .map(|text| text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()),
    };
    let scopes: Option<BTreeSet<String>> = words?.iter().map(|word| plain(word)).collect();
    scopes.filter(|scopes| scopes.len() <= MAX_SCOPES).map(|scopes| scopes.into_iter().collect())
}

/// One line without control, invisible or direction-changing characters (CON-13).
fn plain(text: &str) -> Option<String> {
    let name: Name = text.parse().ok()?;
    (!name.as_str().contains(['<', '>'])).then(|| name.to_string())
}

/// RFC 3339; a date, which is its first moment in UTC; `2026-11-21 10:00:00` with `UTC` or an offset
/// such as `+0100` behind it; or seconds since 1970.
fn expiry(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1_000_000).filter(|micros| *micros > 0).map(Timestamp::from_unix_micros);
    }
    let words: Vec<&str> = text.split(' ').collect();
    let text = match words.as_slice() {
        [moment] if moment.contains('T') => (*moment).to_owned(),
        [date] => format!("{date}T00:00:00Z"),
        [date, time, "UTC"] => format!("{date}T{time}Z"),
        [date, time, offset] => {
            let (hours, minutes) = offset.split_at_checked(3)?;
            format!("{date}T{time}{hours}:{}", minutes.trim_start_matches(':'))
        }
        _ => return None,
    };
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expiry_as_vendors_write_it() {
        let shown = |text| expiry(text).map(|moment| moment.to_string());
        for text in
            ["2026-11-21T10:00:00Z", "2026-11-21 10:00:00 UTC", "2026-11-21 11:00:00 +0100", "1795255200"]
        {
            assert_eq!(shown(text).as_deref(), Some("2026-11-21T10:00:00.000Z"), "{text}");
        }
        assert_eq!(shown("2026-11-21").as_deref(), Some("2026-11-21T00:00:00.000Z"));
        for text in ["", "never", "0", "-1", "2026-13-01", "2026-11-21 10:00:00 +", "99999999999999999"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn scopes_from_lists_and_texts() {
        let of = |value: Value| scopes(&Found::Json(&value));
        assert_eq!(of(json!(["b", "a", "b"])), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(scopes(&Found::Header("repo, read:org")), of(json!(["repo", "read:org"])));
        assert_eq!(scopes(&Found::Header("")), Some(Vec::new()));
        assert_eq!(of(json!(["a", 1])), None);
        assert_eq!(of(json!(["\u{1b}[31m"])), None);
        assert_eq!(of(json!({"a": 1})), None);
    }

    #[test]
    fn con_13_only_plain_texts_are_evidence() {
        assert_eq!(plain("octocat").as_deref(), Some("octocat"));
        for text in
            ["", "a\nb", "\u{1b}[31m", "\u{202e}a", "<script>", "postgres://a:hunter2@b", &"x".repeat(256)]
        {
            assert_eq!(plain(text), None, "{text:?}");
        }
    }
}
