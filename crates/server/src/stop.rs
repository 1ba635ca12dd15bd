//! The word that the server stops, from one to many.

use tokio::sync::watch;

/// Who says it.
pub(crate) struct Stop(watch::Sender<bool>);

/// Who waits for it.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<bool>);

/// Nothing is said yet.
pub(crate) fn channel() -> (Stop, Stopping) {
    let (say, hear) = watch::channel(false);
    (Stop(say), Stopping(hear))
}

impl Stop {
    /// Says it. Once is enough, for those too who ask later.
    pub(crate) fn now(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Returns once it was said, or can no longer be said.
    pub(crate) async fn wait(&mut self) {
        let _said = self.0.wait_for(|said| *said).await;
    }
}
