//! Each secret taken out of its `Secret` says why: `// EXPOSE: reason`, at most two lines above.

use super::Violation;
use super::source::{Source, Word};

pub(super) fn violations(source: &Source) -> Vec<Violation> {
    if source.path.starts_with("crates/testkit/") {
        return Vec::new();
    }
    let lines: Vec<&str> = source.text.lines().collect();
    let exposed = exposures(&source.words).filter(|line| !has_reason(&lines, *line));
    exposed.map(|line| violation(source, line)).collect()
}

fn violation(source: &Source, line: usize) -> Violation {
    let rule = "a secret is exposed without `// EXPOSE: why` on the line before".to_owned();
    Violation { place: format!("{}:{line}", source.path), rule }
}

/// The lines with `.expose()` or `Secret::expose`, called or passed on.
fn exposures(words: &[Word]) -> impl Iterator<Item = usize> {
    let exposes = |pair: &&[Word]| {
        matches!(pair[0].text.as_str(), "." | "::")
            && matches!(pair[1].text.as_str(), "expose" | "expose_mut")
    };
    words.windows(2).filter(exposes).map(|pair| pair[1].line)
}

/// Rustfmt may put the call one line below the statement's first.
fn has_reason(lines: &[&str], line: usize) -> bool {
    let above = &lines[line.saturating_sub(3)..line - 1];
    above.iter().any(|text| {
        let reason = text.split_once("// EXPOSE:").map(|(_, reason)| reason.trim());
        reason.is_some_and(|reason| !reason.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        violations(&Source::new("crates/x/src/lib.rs", text))
            .iter()
            .map(|violation| violation.place.clone())
            .collect()
    }

    #[test]
    fn an_exposure_without_a_reason_is_named() {
        assert_eq!(found("fn f() {\n    g(secret.expose());\n}"), ["crates/x/src/lib.rs:2"]);
        assert_eq!(found("fn f() { s.expose_mut() }"), ["crates/x/src/lib.rs:1"]);
        assert_eq!(found("fn f() { s.map(Secret::expose) }"), ["crates/x/src/lib.rs:1"]);
        assert_eq!(found("// EXPOSE:\nfn f() { s.expose() }"), ["crates/x/src/lib.rs:2"]);
        assert_eq!(found("// EXPOSE: too far away\n\n\nfn f() { s.expose() }"), ["crates/x/src/lib.rs:4"]);
    }

    #[test]
    fn a_reason_just_above_is_enough() {
        assert_eq!(found("// EXPOSE: goes to the target\ng(s.expose());"), [""; 0]);
        assert_eq!(found("// EXPOSE: goes to the target\nlet a = s\n    .expose();"), [""; 0]);
        assert_eq!(found("impl<T> Secret<T> { pub fn expose(&self) {} }"), [""; 0]);
        assert_eq!(found("#[cfg(test)]\nmod tests { fn f() { s.expose() } }"), [""; 0]);
    }
}
