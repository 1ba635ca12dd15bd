//! Who may open a socket, resolve a name or make a client: `egress`, the listener, and test servers.
//!
//! Reads names, not types: a name that means something harmless has to be called something else.

use super::Violation;
use super::source::{Source, Word};

/// Each is a run of names that no path may contain.
const DOORS: &[&[&str]] = &[
    &["tokio", "net"],
    &["net", "TcpStream"],
    &["net", "TcpListener"],
    &["net", "TcpSocket"],
    &["net", "UdpSocket"],
    &["net", "*"],
    &["rustix", "net"],
    &["socket2"],
    &["lookup_host"],
    &["ToSocketAddrs"],
    &["to_socket_addrs"],
    &["hyper", "client"],
    &["hyper_util", "client"],
    &["reqwest"],
    &["ClientConfig"],
];

/// Under another name, or out of a glob, these would bring a door in unseen.
const HALLS: &[&str] = &["std", "tokio", "net", "hyper", "hyper_util", "rustix", "rustls"];

/// A name that ends in `/` is a folder.
const DOORKEEPERS: &[&str] =
    &["crates/egress/", "crates/testkit/", "crates/server/src/listener.rs", "crates/server/src/listener/"];

pub(super) fn violations(source: &Source) -> Vec<Violation> {
    if DOORKEEPERS.iter().any(|keeper| source.path.starts_with(keeper)) {
        return Vec::new();
    }
    let paths = paths(&source.words);
    paths.iter().filter_map(|path| Some(violation(source, path, &broken_rule(path)?))).collect()
}

fn violation(source: &Source, path: &Path<'_>, rule: &str) -> Violation {
    Violation { place: format!("{}:{}", source.path, path.line), rule: rule.to_owned() }
}

fn broken_rule(path: &Path<'_>) -> Option<String> {
    let contains = |door: &&&[&str]| path.names.windows(door.len()).any(|names| names == **door);
    if let Some(door) = DOORS.iter().find(contains) {
        return Some(format!(
            "`{}` is a door to the network: only egress goes out (DESIGN.md section 3)",
            door.join("::")
        ));
    }
    let [.., hall, "as" | "*"] = path.names.as_slice() else { return None };
    HALLS.contains(hall).then(|| format!("`{hall}` renamed or globbed could hide a door to the network"))
}

/// `a::b`, or one leaf of a `use`; a leaf that is renamed ends in `as`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path<'a> {
    pub(super) line: usize,
    pub(super) names: Vec<&'a str>,
}

/// Every path of a file, in code and in `use`.
pub(super) fn paths(words: &[Word]) -> Vec<Path<'_>> {
    let mut paths = Vec::new();
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        rest = if first.text == "use" {
            use_tree(after, &[], &mut paths)
        } else if first.text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_') {
            plain_path(rest, &mut paths)
        } else {
            after
        };
    }
    paths
}

fn plain_path<'a>(words: &'a [Word], paths: &mut Vec<Path<'a>>) -> &'a [Word] {
    let mut names = vec![words[0].text.as_str()];
    let mut rest = &words[1..];
    while let [separator, name, after @ ..] = rest {
        if separator.text != "::" || !is_name(name) {
            break;
        }
        names.push(&name.text);
        rest = after;
    }
    paths.push(Path { line: words[0].line, names });
    rest
}

/// Gives what follows the tree: a comma, a closing brace or a semicolon.
fn use_tree<'a>(words: &'a [Word], before: &[&'a str], paths: &mut Vec<Path<'a>>) -> &'a [Word] {
    let mut names = before.to_vec();
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        match word.text.as_str() {
            "::" => rest = after,
            "{" => return use_group(after, &names, paths),
            "as" => {
                names.push("as");
                paths.push(Path { line: word.line, names });
                return after.get(1..).unwrap_or_default();
            }
            "," | "}" | ";" => {
                paths.push(Path { line: word.line, names });
                return rest;
            }
            name => {
                names.push(name);
                rest = after;
            }
        }
    }
    rest
}

fn use_group<'a>(words: &'a [Word], before: &[&'a str], paths: &mut Vec<Path<'a>>) -> &'a [Word] {
    let mut rest = words;
    loop {
        match rest.split_first() {
            Some((word, after)) if word.text == "}" => return after,
            Some((word, after)) if word.text == "," => rest = after,
            Some((word, _)) if word.text == ";" => return rest,
            Some(_) => rest = use_tree(rest, before, paths),
            None => return rest,
        }
    }
}

fn is_name(word: &Word) -> bool {
    word.text.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        violations(&Source::new(path, text)).iter().map(|violation| violation.place.clone()).collect()
    }

    #[test]
    fn every_way_to_name_a_door_is_seen() {
        for text in [
            "use tokio::net::TcpStream;",
            "use tokio::{io, net::{TcpStream}};",
            "use std::net::{IpAddr, TcpListener};",
            "use std::net::{self, IpAddr}; fn f() { net::UdpSocket::bind(a); }",
            "use std::net::*;",
            "use std::net as wires;",
            "use std as s;",
            "use {tokio as t};",
            "use std::net::ToSocketAddrs as _;",
            "use rustls::*;",
            "fn f() { ::tokio::net::lookup_host(\"a\"); }",
            "fn f() { tokio :: net\n:: TcpStream::connect(a) }",
            "fn f() { name.to_socket_addrs() }",
            "fn f() -> hyper::client::conn::http1::SendRequest<B> {}",
            "use hyper_util::client::legacy::Client;",
            "type C = reqwest::Client;",
            "fn f() { let c = rustls::ClientConfig::builder(); }",
            "use tokio_rustls::rustls::client::ClientConfig;",
            "macro_rules! m { () => { std::net::TcpStream::connect(a) } }",
        ] {
            assert_eq!(found("crates/web/src/lib.rs", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn harmless_names_pass() {
        for text in [
            "use std::net::{IpAddr, SocketAddr};",
            "//! never tokio::net\nconst A: &str = \"std::net::TcpStream\";",
            "use std::{fmt, io as reading, net::Ipv4Addr};",
            "fn f(net: u8) -> client::Outcome { net as usize * 2 }",
            "#[cfg(test)] mod tests { use tokio::net::TcpStream; }",
        ] {
            assert_eq!(found("crates/web/src/lib.rs", text), [""; 0], "{text}");
        }
    }

    #[test]
    fn doorkeepers_may_and_their_neighbours_may_not() {
        let text = "\nuse tokio::net::TcpListener;";
        for path in ["crates/egress/src/dial.rs", "crates/testkit/src/a.rs", "crates/server/src/listener.rs"]
        {
            assert_eq!(found(path, text), [""; 0], "{path}");
        }
        assert_eq!(found("crates/server/src/main.rs", text), ["crates/server/src/main.rs:2"]);
    }
}
