//! SIGTERM and SIGINT. The first asks to stop; the second is out of patience.

use std::process::ExitCode;

use strongroom_server::Running;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::refusal::Refusal;

/// Both signals, caught from here on.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Must be called inside a Tokio runtime.
    pub(crate) fn catch() -> Result<Self, Refusal> {
        let catch = |kind| {
            signal(kind).map_err(|error| {
                Refusal::bad_start(
                    format!("signals cannot be caught: {error}"),
                    "check the limits of this account",
                )
            })
        };
        Ok(Self { terminate: catch(SignalKind::terminate())?, interrupt: catch(SignalKind::interrupt())? })
    }

    /// Runs until a signal, then stops the server; a second signal ends the wait. What was answered is
    /// durable either way.
    pub(crate) async fn stop(mut self, running: Running) -> ExitCode {
        self.next().await;
        tracing::info!("stopping");
        tokio::select! {
            () = running.stop() => ExitCode::SUCCESS,
            () = self.next() => {
                tracing::warn!("stopped without waiting for what was under way");
                INTERRUPTED.into()
            }
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// UX.md section 2.
const INTERRUPTED: u8 = 130;
