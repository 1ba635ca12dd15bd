//! HTML forms as objects: `name=value`, and `outer[inner]=value` for what lies deeper.
//!
//! Every value is a text; of a name that stands twice the last value counts. Bounded like JSON.

use serde_json::{Map, Value};
use strongroom_domain::error::Unreadable;
use strongroom_domain::fields::wipe;
use strongroom_domain::limits;

use crate::json::VALUES;
use crate::{Document, percent};

const MALFORMED: Unreadable =
    Unreadable::Json("The form is not well percent-encoded UTF-8, or too deep. Nothing was changed.");
const TOO_MANY: Unreadable = Unreadable::Json("The form holds too many values. Nothing was changed.");

/// Reads one form.
///
/// # Errors
///
/// [`Unreadable::Json`], which does not quote the text.
pub(crate) fn parse(bytes: &[u8]) -> Result<Document, Unreadable> {
    let text = str::from_utf8(bytes).map_err(|_| MALFORMED)?;
    // A document from the first pair on, so that what was read is wiped when a later pair is refused.
    let mut form = Document::from(Value::Object(Map::new()));
    for (count, pair) in text.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if count >= VALUES {
            return Err(TOO_MANY);
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent::decode(name).ok_or(MALFORMED)?;
        let value = percent::decode(value).ok_or(MALFORMED)?;
        put(form.value_mut(), &path_of(&name).ok_or(MALFORMED)?, value);
    }
    Ok(form)
}

/// `a[b][c]` as its three parts; a name whose brackets do not match is one part.
fn path_of(name: &str) -> Option<Vec<&str>> {
    let whole = Some(vec![name]);
    let Some((first, rest)) = name.split_once('[').filter(|(first, _)| !first.is_empty()) else {
        return whole;
    };
    let Some(inner) = rest.strip_suffix(']') else { return whole };
    let mut path = vec![first];
    path.extend(inner.split("]["));
    if path[1..].iter().any(|part| part.contains(['[', ']'])) {
        return whole;
    }
    (path.len() <= limits::JSON_DEPTH).then_some(path)
}

fn put(object: &mut Value, path: &[&str], value: String) {
    let [first, rest @ ..] = path else { return };
    if !object.is_object() {
        wipe(object);
        *object = Value::Object(Map::new());
    }
    let Some(map) = object.as_object_mut() else { return };
    if !rest.is_empty() {
        return put(map.entry(*first).or_insert(Value::Null), rest, value);
    }
    if let Some(mut earlier) = map.insert((*first).to_owned(), value.into()) {
        wipe(&mut earlier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Unreadable> {
        parse(text.as_bytes()).map(|form| form.value().to_string())
    }

    #[test]
    fn names_with_brackets_lie_deeper() {
        let text = "id=4&secrets[api_token]=a%20b%26&label=x+y&secrets%5Bother%5D=%C3%A9&a[b][c]=1";
        let expected =
            r#"{"id":"4","secrets":{"api_token":"a b&","other":"é"},"label":"x y","a":{"b":{"c":"1"}}}"#;
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn the_last_value_counts_and_odd_names_are_whole() {
        assert_eq!(read("a=1&b&a=2&&a[=3&[x]=4").unwrap(), r#"{"a":"2","b":"","a[":"3","[x]":"4"}"#);
        assert_eq!(read("a=1&a[b]=2").unwrap(), r#"{"a":{"b":"2"}}"#);
        assert_eq!(read("").unwrap(), "{}");
    }

    #[test]
    fn inp_04_what_is_broken_or_too_much_is_refused() {
        let deep = format!("a{}=1", "[b]".repeat(32));
        for text in ["a=%zz", "%C3=1", "a=%", &deep] {
            assert_eq!(read(text), Err(MALFORMED), "{text}");
        }
        assert_eq!(read(&"a=1&".repeat(VALUES + 1)), Err(TOO_MANY));
        assert_eq!(parse(b"a=\xff").map(|_| ()), Err(MALFORMED));
    }
}
