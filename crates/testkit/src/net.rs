//! Many canaries hunted in one pass, for sinks that are large or many.

use std::collections::HashMap;

use crate::Canary;

/// Finds every form of every canary it was made of. Each form has eight bytes or more.
#[derive(Debug)]
pub struct Net {
    /// Which two bytes a form begins with: most places of a haystack are passed over by this alone.
    begins: Vec<bool>,
    /// By their first eight bytes: the canary's number, the form's name, the rest of its bytes.
    forms: HashMap<[u8; 8], Vec<Catch>>,
}

#[derive(Debug)]
struct Catch {
    canary: usize,
    form: &'static str,
    rest: Vec<u8>,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// The canary's number, in the order in which they were given.
    pub canary: usize,
    /// The shape it was found in.
    pub form: &'static str,
    /// How many bytes stand before it.
    pub at: usize,
}

impl Net {
    /// For text: logs, answers, files.
    pub fn of<'a>(canaries: impl IntoIterator<Item = &'a Canary>) -> Self {
        Self::made(canaries.into_iter().map(Canary::forms))
    }

    /// For memory, where eight hex digits of somebody else's are no wonder, and where the first words of what was
    /// given back are often overwritten: halves are looked for in place of the catalogue's eight characters.
    pub fn for_memory<'a>(canaries: impl IntoIterator<Item = &'a Canary>) -> Self {
        Self::made(canaries.into_iter().map(Canary::forms_in_memory))
    }

    fn made(forms: impl Iterator<Item = Vec<(&'static str, Vec<u8>)>>) -> Self {
        let mut net = Self { begins: vec![false; 1 << 16], forms: HashMap::new() };
        for (canary, forms) in forms.enumerate() {
            for (form, bytes) in forms {
                let (head, rest) = bytes.split_first_chunk::<8>().expect("a form has eight bytes");
                net.begins[usize::from(u16::from_be_bytes([head[0], head[1]]))] = true;
                net.forms.entry(*head).or_default().push(Catch { canary, form, rest: rest.to_vec() });
            }
        }
        net
    }

    /// Everything that is found, in the order in which it stands there.
    pub fn find_in(&self, haystack: &[u8]) -> Vec<Find> {
        let mut found = Vec::new();
        for (at, pair) in haystack.windows(2).enumerate() {
            if !self.begins[usize::from(u16::from_be_bytes([pair[0], pair[1]]))] {
                continue;
            }
            let Some((head, rest)) = haystack[at..].split_first_chunk::<8>() else { break };
            for catch in self.forms.get(head).into_iter().flatten() {
                if rest.starts_with(&catch.rest) {
                    found.push(Find { canary: catch.canary, form: catch.form, at });
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Canaries;

    #[test]
    fn finds_what_each_canary_finds_alone() {
        let mut canaries = Canaries::seeded(72);
        let both = [canaries.make("one"), canaries.make_awkward("two")];
        let net = Net::of(&both);
        let text = both[1].text();
        for haystack in
            [format!("a {text} b"), format!("{text:?}"), text[10..40].to_owned(), "cnry-".to_owned()]
        {
            let mut alone = both[1].find_in(haystack.as_bytes());
            let mut found: Vec<_> = net.find_in(haystack.as_bytes()).iter().map(|find| find.form).collect();
            alone.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, alone, "{haystack}");
            assert!(net.find_in(haystack.as_bytes()).iter().all(|find| find.canary == 1));
        }
    }

    #[test]
    fn half_of_a_canary_is_found_in_memory() {
        let canary = Canaries::seeded(73).make("freed");
        let left = &canary.text().as_bytes()[canary.text().len() - 20..];
        assert_eq!(Net::for_memory([&canary]).find_in(left)[0].form, "last half");
        assert_eq!(Net::for_memory([&canary]).find_in(&left[12..]), []);
    }
}
