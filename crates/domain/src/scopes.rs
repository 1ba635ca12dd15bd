//! Which rights hold which others.
//!
//! Owns the comparison of two lists of scopes. Must never take one scope for another that the kind does not name.

use std::collections::{BTreeMap, BTreeSet};

/// By scope, those that it grants as well, as the vendor documents it. What they grant in turn is granted too; a
/// scope that is not here grants itself alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeGrants(BTreeMap<String, Vec<String>>);

impl ScopeGrants {
    /// Of this table.
    pub const fn new(table: BTreeMap<String, Vec<String>>) -> Self {
        Self(table)
    }

    /// Whether whoever has `after` may do all that whoever has `before` may do.
    pub fn keep(&self, before: &[String], after: &[String]) -> bool {
        let granted = self.all_of(after);
        before.iter().all(|scope| granted.contains(scope.as_str()))
    }

    /// These and what they grant. Each is looked at once, so that two scopes that grant each other end as well.
    fn all_of<'a>(&'a self, scopes: &'a [String]) -> BTreeSet<&'a str> {
        let mut granted: BTreeSet<&str> = BTreeSet::new();
        let mut waiting: Vec<&str> = scopes.iter().map(String::as_str).collect();
        while let Some(scope) = waiting.pop() {
            if granted.insert(scope) {
                waiting.extend(self.0.get(scope).into_iter().flatten().map(String::as_str));
            }
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    #[test]
    fn a_wider_scope_keeps_what_it_holds_and_no_narrower_one_does() {
        let table = [("admin", vec!["write"]), ("write", vec!["read"]), ("a", vec!["b"]), ("b", vec!["a"])];
        let grants = ScopeGrants::new(table.map(|(scope, others)| (scope.to_owned(), texts(&others))).into());
        let keep = |before: &[&str], after: &[&str]| grants.keep(&texts(before), &texts(after));
        assert!(keep(&["read", "write"], &["admin"]), "what is granted grants in turn");
        assert!(keep(&["read", "x"], &["x", "write"]));
        assert!(keep(&["b"], &["a"]) && keep(&["a"], &["b"]));
        assert!(!keep(&["admin"], &["write", "read"]));
        assert!(!keep(&["read", "x"], &["admin"]));
        assert!(!ScopeGrants::default().keep(&texts(&["read"]), &texts(&["write"])), "no table, no kinship");
    }
}
