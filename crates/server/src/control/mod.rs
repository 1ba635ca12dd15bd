//! What an operator may ask of a running server, and how it is asked: one line of JSON to the socket in the
//! data folder, then lines of JSON until the last.
//!
//! The same orders are carried out without a server, on the folder itself, by the same code. Must never
//! take a key in an order, only the name of its file: both sides run as the same account.

mod act;
mod ask;
mod serve;

use std::path::PathBuf;

use serde_json::{Value, json};

pub(crate) use act::{Hear, Operator, as_json};
pub(crate) use ask::ask;
pub(crate) use serve::serve;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// Tell which keys there are and what is on them.
    Status,
    /// Rotate the KEKs of one organization (id or slug), or of all.
    RotateKek { organization: Option<String>, begin: Begin },
    /// Put the key of this file in force as the root key.
    RotateRoot { file: PathBuf },
}

/// Whether a rotation begins a new epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    Epoch,
    /// Goes on with the last one.
    Nothing,
}

impl Order {
    /// What was not done where it failed.
    pub(crate) const fn undone(&self) -> &'static str {
        match self {
            Self::Status => "the keys were not looked at",
            Self::RotateKek { .. } => "no key was rotated",
            Self::RotateRoot { .. } => "the root key was not rotated",
        }
    }

    fn to_line(&self) -> String {
        let order = match self {
            Self::Status => json!({"do": "status"}),
            Self::RotateKek { organization, begin } => {
                json!({"do": "rotate_kek", "organization": organization, "resume": *begin == Begin::Nothing})
            }
            Self::RotateRoot { file } => json!({"do": "rotate_root", "file": file.to_str()}),
        };
        format!("{order}\n")
    }

    fn of_line(line: &str) -> Option<Self> {
        let order: Value = serde_json::from_str(line).ok()?;
        Some(match order["do"].as_str()? {
            "status" => Self::Status,
            "rotate_kek" => Self::RotateKek {
                organization: order["organization"].as_str().map(str::to_owned),
                begin: if order["resume"].as_bool()? { Begin::Nothing } else { Begin::Epoch },
            },
            "rotate_root" => Self::RotateRoot { file: order["file"].as_str()?.into() },
            _ => return None,
        })
    }
}

/// How far a rotation of KEKs is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Whose.
    pub(crate) organization: String,
    /// Rewrapping, or looking whether all is done.
    pub(crate) walk: u32,
    pub(crate) done: u64,
    pub(crate) total: u64,
}

/// A line of the answer.
enum Word {
    Progress(Heard),
    Done(Value),
    Refused(Value),
}

impl Word {
    fn to_line(&self) -> String {
        match self {
            Self::Progress(Heard { organization, walk, done, total }) => {
                json!({"organization": organization, "walk": walk, "done": done, "total": total}).to_string()
            }
            Self::Done(result) => json!({ "result": result }).to_string(),
            Self::Refused(refusal) => refusal.to_string(),
        }
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut word: Value = serde_json::from_str(line).ok()?;
        if word["error"].is_object() {
            return Some(Self::Refused(word));
        }
        if word["result"].is_object() {
            return Some(Self::Done(word["result"].take()));
        }
        Some(Self::Progress(Heard {
            organization: word["organization"].as_str()?.to_owned(),
            walk: word["walk"].as_u64()?.try_into().ok()?,
            done: word["done"].as_u64()?,
            total: word["total"].as_u64()?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_words_go_both_ways() {
        for order in [
            Order::Status,
            Order::RotateKek { organization: None, begin: Begin::Epoch },
            Order::RotateKek { organization: Some("default".to_owned()), begin: Begin::Nothing },
            Order::RotateRoot { file: "/etc/strongroom/root-2.key".into() },
        ] {
            assert_eq!(Order::of_line(&order.to_line()), Some(order));
        }
        let heard = Heard { organization: "default".to_owned(), walk: 1, done: 3, total: 9 };
        let word = Word::of_line(&Word::Progress(heard.clone()).to_line());
        assert!(matches!(word, Some(Word::Progress(same)) if same == heard));
        assert!(
            matches!(Word::of_line(r#"{"result":{"a":1}}"#), Some(Word::Done(result)) if result["a"] == 1)
        );
        assert!(matches!(Word::of_line(r#"{"error":{"code":"failed"}}"#), Some(Word::Refused(_))));
        assert_eq!(Order::of_line("{\"do\":\"anything\"}"), None);
        assert!(Word::of_line("HTTP/1.1 200 OK").is_none());
    }
}
