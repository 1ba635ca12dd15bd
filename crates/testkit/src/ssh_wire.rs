//! A server that begins to speak SSH with bad intent, and remembers what it was told.
//!
//! For what a real server cannot be brought to do, up to the exchange of keys; after that the better
//! witness is [`crate::OpenSsh`]. Must never complete an exchange, and listens on loopback only.

use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// What the server does to each client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Closes the connection without a word.
    HangUp,
    /// Reads and never answers.
    Silence,
    /// Sends this text and closes: what a web server says, or one that is full.
    NotSsh(String),
    /// Lines before its name, without end; RFC 4253 sets no limit.
    EndlessBanner,
    /// One line before its name, without end.
    EndlessLine,
    /// Its name one byte at a time, without end.
    Drip,
    /// A good name, then a packet that claims this length.
    PacketLength(u32),
    /// A good name, then an offer of algorithms (`SSH_MSG_KEXINIT`) that is none.
    Garbage,
    /// A good name, then packets to be ignored (RFC 4253, section 11.2), without end.
    IgnoreFlood,
    /// A good name, then a good-bye with this text.
    Goodbye(String),
}

/// The listening server. Dropping it breaks every connection.
#[derive(Debug)]
pub struct HostileSsh {
    port: u16,
    record: Record,
    connected: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

/// What clients sent, one entry a connection.
type Record = Arc<Mutex<Vec<Vec<u8>>>>;

impl HostileSsh {
    /// Listens on a free port of 127.0.0.1, for as long as the runtime of the caller.
    pub async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let record = Record::default();
        let connected = Arc::<AtomicUsize>::default();
        let listening = listen(listener, behaviour, Arc::clone(&record), Arc::clone(&connected));
        Self { port, record, connected, listening: tokio::spawn(listening) }
    }

    /// The TCP port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns once no client is connected any more.
    ///
    /// # Panics
    ///
    /// After ten seconds.
    pub async fn until_all_hung_up(&self) {
        for _ in 0..1_000 {
            if self.connected.load(Ordering::Relaxed) == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a client does not hang up");
    }

    /// Every byte that any client sent so far.
    pub fn received(&self) -> Vec<u8> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).concat()
    }
}

impl Drop for HostileSsh {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, behaviour: Behaviour, record: Record, connected: Arc<AtomicUsize>) {
    // Sessions die with the set, and the set with this task.
    let mut sessions = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (behaviour, record, connected) = (behaviour.clone(), Arc::clone(&record), Arc::clone(&connected));
        connected.fetch_add(1, Ordering::Relaxed);
        let number = {
            let mut entries = record.lock().unwrap_or_else(PoisonError::into_inner);
            entries.push(Vec::new());
            entries.len() - 1
        };
        sessions.spawn(async move {
            let (mut from, mut to) = stream.into_split();
            let heard = async {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = from.read(&mut buffer).await {
                    let mut entries = record.lock().unwrap_or_else(PoisonError::into_inner);
                    entries[number].extend_from_slice(&buffer[..count]);
                }
            };
            // A client that hangs up is an error here and exactly what tests hope for.
            let ((), _) = tokio::join!(heard, play(&mut to, &behaviour));
            connected.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

const NAME: &[u8] = b"SSH-2.0-Hostile\r\n";

async fn play(to: &mut (impl AsyncWriteExt + Unpin), behaviour: &Behaviour) -> io::Result<()> {
    match behaviour {
        Behaviour::HangUp => to.shutdown().await,
        Behaviour::Silence => Ok(()),
        Behaviour::NotSsh(text) => {
            to.write_all(text.as_bytes()).await?;
            to.shutdown().await
        }
        Behaviour::EndlessBanner => loop {
            to.write_all(b"a line of a banner that has no end\r\n").await?;
        },
        Behaviour::EndlessLine => loop {
            to.write_all(&[b'x'; 1024]).await?;
        },
        Behaviour::Drip => loop {
            to.write_all(b"S").await?;
            tokio::time::sleep(Duration::from_millis(2)).await;
        },
        Behaviour::PacketLength(length) => {
            to.write_all(&[NAME, &length.to_be_bytes(), &[0; 64]].concat()).await
        }
        Behaviour::Garbage => to.write_all(&[NAME, &[0, 0, 0, 28, 4, 20], &[0xa5; 26]].concat()).await,
        Behaviour::IgnoreFlood => {
            to.write_all(NAME).await?;
            let ignore = packet(&[&[2], string(&[b'x'; 1024]).as_slice()].concat());
            loop {
                to.write_all(&ignore).await?;
            }
        }
        Behaviour::Goodbye(text) => {
            // Reason 11: the application wants it so.
            let body = [&[1, 0, 0, 0, 11], string(text.as_bytes()).as_slice(), &string(b"")].concat();
            to.write_all(&[NAME, &packet(&body)].concat()).await?;
            to.shutdown().await
        }
    }
}

/// Binary packet protocol without a cipher (RFC 4253, section 6): blocks of 8 bytes, at least 4 of padding.
fn packet(body: &[u8]) -> Vec<u8> {
    let padding = 8 - (body.len() + 5) % 8 + if (body.len() + 5) % 8 > 4 { 8 } else { 0 };
    let length = u32::try_from(body.len() + 1 + padding).expect("a short packet");
    let padding_length = u8::try_from(padding).expect("at most 15");
    [length.to_be_bytes().as_slice(), &[padding_length], body, &vec![0; padding]].concat()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("a short string");
    [length.to_be_bytes().as_slice(), bytes].concat()
}
