//! The door for the operator: a socket in the data folder, for processes of the same account.
//!
//! Who may use it may read the folder anyway; nobody else gets in: the folder is 0700, the socket 0600, and
//! the kernel says whose process calls. Must never take a key: a caller names a file.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::geteuid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// In the data folder.
const NAME: &str = "control.sock";
/// Most bytes of what a caller asks.
const QUESTION: u64 = 16 * 1024;
/// For the question to arrive, and for each word of the answer to leave.
const PATIENCE: Duration = Duration::from_secs(10);
/// What `sockaddr_un` has room for, its closing zero included (unix(7)).
const PATH_BYTES: usize = 108;

/// A bound socket.
#[derive(Debug)]
pub struct LocalListener {
    socket: UnixListener,
}

/// The path of the socket, and what must stay open as long as it is used.
///
/// A folder whose path is longer than a socket's may be is reached through its descriptor.
///
/// # Errors
///
/// The system's.
pub fn local_socket(folder: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let path = folder.join(NAME);
    if path.as_os_str().len() < PATH_BYTES {
        return Ok((path, None));
    }
    let opened = File::open(folder)?;
    let path = Path::new("/proc/self/fd").join(opened.as_raw_fd().to_string()).join(NAME);
    Ok((path, Some(opened)))
}

impl LocalListener {
    /// Binds the socket of this data folder, which the caller has locked: what lies there under its name is
    /// left over from a process that is gone.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn bind(folder: &Path) -> io::Result<Self> {
        let (path, _folder) = local_socket(folder)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { socket })
    }

    /// The next caller of this account, or of root.
    ///
    /// # Errors
    ///
    /// The system's; a further call may do better.
    pub async fn accept(&self) -> io::Result<LocalCaller> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            let caller = stream.peer_cred()?.uid();
            if caller == geteuid().as_raw() || caller == 0 {
                return Ok(LocalCaller::new(stream));
            }
            tracing::warn!(uid = caller, "another account called at the control socket and was turned away");
        }
    }
}

/// One caller: asks once, hears words until the last.
#[derive(Debug)]
pub struct LocalCaller {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl LocalCaller {
    fn new(stream: UnixStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self { reader: BufReader::new(reader), writer }
    }

    /// The line it asks with.
    ///
    /// # Errors
    ///
    /// The system's, and where nothing whole comes in time.
    pub async fn question(&mut self) -> io::Result<String> {
        let mut line = String::new();
        let mut limited = (&mut self.reader).take(QUESTION);
        timeout(PATIENCE, limited.read_line(&mut line)).await.map_err(|_| io::ErrorKind::TimedOut)??;
        Ok(line)
    }

    /// One line to it.
    ///
    /// # Errors
    ///
    /// The system's: it has gone.
    pub async fn say(&mut self, word: &str) -> io::Result<()> {
        let line = format!("{word}\n");
        timeout(PATIENCE, self.writer.write_all(line.as_bytes()))
            .await
            .map_err(|_| io::ErrorKind::TimedOut)?
    }
}
