//! Which of our crates may depend on which. Must never allow an edge that DESIGN.md section 3 lacks.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Violation;

/// From the lowest crate up.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("sealing", &["domain"]),
    ("store", &["domain"]),
    ("egress", &["domain"]),
    ("config", &["domain"]),
    ("store-sqlite", &["domain", "store"]),
    ("store-postgres", &["domain", "store"]),
    ("connectors", &["domain", "egress"]),
    ("service", &["domain", "sealing", "store", "connectors"]),
    ("web", &["domain", "service"]),
    ("dialects", &["domain", "service", "web"]),
    ("console", &["domain", "service", "web"]),
    ("server", EVERYTHING),
    ("testkit", EVERYTHING),
    ("bench", EVERYTHING),
    ("xtask", &[]),
];

/// All that others may see: `testkit` is for tests only, and nobody depends on `bench`.
const EVERYTHING: &[&str] = &[
    "config",
    "connectors",
    "console",
    "dialects",
    "domain",
    "egress",
    "sealing",
    "server",
    "service",
    "store",
    "store-postgres",
    "store-sqlite",
    "web",
];

/// `metadata` is what `cargo metadata --no-deps` prints.
pub(super) fn violations(metadata: &Value) -> Result<Vec<Violation>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let mut violations = Vec::new();
    for package in packages {
        let name = text(package, "name")?;
        let ours = name.strip_prefix(PREFIX).unwrap_or(name);
        let Some((_, allowed)) = ALLOWED.iter().find(|(from, _)| *from == ours) else {
            violations.push(violation(name, "is not a crate of DESIGN.md section 3".to_owned()));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            violations.extend(forbidden(name, allowed, dependency)?);
        }
    }
    Ok(violations)
}

const PREFIX: &str = "strongroom-";

fn forbidden(from: &str, allowed: &[&str], dependency: &Value) -> Result<Option<Violation>> {
    let Some(to) = text(dependency, "name")?.strip_prefix(PREFIX) else { return Ok(None) };
    let for_tests = dependency["kind"] == "dev";
    let for_its_tests = to == "testkit" || has_contract(dependency) || tests_whole_house(from, to);
    // The bench is a program that tests, and never a part of the product.
    let may_test = for_tests || from == "strongroom-bench";
    if allowed.contains(&to) || may_test && for_its_tests {
        return Ok(None);
    }
    let kind = if for_tests { "dev-depend" } else { "depend" };
    Ok(Some(violation(from, format!("must not {kind} on {to} (DESIGN.md section 3)"))))
}

/// A wire format is tested in process over real parts; its code still sees none of them, because a
/// dev-dependency is not there when it is built.
fn tests_whole_house(from: &str, to: &str) -> bool {
    from == "strongroom-dialects" && EVERYTHING.contains(&to)
}

/// A suite that every implementation passes is shared as the feature `contract`.
fn has_contract(dependency: &Value) -> bool {
    dependency["features"].as_array().is_some_and(|features| features.iter().any(|name| name == "contract"))
}

fn violation(package: &str, rule: String) -> Violation {
    Violation { place: package.to_owned(), rule }
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("cargo metadata gives `{key}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_edges_of_the_design_pass() {
        let dependencies = json!([
            edge("strongroom-domain", None, &[]),
            edge("strongroom-store", None, &[]),
            edge("strongroom-testkit", Some("dev"), &[]),
            edge("strongroom-connectors", Some("dev"), &["contract"]),
            edge("serde", None, &[]),
        ]);
        assert_eq!(found("strongroom-store-sqlite", &dependencies), [""; 0]);
        let whole_house = json!([edge("strongroom-store-sqlite", Some("dev"), &[])]);
        assert_eq!(found("strongroom-dialects", &whole_house), [""; 0]);
    }

    #[test]
    fn the_bench_may_use_what_tests_use() {
        let dependencies =
            json!([edge("strongroom-store-sqlite", None, &[]), edge("strongroom-testkit", None, &[])]);
        assert_eq!(found("strongroom-bench", &dependencies), [""; 0]);
    }

    #[test]
    fn other_edges_are_named() {
        for (from, to, kind) in [
            ("strongroom-dialects", "strongroom-store", None),
            ("strongroom-domain", "strongroom-config", None),
            ("strongroom-service", "strongroom-egress", None),
            ("strongroom-store", "strongroom-sealing", Some("dev")),
            ("strongroom-server", "strongroom-bench", None),
            ("strongroom-server", "strongroom-testkit", None),
            ("strongroom-server", "strongroom-testkit", Some("build")),
            ("xtask", "strongroom-domain", None),
        ] {
            let found = found(from, &json!([edge(to, kind, &[])]));
            assert_eq!(found.len(), 1, "{from} -> {to}");
            assert!(found[0].starts_with(&format!("{from}: must not ")), "{found:?}");
        }
    }

    #[test]
    fn a_crate_unknown_to_the_design_is_named() {
        assert_eq!(
            found("strongroom-utils", &json!([])),
            ["strongroom-utils: is not a crate of DESIGN.md section 3"]
        );
    }

    fn found(package: &str, dependencies: &Value) -> Vec<String> {
        let metadata = json!({"packages": [{"name": package, "dependencies": dependencies}]});
        violations(&metadata).unwrap().iter().map(ToString::to_string).collect()
    }

    fn edge(name: &str, kind: Option<&str>, features: &[&str]) -> Value {
        json!({"name": name, "kind": kind, "features": features})
    }
}
