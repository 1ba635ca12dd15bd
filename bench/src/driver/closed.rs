//! Each client sends its next request when it has the answer to the last one.

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::{Client, Load, gather};
use crate::plan::Span;
use crate::process;
use crate::sample::{Recorder, Sample};

/// Loads the server for one stretch. Counts what was answered within it.
pub(crate) async fn run(load: &Load, clients: usize, span: Span) -> Result<Sample> {
    let connected = load.connect(clients).await?;
    let begin = Instant::now() + span.warm_up;
    let end = begin + span.length;
    let running: JoinSet<_> = connected.into_iter().map(|client| converse(client, begin, end)).collect();
    sleep_until(begin).await;
    let before = process::cpu_time(load.pid)?;
    sleep_until(end).await;
    let spent = process::cpu_time(load.pid)?.saturating_sub(before);
    gather(running).await?.sample_of_server(span.length, spent)
}

async fn converse(mut client: Client, begin: Instant, end: Instant) -> Result<Recorder> {
    let mut recorder = Recorder::new();
    let mut sent = Instant::now();
    while sent < end {
        let success = client.act().await?;
        let answered = Instant::now();
        if begin <= answered && answered < end {
            if success { recorder.record(answered - sent) } else { recorder.refuse() }
        }
        sent = answered;
    }
    Ok(recorder)
}
