//! The keyword form of a connection string: `host=... user='...'`.
//!
//! Source: PostgreSQL manual, "Keyword/Value Connection Strings". A value without quotes ends at white
//! space; a backslash takes the next character as it is.

use std::iter::Peekable;
use std::str::Chars;

use strongroom_domain::Secret;

use super::login::{Parts, StringFault};

pub(super) fn parse(text: &str) -> Result<Parts, StringFault> {
    let mut parts = Parts::default();
    let mut rest = text.chars().peekable();
    loop {
        skip_space(&mut rest);
        if rest.peek().is_none() {
            return Ok(parts);
        }
        let name = name(&mut rest)?;
        let value = value(&mut rest, text.len())?;
        parts.put(&name, value)?;
    }
}

fn skip_space(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(char::is_ascii_whitespace).is_some() {}
}

/// Up to and with the equals sign, white space around it allowed.
fn name(rest: &mut Peekable<Chars<'_>>) -> Result<String, StringFault> {
    let mut name = String::new();
    while let Some(letter) = rest.next_if(|letter| *letter != '=' && !letter.is_ascii_whitespace()) {
        name.push(letter);
    }
    skip_space(rest);
    if name.is_empty() || rest.next() != Some('=') {
        return Err(StringFault::Form);
    }
    skip_space(rest);
    Ok(name)
}

fn value(rest: &mut Peekable<Chars<'_>>, longest: usize) -> Result<Secret<String>, StringFault> {
    let is_quoted = rest.next_if_eq(&'\'').is_some();
    // In its final size from the start, so that no piece of a password stays behind in memory.
    let mut value = Secret::new(String::with_capacity(longest));
    loop {
        let letter = match (rest.next(), is_quoted) {
            (Some('\''), true) => break,
            (None, true) => return Err(StringFault::Form),
            (None, false) => return Ok(value),
            (Some(letter), false) if letter.is_ascii_whitespace() => return Ok(value),
            (Some('\\'), _) => rest.next().ok_or(StringFault::Form)?,
            (Some(letter), _) => letter,
        };
        // EXPOSE: the value is being made.
        value.expose_mut().push(letter);
    }
    // libpq would begin the next name here; people mean something else.
    if rest.peek().is_some_and(|letter| !letter.is_ascii_whitespace()) {
        return Err(StringFault::Form);
    }
    Ok(value)
}
