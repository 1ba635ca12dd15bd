//! After the log-in: SFTP (draft-ietf-secsh-filexfer-02) is opened, and a path of it.
//!
//! Asks and opens for reading. Must never send a request that changes anything.

use russh::ChannelMsg;
use russh::client::{Handle, Msg};
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::client::{Config, RawSftpSession};
use russh_sftp::protocol::{FileAttributes, FileType, OpenFlags, StatusCode};
use strongroom_domain::verification::Step;
use strongroom_egress::Trail;

use super::failure::{Failure, Refusal, Unclear};
use super::watch::Watch;

/// What is known of a path after a look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// Nobody asked for one: SFTP answers.
    Nowhere,
    /// A folder or file that the user may read.
    Opened,
    /// There, and neither a folder nor a plain file as far as the server says.
    Found,
}

/// Without a path, asks which folder the session starts in.
pub(super) async fn look(
    handle: &Handle<Watch>,
    path: Option<&str>,
    trail: &Trail,
) -> Result<Looked, Failure> {
    let sftp = start(handle).await?;
    let looked = match path {
        Some(path) => {
            trail.step(Step::OpenPath);
            open(&sftp, path).await
        }
        None => sftp.realpath(".").await.map(|_| Looked::Nowhere),
    };
    looked.map_err(|error| failure_of(&error, handle))
}

async fn start(handle: &Handle<Watch>) -> Result<RawSftpSession, Failure> {
    let mut channel = handle.channel_open_session().await?;
    channel.request_subsystem(true, "sftp").await?;
    if !is_granted(&mut channel).await {
        return Err(if handle.is_closed() { Failure::Lost } else { Refusal::NoSftp.into() });
    }
    let sftp = RawSftpSession::new_with_config(channel.into_stream(), limits());
    match sftp.init().await {
        Ok(_) => Ok(sftp),
        // A subsystem that ends or talks of something else: a shell that refuses, a missing program.
        Err(_) => Err(if handle.is_closed() { Failure::Lost } else { Refusal::NoSftp.into() }),
    }
}

async fn is_granted(channel: &mut russh::Channel<Msg>) -> bool {
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Success) => return true,
            Some(ChannelMsg::Failure | ChannelMsg::Close | ChannelMsg::Eof) | None => return false,
            Some(_) => {}
        }
    }
}

/// The caller's deadline is the only clock.
fn limits() -> Config {
    Config { max_packet_len: 64 * 1024, request_timeout_secs: 24 * 60 * 60, ..Config::default() }
}

/// Only folders and plain files are opened: to open a pipe or a device is to act on it.
async fn open(sftp: &RawSftpSession, path: &str) -> Result<Looked, SftpError> {
    let attributes = sftp.stat(path).await?.attrs;
    // The type stands among the permissions, which a server may leave out.
    if attributes.permissions.is_none() {
        return Ok(Looked::Found);
    }
    let opened = match attributes.file_type() {
        FileType::Dir => sftp.opendir(path).await?,
        FileType::File => sftp.open(path, OpenFlags::READ, FileAttributes::empty()).await?,
        FileType::Symlink | FileType::Other => return Ok(Looked::Found),
    };
    sftp.close(opened.handle).await.map(|_| Looked::Opened)
}

fn failure_of(error: &SftpError, handle: &Handle<Watch>) -> Failure {
    match error {
        SftpError::Status(status) => match status.status_code {
            StatusCode::NoSuchFile => Failure::PathMissing,
            StatusCode::PermissionDenied => Refusal::PathForbidden.into(),
            _ => Unclear::Path.into(),
        },
        _ if handle.is_closed() => Failure::Lost,
        _ => Unclear::Protocol.into(),
    }
}
