//! Single numbers: sizes, times, counts.

use serde::Serialize;

use crate::sample::Spread;

/// One number with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: Name,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    /// Where it was taken more than once.
    pub(crate) spread: Option<Spread>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Name {
    Check,
    CheckedChange,
    CheckOverhead,
    WatchedChange,
    EarsMedian,
    EarsP99,
    MemoryWatched,
    LargeStore,
    Start,
    MemoryAtRest,
    MemoryUnderLoad,
    MemoryAtRestLarge,
    MemoryUnderLoadLarge,
    Binary,
    CleanBuild,
    TimesFlowise,
    TimesN8n,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Bytes,
    Count,
    Micros,
    Seconds,
    Times,
}

impl Name {
    pub(crate) const fn row(self) -> u8 {
        match self {
            Self::Check | Self::CheckedChange | Self::CheckOverhead => 6,
            Self::LargeStore => 7,
            Self::TimesFlowise | Self::TimesN8n => 11,
            Self::WatchedChange | Self::EarsMedian | Self::EarsP99 | Self::MemoryWatched => 9,
            _ => 8,
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Check => "PostgreSQL check alone, median",
            Self::CheckedChange => "change with that check, median",
            Self::CheckOverhead => "overhead of the change over the check",
            Self::WatchedChange => "change while 1,000 watch, median",
            Self::EarsMedian => "change to a watcher's ears, 1,000 watchers, median",
            Self::EarsP99 => "change to a watcher's ears, 1,000 watchers, p99",
            Self::MemoryWatched => "memory under load (highest), 1,000 watchers",
            Self::LargeStore => "credentials in the large store",
            Self::Start => "start with the large store to first answer",
            Self::MemoryAtRest => "memory at rest, new store",
            Self::MemoryUnderLoad => "memory under load (highest), rows 4 and 5",
            Self::MemoryAtRestLarge => "memory at rest, large store",
            Self::MemoryUnderLoadLarge => "memory under load (highest), large store",
            Self::Binary => "release binary, stripped",
            Self::CleanBuild => "clean release build",
            Self::TimesFlowise => "changes a second, 64 clients, against Flowise's 15",
            Self::TimesN8n => "changes a second, 64 clients, against n8n's 59",
        }
    }
}

impl Figure {
    pub(crate) fn bytes(name: Name, bytes: u64) -> Self {
        Self::plain(name, exact(bytes), Unit::Bytes)
    }

    pub(crate) fn count(name: Name, count: usize) -> Self {
        Self::plain(name, exact(count as u64), Unit::Count)
    }

    pub(crate) const fn micros(name: Name, micros: f64) -> Self {
        Self::plain(name, micros, Unit::Micros)
    }

    pub(crate) const fn seconds(name: Name, spread: Spread) -> Self {
        Self { name, value: spread.median, unit: Unit::Seconds, spread: Some(spread) }
    }

    /// Taken once.
    pub(crate) const fn duration(name: Name, seconds: f64) -> Self {
        Self::plain(name, seconds, Unit::Seconds)
    }

    pub(crate) const fn times(name: Name, times: f64) -> Self {
        Self::plain(name, times, Unit::Times)
    }

    const fn plain(name: Name, value: f64, unit: Unit) -> Self {
        Self { name, value, unit, spread: None }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of memory and files are below 2^52")]
const fn exact(number: u64) -> f64 {
    number as f64
}
