//! Query strings as the original's framework reads them: brackets in a name make lists and objects.

use strongroom_web::Query;

/// What the brackets of a name make of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing.
    Text,
    /// An item of a list: `a[]`, or `a[2]` with its place.
    Item(Option<u8>),
    /// Part of an object: `a[b]`, `a[0][b]`, and numbers too large for a list.
    Object,
}

/// The last place that a list has; what lies further is an object.
const LAST_PLACE: u8 = 20;

/// A decoded name without its brackets, and what they make of its value. Brackets that do not match are letters.
pub(super) fn form(name: &str) -> (&str, Form) {
    let text = (name, Form::Text);
    let Some((root, rest)) = name.split_once('[').filter(|(root, _)| !root.is_empty()) else { return text };
    let Some((inner, after)) = rest.split_once(']').filter(|(inner, _)| !inner.contains('[')) else {
        return text;
    };
    let is_nested = after.split_once('[').is_some_and(|(_, further)| further.contains(']'));
    let form = match (inner, place(inner)) {
        _ if is_nested => Form::Object,
        ("", _) => Form::Item(None),
        (_, Some(place)) => Form::Item(Some(place)),
        (_, None) => Form::Object,
    };
    (root, form)
}

/// A place in a list, in its only spelling.
fn place(inner: &str) -> Option<u8> {
    let place: u8 = inner.parse().ok()?;
    (place <= LAST_PLACE && place.to_string() == inner).then_some(place)
}

const FILTER: &str = "credentialName";

/// The types that a list is narrowed to, each once: those with a place in the order of their places, the others in
/// the order in which they stand.
pub(super) fn types(query: &Query) -> Vec<String> {
    let mut given: Vec<(Option<u8>, &str)> = query
        .pairs()
        .filter_map(|(name, value)| match form(name) {
            (FILTER, Form::Text) => Some((None, value)),
            (FILTER, Form::Item(place)) => Some((place, value)),
            _ => None,
        })
        .collect();
    given.sort_by_key(|(place, _)| place.unwrap_or(u8::MAX));
    let mut types: Vec<String> = Vec::new();
    for (_, value) in given {
        if !types.iter().any(|known| known == value) {
            types.push(value.to_owned());
        }
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_make_lists_and_objects() {
        for (name, expected) in [
            ("a", ("a", Form::Text)),
            ("a[]", ("a", Form::Item(None))),
            ("a[0]", ("a", Form::Item(Some(0)))),
            ("a[20]", ("a", Form::Item(Some(20)))),
            ("a[21]", ("a", Form::Object)),
            ("a[01]", ("a", Form::Object)),
            ("a[b]", ("a", Form::Object)),
            ("a[][b]", ("a", Form::Object)),
            ("a[0][1]", ("a", Form::Object)),
            ("a[", ("a[", Form::Text)),
            ("a[b", ("a[b", Form::Text)),
            ("[a]", ("[a]", Form::Text)),
        ] {
            assert_eq!(form(name), expected, "{name}");
        }
    }

    #[test]
    fn every_form_of_a_list_is_a_filter() {
        let of = |text: &str| types(&Query::parse_leniently(text));
        assert_eq!(of("credentialName=b&credentialName=a&other=c&credentialName=b"), ["b", "a"]);
        assert_eq!(of("credentialName[]=b&credentialName%5B%5D=a"), ["b", "a"]);
        assert_eq!(of("credentialName[1]=b&credentialName%5b0%5d=a"), ["a", "b"]);
        assert_eq!(of("credentialname=a&credentialName[=b"), [""; 0]);
    }
}
