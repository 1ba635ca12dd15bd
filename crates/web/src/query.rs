//! Query strings, strictly: known names, once each, well encoded (INP-14).
//!
//! Names that are not known are counted and not repeated: someone may have put a secret there (PRP-09).

use std::ops::RangeInclusive;
use std::str::FromStr;

use strongroom_domain::{Error, Fault};

use crate::percent;

/// The only name that may stand more than once: several labels must all match.
const REPEATABLE: &str = "label";

/// The parameters of one request, and the faults found while reading them.
#[derive(Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl Query {
    /// Reads a query string that may have these names and no others.
    pub fn parse(text: &str, names: &[&str]) -> Self {
        let mut query = Self::default();
        let mut unknown = 0_usize;
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (names.iter().find(|known| **known == name), percent::decode(value)) {
                (None, _) => unknown += 1,
                (Some(_), None) => query.fault(name, "is not well percent-encoded UTF-8"),
                (Some(_), Some(value)) => query.add(name, value),
            }
        }
        if unknown > 0 {
            query.faults.push(unknown_parameters(unknown, names));
        }
        query
    }

    /// Reads a query string of any names, each as often as it stands. What does not decode is left out.
    pub fn parse_leniently(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((percent::decode(name)?, percent::decode(value)?))
        });
        Self { pairs: pairs.collect(), faults: Vec::new() }
    }

    /// A parameter as it stands.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All parameters as they stand, names decoded.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of a parameter that may stand more than once.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of some type; a fault with these words where it is not.
    pub fn parsed<T: FromStr>(&mut self, name: &str, wanted: &str) -> Option<T> {
        let parsed = self.text(name)?.parse().ok();
        if parsed.is_none() {
            self.fault(name, wanted);
        }
        parsed
    }

    /// `true` or `false`; `false` where it is absent.
    pub fn flag(&mut self, name: &str) -> bool {
        self.parsed(name, "must be true or false").unwrap_or(false)
    }

    /// A whole number within bounds.
    pub fn number(&mut self, name: &str, bounds: RangeInclusive<usize>) -> Option<usize> {
        let wanted = format!("must be a whole number from {} to {}", bounds.start(), bounds.end());
        let number = self.parsed(name, &wanted)?;
        if !bounds.contains(&number) {
            self.fault(name, &wanted);
        }
        Some(number)
    }

    /// Notes what is wrong with a parameter.
    pub fn fault(&mut self, name: &str, message: &str) {
        self.faults.push(Fault::new(format!("/{name}"), message));
    }

    /// Whether anything was wrong.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn finish(&mut self) -> Result<(), Error> {
        if self.faults.is_empty() { Ok(()) } else { Err(Error::invalid(std::mem::take(&mut self.faults))) }
    }

    fn add(&mut self, name: &str, value: String) {
        if name != REPEATABLE && self.text(name).is_some() {
            self.fault(name, "must stand only once");
        }
        self.pairs.push((name.to_owned(), value));
    }
}

fn unknown_parameters(count: usize, names: &[&str]) -> Fault {
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let message =
        format!("{count} unknown query parameter(s), not repeated here; known on this route: {known}");
    Fault::new("", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let mut query = Query::parse(text, &["limit", "label", "force"]);
        query.number("limit", 1..=200);
        query.flag("force");
        match query.finish() {
            Err(Error::Invalid(_, faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
            other => {
                assert!(other.is_ok());
                Vec::new()
            }
        }
    }

    #[test]
    fn inp_14_unknown_and_repeated_parameters_are_faults() {
        assert_eq!(faults("limit=5&label=a:b&label=c:d&force=true"), [""; 0]);
        assert_eq!(faults("limit=5&limit=5"), ["/limit"]);
        assert_eq!(faults("Limit=5"), [""]);
        assert_eq!(faults("limit[]=5&limit%5B%5D=5"), [""]);
        assert_eq!(faults("label=%zz&label=%C3"), ["/label", "/label"]);
        for value in ["0", "201", "-1", "+", "1.0", "", "99999999999999999999999"] {
            assert_eq!(faults(&format!("limit={value}")), ["/limit"], "{value}");
        }
        for value in ["", "1", "TRUE", "yes"] {
            assert_eq!(faults(&format!("force={value}")), ["/force"], "{value}");
        }
    }

    #[test]
    fn a_lenient_query_keeps_what_it_can_read() {
        let query = Query::parse_leniently("a=1&b=%zz&a=2&options.force=true&c&&%C3=1&d=x%20y");
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((query.text("b"), query.text("c"), query.text("d")), (None, Some(""), Some("x y")));
        assert_eq!(query.text("options.force"), Some("true"));
    }

    #[test]
    fn prp_09_what_stands_in_an_unknown_parameter_is_not_repeated() {
        let query = Query::parse("token=cnry-token&cnry-name=1", &["limit"]);
        assert!(!format!("{query:?}").contains("cnry"), "{query:?}");
    }
}
