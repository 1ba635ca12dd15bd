//! What the SSH library asks and tells while a session runs.
//!
//! Owns the verdict on the host key, which falls before the library may send anything about a user, and
//! remembers why a session ended. Must never accept a channel that a server opens towards us.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use russh::{Channel, Names, cipher};

use super::failure::{Failure, Unclear};
use super::host_key::{HostKey, Stated};

/// The library's handler for one session.
pub(super) struct Watch {
    stated: Stated,
    seen: Arc<Seen>,
}

/// What a session showed, for those outside its task.
#[derive(Debug, Default)]
pub(super) struct Seen {
    host_key: OnceLock<HostKey>,
    end: Mutex<Option<Failure>>,
}

impl Seen {
    /// The key that was accepted; there is none before the key exchange is done.
    pub(super) fn host_key(&self) -> Option<&HostKey> {
        self.host_key.get()
    }

    /// Why the session ended, for who asks first.
    pub(super) fn take_end(&self) -> Option<Failure> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Watch {
    pub(super) fn new(stated: Stated, seen: Arc<Seen>) -> Self {
        Self { stated, seen }
    }

    fn judge(&self, key: &PublicKey) -> Result<(), Failure> {
        let shown = HostKey::of(key).map_err(Unclear::WeakHostKey)?;
        if self.stated.is_empty() {
            return Err(Failure::HostKeyUnknown(shown));
        }
        if !self.stated.permits(key) {
            return Err(Failure::HostKeyChanged(shown));
        }
        // Set once a session: the library asks only at its first key exchange.
        let _ = self.seen.host_key.set(shown);
        Ok(())
    }
}

impl Handler for Watch {
    type Error = Failure;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Failure> {
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.judge(key).map(|()| true),
            // None was asked for.
            PublicKeyOrCertificate::Certificate(_) => Err(Unclear::Protocol.into()),
        }
    }

    /// Runs after the verdict on the host key and before anything about a user is sent.
    async fn kex_done(&mut self, _: Option<&[u8]>, names: &Names, _: &mut Session) -> Result<(), Failure> {
        let can_be_truncated = names.cipher == cipher::CHACHA20_POLY1305 && !names.strict_kex();
        if can_be_truncated { Err(Unclear::PrefixTruncation.into()) } else { Ok(()) }
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Failure>) -> Result<(), Failure> {
        let end = match reason {
            DisconnectReason::ReceivedDisconnect(goodbye) => Failure::of_goodbye(&goodbye),
            DisconnectReason::Error(failure) => failure,
        };
        *self.seen.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
        Ok(())
    }

    // The library's own answer to these is yes. Dropping the handle says no.

    async fn server_channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Failure> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Failure> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Failure> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Failure> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Failure> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Failure> {
        drop(reply);
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Failure> {
        drop(reply);
        Ok(())
    }
}
