//! Texts with `{field}` in them.
//!
//! A template is read once, from the file. What is put in is data: it is encoded for its place and never
//! looked at for braces (CON-14).

/// Text and fields in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Field(String),
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}').ok_or(BRACES)?;
            if !is_name(name) {
                return Err(BRACES);
            }
            parts.extend(text_part(before)?);
            parts.push(Part::Field(name.to_owned()));
            rest = behind;
        }
        parts.extend(text_part(rest)?);
        Ok(Self(parts))
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Names of the fields, in order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The fixed texts, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Field(_) => None,
        })
    }

    /// The field, where there is nothing else.
    pub(super) fn only_field(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Field(name)] => Some(name),
            _ => None,
        }
    }
}

const BRACES: &str = "braces stand only around the name of a field, as in `Bearer {token}`";

fn text_part(text: &str) -> Result<Option<Part>, &'static str> {
    match text {
        "" => Ok(None),
        text if text.contains('}') => Err(BRACES),
        text => Ok(Some(Part::Text(text.to_owned()))),
    }
}

/// What kinds, methods and fields are called.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
