//! A way to the database that counts who takes it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};

/// Hands everything on; ends with the test's runtime.
pub(super) struct Relay {
    pub(super) port: u16,
    count: Arc<AtomicUsize>,
}

impl Relay {
    pub(super) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(hand_on(stream, port));
            }
        });
        Self { port: own, count }
    }

    /// So many came so far.
    pub(super) fn connections(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

#[expect(clippy::disallowed_methods, reason = "the other side of the service's door, on loopback")]
async fn hand_on(mut near: TcpStream, port: u16) {
    let Ok(mut far) = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await else { return };
    // Either end may go away as it likes.
    let _ended = tokio::io::copy_bidirectional(&mut near, &mut far).await;
}
