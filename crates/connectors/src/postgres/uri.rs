//! The URL form of a connection string, where libpq and URL parsers agree on what it means.
//!
//! Source: PostgreSQL manual, "Connection URIs"; RFC 3986. Must never guess: `@` or `#` that is not escaped
//! ends the user information for one reader and not for another (SSR-06).

use strongroom_domain::Secret;

use super::login::{Parts, StringFault};

/// `rest` is what follows `postgresql://`.
pub(super) fn parse(rest: &str) -> Result<Parts, StringFault> {
    if rest.contains('#') {
        return Err(StringFault::Unescaped);
    }
    let (before_query, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = before_query.split_once('/').unwrap_or((before_query, ""));
    let mut parts = Parts::default();
    if let Some((user_information, host)) = authority.split_once('@') {
        put_user(&mut parts, user_information)?;
        put_host(&mut parts, host)?;
    } else {
        put_host(&mut parts, authority)?;
    }
    if !database.is_empty() {
        parts.put("dbname", decoded(database)?)?;
    }
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        put_parameter(&mut parts, parameter)?;
    }
    Ok(parts)
}

fn put_user(parts: &mut Parts, user_information: &str) -> Result<(), StringFault> {
    let Some((user, password)) = user_information.split_once(':') else {
        return parts.put("user", decoded(user_information)?);
    };
    parts.put("user", decoded(user)?)?;
    parts.put("password", decoded(password)?)
}

/// Not decoded: no host has a character that needs it, and a socket's folder does.
fn put_host(parts: &mut Parts, text: &str) -> Result<(), StringFault> {
    if text.contains('@') {
        return Err(StringFault::Unescaped);
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').ok_or(StringFault::Form)?;
            let port = after.strip_prefix(':');
            if port.is_none() && !after.is_empty() || !address.contains(':') {
                return Err(StringFault::Form);
            }
            (address, port)
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    if !host.is_empty() {
        parts.put("host", Secret::new(host.to_owned()))?;
    }
    match port {
        Some("") => Err(StringFault::Port),
        Some(port) => parts.put("port", Secret::new(port.to_owned())),
        None => Ok(()),
    }
}

fn put_parameter(parts: &mut Parts, parameter: &str) -> Result<(), StringFault> {
    let (name, value) = parameter.split_once('=').ok_or(StringFault::Form)?;
    // A form decoder reads `+` as a space, libpq as itself.
    if value.contains(['+', '=']) {
        return Err(StringFault::Unescaped);
    }
    parts.put(name, decoded(value)?)
}

/// RFC 3986 section 2.1, strictly; the result must be UTF-8.
fn decoded(text: &str) -> Result<Secret<String>, StringFault> {
    // In its final size from the start, so that no piece of a password stays behind in memory.
    let mut bytes = Secret::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let (decoded, remaining) = if byte == b'%' { escape(after)? } else { (byte, after) };
        // EXPOSE: the decoded text is being made.
        bytes.expose_mut().push(decoded);
        rest = remaining;
    }
    // EXPOSE: into a secret again.
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| StringFault::Escape)?;
    Ok(Secret::new(text.to_owned()))
}

fn escape(after: &[u8]) -> Result<(u8, &[u8]), StringFault> {
    let [high, low, rest @ ..] = after else { return Err(StringFault::Escape) };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low);
    Ok((byte.ok_or(StringFault::Escape)?, rest))
}
