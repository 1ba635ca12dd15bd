//! Segments: 65,536 leaves of one organization as two files, `NUMBER.tiles` with the hashes and `NUMBER.ndjson.gz` with
//! the leaves themselves. Written once; the second goes with its retention, the first stays.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use strongroom_domain::Timestamp;
use strongroom_domain::ids::OrganizationId;
use strongroom_sealing::log::LogHash;

use super::folder::{ExportedError, make_private, sync_folder, write_new};

/// Leaves of a segment: 256 full tiles.
pub const SEGMENT: u64 = 65_536;
/// The folder of all segments; below it one for each organization.
pub const SEGMENTS: &str = "segments";

/// What the names of bodies end in.
const BODIES: &str = "gz";

/// The segments of one organization.
#[derive(Debug)]
pub(crate) struct Segments(PathBuf);

impl Segments {
    /// Opens the folder, which is made where it is missing.
    pub(crate) fn open(exported: &Path, organization: OrganizationId) -> Result<Self, ExportedError> {
        let all = exported.join(SEGMENTS);
        make_private(&all)?;
        let own = all.join(organization.to_string());
        make_private(&own)?;
        sync_folder(&all)?;
        Ok(Self(own))
    }

    /// Those of every organization that has a folder, whether or not it is still there.
    pub(crate) fn all(exported: &Path) -> Result<Vec<(OrganizationId, Self)>, ExportedError> {
        let all = exported.join(SEGMENTS);
        let io = |source| ExportedError::Io { path: all.clone(), source };
        let folders = match fs::read_dir(&all) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folders => folders.map_err(io)?,
        };
        let mut found = Vec::new();
        for folder in folders {
            let path = folder.map_err(io)?.path();
            let organization = path.file_name().and_then(|name| name.to_str()?.parse().ok());
            found.extend(organization.map(|organization| (organization, Self(path))));
        }
        Ok(found)
    }

    /// The number of the first one that is not sealed yet.
    pub(crate) fn next(&self) -> u64 {
        (0..u64::MAX / SEGMENT).find(|number| !self.tiles(*number).exists()).unwrap_or(0)
    }

    /// Begins one.
    pub(crate) fn begin(&self, number: u64) -> Result<Segment, ExportedError> {
        let path = self.0.join(format!("{number:08}.ndjson.gz"));
        let part = self.0.join(format!("{number:08}.ndjson.gz.part"));
        let io = |source| ExportedError::Io { path: part.clone(), source };
        // Of an attempt that was interrupted; nothing else has that name.
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(io)?;
        // This runs beside every act: time is dearer than bytes.
        let lines = GzEncoder::new(file, Compression::fast());
        Ok(Segment { tiles: self.tiles(number), path, part, lines, hashes: Vec::new() })
    }

    /// Deletes the bodies of segments that were sealed before this time. The hashes stay.
    pub(crate) fn forget(&self, before: Timestamp) -> Result<u64, ExportedError> {
        self.delete(|path| {
            if path.extension().is_none_or(|extension| extension != BODIES) {
                return Ok(false);
            }
            let sealed = fs::metadata(path)?.modified()?;
            let age = sealed.duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
            Ok(Timestamp::from_unix_micros(0).plus(age) < before)
        })
    }

    /// Deletes all bodies, and what there is of one that was begun: those of an organization that is gone. The hashes
    /// stay.
    pub(crate) fn forget_all(&self) -> Result<u64, ExportedError> {
        self.delete(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            Ok(name.contains(".ndjson."))
        })
    }

    fn delete(&self, is_due: impl Fn(&Path) -> io::Result<bool>) -> Result<u64, ExportedError> {
        let io = |source| ExportedError::Io { path: self.0.clone(), source };
        let mut deleted = 0;
        for file in fs::read_dir(&self.0).map_err(io)? {
            let path = file.map_err(io)?.path();
            if is_due(&path).map_err(io)? {
                fs::remove_file(&path).map_err(io)?;
                deleted += 1;
            }
        }
        if deleted > 0 {
            sync_folder(&self.0)?;
        }
        Ok(deleted)
    }

    fn tiles(&self, number: u64) -> PathBuf {
        self.0.join(format!("{number:08}.tiles"))
    }
}

/// One that is being written. Dropped before it is sealed, it leaves a part that the next attempt replaces.
pub(crate) struct Segment {
    tiles: PathBuf,
    path: PathBuf,
    part: PathBuf,
    lines: GzEncoder<File>,
    hashes: Vec<u8>,
}

impl Segment {
    /// The next leaf: its line, and its hash.
    pub(crate) fn add(&mut self, line: &str, hash: LogHash) -> Result<(), ExportedError> {
        self.hashes.extend_from_slice(hash.as_bytes());
        let written = self.lines.write_all(line.as_bytes()).and_then(|()| self.lines.write_all(b"\n"));
        written.map_err(|source| ExportedError::Io { path: self.part.clone(), source })
    }

    /// Both files, whole and durable; the hashes last, because they say that the segment is there.
    pub(crate) fn seal(self) -> Result<(), ExportedError> {
        let io = |source| ExportedError::Io { path: self.path.clone(), source };
        let file = self.lines.finish().map_err(io)?;
        file.sync_all().map_err(io)?;
        if self.tiles.exists() {
            return Err(io(io::ErrorKind::AlreadyExists.into()));
        }
        fs::rename(&self.part, &self.path).map_err(io)?;
        write_new(&self.tiles, &self.hashes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_segment_is_sealed_once_and_outlives_its_bodies() {
        let folder = tempfile::tempdir().unwrap();
        let segments = Segments::open(folder.path(), OrganizationId::from_bytes([1; 16])).unwrap();
        assert_eq!(segments.next(), 0);
        // One that was interrupted is no segment.
        let mut torn = segments.begin(0).unwrap();
        torn.add("{\"torn\":1}", LogHash::of_nothing()).unwrap();
        drop(torn);
        assert_eq!(segments.next(), 0);
        let mut segment = segments.begin(0).unwrap();
        let hashes: Vec<_> = (0..3_u8).map(|number| LogHash::of_leaf(&[number])).collect();
        for (number, hash) in hashes.iter().enumerate() {
            segment.add(&format!("{{\"position\":{number}}}"), *hash).unwrap();
        }
        segment.seal().unwrap();
        assert_eq!(segments.next(), 1);
        let name = "segments/org_01010101010101010101010101010101/00000000";
        let (tiles, lines) =
            (folder.path().join(format!("{name}.tiles")), folder.path().join(format!("{name}.ndjson.gz")));
        assert_eq!(LogHash::many(&fs::read(&tiles).unwrap()).unwrap(), hashes);
        let mut text = String::new();
        GzDecoder::new(File::open(&lines).unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "{\"position\":0}\n{\"position\":1}\n{\"position\":2}\n");
        for path in [&tiles, &lines] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(segments.begin(0).unwrap().seal().is_err(), "a sealed one is never written again");
        let (past, future) = (Timestamp::from_unix_micros(0), Timestamp::from_unix_micros(i64::MAX / 2));
        assert_eq!(segments.forget(past).unwrap(), 0);
        assert!(lines.exists());
        assert_eq!(segments.forget(future).unwrap(), 1);
        assert!(tiles.exists() && !lines.exists());
        assert_eq!(segments.next(), 1);
    }
}
