//! What Flowise clients may call a credential and our core would not: kept beside the core's name, public.
//!
//! A name here may be empty, long or hold any character; it is shown to Flowise clients for as long as the
//! core's own name is the one that was made from it. What looks like a secret is refused (PRP-06).

use serde_json::{Value, json};
use strongroom_domain::change::{Edit, Edits, FieldEdits};
use strongroom_domain::credential::Credential;
use strongroom_domain::dialect::Dialect;
use strongroom_domain::text::{Name, holds_secret};
use strongroom_domain::{Error, Fault, limits};

const KEY: &str = "name";
/// Most bytes of a name that is kept beside the core's.
const MOST: usize = 12 * 1024;
/// The core's name where nothing of the client's can be one.
const UNNAMED: &str = "unnamed";

/// A name in both forms.
pub(super) struct Named {
    /// For the core.
    pub(super) name: Name,
    /// What has to be kept beside it, or what was kept and no longer holds.
    pub(super) annotations: FieldEdits,
}

/// The forms of a name as a client gives it.
///
/// # Errors
///
/// `validation_failed` for what looks like a secret, and for what is too long.
pub(super) fn named(text: &str) -> Result<Named, Error> {
    if holds_secret(text) {
        return Err(refused("looks like it holds a password or private key: that belongs in a secret field"));
    }
    if text.len() > MOST {
        return Err(refused(&format!("must be at most {MOST} bytes")));
    }
    let edit = |edit| Edits::Merge(vec![(KEY.to_owned(), edit)]);
    match text.parse::<Name>() {
        Ok(name) if name.as_str() == text => Ok(Named { name, annotations: edit(Edit::Remove) }),
        _ => {
            let name = nearest(text)?;
            let kept = json!({"shown": text, "stored": name.as_str()});
            Ok(Named { name, annotations: edit(Edit::Set(kept)) })
        }
    }
}

/// The name as Flowise clients know it.
pub(super) fn shown_name(credential: &Credential) -> &str {
    let kept = credential.foreign.annotations.get(&Dialect::Flowise).and_then(|kept| kept.value(KEY));
    let part = |part: &str| kept.and_then(|kept| kept.get(part)).and_then(Value::as_str);
    match (part("shown"), part("stored")) {
        (Some(shown), Some(stored)) if stored == credential.name.as_str() => shown,
        _ => credential.name.as_str(),
    }
}

/// What of a text can be a name of the core's: visible characters of one line, as many as fit.
fn nearest(text: &str) -> Result<Name, Error> {
    let visible = |c: &char| c.to_string().parse::<Name>().is_ok() || *c == ' ';
    let mut kept: String = text.chars().filter(visible).collect();
    // Normalisation can make a text longer, so room is left for it.
    kept.truncate(kept.floor_char_boundary(limits::NAME_BYTES / 3));
    let nearest = kept.trim().parse().or_else(|_| UNNAMED.parse());
    nearest.map_err(|_| refused("cannot be kept as a name"))
}

fn refused(message: &str) -> Error {
    Error::invalid(vec![Fault::new("/name", message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> (String, Option<String>) {
        let named = named(text).unwrap();
        let Edits::Merge(mut edits) = named.annotations else { panic!("one edit") };
        let shown = match edits.remove(0).1 {
            Edit::Set(value) => Some(value["shown"].as_str().unwrap().to_owned()),
            Edit::Remove => None,
        };
        (named.name.to_string(), shown)
    }

    #[test]
    fn an_ordinary_name_needs_nothing_beside_it() {
        for text in ["OpenAI Key", "Schl\u{fc}ssel \u{9375} \u{1f511} <b>x</b>", "42"] {
            assert_eq!(kept(text), (text.to_owned(), None));
        }
    }

    #[test]
    fn inp_07_every_other_name_is_kept_as_it_is_beside_one_that_is_safe() {
        for (text, name) in [("", "unnamed"), (" a ", "a"), ("a\u{202e}b\n", "ab"), ("\0", "unnamed")] {
            assert_eq!(kept(text), (name.to_owned(), Some(text.to_owned())), "{text:?}");
        }
        let long = "\u{20ac}".repeat(3_000);
        let (name, shown) = kept(&long);
        assert!(name.len() <= limits::NAME_BYTES && shown == Some(long));
    }

    #[test]
    fn prp_06_a_name_is_no_place_for_a_secret() {
        for text in ["postgres://u:cnry@h/x".to_owned(), "x".repeat(MOST + 1)] {
            assert!(named(&text).is_err());
        }
    }
}
