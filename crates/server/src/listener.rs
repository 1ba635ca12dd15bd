//! The door in: connections, their limits, and how they end.
//!
//! Owns the only sockets of the server. Must never wait on a client without a deadline, nor name the
//! server's version (OPS-05).

mod answer;
mod local;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustix::net::sockopt::set_tcp_user_timeout;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::stall::{Impatient, PATIENCE};
use crate::stop::Stopping;

pub use answer::LoopbackAnswer;
pub use local::{LocalCaller, LocalListener, local_socket};

/// Connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 4_096;
/// For the head of a request, from its first byte or from the end of the one before.
const HEAD: Duration = Duration::from_secs(10);
/// Most header lines of a request.
const HEADERS: usize = 100;
/// Most bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// For what is under way when the server stops. One second less than the promise of ten, which is left
/// for the store to close.
const DRAIN: Duration = Duration::from_secs(9);
/// How long to wait after the system had no socket left to give.
const PAUSE: Duration = Duration::from_millis(100);

/// A bound address. Connections queue from here on and are answered once it serves.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds the address; port 0 lets the system choose.
    ///
    /// # Errors
    ///
    /// The system's.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// The address, with its real port.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stopping` says so, then lets go of the address and waits for what is under way.
    pub(crate) async fn serve(self, router: Router, mut stopping: Stopping) {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stopping.wait() => break,
                Some(_) = connections.join_next() => {}
                accepted = self.socket.accept(), if connections.len() < CONNECTIONS => match accepted {
                    Ok((stream, peer)) => {
                        connections.spawn(converse(stream, peer, router.clone(), graceful.watcher()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection was not accepted");
                        sleep(PAUSE).await;
                    }
                },
            }
        }
        drop(self.socket);
        if timeout(DRAIN, graceful.shutdown()).await.is_err() {
            tracing::warn!(connections = connections.len(), "cut off what did not finish in time");
        }
        connections.shutdown().await;
    }
}

/// One connection, from its first byte to its last. Its errors are the client's going away.
async fn converse(stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher) {
    // Answers are small and whole: waiting to fill a packet only adds latency.
    let _best_effort = stream.set_nodelay(true);
    // A machine that is gone acknowledges nothing: its connection ends, and does not wait for retransmissions.
    let _best_effort = set_tcp_user_timeout(&stream, u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX));
    let spoke = Arc::new(AtomicBool::new(false));
    let saw = Arc::clone(&spoke);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        saw.store(true, Relaxed);
        answer(router.clone(), peer, request.map(Body::new))
    });
    let builder = builder();
    let connection = builder.serve_connection(TokioIo::new(Impatient::new(stream)), service);
    let connection = watcher.watch(connection);
    tokio::pin!(connection);
    // Until the protocol is known no deadline of hyper's runs: who says nothing, or only half of a
    // preface, is shown out here.
    let silent = async {
        sleep(HEAD).await;
        if spoke.load(Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ended = &mut connection => {}
        () = silent => {}
    }
}

async fn answer(router: Router, peer: SocketAddr, mut request: Request) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}

/// HTTP/1.1 alone: an idle HTTP/2 connection that answers pings would keep its place for ever (DOS-02).
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES);
    builder
}
