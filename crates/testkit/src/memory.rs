//! The memory of another process, as a debugger run by root would take it.
//!
//! Reads `/proc/PID/mem` by the map of `/proc/PID/smaps` (proc(5)), so it sees more than any core file: also the
//! pages that are kept out of one. Must never stop the process, nor read what it never touched.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

/// In bytes; what the kernel counts in.
const PAGE: u64 = 4096;

/// One mapping that the process writes to, and what is in it.
#[derive(Debug)]
pub struct Region {
    /// Where it begins.
    pub start: u64,
    /// What it is mapped from; empty for memory that is nothing but memory.
    pub name: String,
    /// Its flags in two letters each, as `VmFlags` of `smaps` has them.
    flags: Vec<String>,
    /// What it holds, untouched pages left out.
    pub bytes: Vec<u8>,
}

impl Region {
    /// Whether it never goes to swap.
    pub fn is_locked(&self) -> bool {
        self.has("lo")
    }

    /// Whether a core file of the process has it.
    pub fn is_dumped(&self) -> bool {
        !self.has("dd")
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own == flag)
    }
}

/// Every mapping that the process writes to, one at a time.
///
/// # Errors
///
/// [`io::ErrorKind::PermissionDenied`] where this account may not look: only root may, at a server of ours.
pub fn each_region(pid: u32, mut seen: impl FnMut(&Region)) -> io::Result<()> {
    let (memory, pages) =
        (File::open(format!("/proc/{pid}/mem"))?, File::open(format!("/proc/{pid}/pagemap"))?);
    let smaps = fs::read_to_string(format!("/proc/{pid}/smaps"))?;
    for (start, end, region) in mappings(&smaps) {
        let mut region = region;
        for page in (start..end).step_by(PAGE_USIZE) {
            if is_there(&pages, page)? {
                let mut bytes = [0; PAGE_USIZE];
                // A page that went away meanwhile holds nothing any more.
                if memory.read_exact_at(&mut bytes, page).is_ok() {
                    region.bytes.extend_from_slice(&bytes);
                }
            }
        }
        if !region.bytes.is_empty() {
            seen(&region);
        }
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "a page is 4096 bytes")]
const PAGE_USIZE: usize = PAGE as usize;

/// Present in memory or in swap: bits 63 and 62 of the page's entry.
fn is_there(pages: &File, address: u64) -> io::Result<bool> {
    let mut entry = [0; 8];
    pages.read_exact_at(&mut entry, address / PAGE * 8)?;
    Ok(u64::from_ne_bytes(entry) >> 62 != 0)
}

/// The mappings that may be written to. Files that are only read are the program and its libraries.
fn mappings(smaps: &str) -> Vec<(u64, u64, Region)> {
    let mut found: Vec<(u64, u64, Region)> = Vec::new();
    let mut is_ours = false;
    for line in smaps.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some((start, end)) = words.first().and_then(|word| range(word)) {
            let name = words.get(5..).unwrap_or_default().join(" ");
            is_ours = words.get(1).is_some_and(|rights| rights.starts_with("rw")) && !name.starts_with("[v");
            if is_ours {
                found.push((start, end, Region { start, name, flags: Vec::new(), bytes: Vec::new() }));
            }
        } else if let (true, Some(flags)) = (is_ours, line.strip_prefix("VmFlags:")) {
            let (_, _, region) = found.last_mut().expect("its first line came before");
            region.flags = flags.split_whitespace().map(str::to_owned).collect();
        }
    }
    found
}

fn range(word: &str) -> Option<(u64, u64)> {
    let (start, end) = word.split_once('-')?;
    Some((u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Canaries;

    #[test]
    fn what_this_process_holds_is_found_in_it() {
        let canary = Canaries::seeded(71).make("memory");
        let mut places = 0;
        each_region(std::process::id(), |region| places += canary.find_in(&region.bytes).len()).unwrap();
        assert!(places > 0);
    }
}
