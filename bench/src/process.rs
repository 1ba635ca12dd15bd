//! A process that was started to be loaded. Must never be left behind: it is killed when the handle is
//! dropped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// A running process, and the first line that it printed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) first_line: String,
}

/// Resident memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) now: u64,
    /// The most there ever was.
    pub(crate) peak: u64,
}

impl Process {
    /// Starts it and waits for its first line.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let child = spawned.with_context(|| format!("{program} does not start"))?;
        let mut process = Self { child, first_line: String::new() };
        let stdout = process.child.stdout.take().context("standard output is piped")?;
        BufReader::new(stdout).read_line(&mut process.first_line)?;
        ensure!(!process.first_line.is_empty(), "{program} ended before it was ready");
        Ok(process)
    }

    /// What Linux counts, in `/proc/<pid>/status`.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        Memory::parse(&status).context("/proc tells how much memory a process has")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server did not stop in order");
        Ok(())
    }
}

/// Processor time that a process has spent so far, in user code and in the kernel, all threads together.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse_cpu_time(&stat).context("/proc tells how much time a process has spent")
}

/// Fields 14 and 15 of proc(5), in hundredths of a second; the name in field 2 may hold anything.
fn parse_cpu_time(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    let hundredths = fields.next()?.ok()? + fields.next()?.ok()?;
    Some(Duration::from_millis(hundredths * 10))
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where it has ended already, there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Memory {
    fn parse(status: &str) -> Option<Self> {
        let field = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1_024)
        };
        Some(Self { now: field("VmRSS:")?, peak: field("VmHWM:")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_that_of_user_and_kernel() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 150 13 14";
        assert_eq!(parse_cpu_time(stat), Some(Duration::from_secs(4)));
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\nThreads:\t3\n";
        assert_eq!(Memory::parse(status), Some(Memory { now: 10_485_760, peak: 20_971_520 }));
        assert_eq!(Memory::parse("VmRSS:\t1 kB\n"), None);
    }
}
