//! Where keys that stay are kept: pages of our own that are never swapped, dumped or handed to a child.
//!
//! Owns those pages and which of their slots are free. Must never give a slot out twice, give one out that is
//! not wiped, or take a lock where a key is used: only making and dropping a kept key does.
//!
//! Pages are made when they are needed, and never given back: what they hold is counted in keys, three per
//! organization, and a page that was unmapped could be somebody else's before its last reader is gone.

use std::io;
use std::sync::{Mutex, PoisonError};

use memmap2::MmapMut;

use super::KeyBytes;

/// The bytes of one key. Whoever has one has it alone, until it is given back.
pub(super) type Slot = &'static mut [u8; KeyBytes::LEN];

/// What is mapped and locked at a time, in bytes: 512 keys. Even the 64 KiB that old systems allow an account
/// to lock hold four of them.
const CHUNK: usize = 16 * 1024;

static ARENA: Mutex<Arena> = Mutex::new(Arena { free: Vec::new(), refused: None });

struct Arena {
    free: Vec<Slot>,
    /// Why the system did not lock a page, where it did not.
    refused: Option<Refusal>,
}

/// A protection of the pages that the system did not give. The keys work all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What may happen to the keys.
    pub consequence: &'static str,
    /// The system's error number, where it has one.
    pub errno: Option<i32>,
}

/// Whether what is kept from now on is locked, tried on a page that is there or made for it. `Err` says what
/// may happen instead: the keys go on working, and whoever runs the server should know.
pub fn key_memory() -> Result<(), Refusal> {
    let slot = take();
    give_back(slot);
    arena(|arena| arena.refused).map_or(Ok(()), Err)
}

/// A slot of zeroes.
pub(super) fn take() -> Slot {
    arena(|arena| {
        if arena.free.is_empty() {
            arena.grow();
        }
        arena.free.pop().expect("a chunk has slots")
    })
}

/// Takes a slot back. Its owner has wiped it.
pub(super) fn give_back(slot: Slot) {
    arena(|arena| arena.free.push(slot));
}

/// Nothing in here can panic half way through, so a poisoned lock guards a sound list all the same.
fn arena<T>(act: impl FnOnce(&mut Arena) -> T) -> T {
    act(&mut ARENA.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Arena {
    /// # Panics
    ///
    /// Panics where the system has no memory left, as every allocation does.
    fn grow(&mut self) {
        let pages = MmapMut::map_anon(CHUNK).expect("there is memory for a key");
        self.refused = self.refused.or(protect(&pages));
        let pages: &'static mut MmapMut = Box::leak(Box::new(pages));
        let (slots, _) = pages.as_chunks_mut();
        self.free.extend(slots);
    }
}

/// The first protection that was refused.
fn protect(pages: &MmapMut) -> Option<Refusal> {
    let refused = |consequence| move |error: io::Error| Refusal { consequence, errno: error.raw_os_error() };
    let locked = pages.lock().map_err(refused("keys may be written to swap"));
    locked.and_then(|()| keep_to_ourselves(pages)).err()
}

/// Neither in a core file, whatever the process's own limit says (REM-08), nor in a child.
#[cfg(target_os = "linux")]
fn keep_to_ourselves(pages: &MmapMut) -> Result<(), Refusal> {
    use memmap2::Advice;
    let refused = |consequence| move |error: io::Error| Refusal { consequence, errno: error.raw_os_error() };
    pages.advise(Advice::DontDump).map_err(refused("keys may be in a core file"))?;
    pages.advise(Advice::DontFork).map_err(refused("keys are copied into child processes"))
}

/// Other systems have no word for it; the process leaves no core file there either.
#[cfg(not(target_os = "linux"))]
fn keep_to_ourselves(_: &MmapMut) -> Result<(), Refusal> {
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;

    use super::*;

    /// What the kernel says of the mapping that holds this address: its lines in `smaps` (`proc_pid_smaps(5)`).
    fn mapping_of(address: usize) -> String {
        let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
        let mut found = String::new();
        for line in smaps.lines() {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let ends = range.and_then(|(from, to)| {
                Some((usize::from_str_radix(from, 16).ok()?, usize::from_str_radix(to, 16).ok()?))
            });
            match ends {
                Some((from, to)) if (from..to).contains(&address) => found = format!("{line}\n"),
                Some(_) if !found.is_empty() => break,
                None if !found.is_empty() => found = format!("{found}{line}\n"),
                _ => {}
            }
        }
        found
    }

    #[test]
    fn rem_09_the_pages_of_kept_keys_are_locked_and_in_no_dump() {
        let slot = take();
        let mapping = mapping_of(slot.as_ptr().addr());
        give_back(slot);
        let field =
            |name| mapping.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
        let flags = field("VmFlags:");
        for flag in ["lo", "dd", "dc"] {
            assert!(flags.split(' ').any(|found| found == flag), "{flag} in {flags}");
        }
        assert_ne!(field("Locked:"), "0 kB", "{mapping}");
        assert_eq!(key_memory(), Ok(()));
    }

    #[test]
    fn slots_are_given_to_one_owner_each_and_come_back() {
        let mut held: Vec<Slot> = (0..=CHUNK / KeyBytes::LEN * 2).map(|_| take()).collect();
        for (nth, slot) in held.iter_mut().enumerate() {
            assert_eq!(**slot, [0; KeyBytes::LEN], "a slot is wiped");
            slot[..8].copy_from_slice(&nth.to_le_bytes());
        }
        for (nth, slot) in held.iter().enumerate() {
            assert_eq!(slot[..8], nth.to_le_bytes());
        }
        for slot in held {
            slot.fill(0);
            give_back(slot);
        }
    }
}
