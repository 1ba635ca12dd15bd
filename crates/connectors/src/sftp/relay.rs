//! Carries bytes between the connection and the SSH library.
//!
//! The library runs a session as a task of its own, which would outlive a check that is cut short. It
//! never holds the connection: when the check ends, for whatever reason, the connection closes with it.
//! Must never let a server send more than a log-in needs.

use std::future::pending;

use strongroom_egress::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy, duplex, split};

use super::failure::{Failure, Unclear};

/// Key exchange, log-in and one look at a folder take some 10 KiB. More is a flood.
const MOST_BYTES: u64 = 512 * 1024;

const BUFFER_BYTES: usize = 64 * 1024;

/// One end for the library, one for [`run`].
pub(super) fn pipe() -> (DuplexStream, DuplexStream) {
    duplex(BUFFER_BYTES)
}

/// Ends only at a flood. The end of the connection is passed on to the library, which has more to say
/// about it.
pub(super) async fn run(connection: Connection, far: DuplexStream) -> Failure {
    let (from_server, mut to_server) = split(connection);
    let (mut from_us, mut to_us) = split(far);
    let inbound = async {
        let copied = copy(&mut from_server.take(MOST_BYTES), &mut to_us).await;
        if copied.is_ok_and(|bytes| bytes == MOST_BYTES) {
            return Unclear::TooMuch.into();
        }
        // The library may have gone; then nobody listens.
        let _ = to_us.shutdown().await;
        pending().await
    };
    let outbound = async {
        // What cannot be sent is noticed as an answer that does not come.
        let _ = copy(&mut from_us, &mut to_server).await;
        pending().await
    };
    tokio::select! { failure = inbound => failure, failure = outbound => failure }
}
