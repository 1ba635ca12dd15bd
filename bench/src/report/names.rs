//! What cells are about.

use serde::Serialize;

/// One thing whose rate and latency are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    Bare,
    BareExchange,
    Sync,
    GroupCommit,
    SingleCommit,
    Resolve,
    Change,
    ResolveSmall,
    ResolveLarge,
    ListSmall,
    ListLarge,
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
            Self::ResolveSmall | Self::ResolveLarge | Self::ListSmall | Self::ListLarge => 7,
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Bare => "bare axum JSON answer",
            Self::BareExchange => "axum, JSON read and answered",
            Self::Sync => "raw sync of 4 KiB",
            Self::GroupCommit => "one bare row, group commit",
            Self::SingleCommit => "one bare row, one sync each",
            Self::Resolve => "resolve, audit durable",
            Self::Change => "change, no outside check",
            Self::ResolveSmall => "resolve, 1,000 stored",
            Self::ResolveLarge => "resolve, large store",
            Self::ListSmall => "list page, 1,000 stored",
            Self::ListLarge => "list page, large store",
        }
    }
}
