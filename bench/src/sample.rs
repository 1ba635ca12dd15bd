//! What one stretch of load showed.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Longest latency that is told apart from longer ones.
const LONGEST_NANOS: u64 = 60_000_000_000;
/// Shortest, likewise.
const SHORTEST_NANOS: u64 = 1_000;

/// Rate and latency of one stretch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Acts per second.
    pub(crate) rate: f64,
    /// Microseconds that half of the acts stayed within.
    pub(crate) p50_us: f64,
    /// Microseconds that 99 of 100 acts stayed within.
    pub(crate) p99_us: f64,
    /// Microseconds of processor time that the server spent on each act; unknown for processes of rows 2 and 3.
    pub(crate) cpu_us: Option<f64>,
    /// Answers that were not a success. They count for nothing else.
    pub(crate) refused: u64,
}

/// Collects latencies. One for each client; merged at the end.
#[derive(Debug)]
pub(crate) struct Recorder {
    latencies: Histogram<u64>,
    refused: u64,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        let latencies = Histogram::new_with_bounds(SHORTEST_NANOS, LONGEST_NANOS, 3);
        Self { latencies: latencies.expect("the bounds are sound constants"), refused: 0 }
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        self.latencies.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(LONGEST_NANOS));
    }

    pub(crate) const fn refuse(&mut self) {
        self.refused += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.latencies += &other.latencies;
        self.refused += other.refused;
    }

    /// What it adds up to. A stretch without a single success has no rate worth telling.
    pub(crate) fn sample(&self, over: Duration) -> Result<Sample> {
        let count = self.latencies.len();
        ensure!(count > 0, "nothing succeeded; {} answers were refusals", self.refused);
        Ok(Sample {
            rate: per_second(count, over),
            p50_us: micros(self.latencies.value_at_quantile(0.5)),
            p99_us: micros(self.latencies.value_at_quantile(0.99)),
            cpu_us: None,
            refused: self.refused,
        })
    }

    /// The same, where the server spent this much processor time meanwhile.
    pub(crate) fn sample_of_server(&self, over: Duration, spent: Duration) -> Result<Sample> {
        let sample = self.sample(over)?;
        let cpu_us = spent.as_secs_f64() * 1e6 / (sample.rate * over.as_secs_f64());
        Ok(Sample { cpu_us: Some(cpu_us), ..sample })
    }
}

/// A median and what it lies between.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Of any number of values but none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Result<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let median = *values.get(values.len() / 2).context("nothing was measured")?;
        Ok(Self { median, low: values[0], high: values[values.len() - 1] })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate has three digits that mean something")]
pub(crate) fn per_second(count: u64, over: Duration) -> f64 {
    count as f64 / over.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "below a minute in nanoseconds, which is exact")]
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_three_is_the_middle_one() {
        let spread = Spread::of([3.0, 1.0, 2.0]).unwrap();
        assert_eq!((spread.low, spread.median, spread.high), (1.0, 2.0, 3.0));
        assert!(Spread::of([]).is_err());
    }

    #[test]
    fn quantiles_are_those_of_all_clients_together() {
        let (mut one, mut other) = (Recorder::new(), Recorder::new());
        (1..=98).for_each(|_| one.record(Duration::from_micros(100)));
        (1..=2).for_each(|_| other.record(Duration::from_millis(7)));
        other.refuse();
        one.merge(&other);
        let sample = one.sample(Duration::from_secs(2)).unwrap();
        assert!((sample.rate - 50.0).abs() < f64::EPSILON);
        assert!((sample.p50_us - 100.0).abs() < 1.0 && (sample.p99_us - 7_000.0).abs() < 10.0, "{sample:?}");
        assert_eq!(sample.refused, 1);
    }

    #[test]
    fn processor_time_is_shared_by_the_acts() {
        let mut recorder = Recorder::new();
        (0..1_000).for_each(|_| recorder.record(Duration::from_micros(100)));
        let sample = recorder.sample_of_server(Duration::from_secs(2), Duration::from_millis(30)).unwrap();
        assert!((sample.cpu_us.unwrap() - 30.0).abs() < 1e-6, "{sample:?}");
    }

    #[test]
    fn refusals_alone_are_no_sample() {
        let mut recorder = Recorder::new();
        recorder.refuse();
        assert!(recorder.sample(Duration::from_secs(1)).is_err());
    }
}
