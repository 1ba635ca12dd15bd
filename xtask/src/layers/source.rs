//! Rust source as a list of words, without comments, texts and tests.
//!
//! A lexer and no parser: it must never miss code, and may at worst take a macro's words for code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// One file of a crate, tests cut out.
pub(super) struct Source {
    /// Below the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) words: Vec<Word>,
    /// The files of `#[cfg(test)] mod name;`, without `.rs`.
    test_modules: Vec<String>,
}

/// A name, `::`, or any other single mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Counted from one.
    pub(super) line: usize,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let all = words(text);
        let test_modules = test_modules(path, &all);
        Self { path: path.to_owned(), text: text.to_owned(), words: without_tests(&all), test_modules }
    }
}

/// All of `crates/*/src` but files that are modules of tests.
pub(super) fn read_crates(root: &Path) -> Result<Vec<Source>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root.join("crates")).context("crates/ is there")? {
        folders.push(entry?.path().join("src"));
    }
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(read(root, &path)?);
            }
        }
    }
    let tests: Vec<String> = sources.iter().flat_map(|source| source.test_modules.clone()).collect();
    sources.retain(|source| !tests.iter().any(|module| lies_in(&source.path, module)));
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

fn read(root: &Path, path: &Path) -> Result<Source> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let below = path.strip_prefix(root).unwrap_or(path);
    Ok(Source::new(&below.to_string_lossy().replace('\\', "/"), &text))
}

fn lies_in(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn test_modules(path: &str, words: &[Word]) -> Vec<String> {
    let folder = module_folder(path);
    let starts = (0..words.len()).filter_map(|at| test_item(&words[at..]));
    let names = starts.filter_map(|item| match item {
        [keyword, name, end, ..] if keyword.text == "mod" && end.text == ";" => Some(&name.text),
        _ => None,
    });
    names.map(|name| format!("{folder}/{name}")).collect()
}

/// Where the files of a file's modules lie.
fn module_folder(path: &str) -> &str {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let roots = ["/lib", "/main", "/mod"];
    roots.iter().find_map(|root| stem.strip_suffix(root)).unwrap_or(stem)
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest).unwrap_or_else(|| {
            let length = word_length(rest, first);
            words.push(Word { line, text: rest[..length].to_owned() });
            length
        });
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    words
}

fn word_length(rest: &str, first: char) -> usize {
    if is_name(first) {
        return rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
    }
    if rest.starts_with("::") { 2 } else { first.len_utf8() }
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The length of the white space, comment or literal that `rest` begins with.
fn skipped(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    if first.is_whitespace() {
        return Some(first.len_utf8());
    }
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    // A raw name, `r#type`: the name is what counts.
    if rest.starts_with("r#") && rest[2..].starts_with(is_name) {
        return Some(2);
    }
    let marks = rest.find(|letter| !matches!(letter, 'b' | 'c' | 'r')).unwrap_or(rest.len());
    let literal = match &rest[..marks] {
        "" | "b" | "c" => quoted(&rest[marks..])?,
        "r" | "br" | "cr" => raw(&rest[marks..])?,
        _ => return None,
    };
    Some(marks + literal)
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// A string or a character. What begins with `'` and does not end so is a lifetime.
fn quoted(rest: &str) -> Option<usize> {
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    if quote == '\'' && is_lifetime(rest) {
        return Some(1);
    }
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

fn is_lifetime(rest: &str) -> bool {
    let mut letters = rest.chars().skip(1);
    letters.next().is_some_and(is_name) && letters.next() != Some('\'')
}

fn raw(rest: &str) -> Option<usize> {
    let hashes = rest.find(|letter| letter != '#').unwrap_or(rest.len());
    let body = rest[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(body.find(&end).map_or(rest.len(), |at| hashes + 1 + at + end.len()))
}

/// Cuts every item under `#[cfg(test)]`.
fn without_tests(words: &[Word]) -> Vec<Word> {
    let mut kept = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        if let Some(item) = test_item(rest) {
            rest = after_item(item);
        } else {
            kept.push(first.clone());
            rest = after;
        }
    }
    kept
}

/// What follows `#[cfg(test)]`.
fn test_item(words: &[Word]) -> Option<&[Word]> {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (start, item) = words.split_at_checked(attribute.len())?;
    start.iter().map(|word| word.text.as_str()).eq(attribute).then_some(item)
}

/// An item ends with `;` or with the brace that closes it.
fn after_item(words: &[Word]) -> &[Word] {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate() {
        match word.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(word.text.as_str(), ";" | "}") {
            return &words[at + 1..];
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        Source::new("crates/x/src/lib.rs", source).words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn comments_and_literals_are_no_words() {
        let source = r##"a // no
            /* no /* no */ no */ b "no \" no" c r#"no " no"# d b"no" e 'n' '\'' f<'g> r#fn br"no" h"##;
        assert_eq!(texts(source), ["a", "b", "c", "d", "e", "f", "<", "g", ">", "fn", "h"]);
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let source = Source::new("crates/x/src/lib.rs", "a\n/*\n*/ \"\n\" r\"\n\"\nb");
        assert_eq!(source.words.last().unwrap(), &Word { line: 6, text: "b".to_owned() });
    }

    #[test]
    fn tests_are_cut_and_what_follows_is_not() {
        let source =
            "a::b; #[cfg(test)] #[expect(x)] mod tests { fn t() { no() } } c #[cfg(test)] mod tests; d";
        assert_eq!(texts(source), ["a", "::", "b", ";", "c", "d"]);
        assert!(texts("#[cfg(not(test))] fn a() {}").contains(&"fn".to_owned()));
    }

    #[test]
    fn a_file_of_tests_is_known_by_who_declares_it() {
        for (path, module) in [
            ("crates/x/src/lib.rs", "crates/x/src/vectors"),
            ("crates/x/src/y/mod.rs", "crates/x/src/y/vectors"),
            ("crates/x/src/y.rs", "crates/x/src/y/vectors"),
        ] {
            assert_eq!(Source::new(path, "#[cfg(test)] mod vectors; mod real;").test_modules, [module]);
        }
        assert!(lies_in("crates/x/src/vectors.rs", "crates/x/src/vectors"));
        assert!(lies_in("crates/x/src/vectors/old.rs", "crates/x/src/vectors"));
        assert!(!lies_in("crates/x/src/vectors_of_bytes.rs", "crates/x/src/vectors"));
    }
}
