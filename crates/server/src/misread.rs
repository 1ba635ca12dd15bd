//! Why arguments were not understood, without what was given.
//!
//! Must never repeat a word that is not one of ours: it may be a secret in the wrong place.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue};

/// The cause, in one sentence.
pub(crate) fn cause_of(error: &clap::Error) -> String {
    let cause = given(error).map_or_else(|| said_by_clap(error), |value| without(error, value));
    let suggested = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg];
    match suggested.into_iter().find_map(|kind| words(error, kind).first().copied()) {
        Some(name) if given(error).is_some() => format!("{cause}; did you mean '{name}'?"),
        _ => cause,
    }
}

/// What was given and is not to be repeated: a value, a word in the place of a command, an argument too many.
fn given(error: &clap::Error) -> Option<&str> {
    let text = |kind| words(error, kind).first().copied().filter(|text| !text.is_empty());
    let is_unknown = error.kind() == clap::error::ErrorKind::UnknownArgument;
    let argument = || text(ContextKind::InvalidArg).filter(|text| is_unknown && !is_flag(text));
    text(ContextKind::InvalidValue).or_else(|| text(ContextKind::InvalidSubcommand)).or_else(argument)
}

/// A flag's name tells nothing; anything longer, or with other letters, may be a key that begins with a hyphen.
fn is_flag(text: &str) -> bool {
    let name = text.strip_prefix("--").or_else(|| text.strip_prefix('-'));
    name.is_some_and(|name| {
        (1..=24).contains(&name.len())
            && name
                .split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    })
}

fn without(error: &clap::Error, value: &str) -> String {
    let arguments = words(error, ContextKind::InvalidArg);
    if !words(error, ContextKind::InvalidSubcommand).is_empty() {
        return "there is no such command".to_owned();
    }
    let Some(argument) = arguments.first().filter(|argument| **argument != value) else {
        return "there is an argument too many; it is not repeated, since it may be a secret".to_owned();
    };
    let takes = words(error, ContextKind::ValidValue).join(", ");
    let source = error.source().map(ToString::to_string).filter(|text| !text.contains(value));
    let why = match (takes.is_empty(), source) {
        (false, _) => format!(": it takes {takes}"),
        (true, Some(why)) => format!(": {why}"),
        (true, None) => String::new(),
    };
    format!("{argument} does not take what was given{why}")
}

/// What clap says before its usage line, which shows variables as if they had to be given.
fn said_by_clap(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let said: Vec<&str> = said.map(str::trim).filter(|line| !line.is_empty()).collect();
    said.join(" ").trim_start_matches("error: ").to_owned()
}

fn words(error: &clap::Error, kind: ContextKind) -> Vec<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::arguments::Arguments;

    fn cause(arguments: &[&str]) -> String {
        let words = [&["strongroom"], arguments].concat();
        cause_of(&Arguments::command().try_get_matches_from(words).unwrap_err())
    }

    #[test]
    fn rem_10_no_misplaced_secret_is_repeated() {
        const S: &str = "cnry-misplaced";
        let pem = "-----BEGIN PRIVATE KEY-----\ncnry";
        let joined = "password=cnry-misplaced";
        for arguments in [
            &["credential", "update", "envx", joined][..],
            &["credential", "list", "-o", S],
            &["credential", "list", "--output=cnry-misplaced"],
            &["credential", "list", "--limit", S],
            &["credential", "list", "--password=cnry-misplaced"],
            &["credential", "list", "--cnry-misplaced-9"],
            &["credential", "list", pem],
            &["credential", S],
            &[S],
            &[pem],
        ] {
            let said = cause(arguments);
            assert!(!said.contains("cnry") && !said.contains("BEGIN"), "{arguments:?}: {said}");
            assert!(!said.is_empty());
        }
    }

    #[test]
    fn what_is_ours_is_named() {
        assert!(cause(&["credential", "list", "-o", "jsn"]).contains("--output"));
        assert!(cause(&["credential", "list", "-o", "jsn"]).contains("json"));
        assert!(cause(&["credential", "list", "--no-such"]).contains("--no-such"));
        assert!(cause(&["credentail"]).contains("did you mean 'credential'?"));
    }
}
