//! What cells are about.

use serde::Serialize;
use strongroom_domain::dialect::Dialect;

/// One thing whose rate and latency are measured, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    Bare,
    BareExchange,
    Sync,
    GroupCommit,
    SingleCommit,
    Resolve,
    Change,
    Exchange,
    ResolveSmall,
    ResolveLarge,
    ResolveEverywhere,
    ListSmall,
    ListLarge,
    ListEverywhere,
    /// A dialect's call.
    Spoken(Dialect, Call),
    /// The native call that does the same work, over the same credentials.
    Beside(Dialect, Call),
}

/// What a dialect and the native API do alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    /// Shows one credential.
    Get,
    /// Shows fifty.
    List,
    /// Changes a secret.
    Update,
}

impl Call {
    pub(crate) const ALL: [Self; 3] = [Self::Get, Self::List, Self::Update];

    const fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Update => "update",
        }
    }
}

impl What {
    /// The row of the table in `bench/README.md`.
    pub(crate) const fn row(self) -> u8 {
        match self {
            Self::Bare | Self::BareExchange => 1,
            Self::Sync => 2,
            Self::GroupCommit | Self::SingleCommit => 3,
            Self::Resolve => 4,
            Self::Change => 5,
            Self::Exchange => 12,
            Self::ResolveSmall
            | Self::ResolveLarge
            | Self::ResolveEverywhere
            | Self::ListSmall
            | Self::ListLarge
            | Self::ListEverywhere => 7,
            Self::Spoken(..) | Self::Beside(..) => 10,
        }
    }

    pub(crate) fn title(self) -> String {
        let title = match self {
            Self::Bare => "bare axum JSON answer",
            Self::BareExchange => "axum, JSON read and answered",
            Self::Sync => "raw sync of 4 KiB",
            Self::GroupCommit => "one bare row, group commit",
            Self::SingleCommit => "one bare row, one sync each",
            Self::Resolve => "resolve, audit durable",
            Self::Change => "change, no outside check",
            Self::Exchange => "token for a run, no write",
            Self::ResolveSmall => "resolve, small store",
            Self::ResolveLarge => "resolve, large store",
            Self::ResolveEverywhere => "resolve, all organizations",
            Self::ListSmall => "list page, small store",
            Self::ListLarge => "list page, large store",
            Self::ListEverywhere => "list page, all organizations",
            Self::Spoken(dialect, call) => return format!("{dialect}: {}", call.word()),
            Self::Beside(dialect, call) => return format!("native {} beside {dialect}", call.word()),
        };
        title.to_owned()
    }
}
