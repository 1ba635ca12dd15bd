//! Requests are due at fixed times; latency counts from when a request was due.
//!
//! A thread of its own hands out what is due every quarter of a millisecond, since the timer of the
//! runtime counts whole milliseconds. The next client that is free takes the request that is due longest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::{Client, Load, gather};
use crate::plan::Span;
use crate::process;
use crate::sample::{Recorder, Sample};

/// How often requests fall due.
const TICK: Duration = Duration::from_nanos(TICK_NANOS);
const TICK_NANOS: u64 = 250_000;

/// Loads the server with `rate` requests a second for one stretch, over this many connections. All that
/// fell due is answered before it returns, however long that takes.
pub(crate) async fn run(load: &Load, clients: usize, rate: f64, span: Span) -> Result<Sample> {
    let connected = load.connect(clients).await?;
    let schedule = Arc::new(Schedule::new(rate, Instant::now(), span));
    let begin = schedule.start + span.warm_up;
    let pacer = std::thread::spawn({
        let schedule = Arc::clone(&schedule);
        move || schedule.pace(clients)
    });
    let work = |client| converse(client, Arc::clone(&schedule), begin);
    let running: JoinSet<_> = connected.into_iter().map(work).collect();
    sleep_until(begin).await;
    let before = process::cpu_time(load.pid)?;
    let all = gather(running).await?;
    let over = span.length.max(begin.elapsed());
    let spent = process::cpu_time(load.pid)?.saturating_sub(before);
    pacer.join().expect("the pacer only sleeps and counts");
    all.sample_of_server(over, spent)
}

async fn converse(mut client: Client, schedule: Arc<Schedule>, begin: Instant) -> Result<Recorder> {
    let mut recorder = Recorder::new();
    while let Some(due) = schedule.next().await {
        let success = client.act().await?;
        if begin <= due {
            if success { recorder.record(due.elapsed()) } else { recorder.refuse() }
        }
    }
    Ok(recorder)
}

/// When each request is due, and who takes it. Whole numbers only: both directions must agree on the last
/// request, or a client would wait for one that never falls due.
struct Schedule {
    start: Instant,
    /// From one request to the next, in nanoseconds.
    interval: u64,
    ticks: u32,
    /// One permit for each request that is due and not taken.
    due: Semaphore,
    taken: AtomicU64,
}

impl Schedule {
    fn new(rate: f64, start: Instant, span: Span) -> Self {
        let ticks = (span.warm_up + span.length).as_micros() / TICK.as_micros();
        let interval = Duration::from_secs_f64(1.0 / rate.max(1.0)).as_nanos();
        Self {
            start,
            interval: u64::try_from(interval).expect("a second at most").max(1),
            ticks: u32::try_from(ticks).expect("a stretch is seconds long"),
            due: Semaphore::new(0),
            taken: AtomicU64::new(0),
        }
    }

    /// Waits for a request that is due and takes it; says when it was due. `None` when there are no more.
    async fn next(&self) -> Option<Instant> {
        self.due.acquire().await.ok()?.forget();
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let tick = self.tick_of(number);
        (tick <= u64::from(self.ticks)).then(|| self.start + Duration::from_nanos(tick * TICK_NANOS))
    }

    /// Hands out what is due until all is, then wakes every client once more to find out.
    fn pace(&self, clients: usize) {
        let mut handed = 0;
        for tick in 1..=self.ticks {
            std::thread::sleep((self.start + TICK * tick).saturating_duration_since(Instant::now()));
            let due = self.due_by(tick);
            self.due.add_permits(due - handed);
            handed = due;
        }
        self.due.add_permits(clients);
    }

    /// How many requests are due by the end of this tick.
    fn due_by(&self, tick: u32) -> usize {
        let due = u64::from(tick) * TICK_NANOS / self.interval;
        usize::try_from(due).expect("a stretch has millions of requests, not more")
    }

    /// The tick at which the request with this number, counted from 0, falls due.
    const fn tick_of(&self, number: u64) -> u64 {
        ((number + 1) * self.interval).div_ceil(TICK_NANOS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(rate: f64) -> Schedule {
        let span = Span { warm_up: Duration::from_millis(5), length: Duration::from_millis(20) };
        Schedule::new(rate, Instant::now(), span)
    }

    #[test]
    fn a_request_falls_due_at_the_tick_that_hands_it_out() {
        for rate in [100.0, 3_000.0, 7_789.32, 12_345.6, 70_000.0, 1_000_000.0] {
            let schedule = schedule(rate);
            let mut handed = 0;
            for tick in 1..=schedule.ticks {
                let due = schedule.due_by(tick);
                assert!(
                    (handed..due).all(|number| schedule.tick_of(number as u64) == u64::from(tick)),
                    "{rate}, {tick}"
                );
                handed = due;
            }
            assert!(schedule.tick_of(handed as u64) > u64::from(schedule.ticks), "{rate}");
        }
    }

    #[tokio::test]
    async fn latency_counts_from_when_a_request_was_due() {
        let schedule = schedule(4_000.0);
        schedule.pace(1);
        // Nobody was there to take it when it was due: what waits longest comes first, charged for all of it.
        let due = schedule.next().await.unwrap();
        assert_eq!(due, schedule.start + TICK);
        assert!(due.elapsed() >= TICK * (schedule.ticks - 1));
    }

    #[tokio::test]
    async fn a_schedule_ends_for_every_client() {
        let schedule = schedule(4_000.0);
        schedule.pace(2);
        let mut taken = 0;
        while schedule.next().await.is_some() {
            taken += 1;
        }
        assert_eq!(taken, schedule.due_by(schedule.ticks));
        assert!(schedule.next().await.is_none());
    }
}
