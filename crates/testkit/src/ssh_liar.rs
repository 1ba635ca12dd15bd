//! A server that speaks SSH well, proves a key of its own, and then asks for what it should not have.
//!
//! Listens on loopback only. Must never let anyone in but where its [`Lie`] says so.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{HashAlg, PrivateKey};
use russh::server::{Auth, Config, Handler, Response, Session, run_stream};
use russh::{ChannelId, MethodKind, MethodSet};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// What the server does to each client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lie {
    /// Asks these questions, all at once; `true` for one whose answer may be seen.
    Prompts(Vec<(String, bool)>),
    /// Asks for the password, and then these.
    MorePrompts(Vec<(String, bool)>),
    /// Lets everyone in, whatever the password.
    AnyPassword,
}

/// The listening server. Dropping it breaks every connection.
#[derive(Debug)]
pub struct LyingSsh {
    port: u16,
    fingerprint: String,
    answers: Answers,
    got_agent: Arc<AtomicBool>,
    listening: JoinHandle<()>,
}

type Answers = Arc<Mutex<Vec<String>>>;

impl LyingSsh {
    /// Listens on a free port of 127.0.0.1, for as long as the runtime of the caller.
    pub async fn start(lie: Lie) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let key = host_key();
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        let answers = Answers::default();
        let got_agent = Arc::<AtomicBool>::default();
        let liar =
            Liar { lie, answers: Arc::clone(&answers), got_agent: Arc::clone(&got_agent), has_asked: false };
        let listening = tokio::spawn(listen(listener, config(key), liar));
        Self { port, fingerprint, answers, got_agent, listening }
    }

    /// The TCP port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Of its host key, SHA-256.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Every password and answer that any client gave.
    pub fn answers(&self) -> Vec<String> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a client opened its agent to the server.
    pub fn got_an_agent(&self) -> bool {
        self.got_agent.load(Ordering::Relaxed)
    }
}

impl Drop for LyingSsh {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// The same for all of them: nobody relies on it.
fn host_key() -> PrivateKey {
    PrivateKey::new(KeypairData::Ed25519(Ed25519Keypair::from_seed(&[7; 32])), "").expect("a good key")
}

fn config(key: PrivateKey) -> Arc<Config> {
    let methods = [MethodKind::KeyboardInteractive, MethodKind::Password];
    Arc::new(Config {
        keys: vec![key],
        methods: MethodSet::from(methods.as_slice()),
        auth_rejection_time: std::time::Duration::ZERO,
        ..Config::default()
    })
}

async fn listen(listener: TcpListener, config: Arc<Config>, liar: Liar) {
    let mut sessions = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (config, liar) = (Arc::clone(&config), liar.clone());
        sessions.spawn(async move {
            if let Ok(session) = run_stream(config, stream, liar).await {
                // A client that hangs up is an error here and exactly what tests hope for.
                let _ = session.await;
            }
        });
    }
}

#[derive(Clone)]
struct Liar {
    lie: Lie,
    answers: Answers,
    got_agent: Arc<AtomicBool>,
    has_asked: bool,
}

impl Liar {
    fn note(&self, answer: String) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
    }
}

impl Handler for Liar {
    type Error = russh::Error;

    async fn auth_none(&mut self, _: &str) -> Result<Auth, russh::Error> {
        let methods = match self.lie {
            Lie::AnyPassword => [MethodKind::Password],
            Lie::Prompts(_) | Lie::MorePrompts(_) => [MethodKind::KeyboardInteractive],
        };
        let proceed_with_methods = Some(MethodSet::from(methods.as_slice()));
        Ok(Auth::Reject { proceed_with_methods, partial_success: false })
    }

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, russh::Error> {
        self.note(password.to_owned());
        Ok(if self.lie == Lie::AnyPassword { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        for answer in response.into_iter().flatten() {
            self.note(String::from_utf8_lossy(&answer).into_owned());
        }
        let password = vec![("Password: ".to_owned(), false)];
        let prompts = match &self.lie {
            Lie::MorePrompts(_) if !self.has_asked => password,
            Lie::Prompts(prompts) | Lie::MorePrompts(prompts) => prompts.clone(),
            Lie::AnyPassword => return Ok(Auth::reject()),
        };
        self.has_asked = true;
        let prompts = prompts.into_iter().map(|(text, echo)| (text.into(), echo)).collect::<Vec<_>>();
        Ok(Auth::Partial { name: "".into(), instructions: "".into(), prompts: prompts.into() })
    }

    /// Asks for what a client should not give: its agent.
    async fn auth_succeeded(&mut self, session: &mut Session) -> Result<(), russh::Error> {
        session.channel_open_agent().map(drop)
    }

    async fn channel_open_confirmation(
        &mut self,
        _: ChannelId,
        _: u32,
        _: u32,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.got_agent.store(true, Ordering::Relaxed);
        Ok(())
    }
}
