//! The clock: every expiry, hold and record is by it. Nobody is asked for the time: what can be seen from here
//! is whether it is in a sane year, whether it runs evenly, and whether something keeps it.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use strongroom_domain::{Clock, Timestamp};
use strongroom_server::SystemClock;
use tokio::time::Instant;

use super::Finding;

/// Before this program existed.
const EARLIEST: Timestamp = Timestamp::from_unix_micros(1_767_225_600_000_000);
/// 2100-01-01T00:00:00Z
const LATEST: Timestamp = Timestamp::from_unix_micros(4_102_444_800_000_000);
const WATCHED: Duration = Duration::from_millis(100);
/// A clock that is being corrected gently moves at most 500 parts in a million.
const UNEVEN: Duration = Duration::from_millis(20);

/// Left by systemd-timesyncd; and by the usual daemons while they run.
const KEEPERS: &[&str] =
    &["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid", "/run/chronyd.pid", "/run/ntpd.pid"];

pub(super) fn examine() -> Vec<Finding> {
    let (wall, steady) = (SystemClock.now(), Instant::now());
    sleep(WATCHED);
    let (passed, now) = (steady.elapsed(), SystemClock.now());
    vec![year(now), evenness(now.since(wall).abs_diff(passed)), keeper()]
}

fn year(now: Timestamp) -> Finding {
    if (EARLIEST..LATEST).contains(&now) {
        Finding::ok("clock", format!("it is {now}"))
    } else {
        let says = format!("it says {now}");
        Finding::fault("clock", says, "set the clock of this machine: expiry and holds go by it")
    }
}

fn evenness(off: Duration) -> Finding {
    if off < UNEVEN {
        return Finding::ok("clock", "it runs evenly");
    }
    let says = format!("it moved by {} ms beside the time that passed", off.as_millis());
    Finding::warn("clock", says, "let one service keep the clock, by slewing and not by setting it")
}

fn keeper() -> Finding {
    if KEEPERS.iter().any(|path| Path::new(path).exists()) {
        return Finding::ok("clock", "a time service keeps it");
    }
    Finding::warn(
        "clock",
        "no time service was found; in a container the machine's own may keep it",
        "run systemd-timesyncd or chrony on this machine",
    )
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_clock_out_of_its_years_is_a_fault() {
        for (micros, verdict) in [
            (0, Verdict::Fault),
            (EARLIEST.unix_micros() - 1, Verdict::Fault),
            (EARLIEST.unix_micros(), Verdict::Ok),
            (LATEST.unix_micros(), Verdict::Fault),
        ] {
            assert_eq!(year(Timestamp::from_unix_micros(micros)).verdict, verdict, "{micros}");
        }
        assert_eq!(evenness(Duration::from_millis(19)).verdict, Verdict::Ok);
        assert_eq!(evenness(Duration::from_millis(20)).verdict, Verdict::Warn);
    }
}
