//! What this disk takes to make 4 KiB durable, with nothing around it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::sample::{Recorder, Sample};

/// Appends and syncs with one thread until the time is over.
pub(super) fn measure(folder: &Path, length: Duration) -> Result<Sample> {
    let path = folder.join("raw-sync");
    let mut file = File::create_new(&path)?;
    let page = [7_u8; 4_096];
    let mut recorder = Recorder::new();
    let start = Instant::now();
    while start.elapsed() < length {
        let before = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        recorder.record(before.elapsed());
    }
    let over = start.elapsed();
    std::fs::remove_file(&path)?;
    recorder.sample(over)
}
