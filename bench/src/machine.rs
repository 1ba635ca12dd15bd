//! The machine that is measured, and whether it was idle.

use serde::Serialize;

/// A load average above which figures are not to be published.
const IDLE: f64 = 0.5;

/// What a figure means nothing without.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) processor: String,
    pub(crate) kernel: String,
    /// Runnable processes over the last minute, before anything was measured.
    pub(crate) load_before: f64,
}

impl Machine {
    /// Whether something else was running.
    pub(crate) fn is_busy(&self) -> bool {
        self.load_before > IDLE
    }
}

/// Looks at `/proc`. What is not there stays unknown.
pub(crate) fn look() -> Machine {
    Machine {
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        processor: processor().unwrap_or_else(|| "unknown".to_owned()),
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        load_before: read("/proc/loadavg")
            .split(' ')
            .next()
            .and_then(|load| load.parse().ok())
            .unwrap_or(0.0),
    }
}

fn processor() -> Option<String> {
    let text = read("/proc/cpuinfo");
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
