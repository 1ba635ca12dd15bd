//! Names that people type: of credentials, and those that are nearly right.

use super::{Ask, Failure, Session};
use crate::refusal::Refusal;

/// How alike two names must be to be taken for each other (Jaro-Winkler, 1 being the same).
const ALIKE: f64 = 0.8;

/// How the API takes a name: an id as it is, anything else as a slug.
pub(crate) fn reference(name: &str) -> String {
    if name.starts_with("cred_") || name.starts_with('~') { name.to_owned() } else { format!("~{name}") }
}

/// The name among these that was probably meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|one| (strsim::jaro_winkler(name, one), one));
    let best =
        scored.filter(|(score, _)| *score >= ALIKE).max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.map(|(_, name)| name)
}

impl Session {
    /// The refusal of a command about one credential; a name that is nearly right is told the right one.
    pub(crate) async fn refuse_named(
        &self,
        failure: Failure,
        name: &str,
        error: &str,
        state: Option<&str>,
    ) -> Refusal {
        let is_unknown = failure.code() == Some("not_found");
        let refusal = failure.refuse(self, error, state);
        if !is_unknown {
            return refusal;
        }
        let cause = format!(
            "workspace {} has no credential \"{name}\" that this token may know",
            self.settings.workspace.value
        );
        let (cause, fix) = match self.guess(name).await {
            Some(guess) => (format!("{cause}; did you mean \"{guess}\"?"), format!("name it: {guess}")),
            None => (cause, "strongroom credential list shows those there are, by id and slug".to_owned()),
        };
        refusal.because(cause, fix)
    }

    /// Looks through the first page of the list; whoever may not list gets no guess.
    async fn guess(&self, name: &str) -> Option<String> {
        let ask = Ask::get(&self.in_workspace(&["credentials"])).query("limit", "200");
        let answer = self.send(ask).await.ok()?;
        let items = answer.body.value()["items"].as_array()?;
        let slugs: Vec<&str> = items.iter().filter_map(|item| item["slug"].as_str()).collect();
        // Whoever types a free name where a slug belongs is told the slug, or the id where there is none.
        let by_name = items.iter().find(|item| item["name"] == name);
        let by_name = by_name.and_then(|item| item["slug"].as_str().or_else(|| item["id"].as_str()));
        by_name.or_else(|| nearest(name, slugs)).map(str::to_owned)
    }
}

/// A credential as errors name it.
pub(crate) fn credential(name: &str) -> String {
    format!("credential \"{name}\"")
}

/// A time span as people write it, in seconds: `90s`, `15m`, `2h`, `7d`, or a bare number.
pub(crate) fn seconds(text: &str) -> Result<u64, Refusal> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3_600),
        Some(b'd') => (&text[..text.len() - 1], 86_400),
        _ => (text, 1),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    seconds.ok_or_else(|| {
        let cause = format!("`{text}` is no span of time");
        Refusal::unsent(cause, "write it like 90s, 15m, 2h or 3600")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_what_was_meant() {
        assert_eq!(nearest("reporting-bd", ["billing", "reporting-db"]), Some("reporting-db"));
        assert_eq!(nearest("mail", ["billing", "reporting-db"]), None);
    }

    #[test]
    fn an_id_goes_as_it_is_and_a_slug_with_its_sign() {
        assert_eq!(reference("cred_1"), "cred_1");
        assert_eq!((reference("db"), reference("~db")), ("~db".to_owned(), "~db".to_owned()));
    }

    #[test]
    fn spans_have_units() {
        let read = |text| seconds(text).ok();
        assert_eq!(
            [read("90"), read("90s"), read("15m"), read("2h"), read("1d")],
            [Some(90), Some(90), Some(900), Some(7_200), Some(86_400)]
        );
        assert_eq!(
            [read("m"), read("1.5h"), read("-1"), read("99999999999999999999d"), read("é")],
            [None; 5]
        );
    }
}
