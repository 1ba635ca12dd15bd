//! The disk below the data: every change waits for one sync, and none happens without room.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::statvfs;
use tokio::time::Instant;

use super::{Finding, Subject};

/// Measured often enough that one slow sync does not decide.
const SYNCS: usize = 21;
/// Above this, one client alone makes fewer than a hundred changes a second.
const SLOW: Duration = Duration::from_millis(10);
const LITTLE: u64 = 1024 * 1024 * 1024;
const TOO_LITTLE: u64 = 64 * 1024 * 1024;

pub(super) fn examine(subject: &Subject) -> Vec<Finding> {
    let folder = &subject.place.data;
    // Before the first start, the disk is that of the nearest folder there is.
    let Some(folder) = folder.ancestors().find(|folder| folder.is_dir()) else { return Vec::new() };
    vec![room(folder), sync(folder)]
}

fn room(folder: &Path) -> Finding {
    let free = match statvfs(folder) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => {
            return Finding::warn("disk", format!("its room is not known: {error}"), "look with df");
        }
    };
    let says = format!("{} MiB free", free / (1024 * 1024));
    if free < TOO_LITTLE {
        return Finding::fault("disk", says, "make room: changes and resolves are refused when it is full");
    }
    if free < LITTLE {
        return Finding::warn(
            "disk",
            says,
            "make room before it is full: then changes and resolves are refused",
        );
    }
    Finding::ok("disk", says)
}

fn sync(folder: &Path) -> Finding {
    match median_sync(folder) {
        Ok(median) if median < SLOW => Finding::ok("disk sync", format!("{} ms", millis(median))),
        Ok(median) => Finding::warn(
            "disk sync",
            format!("{} ms, median of {SYNCS}", millis(median)),
            "every change waits for one: use a disk of its own, or one with a protected write cache",
        ),
        Err(error) => Finding::fault(
            "disk sync",
            format!("not measured: {error}"),
            "run this as the server's account, which must be able to write there",
        ),
    }
}

/// Appends a page and syncs it, as the database's log does; the file is gone afterwards.
fn median_sync(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let measured = (0..SYNCS).map(|_| one_sync(&file)).collect::<io::Result<Vec<_>>>();
    remove_file(&path)?;
    let mut times = measured?;
    times.sort_unstable();
    Ok(times[SYNCS / 2])
}

fn one_sync(mut file: &File) -> io::Result<Duration> {
    let began = Instant::now();
    file.write_all(&[0; 4096])?;
    file.sync_data()?;
    Ok(began.elapsed())
}

/// With two digits behind the point.
fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1_000.0)
}
