//! One field out of a result.

use serde_json::Value;

use super::no_such_form;
use crate::refusal::Refusal;

/// What a name leads to: in a list, the field of each item.
#[derive(Debug, PartialEq)]
pub(crate) enum Found<'a> {
    One(&'a Value),
    Several(Vec<&'a Value>),
}

impl Found<'_> {
    /// As one JSON value.
    pub(super) fn whole(&self) -> Value {
        match self {
            Self::One(value) => (*value).clone(),
            Self::Several(values) => values.iter().map(|value| (*value).clone()).collect(),
        }
    }
}

/// `name`, or `outer.inner` as deep as it goes.
pub(super) fn find<'a>(value: &'a Value, name: &str) -> Result<Found<'a>, Refusal> {
    match value["items"].as_array() {
        Some(items) if value.get(name).is_none() => {
            items.iter().map(|item| inner(item, name)).collect::<Result<_, _>>().map(Found::Several)
        }
        _ => inner(value, name).map(Found::One),
    }
}

/// What names the result, or each item of it.
pub(super) fn ids(value: &Value) -> Result<Found<'_>, Refusal> {
    let id = |value| ["id", "name"].into_iter().find_map(|name| inner(value, name).ok());
    let found = match value["items"].as_array() {
        Some(items) => items.iter().map(id).collect::<Option<_>>().map(Found::Several),
        None => id(value).map(Found::One),
    };
    found.ok_or_else(|| no_such_form("the result has no id", "name a field with --field"))
}

fn inner<'a>(value: &'a Value, name: &str) -> Result<&'a Value, Refusal> {
    // A key may hold a dot itself, so the whole name comes first.
    if let Some(found) = value.get(name) {
        return Ok(found);
    }
    let below = name.split_once('.').and_then(|(outer, rest)| Some((value.get(outer)?, rest)));
    below.map_or_else(|| Err(unknown(value, name)), |(outer, rest)| inner(outer, rest))
}

/// Names are the API's own and public; values are not shown.
fn unknown(value: &Value, name: &str) -> Refusal {
    let there: Vec<&str> = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    no_such_form(format!("there is no field `{name}`"), format!("the fields there: {there}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dots_lead_inwards_and_lists_give_each() {
        let one = json!({"id": "a", "health": {"status": "healthy"}, "labels": {"a.b": "c"}});
        assert_eq!(find(&one, "health.status").unwrap(), Found::One(&"healthy".into()));
        assert_eq!(find(&one, "labels.a.b").unwrap(), Found::One(&"c".into()));
        let list = json!({"items": [one, {"id": "b"}], "next_cursor": null});
        assert_eq!(ids(&list).unwrap(), Found::Several(vec![&"a".into(), &"b".into()]));
        assert_eq!(find(&list, "next_cursor").unwrap(), Found::One(&Value::Null));
    }

    #[test]
    fn a_name_that_leads_nowhere_is_told_what_is_there() {
        let text = find(&json!({"id": "a", "kind": "b"}), "ids").unwrap_err().to_string();
        assert!(text.contains("no field `ids`") && text.contains("id, kind"), "{text}");
    }
}
