//! The small XML documents of AWS's query protocol.
//!
//! Owns their form: elements with text, each once. Must never read a document type (so no entity of a
//! stranger's is ever expanded), nor take a document that stops in the middle for a whole one.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;

/// A document as the texts in it, by path: `GetCallerIdentityResponse/GetCallerIdentityResult/Arn`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document(BTreeMap<String, String>);

/// An answer has three levels.
const MOST_LEVELS: usize = 8;

impl Document {
    /// `None` where the body is no such document.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_str(std::str::from_utf8(body).ok()?);
        let mut texts = BTreeMap::new();
        let mut path: Vec<String> = Vec::new();
        let mut roots = 0;
        loop {
            match reader.read_event().ok()? {
                Event::Start(element) => {
                    roots += usize::from(path.is_empty());
                    path.push(element.name().as_ref().to_owned());
                    if path.len() > MOST_LEVELS
                        || roots > 1
                        || texts.insert(path.join("/"), String::new()).is_some()
                    {
                        return None;
                    }
                }
                Event::End(_) => drop(path.pop()?),
                Event::Text(text) => match texts.get_mut(&path.join("/")) {
                    Some(so_far) => so_far.push_str(text.xml10_content().trim()),
                    None if text.xml10_content().trim().is_empty() => {}
                    None => return None,
                },
                // Stands in sentences only. What is read here has no such letter, and this keeps it so.
                Event::GeneralRef(_) => texts.get_mut(&path.join("/"))?.push('&'),
                Event::Empty(_) | Event::Decl(_) => {}
                Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => return None,
                Event::Eof => return (roots == 1 && path.is_empty()).then_some(Self(texts)),
            }
        }
    }

    /// The text of the one element at this path.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_their_whole_path() {
        let body =
            b"<?xml version=\"1.0\"?>\n<A xmlns=\"x\">\n <B><C>one</C><D/></B>\n <E>it&apos;s</E>\n</A>\n";
        let document = Document::parse(body).unwrap();
        assert_eq!(document.text("A/B/C"), Some("one"));
        assert_eq!(document.text("A/E"), Some("it&s"));
        assert_eq!(document.text("C"), None);
    }

    #[test]
    fn con_13_other_documents_are_not_read() {
        for body in [
            &b""[..],
            b"<A>",
            b"<A></B>",
            b"<A/><B>1</B>trailing",
            b"<A>1</A><A>1</A>",
            b"<A><B>1</B><B>2</B></A>",
            b"<!DOCTYPE A [<!ENTITY x \"y\">]><A>&x;</A>",
            b"<A><![CDATA[1]]></A>",
            b"<A>\xff</A>",
            b"{\"json\": true}",
            b"<!doctype html><html><p>Log in to the network</html>",
        ] {
            assert_eq!(Document::parse(body), None, "{}", body.escape_ascii());
        }
        let deep = "<a>".repeat(100_000);
        assert_eq!(Document::parse(deep.as_bytes()), None);
    }
}
