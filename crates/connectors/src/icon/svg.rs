//! Which SVG is only a picture.
//!
//! An allow-list of elements and attributes: shapes, colours, gradients. Whatever could run, load, link,
//! style the page around it or grow when it is parsed is not on it. A file that has more is refused, not
//! mended: what is left of a cleaned one is a guess.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What an icon must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SvgFault {
    #[error("is not well-formed XML with one `svg` element around everything")]
    Form,
    #[error("holds an element other than shapes, groups, text and gradients")]
    Element,
    #[error(
        "holds an attribute that is not about the look or place of a shape; `style`, `href` and `on...` are none"
    )]
    Attribute,
    #[error("refers to something outside of it: only `url(#...)` may stand in a value")]
    Reference,
    #[error("holds a document type, a processing instruction, CDATA or an entity of its own")]
    Declaration,
    #[error("is nested deeper than 32 elements")]
    Depth,
}

const NAMESPACE: &str = "http://www.w3.org/2000/svg";
const MAX_DEPTH: usize = 32;

const ELEMENTS: [&str; 18] = [
    "svg",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "title",
    "desc",
    "defs",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
];

const ATTRIBUTES: [&str; 55] = [
    "xmlns",
    "version",
    "viewBox",
    "width",
    "height",
    "x",
    "y",
    "dx",
    "dy",
    "x1",
    "y1",
    "x2",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "d",
    "points",
    "fill",
    "fill-rule",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-opacity",
    "opacity",
    "transform",
    "id",
    "offset",
    "stop-color",
    "stop-opacity",
    "gradientUnits",
    "gradientTransform",
    "spreadMethod",
    "fx",
    "fy",
    "clip-path",
    "clip-rule",
    "clipPathUnits",
    "color",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
    "dominant-baseline",
    "letter-spacing",
    "preserveAspectRatio",
    "role",
    "aria-label",
];

/// Reads the whole document; nothing of it is kept.
pub(super) fn check(text: &str) -> Result<(), SvgFault> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut depth, mut roots) = (0_usize, 0_usize);
    loop {
        match reader.read_event().map_err(|_| SvgFault::Form)? {
            Event::Start(element) => {
                roots += usize::from(depth == 0);
                element_is_plain(&element, depth)?;
                depth += 1;
            }
            Event::Empty(element) => {
                roots += usize::from(depth == 0);
                element_is_plain(&element, depth)?;
            }
            Event::End(_) => depth = depth.checked_sub(1).ok_or(SvgFault::Form)?,
            Event::Text(text) if depth == 0 && !text.trim().is_empty() => {
                return Err(SvgFault::Form);
            }
            Event::Text(_) | Event::Comment(_) | Event::Decl(_) => {}
            Event::GeneralRef(name) if is_predefined(&name) => {}
            Event::GeneralRef(_) | Event::CData(_) | Event::PI(_) | Event::DocType(_) => {
                return Err(SvgFault::Declaration);
            }
            Event::Eof if depth == 0 && roots == 1 => return Ok(()),
            Event::Eof => return Err(SvgFault::Form),
        }
    }
}

/// The five names that XML itself has, and numbers of characters.
fn is_predefined(name: &str) -> bool {
    matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") || name.starts_with('#')
}

fn element_is_plain(element: &BytesStart<'_>, depth: usize) -> Result<(), SvgFault> {
    if depth >= MAX_DEPTH {
        return Err(SvgFault::Depth);
    }
    let name = element.name();
    let name: &str = name.as_ref();
    // A picture in a picture may have a namespace of its own.
    if (name == "svg") != (depth == 0) || !ELEMENTS.contains(&name) {
        return Err(SvgFault::Element);
    }
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|_| SvgFault::Form)?;
        attribute_is_plain(attribute.key.as_ref(), &attribute.value)?;
    }
    Ok(())
}

/// A value with an entity in it could spell anything else, and no picture needs one.
fn attribute_is_plain(key: &str, value: &str) -> Result<(), SvgFault> {
    if !ATTRIBUTES.contains(&key) || key == "xmlns" && value != NAMESPACE {
        return Err(SvgFault::Attribute);
    }
    let lower = value.to_ascii_lowercase();
    let refers = lower.matches("url").count() != lower.matches("url(#").count();
    if refers || value.contains(['&', '\\', '<', '@']) { Err(SvgFault::Reference) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = r#"xmlns="http://www.w3.org/2000/svg""#;

    fn wrapped(inner: &str) -> String {
        format!("<svg {SVG} viewBox=\"0 0 8 8\">{inner}</svg>")
    }

    #[test]
    fn a_picture_is_a_picture() {
        let gradient = r##"<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs>
            <path d="M0 0h8v8z" fill="url(#a)"/><title>A &amp; B</title>"##;
        for text in [
            wrapped(gradient),
            format!("<?xml version=\"1.0\"?><!-- ours --> {}", wrapped("<g><circle r=\"1\"/></g>\n")),
            format!("<svg {SVG}/>"),
        ] {
            assert_eq!(check(&text), Ok(()), "{text}");
        }
    }

    #[test]
    fn con_19_an_icon_runs_loads_and_links_nothing() {
        use SvgFault::{Attribute, Declaration, Depth, Element, Form, Reference};
        let deep = wrapped(&("<g>".repeat(40) + &"</g>".repeat(40)));
        for (text, fault) in [
            (wrapped("<script>alert(1)</script>"), Element),
            (wrapped("<foreignObject/>"), Element),
            (wrapped("<use href=\"#a\"/>"), Element),
            (wrapped("<image href=\"https://evil.example/x.png\"/>"), Element),
            (wrapped("<style>*{}</style>"), Element),
            (wrapped("<a><path/></a>"), Element),
            (wrapped("<animate attributeName=\"href\"/>"), Element),
            (wrapped("<svg/>"), Element),
            (wrapped("<x:script/>"), Element),
            ("<html><body/></html>".to_owned(), Element),
            (format!("<svg {SVG} onload=\"alert(1)\"/>"), Attribute),
            (format!("<svg {SVG} ONLOAD=\"alert(1)\"/>"), Attribute),
            ("<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>".to_owned(), Attribute),
            (format!("<svg {SVG} xmlns:x=\"http://www.w3.org/1999/xhtml\"/>"), Attribute),
            (wrapped("<path style=\"fill:red\"/>"), Attribute),
            (wrapped("<path xlink:href=\"#a\"/>"), Attribute),
            (wrapped("<path fill=\"url(https://evil.example)\"/>"), Reference),
            (wrapped("<path fill=\"URL( #a)\"/>"), Reference),
            (wrapped("<path fill=\"u\\72l(https://evil.example)\"/>"), Reference),
            (wrapped("<path fill=\"&#117;rl(https://evil.example)\"/>"), Reference),
            (format!("<!DOCTYPE svg [<!ENTITY a \"b\">]>{}", wrapped("&a;")), Declaration),
            (wrapped("&a;"), Declaration),
            (wrapped("<title><![CDATA[<script>]]></title>"), Declaration),
            (format!("<?xml-stylesheet href=\"x\"?>{}", wrapped("")), Declaration),
            (deep, Depth),
            (format!("{}{}", wrapped(""), wrapped("")), Form),
            (wrapped("<g>"), Form),
            ("text".to_owned(), Form),
            (String::new(), Form),
        ] {
            assert_eq!(check(&text), Err(fault), "{text}");
        }
    }
}
