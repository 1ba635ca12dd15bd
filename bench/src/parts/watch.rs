//! Row 9: from a change to the ears of a thousand watchers.
//!
//! One client changes one credential at a steady pace; every watcher listens on a connection of its own in
//! this process, which shares the cores with the server and reads a thousand sockets itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::World;
use crate::arguments::Part;
use crate::driver::{Connection, Script};
use crate::progress;
use crate::report::{Figure, Name, Report};
use crate::sample::Recorder;
use crate::server::Server;

/// As many as a node takes.
const WATCHERS: usize = 1_000;
/// Between two changes: longer than the bar, so that no event waits for the one before it.
const PACE: Duration = Duration::from_millis(50);
/// Changes that count for nothing.
const WARM_UP: usize = 10;
/// For the last event to reach the last watcher.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures it, if wanted.
pub(crate) async fn measure(world: &World<'_>, report: &mut Report) -> Result<()> {
    if !world.wants(Part::Watch) {
        return Ok(());
    }
    progress::step("change to the ears of 1,000 watchers");
    let server = world.program.start(&world.place("watch"))?;
    let id = server.create(1)?.pop().context("a credential was created")?;
    let heard = listen_and_change(&server, &id, world.plan.told + WARM_UP).await?;
    let changes = heard.changes.sample(Duration::from_secs(1))?;
    let ears = heard.ears.sample(Duration::from_secs(1))?;
    report.add(Figure::micros(Name::WatchedChange, changes.p50_us));
    report.add(Figure::micros(Name::EarsMedian, ears.p50_us));
    report.add(Figure::micros(Name::EarsP99, ears.p99_us));
    report.add(Figure::bytes(Name::MemoryWatched, server.memory()?.peak));
    server.stop()
}

struct Heard {
    /// From a change's first byte to its answer.
    changes: Recorder,
    /// From a change's first byte to a watcher that has read of it.
    ears: Recorder,
}

async fn listen_and_change(server: &Server, id: &str, changes: usize) -> Result<Heard> {
    let sent: Sent = Arc::default();
    let mut watchers = JoinSet::new();
    for _ in 0..WATCHERS {
        let mut connection = Connection::open(server.address()).await?;
        let status = connection.exchange(Script::repeat(server.watch()).next()).await?;
        ensure!(status == 200, "a watcher was answered {status}");
        watchers.spawn(listen(connection, Arc::clone(&sent), changes));
    }
    let mut heard = Heard { changes: change(server, id, &sent, changes).await?, ears: Recorder::new() };
    while let Some(watcher) = timeout(PATIENCE, watchers.join_next()).await.context("an event is missing")? {
        watcher??.into_iter().for_each(|latency| heard.ears.record(latency));
    }
    Ok(heard)
}

/// When the change that made version 2, 3 and so on was sent.
type Sent = Arc<Mutex<Vec<Instant>>>;

async fn change(server: &Server, id: &str, sent: &Sent, changes: usize) -> Result<Recorder> {
    let mut connection = Connection::open(server.address()).await?;
    let mut script = Script::repeat(server.change(id));
    let (mut pace, mut recorder) = (interval(PACE), Recorder::new());
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0..changes {
        pace.tick().await;
        let start = Instant::now();
        sent.lock().unwrap_or_else(PoisonError::into_inner).push(start);
        let status = connection.exchange(script.next()).await?;
        ensure!(status == 200, "a change was answered {status}");
        if number >= WARM_UP {
            recorder.record(start.elapsed());
        }
    }
    Ok(recorder)
}

/// How long each event took to get here. Each must be the next version: none is lost, none comes twice.
async fn listen(mut connection: Connection, sent: Sent, changes: usize) -> Result<Vec<Duration>> {
    let (mut latencies, mut count, mut text) = (Vec::with_capacity(changes), 0, Vec::new());
    while count < changes {
        text.extend_from_slice(connection.hear().await?);
        let now = Instant::now();
        while let Some((version, end)) = version_in(&text) {
            // The credential is made with version 1, and that event may come as well.
            if version > 1 {
                ensure!(version == count + 2, "after change {count} a watcher heard of version {version}");
                if count >= WARM_UP {
                    latencies.push(now - sent.lock().unwrap_or_else(PoisonError::into_inner)[count]);
                }
                count += 1;
            }
            text.drain(..end);
        }
    }
    Ok(latencies)
}

/// The version of the first event that is all there, and where that event ends.
fn version_in(text: &[u8]) -> Option<(usize, usize)> {
    const NAME: &[u8] = b"\"version\":";
    let start = text.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let length = text[start..].windows(2).position(|two| two == b"\n\n")?;
    let digits = text[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let version = std::str::from_utf8(&text[start..start + digits]).ok()?.parse().ok()?;
    Some((version, start + length + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_a_whole_event_only() {
        let event = b"id: 7\nevent: credential.changed\ndata: {\"version\":12,\"value_version\":3}\n\n";
        assert_eq!(version_in(event), Some((12, event.len())));
        assert_eq!(version_in(&event[..event.len() - 1]), None);
        assert_eq!(version_in(b":\nid: 7\n\n"), None);
    }
}
