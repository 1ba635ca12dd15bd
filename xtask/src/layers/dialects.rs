//! Dialects: none knows another, and no file of one is long (DESIGN.md section 3).
//!
//! Reads names, as `doors` does: the first folder below `crates/dialects/src` is the dialect.

use std::collections::BTreeSet;

use super::Violation;
use super::doors::{Path, paths};
use super::source::Source;

const HOME: &str = "crates/dialects/src/";

/// A file of a dialect has fewer lines than this, tests included.
const LINES: usize = 400;

/// From where a path can come to another dialect.
const UPWARDS: [&str; 3] = ["crate", "super", "strongroom_dialects"];

pub(super) fn violations(sources: &[Source]) -> Vec<Violation> {
    let all: BTreeSet<&str> = sources.iter().filter_map(dialect_of).collect();
    let of_dialects = sources.iter().filter_map(|source| Some((source, dialect_of(source)?)));
    of_dialects.flat_map(|(source, own)| of_one(source, own, &all)).collect()
}

/// The folder that a file lies in; none for files beside the folders.
fn dialect_of(source: &Source) -> Option<&str> {
    let (folder, _) = source.path.strip_prefix(HOME)?.split_once('/')?;
    Some(folder)
}

fn of_one(source: &Source, own: &str, all: &BTreeSet<&str>) -> Vec<Violation> {
    let strangers: Vec<&str> = all.iter().copied().filter(|name| *name != own).collect();
    let mut found: Vec<Violation> = paths(&source.words)
        .iter()
        .filter_map(|path| {
            let stranger = stranger_in(path, &strangers)?;
            let rule =
                format!("the dialect {own} names the dialect {stranger}: what both need lies below them");
            Some(Violation { place: format!("{}:{}", source.path, path.line), rule })
        })
        .collect();
    let lines = source.text.lines().count();
    if lines >= LINES {
        let rule = format!("{lines} lines: a file of a dialect has fewer than {LINES}");
        found.push(Violation { place: source.path.clone(), rule });
    }
    found
}

fn stranger_in<'a>(path: &Path<'_>, strangers: &[&'a str]) -> Option<&'a str> {
    let pair = |names: &[&str]| {
        strangers.iter().copied().find(|name| UPWARDS.contains(&names[0]) && names[1] == *name)
    };
    path.names.windows(2).find_map(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found when this is the text of a file of `one`, beside a dialect `other`.
    fn found(text: &str) -> Vec<String> {
        let sources = [
            Source::new("crates/dialects/src/lib.rs", "pub mod one; pub mod other; use other::table;"),
            Source::new("crates/dialects/src/one/credentials/list.rs", text),
            Source::new("crates/dialects/src/other/mod.rs", "use super::super::web; use crate::other::wire;"),
            Source::new("crates/web/src/one/lib.rs", "use crate::other::wire;"),
        ];
        violations(&sources).into_iter().map(|violation| violation.place).collect()
    }

    #[test]
    fn every_way_to_name_another_dialect_is_seen() {
        for text in [
            "use crate::other::wire;",
            "use crate::{one, other};",
            "use crate::other;",
            "use crate::other as native;",
            "use super::super::super::other::wire::Body;",
            "fn f() { crate::other::table(); }",
            "fn f() -> strongroom_dialects::other::Wire {}",
            "macro_rules! m { () => { $crate::other::table() } }",
        ] {
            assert_eq!(found(text), ["crates/dialects/src/one/credentials/list.rs:1"], "{text}");
        }
    }

    #[test]
    fn its_own_modules_and_like_names_pass() {
        for text in [
            "use crate::one::wire; use super::super::wire;",
            "use other::wire;",
            "//! crate::other\nconst A: &str = \"crate::other\";",
            "fn f(other: u8) -> u8 { other + crate::one::others() }",
            "#[cfg(test)] mod tests { use crate::other::wire; }",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_long_file_is_seen_and_one_line_less_is_not() {
        assert_eq!(found(&"//\n".repeat(LINES)), ["crates/dialects/src/one/credentials/list.rs"]);
        assert_eq!(found(&"//\n".repeat(LINES - 1)), [""; 0]);
    }
}
