//! Exit codes (UX.md section 2): what a script can tell apart without reading a word.

use std::process::ExitCode;

/// How a command ended that did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 1: anything that is not one of the others.
    Failed,
    /// 2: bad flag, argument or configuration.
    Usage,
    /// 3: there is no such thing, or this token may not know of it.
    NotFound,
    /// 4: no token, or one that is not taken.
    Login,
    /// 5: known, and not allowed.
    Forbidden,
    /// 6: something else is there already: another version, the same name, a hold.
    Conflict,
    /// 7: not reachable, locked or overloaded; the same later may do.
    Unavailable,
    /// 8: the check said no.
    Fault,
    /// 130: the person at the terminal ended it.
    Interrupted,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Login => 4,
            Self::Forbidden => 5,
            Self::Conflict => 6,
            Self::Unavailable => 7,
            Self::Fault => 8,
            Self::Interrupted => 130,
        }
    }

    /// The other way round; a word that is none of ours is a failure like any other.
    pub(super) fn of_word(word: &str) -> Self {
        let all = [Self::Usage, Self::NotFound, Self::Conflict, Self::Unavailable, Self::Fault];
        all.into_iter().find(|exit| exit.word() == word).unwrap_or(Self::Failed)
    }

    /// The error's code where the API gave none.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Login => "login_needed",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
            Self::Unavailable => "not_reachable",
            Self::Fault => "fault_found",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
