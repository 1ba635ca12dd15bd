//! On which line of a kind file a key stands, so that an error can say it.
//!
//! Reads the text a second time, for its spans alone. Must never judge what it reads.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The line of the deepest part of `key` (`probe.answers[1].status`, `fields.region.default`) that the file
/// has, counted from 1; `None` where it has no part of it.
pub(super) fn of_key(key: &str, text: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let offset = in_table(document.get_ref(), key)?;
    Some(text.get(..offset)?.matches('\n').count() + 1)
}

fn in_table(table: &DeTable<'_>, key: &str) -> Option<usize> {
    let begins = |name: &str| {
        let rest = key.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with(['.', '[']))
            .then(|| rest.strip_prefix('.').unwrap_or(rest).to_owned())
    };
    let (name, value, rest) =
        table.iter().find_map(|(name, value)| Some((name, value, begins(name.get_ref())?)))?;
    Some(in_value(value, &rest).unwrap_or(name.span().start))
}

fn in_value(value: &Spanned<DeValue<'_>>, rest: &str) -> Option<usize> {
    match value.get_ref() {
        _ if rest.is_empty() => None,
        DeValue::Table(table) => in_table(table, rest),
        DeValue::Array(items) => {
            let (item, rest) = item_for(items, rest)?;
            let rest = rest.strip_prefix('.').unwrap_or(rest);
            Some(in_value(item, rest).unwrap_or(item.span().start))
        }
        _ => None,
    }
}

/// By number in brackets, or by name: the fields of a kind are told apart by theirs.
fn item_for<'a, 'i>(items: &'a DeArray<'i>, rest: &'a str) -> Option<(&'a Spanned<DeValue<'i>>, &'a str)> {
    if let Some((index, rest)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return Some((items.get(index.parse::<usize>().ok()?)?, rest));
    }
    let (name, rest) = rest.split_once('.').unwrap_or((rest, ""));
    Some((items.iter().rfind(|item| is_named(item, name))?, rest))
}

fn is_named(item: &Spanned<DeValue<'_>>, name: &str) -> bool {
    let DeValue::Table(table) = item.get_ref() else { return false };
    table.iter().any(|(key, value)| {
        key.get_ref() == "name" && matches!(value.get_ref(), DeValue::String(text) if text == name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_where_they_stand() {
        let text = "name = \"a\"\n\n[[fields]]\nname = \"one\"\n[[fields]]\nname = \"two\"\ntype = \"x\"\n\
                    [probe]\nheaders = { x-a = \"1\" }\nanswers = [\n { status = [1] },\n { status = [2] },\n]\n";
        for (key, line) in [
            ("name", Some(1)),
            ("fields.two.type", Some(7)),
            ("fields.two.pattern", Some(5)),
            ("fields", Some(3)),
            ("probe", Some(8)),
            ("probe.path", Some(8)),
            ("probe.headers.x-a", Some(9)),
            ("probe.answers[1].status", Some(12)),
            ("evidence.facts", None),
        ] {
            assert_eq!(of_key(key, text), line, "{key}");
        }
    }
}
